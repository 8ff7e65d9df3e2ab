//! Sessions of AMR, MPEG-4 and clear mode.

use media::amr::ModeSet;

use super::*;

/// A frame of 12.2 kbit/s in storage format.
fn speech(ms: u64) -> Frame {
    let mut data = vec![7 << 3 | 4];
    data.resize(32, 0xF0);
    Frame::new(Codec::Amr, Duration::from_millis(ms), Duration::from_millis(20), true, data.into())
}

fn vop(ms: u64, headers: &[u8], coding_type: u8) -> Frame {
    let data = [headers, &[0, 0, 1, 0xB6, coding_type << 6 | 0x10], &[0xA5; 2_000]].concat();
    Frame::new(Codec::Mpeg4, Duration::from_millis(ms), Duration::ZERO, coding_type == 0, data.into())
}

const HEADERS: [u8; 18] = [0, 0, 1, 0xB0, 8, 0, 0, 1, 0, 0, 0, 1, 0x20, 0, 0x84, 0x5D, 0x4C, 0x28];

/// What one session sends arrives at another one.
fn pass(us: &mut Session, them: &mut Session, ms: u64) {
    them.ssrc = THEIRS;
    for packet in rtp_sent(us) {
        arrive(them, ms, packet.to_bytes());
    }
}

#[test]
fn speech_passes_in_either_packing_and_any_packet_time() {
    for (aligned, packet_ms) in [(false, 20), (true, 20), (false, 60), (true, 40)] {
        let packet = Duration::from_millis(packet_ms);
        let sound = Sound { packet, amr_octet_aligned: aligned, ..Sound::default() };
        let agreed = Config { sound, ..config(Codec::Amr) };
        let (mut us, mut them) = (Session::new(agreed.clone()), Session::new(agreed));
        for ms in (0..120).step_by(20) {
            us.send(now(ms), &speech(ms));
        }
        assert_eq!(us.statistics().sent_packets, 120 / packet_ms);
        pass(&mut us, &mut them, 120);
        let got = frames(&mut them);
        assert_eq!(got.len(), 6);
        assert!(got.iter().all(|frame| frame.data == speech(0).data && frame.keyframe && !frame.damaged));
        assert!(got.iter().all(|frame| frame.duration == Duration::from_millis(20)));
        assert!(got.windows(2).all(|pair| pair[1].pts - pair[0].pts == Duration::from_millis(20)));
    }
}

#[test]
fn the_mode_that_is_asked_for_is_told_and_modes_not_agreed_on_are_not_sent() {
    let asking = Sound { amr_mode_request: Some(2), ..Sound::default() };
    let mut us = Session::new(Config { sound: asking, ..config(Codec::Amr) });
    let mut them = Session::new(config(Codec::Amr));
    us.send(now(0), &speech(0));
    us.send(now(20), &speech(20));
    pass(&mut us, &mut them, 20);
    let requests = events(&mut them).into_iter().filter(|event| matches!(event, Event::ModeRequest { .. }));
    assert_eq!(requests.collect::<Vec<_>>(), [Event::ModeRequest { mode: Some(2) }]);

    us.request_mode(None);
    us.send(now(40), &speech(40));
    pass(&mut us, &mut them, 40);
    assert!(events(&mut them).contains(&Event::ModeRequest { mode: None }));

    let low = Sound { amr_modes: ModeSet::new([0, 1]).unwrap(), ..Sound::default() };
    us.reconfigure(now(50), Config { sound: low, ..config(Codec::Amr) });
    us.send(now(60), &speech(60));
    assert_eq!((rtp_sent(&mut us).len(), us.statistics().unsendable), (0, 1));
}

#[test]
fn mpeg4_pictures_pass_with_the_headers_that_were_told() {
    let (mut us, mut them) = (Session::new(config(Codec::Mpeg4)), Session::new(config(Codec::Mpeg4)));
    them.learn_parameter_sets(&[Bytes::from_static(&HEADERS)]);
    for (ms, coding_type) in [(0, 0), (100, 1)] {
        us.send(now(ms), &vop(ms, &[], coding_type));
    }
    assert_eq!(us.statistics().sent_packets, 4, "2005 octets in packets of 1200");
    pass(&mut us, &mut them, 100);
    let got = frames(&mut them);
    assert_eq!(got.iter().map(|frame| frame.keyframe).collect::<Vec<_>>(), [true, false]);
    assert_eq!((&got[0].data, &got[1].data), (&vop(0, &HEADERS, 0).data, &vop(0, &[], 1).data));
}

#[test]
fn a_circuit_of_a_plain_session_keeps_exact_time() {
    let mut session = Session::new(config(Codec::Clearmode));
    for (ms, number) in [(0, 0u16), (20, 1), (60, 3)] {
        arrive(&mut session, ms, packet(96, number, 77 + u32::from(number) * 160, &[1; 160]));
    }
    session.handle_input(now(120), Input::Timeout);
    let got = frames(&mut session);
    assert_eq!(got.iter().map(|frame| frame.damaged).collect::<Vec<_>>(), [false, false, true, false]);
    assert!(got.windows(2).all(|pair| pair[0].pts + pair[0].duration == pair[1].pts));
}

