//! Streams put together by hand, and what holds for all.

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::payload::{Assembled, Malformed, Part, Payload};

/// Simple profile at level 0: sequence, object, video object and layer (ISO/IEC 14496-2 §6.2).
const CONFIGURATION: [u8; 28] = [
    0, 0, 1, 0xB0, 8, // visual object sequence
    0, 0, 1, 0xB5, 9, // visual object
    0, 0, 1, 0, // video object
    0, 0, 1, 0x20, 0x00, 0x84, 0x5D, 0x4C, 0x28, 0x2C, 0x20, 0x90, 0xA2, 0x1F, // layer
];
const GROUP: [u8; 7] = [0, 0, 1, 0xB3, 0x00, 0x10, 0x07];
/// Resync marker of an intra picture, and something after it.
const MARKER: [u8; 4] = [0, 0, 0x80, 0x55];

/// A picture of `len` octets after its start code; `vop_coding_type` 0 is intra, 1 predicted.
fn vop(coding_type: u8, len: usize) -> Vec<u8> {
    let mut data = vec![0, 0, 1, 0xB6, coding_type << 6 | 0x11];
    data.resize(4 + len, 0xA5);
    data
}

fn packets(pictures: &[Vec<u8>], mtu: usize) -> Vec<Payload> {
    let (mut packetizer, mut out) = (Packetizer::new(mtu), Vec::new());
    for picture in pictures {
        packetizer.packetize(&Bytes::copy_from_slice(picture), &mut out).unwrap();
    }
    out
}

fn part(timestamp: u32, payload: &[u8], marker: bool) -> Part {
    Part { timestamp, marker, lost_before: false, payload: Bytes::copy_from_slice(payload) }
}

fn join(depacketizer: &mut Depacketizer, parts: &[Part]) -> Vec<Assembled> {
    let mut out = Vec::new();
    for part in parts {
        let _ = depacketizer.push(part, &mut out);
    }
    out
}

#[test]
fn a_small_picture_is_one_packet_with_its_headers_first() {
    let picture = [&CONFIGURATION[..], &GROUP, &vop(0, 60)].concat();
    let sent = packets(&[picture.clone(), vop(1, 20)], 1_200);
    assert_eq!((sent.len(), sent[0].marker, sent[1].marker), (2, true, true));
    assert_eq!(sent[0].body, picture, "§5.2 (1): configuration and group begin the payload");
    let got =
        join(&mut Depacketizer::default(), &[part(0, &sent[0].body, true), part(6_000, &sent[1].body, true)]);
    assert_eq!(
        got.iter().map(|frame| (frame.timestamp, frame.keyframe)).collect::<Vec<_>>(),
        [(0, true), (6_000, false)]
    );
    assert_eq!((&got[0].data[..], &got[1].data[..]), (&picture[..], &vop(1, 20)[..]));
}

#[test]
fn cuts_are_made_at_resync_markers_where_there_are_any() {
    let mut picture = [&CONFIGURATION[..], &vop(0, 60)].concat();
    let mut starts = Vec::new();
    for len in [90, 100, 350, 60] {
        starts.push(picture.len());
        picture.extend(MARKER);
        picture.extend(vec![0xA5; len]);
    }
    let sent = packets(&[picture.clone()], 200);
    let begins = sent.iter().scan(0, |end, payload| {
        *end += payload.len();
        Some(*end - payload.len())
    });
    let begins: Vec<usize> = begins.collect();
    // The third video packet is too large: cut in pieces, the last of which holds nothing else (§5.2 (2)).
    assert_eq!(begins, [0, starts[1], starts[2], starts[2] + 200, starts[3]]);
    assert!(sent.iter().all(|payload| payload.len() <= 200));
    assert_eq!(
        sent.iter().map(|payload| payload.marker).collect::<Vec<_>>(),
        [false, false, false, false, true]
    );
}

#[test]
fn a_header_is_never_split() {
    for fill in 60..130 {
        // User data that grows until the picture's header would be cut.
        let mut picture = CONFIGURATION.to_vec();
        picture.extend([0, 0, 1, 0xB2]);
        picture.extend(vec![0x77; fill]);
        let at = picture.len();
        picture.extend(vop(0, 300));
        let sent = packets(&[picture], 128);
        let mut end = 0;
        for payload in &sent {
            end += payload.len();
            assert!(end <= at || end >= at + 32, "§5.2 (3): a cut {} octets into the header", end - at);
        }
    }
}

