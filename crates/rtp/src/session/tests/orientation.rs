//! Pictures that say which way is up.

use media::Rotation;

use super::*;

fn turned(ms: u64, keyframe: bool, rotation: Rotation) -> Frame {
    Frame { keyframe, rotation, ..picture_frame(ms, 3_000) }
}

/// The extension of each packet of what is sent, and its marker.
fn extensions(session: &mut Session) -> Vec<(bool, Option<Vec<u8>>)> {
    let sent = rtp_sent(session).into_iter();
    sent.map(|it| (it.header.marker, it.extension.map(|(_, words)| words.to_vec()))).collect()
}

#[test]
fn the_last_packet_of_key_pictures_and_of_turned_ones_says_how() {
    let mut session = Session::new(config(Codec::H264));
    session.write_orientation(Some(7));
    session.send(now(0), &turned(0, true, Rotation::Quarter));
    let key = extensions(&mut session);
    assert!(key.len() > 1, "several packets");
    let (last, others) = key.split_last().expect("some");
    assert_eq!(*last, (true, Some(vec![0x70, 1, 0, 0])));
    assert!(others.iter().all(|packet| *packet == (false, None)));
    let mut last_of = |ms, keyframe, rotation| {
        session.send(now(ms), &turned(ms, keyframe, rotation));
        extensions(&mut session).pop().expect("a packet").1
    };
    let upright = Some(vec![0x70, 0, 0, 0]);
    assert_eq!(last_of(66, false, Rotation::Quarter), Some(vec![0x70, 1, 0, 0]), "the key may be lost");
    assert_eq!(last_of(132, false, Rotation::None), upright);
    assert_eq!(last_of(198, false, Rotation::None), None, "it was said");
    assert_eq!(last_of(264, true, Rotation::None), upright);
}

#[test]
fn who_does_not_read_turns_is_sent_none() {
    let mut session = Session::new(config(Codec::H264));
    session.send(now(0), &turned(0, true, Rotation::Half));
    assert!(extensions(&mut session).iter().all(|(_, extension)| extension.is_none()));
}

#[test]
fn a_turn_comes_out_at_the_other_end_and_headers_are_no_payload() {
    for id in [1, 14, 15, 255] {
        let (mut from, mut to) = (
            Session::new(config(Codec::H264)),
            Session::new(Config { ssrc: Some(THEIRS), ..config(Codec::H264) }),
        );
        from.write_orientation(Some(id));
        to.read_orientation(Some(id));
        from.send(now(0), &turned(0, true, Rotation::ThreeQuarters));
        for output in drain(&mut from) {
            if let Output::Rtp { data, .. } = output {
                arrive(&mut to, 0, data);
            }
        }
        to.read_orientation(Some(id));
        let got = frames(&mut to);
        assert_eq!(got.iter().map(|frame| frame.rotation).collect::<Vec<_>>(), [Rotation::ThreeQuarters]);
        assert_eq!(from.statistics().sent_octets, to.statistics().received_octets);
    }
}