proptest! {
    #[test]
    fn arbitrary_packets_of_every_codec_never_panic(
        codec in proptest::sample::select(Codec::ALL.to_vec()),
        packets in proptest::collection::vec(
            (any::<bool>(), 0u64..50, any::<u16>(), any::<u32>(), proptest::collection::vec(any::<u8>(), 0..60)), 0..40),
    ) {
        let mut session = Session::new(config(codec));
        let mut ms = 0;
        for (arrives, wait, sequence, timestamp, octets) in packets {
            ms += wait;
            let pt = codec.static_payload_type().unwrap_or(96);
            if arrives {
                arrive(&mut session, ms, packet(pt, sequence % 8, timestamp % 4 * 160, &octets));
            } else {
                session.send(now(ms), &Frame::new(codec, Duration::ZERO, Duration::ZERO, true, octets.into()));
            }
        }
        session.handle_input(now(ms + 1_000), Input::Timeout);
        drain(&mut session);
    }
}

#[test]
fn sound_of_every_other_codec_passes_at_its_own_clock() {
    let wide = || {
        let mut data = vec![8 << 3 | 4];
        data.resize(61, 0xF8);
        data
    };
    let each: [(Codec, Vec<u8>, u32); 3] = [
        (Codec::AmrWb, wide(), 320),
        (Codec::G722, vec![0x55; 160], 160),
        (Codec::Opus, vec![9 << 3, 1, 2], 960),
    ];
    for (codec, data, ticks) in each {
        let sound = Sound { amr_modes: media::amr::Band::Wide.modes(), ..Sound::default() };
        let agreed = Config { sound, ..config(codec) };
        let (mut us, mut them) = (Session::new(agreed.clone()), Session::new(agreed));
        for ms in [0, 20, 40] {
            let frame = Frame::new(
                codec,
                Duration::from_millis(ms),
                Duration::from_millis(20),
                true,
                data.clone().into(),
            );
            us.send(now(ms), &frame);
        }
        let sent = rtp_sent(&mut us);
        let steps: Vec<_> =
            sent.windows(2).map(|two| two[1].header.timestamp - two[0].header.timestamp).collect();
        assert_eq!(steps, [ticks; 2], "{codec}");
        them.ssrc = THEIRS;
        sent.iter().for_each(|packet| arrive(&mut them, 40, packet.to_bytes()));
        let got = frames(&mut them);
        assert_eq!(got.len(), 3, "{codec}");
        assert!(got.iter().all(|frame| frame.codec == codec && frame.data == data));
        assert!(got.iter().all(|frame| frame.duration == Duration::from_millis(20)), "{codec}");
    }
}

#[test]
fn pictures_of_every_other_codec_pass() {
    let vp8 = [&[0x50, 0, 0, 0x9D, 0x01, 0x2A, 0xB0, 0, 0x90, 0][..], &[0x11; 3_000]].concat();
    let h263p = [&[0, 0, 0x80, 0x16, 0x08, 0x11][..], &[0xA5; 3_000]].concat();
    for (codec, data) in [(Codec::Vp8, vp8), (Codec::H263p, h263p)] {
        let (mut us, mut them) = (Session::new(config(codec)), Session::new(config(codec)));
        let frame = Frame::new(codec, Duration::ZERO, Duration::ZERO, true, data.into());
        us.send(now(0), &frame);
        assert_eq!(us.statistics().sent_packets, 3, "{codec}");
        pass(&mut us, &mut them, 0);
        let got = frames(&mut them);
        assert_eq!(got.len(), 1, "{codec}");
        assert!(got[0].keyframe && got[0].data == frame.data && got[0].codec == codec);
    }
}

#[test]
fn the_turn_of_a_picture_is_read_and_holds_until_another() {
    let mut them = Session::new(config(Codec::Vp8));
    them.read_orientation(Some(4));
    let packet = |sequence: u16, turn: Option<u8>| {
        let header = crate::packet::Header {
            marker: true,
            payload_type: 96,
            sequence,
            timestamp: u32::from(sequence) * 6_000,
            ssrc: THEIRS,
        };
        let extension = turn.map(|turn| (0xBEDE, Bytes::copy_from_slice(&[0x40, turn, 0, 0])));
        let payload = Bytes::from_static(&[0x10, 0x31, 0, 0, 9]);
        crate::packet::Packet { header, csrc: Bytes::new(), extension, payload }.to_bytes()
    };
    for (sequence, turn) in [(1, None), (2, Some(1)), (3, None), (4, Some(0))] {
        arrive(&mut them, u64::from(sequence) * 66, packet(sequence, turn));
    }
    let turns: Vec<_> = frames(&mut them).iter().map(|frame| frame.rotation).collect();
    use media::Rotation::{None as Upright, Quarter};
    assert_eq!(turns, [Upright, Quarter, Quarter, Upright]);
}
