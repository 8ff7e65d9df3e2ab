//! Where a session sends, and from where it takes packets: re-INVITEs, transfers and holds.

use super::*;

const NAT: u16 = 9_000;

fn nowhere() -> SocketAddr {
    SocketAddr::from(([0, 0, 0, 0], 4000))
}

fn placed(codec: Codec, rtp: SocketAddr) -> Config {
    let remote_rtcp = SocketAddr::new(rtp.ip(), rtp.port() + 1);
    Config { remote_rtp: rtp, remote_rtcp, ..config(codec) }
}

fn on_hold(codec: Codec) -> Config {
    placed(codec, nowhere())
}

fn sound_from(session: &mut Session, ms: u64, from: SocketAddr, sequence: u16) {
    let data = packet(0, sequence, u32::from(sequence) * 160, &[0xFF; 160]);
    session.handle_input(now(ms), Input::Rtp { from, data });
}

/// A session whose peer sends from behind a NAT, RTCP included.
fn behind_nat() -> Session {
    let mut session = Session::new(config(Codec::Pcmu));
    for sequence in [1, 2] {
        sound_from(&mut session, 0, address(NAT), sequence);
    }
    let mut data = BytesMut::new();
    ReceiverReport { ssrc: THEIRS, blocks: vec![] }.write(&mut data);
    session.handle_input(now(1), Input::Rtcp { from: address(NAT + 1), data: data.freeze() });
    drain(&mut session);
    session
}

fn latched(session: &mut Session) -> Vec<SocketAddr> {
    let places = events(session).into_iter().filter_map(|event| match event {
        Event::Latched { from } => Some(from),
        _ => None,
    });
    places.collect()
}

/// Where a sound and a report go.
fn places(session: &mut Session, ms: u64) -> Vec<SocketAddr> {
    session.handle_input(now(ms), Input::Timeout);
    drain(session);
    session.send(now(ms), &sound_frame(ms, 160));
    session.send_report(now(ms));
    let places = drain(session).into_iter().filter_map(|output| match output {
        Output::Rtp { to, .. } | Output::Rtcp { to, .. } => Some(to),
        Output::Event(_) | Output::Timeout(_) => None,
    });
    places.collect()
}

#[test]
fn the_negotiated_address_takes_over_from_a_latched_one_at_once() {
    let stranger = SocketAddr::from(([198, 51, 100, 1], 7_000));
    let mut session = Session::new(config(Codec::Pcmu));
    for sequence in [1, 2] {
        sound_from(&mut session, 0, stranger, sequence);
    }
    let mut data = BytesMut::new();
    ReceiverReport { ssrc: THEIRS, blocks: vec![] }.write(&mut data);
    session.handle_input(now(1), Input::Rtcp { from: stranger, data: data.freeze() });
    assert_eq!(latched(&mut session), [stranger]);
    assert_eq!(places(&mut session, 10), [stranger, stranger]);
    sound_from(&mut session, 20, address(4000), 3);
    assert_eq!(latched(&mut session), [address(4000)]);
    assert_eq!(places(&mut session, 30), [address(4000), address(4001)]);
    sound_from(&mut session, 40, stranger, 4);
    assert_eq!((latched(&mut session), session.statistics().wrong_source), (vec![], 1));
}

#[test]
fn silence_lets_another_address_take_over_and_the_negotiated_one_come_back() {
    let mut session = Session::new(config(Codec::Pcmu));
    sound_from(&mut session, 0, address(4000), 1);
    for (ms, sequence) in [(2_999, 2), (3_000, 3), (3_020, 4)] {
        sound_from(&mut session, ms, address(NAT), sequence);
    }
    assert_eq!(latched(&mut session), [address(4000), address(NAT)]);
    sound_from(&mut session, 3_030, address(4000), 5);
    assert_eq!(latched(&mut session), [address(4000)]);
    assert_eq!(session.statistics().wrong_source, 1);
}