#[test]
fn the_configuration_goes_before_key_pictures_that_lack_it() {
    let first = [&CONFIGURATION[..], &vop(0, 30)].concat();
    let sent = packets(&[first.clone(), vop(1, 5), vop(0, 30)], 1_200);
    assert_eq!(sent[2].body, first);
    let mut forgetful = Packetizer::new(1_200);
    let mut out = Vec::new();
    forgetful.packetize(&first.clone().into(), &mut out).unwrap();
    forgetful.source_changed();
    forgetful.packetize(&vop(0, 30).into(), &mut out).unwrap();
    assert_eq!(out[1].body, vop(0, 30), "not that of another source");

    let mut depacketizer = Depacketizer::default();
    let lone = join(&mut depacketizer, &[part(0, &vop(0, 30), true)]);
    assert_eq!((lone[0].keyframe, &lone[0].data[..]), (false, &vop(0, 30)[..]), "nothing can start there");
    depacketizer.learn(&CONFIGURATION);
    let told = join(&mut depacketizer, &[part(1, &vop(0, 30), true)]);
    assert_eq!((told[0].keyframe, &told[0].data[..]), (true, &first[..]));
    // With a group before it; and from a packet of headers alone, whose time is another one.
    let mut depacketizer = Depacketizer::default();
    let grouped = [&GROUP[..], &vop(0, 30)].concat();
    let got = join(&mut depacketizer, &[part(5, &CONFIGURATION, true), part(6, &grouped, true)]);
    assert_eq!(got.len(), 1);
    assert_eq!(&got[0].data[..], [&CONFIGURATION[..], &grouped].concat());
}

#[test]
fn small_pictures_may_share_a_packet() {
    let shared = [vop(1, 9), vop(1, 12), vec![0, 0, 1, 0xB1]].concat();
    let got = join(&mut Depacketizer::default(), &[part(0, &shared, true)]);
    assert_eq!(got.iter().map(|frame| frame.data.to_vec()).collect::<Vec<_>>(), [vop(1, 9), vop(1, 12)]);
}

#[test]
fn after_a_loss_a_picture_goes_on_at_a_resync_marker() {
    let mut depacketizer = Depacketizer::default();
    let resumed = [&MARKER[..], &[9; 20]].concat();
    let parts = [
        part(0, &vop(1, 50), false),
        Part { lost_before: true, ..part(0, &[0xA5; 30], false) },
        part(0, &resumed, true),
    ];
    let got = join(&mut depacketizer, &parts);
    assert_eq!(&got[0].data[..], [vop(1, 50), resumed].concat());
    assert!(got[0].damaged && got[0].lost_before);
}

#[test]
fn without_its_first_packet_a_picture_is_left_out() {
    let mut depacketizer = Depacketizer::default();
    let parts = [
        part(0, &vop(1, 50), true),
        Part { lost_before: true, ..part(9, &[0xA5; 30], false) },
        part(9, &[&MARKER[..], &[9; 20]].concat(), true),
        part(18, &vop(1, 10), true),
    ];
    let got = join(&mut depacketizer, &parts);
    let seen: Vec<_> = got.iter().map(|frame| (frame.timestamp, frame.damaged, frame.lost_before)).collect();
    assert_eq!(seen, [(0, false, false), (18, false, true)]);
}

#[test]
fn a_lost_marker_does_not_join_two_pictures() {
    let mut depacketizer = Depacketizer::default();
    let parts = [
        part(0, &vop(1, 50), false),
        part(9, &vop(1, 20), true),
        part(18, &vop(1, 50), false),
        Part { lost_before: true, ..part(27, &vop(1, 20), true) },
    ];
    let got = join(&mut depacketizer, &parts);
    assert_eq!(got.iter().map(|frame| frame.damaged).collect::<Vec<_>>(), [false, false, true, false]);
}

