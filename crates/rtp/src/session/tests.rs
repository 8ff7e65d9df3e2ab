//! Sessions in virtual time, alone and in pairs.

mod codecs;
mod noise;
mod orientation;
mod place;
mod rates;

use std::net::SocketAddr;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use media::{Codec, Frame, Kind, Now};
use proptest::prelude::*;

use super::*;
use crate::clock::testing::start;
use crate::packet::{Header, Packet};
use crate::rtcp::{self, Bye, Fir, FirEntry, Pli, ReceiverReport};
use crate::{H264Mode, limits};

const OURS: u32 = 0x1111_1111;
const THEIRS: u32 = 0x2222_2222;

fn now(ms: u64) -> Now {
    Now { mono: start(), wall: Duration::from_secs(1_700_000_000) }.plus(Duration::from_millis(ms))
}

fn address(port: u16) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 1], port))
}

fn config(codec: Codec) -> Config {
    let mode = H264Mode::NonInterleaved;
    let pt = codec.static_payload_type().unwrap_or(96);
    Config {
        ssrc: Some(OURS),
        cname: "us@vireo".into(),
        kind: codec.kind(),
        send: SendFormat { pt, codec, mode },
        receive: vec![(pt, codec, mode)],
        sound: Sound::default(),
        dtmf_send: (codec.kind() == Kind::Audio).then_some(101),
        dtmf_receive: if codec.kind() == Kind::Audio { vec![101] } else { vec![] },
        noise_send: (codec == Codec::Pcmu).then_some(13),
        noise_receive: (codec == Codec::Pcmu).then_some(13),
        remote_rtp: address(4000),
        remote_rtcp: address(4001),
        rtcp_mux: false,
        feedback: Feedback { pli: codec.kind() == Kind::Video, ..Feedback::default() },
        mtu: 1_200,
        seed: 7,
    }
}

/// Everything a session has to give, without the closing time-out.
fn drain(session: &mut Session) -> Vec<Output> {
    std::iter::from_fn(|| match session.poll_output() {
        Output::Timeout(_) => None,
        output => Some(output),
    })
    .collect()
}

fn events(session: &mut Session) -> Vec<Event> {
    let events = drain(session).into_iter().filter_map(|output| match output {
        Output::Event(event) => Some(event),
        Output::Rtp { .. } | Output::Rtcp { .. } | Output::Timeout(_) => None,
    });
    events.collect()
}

fn frames(session: &mut Session) -> Vec<Frame> {
    let frames = events(session).into_iter().filter_map(|event| match event {
        Event::Frame(frame) => Some(frame),
        _ => None,
    });
    frames.collect()
}

fn rtp_sent(session: &mut Session) -> Vec<Packet> {
    let packets = drain(session).into_iter().filter_map(|output| match output {
        Output::Rtp { data, .. } => Some(Packet::parse(&data).expect("our own packet")),
        Output::Rtcp { .. } | Output::Event(_) | Output::Timeout(_) => None,
    });
    packets.collect()
}

fn rtcp_sent(session: &mut Session) -> Vec<rtcp::Packet> {
    let compounds = drain(session).into_iter().filter_map(|output| match output {
        Output::Rtcp { data, .. } => Some(rtcp::parse(&data).expect("our own compound")),
        Output::Rtp { .. } | Output::Event(_) | Output::Timeout(_) => None,
    });
    compounds.flatten().collect()
}

fn packet(payload_type: u8, sequence: u16, timestamp: u32, payload: &[u8]) -> Bytes {
    let header = Header { marker: false, payload_type, sequence, timestamp, ssrc: THEIRS };
    let payload = Bytes::copy_from_slice(payload);
    Packet { header, csrc: Bytes::new(), extension: None, payload }.to_bytes()
}

fn arrive(session: &mut Session, ms: u64, data: Bytes) {
    session.handle_input(now(ms), Input::Rtp { from: address(4000), data });
}

fn sound(session: &mut Session, ms: u64, sequence: u16) {
    arrive(session, ms, packet(0, sequence, u32::from(sequence) * 160, &[0xFF; 160]));
}

fn sound_frame(ms: u64, len: usize) -> Frame {
    Frame::new(Codec::Pcmu, Duration::from_millis(ms), Duration::ZERO, true, vec![1; len].into())
}

fn picture_frame(ms: u64, len: usize) -> Frame {
    let mut data = vec![0, 0, 0, 1, 0x65, 0x88];
    data.resize(len, 3);
    Frame::new(Codec::H264, Duration::from_millis(ms), Duration::ZERO, true, data.into())
}