#[test]
fn after_a_move_packets_still_on_their_way_do_not_bring_the_old_place_back() {
    let elsewhere = SocketAddr::from(([203, 0, 113, 7], 5_000));
    for mut session in [behind_nat(), Session::new(config(Codec::Pcmu))] {
        let old = session.receiving.peer().map_or(address(4000), |peer| peer.from);
        sound_from(&mut session, 2, old, 3);
        session.reconfigure(now(10), placed(Codec::Pcmu, elsewhere));
        for (ms, sequence) in [(11, 4), (20, 5), (40, 6), (9_000, 7), (9_020, 8)] {
            sound_from(&mut session, ms, old, sequence);
        }
        let rtcp_elsewhere = SocketAddr::new(elsewhere.ip(), 5_001);
        assert_eq!(session.statistics().wrong_source, 5);
        assert_eq!(places(&mut session, 9_030), [elsewhere, rtcp_elsewhere]);
        sound_from(&mut session, 9_040, elsewhere, 700);
        assert_eq!(latched(&mut session), [elsewhere]);
        sound_from(&mut session, 20_000, old, 9);
        assert_eq!(session.statistics().wrong_source, 6);
    }
}

#[test]
fn a_key_picture_is_asked_of_the_new_place_once_it_is_heard() {
    let mut session = Session::new(config(Codec::H264));
    arrive(&mut session, 0, packet(96, 1, 0, &[0x41, 0x88, 1]));
    drain(&mut session);
    session.reconfigure(now(10), placed(Codec::H264, address(5_000)));
    assert!(session.request_key_frame(now(10)));
    assert_eq!(rtcp_sent(&mut session), [], "its source is not known yet");
    let header = Header { marker: false, payload_type: 96, sequence: 1, timestamp: 0, ssrc: 0x3333 };
    let payload = Bytes::from_static(&[0x41, 0x88, 1]);
    let data = Packet { header, csrc: Bytes::new(), extension: None, payload }.to_bytes();
    session.handle_input(now(20), Input::Rtp { from: address(5_000), data });
    let pli = rtcp::Packet::Pli(Pli { sender: OURS, media: 0x3333 });
    assert_eq!(rtcp_sent(&mut session).last(), Some(&pli));
}

#[test]
fn a_session_refresh_keeps_sending_to_a_silent_phone_behind_a_nat() {
    let mut session = behind_nat();
    session.reconfigure(now(10), config(Codec::Pcmu));
    assert_eq!(places(&mut session, 60_000), [address(NAT), address(NAT + 1)]);
    sound_from(&mut session, 60_010, address(NAT), 3);
    assert_eq!(latched(&mut session), [], "it never was another");
}

#[test]
fn another_codec_alone_keeps_the_latch() {
    let mut session = behind_nat();
    session.reconfigure(now(10), config(Codec::Pcma));
    session.send(now(20), &Frame { codec: Codec::Pcma, ..sound_frame(20, 160) });
    assert!(matches!(&drain(&mut session)[..], [Output::Rtp { to, .. }] if *to == address(NAT)));
    let data = packet(8, 3, 480, &[0xD5; 160]);
    session.handle_input(now(30), Input::Rtp { from: address(NAT), data });
    assert_eq!(frames(&mut session).len(), 1);
}

#[test]
fn another_rtcp_address_alone_is_sent_to_at_once() {
    let mut session = behind_nat();
    session.reconfigure(now(10), Config { remote_rtcp: address(4_005), ..config(Codec::Pcmu) });
    assert_eq!(places(&mut session, 20), [address(NAT), address(4_005)]);
}

#[test]
fn nothing_is_sent_during_a_hold_by_an_unspecified_address() {
    for mux in [false, true] {
        let mut session = behind_nat();
        let before = session.statistics();
        session.reconfigure(now(10), Config { rtcp_mux: mux, ..on_hold(Codec::Pcmu) });
        for ms in (20..60_000).step_by(20) {
            session.send(now(ms), &sound_frame(ms, 160));
        }
        sound_from(&mut session, 60_000, address(NAT), 3);
        session.ssrc = THEIRS;
        sound_from(&mut session, 60_010, address(NAT), 4); // a collision would say BYE
        session.goodbye(now(60_020));
        let sent = drain(&mut session).into_iter().filter(|output| !matches!(output, Output::Event(_)));
        assert_eq!(sent.count(), 0);
        let after = session.statistics();
        assert_eq!((after.sent_packets, after.sent_octets), (before.sent_packets, before.sent_octets));
        assert_eq!(after.received, before.received + 2, "what the peer sends is taken");
    }
}