#[test]
fn what_is_no_picture_is_refused() {
    for nothing in [&[][..], &[0, 0, 1], &CONFIGURATION, &[1, 2, 3, 4, 5]] {
        let mut out = Vec::new();
        let refused = Packetizer::new(500).packetize(&Bytes::copy_from_slice(nothing), &mut out);
        assert_eq!((refused, out.len()), (Err(NoPicture), 0));
    }
    let refused = Depacketizer::default().push(&part(0, &[7; 30], true), &mut Vec::new());
    assert_eq!(refused, Err(Malformed));
}

fn picture() -> impl Strategy<Value = Vec<u8>> {
    let body = proptest::collection::vec(prop_oneof![3 => any::<u8>(), 1 => Just(0u8)], 0..3_000);
    (any::<bool>(), 0u8..2, body).prop_map(|(headers, coding_type, body)| {
        let mut data = if headers { CONFIGURATION.to_vec() } else { Vec::new() };
        data.extend(vop(coding_type, 8));
        // No start code inside a picture; resync markers there may be.
        let mut body = body;
        for at in 2..body.len() {
            if body[at - 2] == 0 && body[at - 1] == 0 && body[at] < 2 {
                body[at] = 0x80;
            }
        }
        data.extend(body);
        data.push(0x7F);
        data
    })
}

proptest! {
    #[test]
    fn pictures_pass_as_they_are(pictures in proptest::collection::vec(picture(), 1..5), mtu in 100usize..1_500) {
        let (mut packetizer, mut depacketizer) = (Packetizer::new(mtu), Depacketizer::default());
        let (mut known, mut out) = (false, Vec::new());
        for (index, picture) in pictures.iter().enumerate() {
            let mut payloads = Vec::new();
            packetizer.packetize(&Bytes::copy_from_slice(picture), &mut payloads).unwrap();
            prop_assert!(payloads.iter().all(|payload| payload.len() <= mtu && !payload.is_empty()));
            for payload in &payloads {
                depacketizer.push(&part(index as u32 * 6_000, &payload.body, payload.marker), &mut out).unwrap();
            }
            prop_assert_eq!(out.len(), index + 1);
            let has_own = picture.starts_with(&CONFIGURATION);
            known |= has_own;
            let intra = picture[if has_own { 32 } else { 4 }] >> 6 == 0;
            let whole = if intra && known && !has_own { [&CONFIGURATION[..], picture].concat() } else { picture.clone() };
            prop_assert_eq!(&out[index].data[..], &whole[..]);
            prop_assert_eq!(out[index].keyframe, intra && known);
        }
    }

    #[test]
    fn loss_never_goes_unnoticed(picture in picture(), mtu in 100usize..600, lost in 0usize..40) {
        let sent = packets(&[vop(1, 9), picture.clone(), vop(1, 9)], mtu);
        let lost = 1 + lost % (sent.len() - 2);
        let (mut depacketizer, mut out, mut timestamp) = (Depacketizer::default(), Vec::new(), 0u32);
        for (index, payload) in sent.iter().enumerate() {
            if index != lost {
                let part = part(timestamp, &payload.body, payload.marker);
                let _ = depacketizer.push(&Part { lost_before: index == lost + 1, ..part }, &mut out);
            }
            timestamp += u32::from(payload.marker);
        }
        prop_assert_eq!(out.iter().filter(|frame| frame.lost_before).count() > 0, true);
        for frame in out {
            prop_assert!(frame.damaged || frame.data == vop(1, 9));
        }
    }

    #[test]
    fn arbitrary_payloads_never_panic(
        payloads in proptest::collection::vec(
            (0u32..4, any::<bool>(), any::<bool>(), proptest::collection::vec(0u8..4, 0..60)), 0..40),
        whole in proptest::collection::vec(0u8..3, 0..400),
    ) {
        let (mut depacketizer, mut out) = (Depacketizer::default(), Vec::new());
        for (timestamp, marker, lost_before, payload) in payloads {
            let _ = depacketizer.push(&Part { lost_before, ..part(timestamp, &payload, marker) }, &mut out);
        }
        let _ = Packetizer::new(100).packetize(&whole.into(), &mut Vec::new());
    }
}