fn rtcp(session: &mut Session, ms: u64, write: impl FnOnce(&mut BytesMut)) {
    let mut data = BytesMut::new();
    ReceiverReport { ssrc: THEIRS, blocks: vec![] }.write(&mut data);
    write(&mut data);
    session.handle_input(now(ms), Input::Rtcp { from: address(4001), data: data.freeze() });
}

#[test]
fn received_sound_becomes_frames_on_one_time_line() {
    let mut session = Session::new(config(Codec::Pcmu));
    for (ms, sequence) in [(0, 65_534u16), (20, 65_535), (40, 0)] {
        let timestamp = 1_000 + (u32::from(sequence.wrapping_sub(65_534))) * 160;
        arrive(&mut session, ms, packet(0, sequence, timestamp, &[0xFF; 160]));
    }
    let got = frames(&mut session);
    assert_eq!(got.len(), 3);
    assert!(got.windows(2).all(|pair| pair[1].pts - pair[0].pts == Duration::from_millis(20)));
    assert!(got.iter().all(|frame| frame.duration == Duration::from_millis(20) && !frame.lost_before));
}

#[test]
fn packets_of_10_to_60_ms_are_taken_and_others_counted() {
    let mut session = Session::new(config(Codec::Pcmu));
    for (index, len) in [80, 160, 480, 79, 481, 0].into_iter().enumerate() {
        arrive(&mut session, 0, packet(0, index as u16, index as u32 * 480, &vec![1; len]));
    }
    let lens: Vec<_> = frames(&mut session).iter().map(|frame| frame.data.len()).collect();
    assert_eq!((lens, session.statistics().malformed), (vec![80, 160, 480], 3));
}

#[test]
fn bad_datagrams_are_dropped_and_counted() {
    let mut session = Session::new(config(Codec::Pcmu));
    arrive(&mut session, 0, Bytes::from_static(b"short"));
    arrive(&mut session, 0, vec![0x80; limits::DATAGRAM_MAX + 1].into());
    arrive(&mut session, 0, packet(18, 1, 0, &[0; 20]));
    sound(&mut session, 0, 1);
    session.handle_input(now(0), Input::Rtp { from: address(9), data: packet(0, 2, 0, &[0; 160]) });
    session.handle_input(now(0), Input::Rtcp { from: address(4001), data: Bytes::from_static(&[0x80, 1]) });
    let counted = session.statistics();
    assert_eq!((counted.malformed, counted.wrong_payload_type, counted.wrong_source), (3, 1, 1));
    assert_eq!(counted.received, 1);
    assert_eq!(frames(&mut session).len(), 1);
}

#[test]
fn reordered_packets_are_put_in_order_and_a_lost_one_is_told() {
    let mut session = Session::new(config(Codec::Pcmu));
    for (ms, sequence) in [(0, 1), (20, 3), (21, 2), (60, 5)] {
        sound(&mut session, ms, sequence);
    }
    assert_eq!(frames(&mut session).len(), 3);
    let Output::Timeout(Some(at)) = session.poll_output() else { panic!("packet 5 waits") };
    assert_eq!(at, now(120).mono);
    session.handle_input(now(119), Input::Timeout);
    assert_eq!(frames(&mut session), []);
    session.handle_input(now(120), Input::Timeout);
    let got = frames(&mut session);
    assert!(got.len() == 1 && got[0].lost_before);
    sound(&mut session, 121, 4);
    assert_eq!((session.statistics().late, session.statistics().lost), (1, 0));
}

#[test]
fn a_phone_behind_a_nat_is_latched_and_answered() {
    let mut session = Session::new(config(Codec::Pcmu));
    let from = address(9_999);
    for sequence in [1, 2] {
        session.handle_input(now(0), Input::Rtp { from, data: packet(0, sequence, 160, &[1; 160]) });
    }
    let got = events(&mut session);
    assert_eq!(got[0], Event::Latched { from });
    assert_eq!(got.len(), 3, "the packet on probation is not lost");
    session.send(now(20), &sound_frame(0, 160));
    assert!(matches!(&drain(&mut session)[..], [Output::Rtp { to, .. }] if *to == from));
    session.reconfigure(now(30), Config { remote_rtp: address(5_000), ..config(Codec::Pcmu) });
    session.send(now(40), &sound_frame(20, 160));
    assert!(matches!(&drain(&mut session)[..], [Output::Rtp { to, .. }] if *to == address(5_000)));
}