#[test]
fn rtcp_is_not_sent_to_an_unspecified_address_of_its_own() {
    let remote_rtcp = SocketAddr::from(([0, 0, 0, 0], 4001));
    let mut session = Session::new(Config { remote_rtcp, ..config(Codec::Pcmu) });
    assert_eq!(places(&mut session, 0), [address(4000)]);
}

#[test]
fn after_a_hold_sound_goes_on_where_it_went_in_sequence_and_in_time() {
    let mut session = behind_nat();
    session.send(now(20), &sound_frame(0, 160));
    session.reconfigure(now(30), on_hold(Codec::Pcmu));
    for ms in (40..10_020).step_by(20) {
        let frame = Frame { lost_before: ms % 100 == 0, ..sound_frame(ms - 20, 160) };
        session.send(now(ms), &frame);
    }
    session.reconfigure(now(10_010), config(Codec::Pcmu));
    session.send(now(10_020), &sound_frame(10_000, 160));
    let sent = drain(&mut session);
    assert!(sent.iter().all(|output| matches!(output, Output::Rtp { to, .. } if *to == address(NAT))));
    let headers: Vec<_> = sent
        .iter()
        .filter_map(|output| match output {
            Output::Rtp { data, .. } => Some(Packet::parse(data).expect("ours").header),
            Output::Rtcp { .. } | Output::Event(_) | Output::Timeout(_) => None,
        })
        .collect();
    assert_eq!(headers.len(), 2);
    assert_eq!(headers[1].sequence, headers[0].sequence.wrapping_add(1));
    assert_eq!(headers[1].timestamp.wrapping_sub(headers[0].timestamp), 10_000 * 8);
    assert!(headers[1].marker, "a talk spurt begins");
}

#[test]
fn after_a_hold_pictures_leave_out_one_sequence_number_and_requests_go() {
    let mut session = Session::new(config(Codec::H264));
    arrive(&mut session, 0, packet(96, 1, 0, &[0x41, 0x88, 1]));
    session.send(now(0), &picture_frame(0, 50));
    session.reconfigure(now(10), on_hold(Codec::H264));
    for ms in [66, 132, 198] {
        session.send(now(ms), &picture_frame(ms, 5_000));
    }
    assert!(session.request_key_frame(now(200)));
    session.handle_input(now(250), Input::Timeout);
    assert_eq!(session.statistics().key_frames_requested, 0);
    let before = rtp_sent(&mut session);
    session.reconfigure(now(260), config(Codec::H264));
    let pli = rtcp::Packet::Pli(Pli { sender: OURS, media: THEIRS });
    assert_eq!(rtcp_sent(&mut session).last(), Some(&pli));
    session.send(now(264), &picture_frame(264, 50));
    let after = rtp_sent(&mut session);
    assert_eq!((before.len(), after.len()), (1, 1));
    assert_eq!(after[0].header.sequence, before[0].header.sequence.wrapping_add(2));
    assert_eq!(after[0].header.timestamp.wrapping_sub(before[0].header.timestamp), 264 * 90);
}

#[test]
fn digits_are_refused_during_a_hold_and_those_that_wait_given_up() {
    let digit = Digit::try_from('5').expect("a key");
    let lasts = Duration::from_millis(100);
    let mut session = Session::new(config(Codec::Pcmu));
    assert!(session.send_digit(now(0), digit, lasts));
    assert!(session.send_digit(now(0), digit, lasts));
    assert_eq!(rtp_sent(&mut session).len(), 1);
    session.reconfigure(now(10), on_hold(Codec::Pcmu));
    assert!(!session.send_digit(now(20), digit, lasts));
    session.handle_input(now(1_000), Input::Timeout);
    session.reconfigure(now(1_010), config(Codec::Pcmu));
    session.handle_input(now(3_000), Input::Timeout);
    assert_eq!(rtp_sent(&mut session), [], "no key is pressed after the hold");
    session.send(now(3_000), &sound_frame(0, 160));
    assert_eq!(rtp_sent(&mut session).len(), 1, "nothing holds sound back");
    assert!(session.send_digit(now(3_020), digit, lasts));
}