#[test]
fn reconfiguring_keeps_ssrc_sequence_and_time_line() {
    let mut session = Session::new(config(Codec::Pcmu));
    session.send(now(0), &sound_frame(0, 160));
    let alaw = Config { ssrc: Some(99), seed: 3, ..config(Codec::Pcma) };
    session.reconfigure(now(20), alaw);
    session.send(now(40), &Frame { codec: Codec::Pcma, ..sound_frame(20, 160) });
    let sent = rtp_sent(&mut session);
    assert_eq!((sent[0].header.ssrc, sent[1].header.ssrc), (OURS, OURS));
    assert_eq!(sent[1].header.sequence, sent[0].header.sequence.wrapping_add(1));
    assert_eq!(sent[1].header.timestamp.wrapping_sub(sent[0].header.timestamp), 320);
    assert_eq!((sent[0].header.payload_type, sent[1].header.payload_type), (0, 8));
}

#[test]
fn a_loss_in_the_source_leaves_out_a_sequence_number() {
    let mut session = Session::new(config(Codec::H264));
    session.send(now(0), &picture_frame(0, 50));
    session.send(now(66), &Frame { lost_before: true, ..picture_frame(66, 50) });
    session.send(now(70), &sound_frame(0, 160));
    session.send(now(132), &picture_frame(132, 50));
    let sent = rtp_sent(&mut session);
    let steps: Vec<_> =
        sent.windows(2).map(|p| p[1].header.sequence.wrapping_sub(p[0].header.sequence)).collect();
    assert_eq!(steps, [2, 2], "one for the loss, one for the frame of another codec");
    assert_eq!(session.statistics().unsendable, 1);
    assert_eq!(sent[1].header.timestamp.wrapping_sub(sent[0].header.timestamp), 66 * 90);
}

#[test]
fn a_source_change_goes_on_in_real_time_with_a_marker() {
    let mut session = Session::new(config(Codec::Pcmu));
    session.send(now(0), &sound_frame(900_000, 160));
    session.send(now(20), &sound_frame(900_020, 160));
    session.source_changed();
    session.send(now(520), &sound_frame(3, 160));
    let sent = rtp_sent(&mut session);
    let markers: Vec<_> = sent.iter().map(|packet| packet.header.marker).collect();
    assert_eq!(markers, [true, false, true]);
    assert_eq!(sent[2].header.timestamp.wrapping_sub(sent[1].header.timestamp), 4_000);
}

#[test]
fn digits_arrive_once_each() {
    let mut session = Session::new(config(Codec::Pcmu));
    let packets: [(u16, u32, [u8; 4]); 8] = [
        (1, 800, [1, 10, 0, 160]),
        (2, 800, [1, 10, 1, 64]),
        (3, 800, [1, 0x8A, 3, 32]),
        (4, 800, [1, 0x8A, 3, 32]),
        (5, 800, [1, 0x8A, 3, 32]),
        (6, 4_000, [1, 0x8A, 3, 32]), // its start was lost
        (7, 8_000, [11, 10, 0, 160]),
        (8, 8_000, [11, 10, 0, 0]), // cut to two octets below: no event
    ];
    for (sequence, timestamp, payload) in packets {
        let len = if sequence == 8 { 2 } else { 4 };
        arrive(&mut session, u64::from(sequence) * 20, packet(101, sequence, timestamp, &payload[..len]));
    }
    session.handle_input(now(160 + 300), Input::Timeout);
    let seen: Vec<_> = events(&mut session)
        .into_iter()
        .filter_map(|event| match event {
            Event::Digit(digit) => Some(format!("{digit}")),
            Event::DigitEnd { digit, duration } => Some(format!("-{digit} {}", duration.as_millis())),
            _ => None,
        })
        .collect();
    assert_eq!(seen, ["1", "-1 100", "1", "-1 100", "#", "-# 20"]);
    assert_eq!(session.statistics().malformed, 1);
}

#[test]
fn a_digit_is_sent_and_heard_by_another_session() {
    let (mut us, mut them) = (Session::new(config(Codec::Pcmu)), Session::new(config(Codec::Pcmu)));
    them.ssrc = THEIRS;
    us.send(now(0), &sound_frame(0, 160));
    let digit = Digit::try_from('*').expect("a key");
    assert!(us.send_digit(now(20), digit, Duration::from_millis(100)));
    us.send(now(40), &sound_frame(20, 160)); // held back
    for ms in (40..400).step_by(10) {
        us.handle_input(now(ms), Input::Timeout);
    }
    us.send(now(400), &sound_frame(380, 160));
    let sent = rtp_sent(&mut us);
    let events_sent: Vec<_> = sent.iter().filter(|packet| packet.header.payload_type == 101).collect();
    assert_eq!((sent.len(), events_sent.len()), (9, 7));
    assert!(events_sent.iter().all(|packet| packet.header.timestamp == events_sent[0].header.timestamp));
    assert_eq!(events_sent.iter().filter(|packet| packet.header.marker).count(), 1);
    assert_eq!(sent[8].header.timestamp.wrapping_sub(sent[0].header.timestamp), 8 * 400);
    assert!(sent[8].header.marker, "sound begins again");
    for packet in &sent {
        arrive(&mut them, 500, packet.to_bytes());
    }
    let got = events(&mut them);
    assert!(got.contains(&Event::Digit(digit)));
    assert!(got.contains(&Event::DigitEnd { digit, duration: Duration::from_millis(100) }));
    let mut without = Session::new(Config { dtmf_send: None, ..config(Codec::Pcmu) });
    assert!(!without.send_digit(now(0), digit, Duration::ZERO));
}

#[test]
fn reports_say_what_was_sent_and_received() {
    let mut session = Session::new(config(Codec::Pcmu));
    for sequence in [1, 2, 4] {
        sound(&mut session, u64::from(sequence) * 20, sequence);
    }
    session.send(now(80), &sound_frame(0, 320));
    drain(&mut session);
    let mut reports = 0;
    while let Output::Timeout(Some(at)) = session.poll_output() {
        let at = (at - start()).as_millis() as u64 + 1;
        if at > 30_000 {
            break;
        }
        session.handle_input(now(at), Input::Timeout);
        for packet in rtcp_sent(&mut session) {
            match packet {
                rtcp::Packet::SenderReport(report) => {
                    assert_eq!((report.packets, report.octets), (2, 320));
                    assert_eq!(report.ntp, now(at).ntp());
                    assert_eq!((report.blocks[0].ssrc, report.blocks[0].cumulative_lost), (THEIRS, 1));
                    assert!(reports < 2, "nothing was sent for two intervals");
                    reports += 1;
                }
                rtcp::Packet::Sdes(sdes) => assert_eq!(sdes.0, [(OURS, Some("us@vireo".into()))]),
                rtcp::Packet::ReceiverReport(_) => {
                    assert!(reports >= 2);
                    reports += 1;
                }
                other => panic!("{other:?}"),
            }
        }
    }
    assert!((4..=14).contains(&reports), "{reports} reports in 30 s");
}

#[test]
fn the_round_trip_time_is_measured_by_reports() {
    let (mut us, mut them) = (Session::new(config(Codec::Pcmu)), Session::new(config(Codec::Pcmu)));
    them.ssrc = THEIRS;
    let exchange = |from: &mut Session, to: &mut Session, at: u64| {
        for output in drain(from) {
            match output {
                Output::Rtp { data, .. } => arrive(to, at, data),
                Output::Rtcp { data, .. } => {
                    to.handle_input(now(at), Input::Rtcp { from: address(4001), data });
                }
                Output::Event(_) | Output::Timeout(_) => {}
            }
        }
    };
    us.send(now(0), &sound_frame(0, 160));
    us.send_report(now(10));
    exchange(&mut us, &mut them, 60);
    them.send_report(now(1_060));
    exchange(&mut them, &mut us, 1_100);
    let rtt = us.statistics().rtt.expect("reported").as_millis();
    assert!((89..=91).contains(&rtt), "{rtt} ms instead of 90");
}

#[test]
fn key_pictures_are_asked_for_at_a_limited_rate() {
    let mut session = Session::new(config(Codec::H264));
    assert!(session.request_key_frame(now(0)));
    assert_eq!(rtcp_sent(&mut session), [], "whom?");
    arrive(&mut session, 10, packet(96, 1, 0, &[0x41, 0x88, 1]));
    let plis = |session: &mut Session| {
        let expected = rtcp::Packet::Pli(Pli { sender: OURS, media: THEIRS });
        rtcp_sent(session).into_iter().filter(|packet| *packet == expected).count()
    };
    assert_eq!(plis(&mut session), 1);
    session.request_key_frame(now(20));
    session.request_key_frame(now(30));
    assert_eq!(plis(&mut session), 0);
    session.handle_input(now(510), Input::Timeout);
    assert_eq!(plis(&mut session), 1);
    session.request_key_frame(now(600));
    let key = packet(96, 2, 9_000, &[0x65, 0x88, 1]);
    arrive(&mut session, 610, key);
    arrive(&mut session, 620, packet(96, 3, 18_000, &[0x41, 0x88, 1]));
    session.handle_input(now(1_100), Input::Timeout);
    assert_eq!(plis(&mut session), 0, "it has come meanwhile");
    let none = Config { feedback: Feedback::default(), ..config(Codec::H264) };
    assert!(!Session::new(none).request_key_frame(now(0)));
}

#[test]
fn a_fir_counts_up_when_pli_was_not_agreed_on() {
    let fir_only = Config { feedback: Feedback { fir: true, ..Feedback::default() }, ..config(Codec::H264) };
    let mut session = Session::new(fir_only);
    arrive(&mut session, 0, packet(96, 1, 0, &[0x41, 0x88, 1]));
    session.request_key_frame(now(0));
    session.request_key_frame(now(600));
    let sequences: Vec<_> = rtcp_sent(&mut session)
        .into_iter()
        .filter_map(|packet| match packet {
            rtcp::Packet::Fir(fir) => Some((fir.entries[0].ssrc, fir.entries[0].sequence)),
            _ => None,
        })
        .collect();
    assert_eq!(sequences, [(THEIRS, 1), (THEIRS, 2)]);
}

#[test]
fn requests_of_the_peer_and_its_leaving_are_told_once() {
    let mut session = Session::new(config(Codec::H264));
    arrive(&mut session, 0, packet(96, 1, 0, &[0x41, 0x88, 1]));
    events(&mut session);
    rtcp(&mut session, 1, |out| Pli { sender: THEIRS, media: OURS }.write(out));
    rtcp(&mut session, 2, |out| Pli { sender: THEIRS, media: 5 }.write(out));
    let fir = |sequence| Fir { sender: THEIRS, entries: vec![FirEntry { ssrc: OURS, sequence }] };
    for sequence in [3, 3, 4] {
        rtcp(&mut session, 3, |out| fir(sequence).write(out));
    }
    for _ in 0..2 {
        rtcp(&mut session, 4, |out| Bye { sources: vec![THEIRS], reason: String::new() }.write(out));
    }
    let wanted = Event::KeyFrameWanted;
    assert_eq!(events(&mut session), [wanted.clone(), wanted.clone(), wanted, Event::Bye]);
    let stranger = SocketAddr::from(([198, 51, 100, 1], 4001));
    let mut data = BytesMut::new();
    Pli { sender: THEIRS, media: OURS }.write(&mut data);
    session.handle_input(now(5), Input::Rtcp { from: stranger, data: data.freeze() });
    assert_eq!((events(&mut session), session.statistics().wrong_source), (vec![], 1));
}

#[test]
fn the_peer_is_heard_by_rtp_and_rtcp_and_by_nothing_that_is_dropped() {
    let mut session = Session::new(config(Codec::Pcmu));
    assert_eq!(session.heard_at(), None);
    sound(&mut session, 20, 1);
    assert_eq!(session.heard_at(), Some(now(20).mono));
    arrive(&mut session, 40, packet(77, 2, 320, &[0; 160]));
    arrive(&mut session, 60, Bytes::from_static(b"not RTP"));
    let data = packet(0, 3, 480, &[0; 160]);
    session.handle_input(now(80), Input::Rtp { from: address(9), data });
    session.handle_input(now(90), Input::Rtcp { from: address(4001), data: Bytes::from_static(b"no") });
    assert_eq!(session.heard_at(), Some(now(20).mono));
    rtcp(&mut session, 100, |_| {});
    assert_eq!(session.heard_at(), Some(now(100).mono));
}

#[test]
fn with_mux_rtcp_is_told_apart_on_the_rtp_port() {
    let mut session = Session::new(Config { rtcp_mux: true, ..config(Codec::H264) });
    arrive(&mut session, 0, packet(96, 1, 0, &[0x41, 0x88, 1]));
    let mut data = BytesMut::new();
    Pli { sender: THEIRS, media: OURS }.write(&mut data);
    arrive(&mut session, 1, data.freeze());
    assert!(events(&mut session).contains(&Event::KeyFrameWanted));
    session.request_key_frame(now(2));
    assert!(
        drain(&mut session).iter().any(|out| matches!(out, Output::Rtcp { to, .. } if *to == address(4000)))
    );
}

#[test]
fn goodbye_ends_all_sending() {
    let mut silent = Session::new(config(Codec::Pcmu));
    silent.goodbye(now(0));
    assert_eq!(drain(&mut silent), [], "who never spoke does not leave (RFC 3550 §6.3.7)");
    let mut session = Session::new(config(Codec::Pcmu));
    session.send(now(0), &sound_frame(0, 160));
    drain(&mut session);
    session.goodbye(now(10));
    let bye = rtcp::Packet::Bye(Bye { sources: vec![OURS], reason: String::new() });
    assert_eq!(rtcp_sent(&mut session).last(), Some(&bye));
    session.send(now(20), &sound_frame(20, 160));
    session.handle_input(now(60_000), Input::Timeout);
    session.goodbye(now(60_001));
    assert_eq!((drain(&mut session), session.poll_output()), (vec![], Output::Timeout(None)));
}

#[test]
fn a_peer_with_our_ssrc_makes_us_take_another_once() {
    let mut session = Session::new(Config { ssrc: Some(THEIRS), ..config(Codec::Pcmu) });
    session.send(now(0), &sound_frame(0, 160));
    sound(&mut session, 10, 1);
    session.send(now(20), &sound_frame(20, 160));
    let sent = drain(&mut session);
    let ssrcs: Vec<_> = sent
        .iter()
        .filter_map(|output| match output {
            Output::Rtp { data, .. } => Some(Packet::parse(data).expect("ours").header.ssrc),
            _ => None,
        })
        .collect();
    assert!(ssrcs[0] == THEIRS && ssrcs[1] != THEIRS);
    assert!(sent.iter().any(|output| matches!(output, Output::Rtcp { .. })), "BYE for the old one");
}

proptest! {
    #[test]
    fn arbitrary_datagrams_never_panic(
        seed: u64,
        datagrams in proptest::collection::vec(
            (0u8..4, 0u64..50, proptest::collection::vec(any::<u8>(), 0..60)), 0..40),
        h264: bool,
    ) {
        let codec = if h264 { Codec::H264 } else { Codec::H263 };
        let mut session = Session::new(Config { seed, ..config(codec) });
        let mut ms = 0;
        for (kind, wait, octets) in datagrams {
            ms += wait;
            let pt = codec.static_payload_type().unwrap_or(96);
            match kind {
                0 => arrive(&mut session, ms, octets.into()),
                1 => session.handle_input(now(ms), Input::Rtcp { from: address(4001), data: octets.into() }),
                2 => arrive(&mut session, ms, packet(pt, ms as u16 / 9, ms as u32, &octets)),
                _ => session.send(now(ms), &Frame::new(codec, Duration::ZERO, Duration::ZERO, true, octets.into())),
            }
        }
        session.handle_input(now(ms + 100_000), Input::Timeout);
        drain(&mut session);
    }

    #[test]
    fn pictures_pass_a_link_that_loses_and_reorders(
        seed: u64, fates in proptest::collection::vec((0u8..10, 0u64..30), 60),
    ) {
        let (mut us, mut them) = (Session::new(Config { seed, ..config(Codec::H264) }), Session::new(config(Codec::H264)));
        them.ssrc = THEIRS;
        let mut link = Vec::new();
        let (mut lost, mut sent) = (false, Vec::new());
        for index in 0..20u64 {
            let frame = picture_frame(index * 66, 300 + 150 * index as usize);
            us.send(now(index * 66), &frame);
            sent.push(frame.data);
            for packet in rtp_sent(&mut us) {
                let (fate, delay) = fates[link.len() % fates.len()];
                let dropped = fate == 0 && !link.is_empty() && index < 19;
                lost |= dropped;
                // The first packet is not overtaken: it sets the order.
                let delay = if link.is_empty() { 0 } else { 1 + delay };
                link.push((index * 66 + delay, dropped, packet));
            }
        }
        link.sort_by_key(|(at, ..)| *at);
        for (at, _, packet) in link.into_iter().filter(|(_, dropped, _)| !dropped) {
            arrive(&mut them, at, packet.to_bytes());
        }
        them.handle_input(now(2_000), Input::Timeout);
        let got = frames(&mut them);
        for frame in &got {
            prop_assert!(frame.damaged || sent.contains(&frame.data));
        }
        prop_assert_eq!(got.iter().any(|frame| frame.lost_before), lost);
        prop_assert!(lost || got.len() == 20);
        prop_assert!(got.windows(2).all(|pair| pair[0].pts < pair[1].pts));
    }
}
