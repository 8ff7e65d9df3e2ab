//! H.264 packets: vectors of RFC 6184, random access units, loss.

use bytes::Bytes;
use media::h264::nal_units;
use proptest::prelude::*;

use super::*;
use crate::limits;
use crate::payload::{Assembled, Part, Payload};

const MTU: usize = 100;
const SPS: [u8; 7] = [0x67, 66, 0xC0, 12, 0x80, 1, 2];
const PPS: [u8; 3] = [0x68, 0xCE, 0x3C];

/// A NAL unit of `len` octets whose slice begins with the first macroblock.
fn unit(header: u8, len: usize) -> Vec<u8> {
    let mut unit = vec![header, 0x88];
    unit.extend((2..len).map(|at| (at % 250 + 1) as u8));
    unit
}

fn access_unit(units: &[&[u8]]) -> Bytes {
    units.iter().flat_map(|unit| [&[0, 0, 0, 1], *unit].concat()).collect()
}

fn packets(mode: Mode, access_unit: &Bytes) -> Vec<Payload> {
    let mut out = Vec::new();
    Packetizer::new(mode, MTU).packetize(access_unit, &mut out);
    out
}

fn part(timestamp: u32, payload: &Payload) -> Part {
    Part { timestamp, marker: payload.marker, lost_before: false, payload: payload.to_bytes() }
}

/// Hands over those of `parts` whose index is not in `lost`.
fn receive(depacketizer: &mut Depacketizer, parts: &[Part], lost: &[usize]) -> Vec<Assembled> {
    let mut out = Vec::new();
    let mut missing = false;
    for (index, part) in parts.iter().enumerate() {
        if lost.contains(&index) {
            missing = true;
            continue;
        }
        let lost_before = std::mem::take(&mut missing);
        depacketizer.push(&Part { lost_before, ..part.clone() }, &mut out).expect("well-formed");
    }
    out
}

#[test]
fn fragments_carry_the_header_of_their_unit() {
    let slice = unit(0x65, 250);
    let sent = packets(Mode::NonInterleaved, &access_unit(&[&slice]));
    let heads: Vec<_> =
        sent.iter().map(|payload| (payload.prefix.as_slice().to_vec(), payload.len())).collect();
    let expected = [(vec![0x7C, 0x85], 100), (vec![0x7C, 0x05], 100), (vec![0x7C, 0x45], 2 + 249 - 2 * 98)];
    assert_eq!(heads, expected, "RFC 6184 §5.8");
    assert_eq!(sent.iter().map(|payload| payload.marker).collect::<Vec<_>>(), [false, false, true]);
}

#[test]
fn mode_0_sends_each_unit_whole() {
    let slice = unit(0x41, 250);
    let mut out = Vec::new();
    let mut packetizer = Packetizer::new(Mode::SingleNal, MTU);
    let done = packetizer.packetize(&access_unit(&[&SPS, &PPS, &slice]), &mut out);
    assert_eq!((done.oversize, done.left_out), (1, 0));
    assert_eq!(out.iter().map(Payload::len).collect::<Vec<_>>(), [7, 3, 250]);
    let giant = unit(0x41, limits::DATAGRAM_MAX);
    out.clear();
    let done = packetizer.packetize(&access_unit(&[&giant]), &mut out);
    assert_eq!((done.left_out, out.len()), (1, 0));
}

#[test]
fn aggregates_are_taken_apart() {
    let mut payload = vec![0x78, 0, 7];
    payload.extend(SPS);
    payload.extend([0, 3]);
    payload.extend(PPS);
    payload.extend([0, 4, 0x65, 0x88, 1, 2]);
    let part = Part { timestamp: 5, marker: true, lost_before: false, payload: payload.clone().into() };
    let mut out = Vec::new();
    Depacketizer::default().push(&part, &mut out).expect("RFC 6184 §5.7.1");
    assert_eq!(&out[0].data[..], &access_unit(&[&SPS, &PPS, &[0x65, 0x88, 1, 2]])[..]);
    assert!(out[0].keyframe && !out[0].damaged && !out[0].lost_before);

    for cut in 1..payload.len() {
        let part = Part { payload: Bytes::copy_from_slice(&payload[..cut]), ..part.clone() };
        let whole = [1, 10, 15, 21].contains(&cut);
        assert_eq!(Depacketizer::default().push(&part, &mut out).is_ok(), whole, "cut to {cut}");
    }
}

#[test]
fn parameter_sets_are_sent_again_before_a_picture_that_lacks_them() {
    let mut packetizer = Packetizer::new(Mode::NonInterleaved, MTU);
    let mut out = Vec::new();
    let types = |out: &[Payload]| out.iter().map(|payload| payload.body[0] & 31).collect::<Vec<_>>();
    packetizer.packetize(&access_unit(&[&SPS, &PPS, &unit(0x65, 20)]), &mut out);
    assert_eq!(types(&out), [7, 8, 5]);
    out.clear();
    packetizer.packetize(&access_unit(&[&[0x09, 0x10], &unit(0x65, 20), &unit(0x65, 20)]), &mut out);
    assert_eq!(types(&out), [9, 7, 8, 5, 5], "after the delimiter (H.264 §7.4.1.2.3)");
    out.clear();
    packetizer.packetize(&access_unit(&[&PPS, &unit(0x65, 20)]), &mut out);
    assert_eq!(types(&out), [7, 8, 5]);
    out.clear();
    packetizer.packetize(&access_unit(&[&unit(0x41, 20)]), &mut out);
    assert_eq!(types(&out), [1]);
    out.clear();
    packetizer.source_changed();
    packetizer.packetize(&access_unit(&[&unit(0x65, 20)]), &mut out);
    assert_eq!(types(&out), [5], "the sets of another source do not fit");
}

#[test]
fn received_parameter_sets_are_put_before_a_picture_that_lacks_them() {
    let mut depacketizer = Depacketizer::default();
    let sets = [Bytes::from_static(&SPS), Bytes::from_static(&PPS)];
    depacketizer.learn(&sets);
    let slice = unit(0x65, 20);
    let parts: Vec<_> =
        packets(Mode::SingleNal, &access_unit(&[&[0x09, 0x10], &slice])).iter().map(|p| part(1, p)).collect();
    let got = receive(&mut depacketizer, &parts, &[]);
    assert_eq!(&got[0].data[..], &access_unit(&[&[0x09, 0x10], &SPS, &PPS, &slice])[..]);
}

#[test]
fn parameter_sets_in_packets_of_their_own_go_with_the_next_picture() {
    let mut depacketizer = Depacketizer::default();
    let of = |timestamp, marker, octets: &[u8]| Part {
        timestamp,
        marker,
        lost_before: false,
        payload: Bytes::copy_from_slice(octets),
    };
    // Some encoders set the marker on parameter sets, and give them a timestamp of their own.
    let parts = [of(1, true, &SPS), of(1, true, &PPS), of(2, true, &unit(0x65, 9))];
    let got = receive(&mut depacketizer, &parts, &[]);
    assert_eq!(got.len(), 1);
    assert_eq!(&got[0].data[..], &access_unit(&[&SPS, &PPS, &unit(0x65, 9)])[..]);
}

#[test]
fn a_changed_timestamp_ends_a_picture_without_a_marker() {
    let (first, second) = (access_unit(&[&unit(0x65, 250)]), access_unit(&[&unit(0x41, 50)]));
    let mut parts: Vec<_> = packets(Mode::NonInterleaved, &first).iter().map(|p| part(1, p)).collect();
    parts.iter_mut().for_each(|part| part.marker = false);
    parts.extend(packets(Mode::NonInterleaved, &second).iter().map(|p| part(2, p)));
    let got = receive(&mut Depacketizer::default(), &parts, &[]);
    let seen: Vec<_> = got.iter().map(|frame| (frame.timestamp, frame.keyframe, frame.damaged)).collect();
    assert_eq!(seen, [(1, true, false), (2, false, false)]);
    assert_eq!((&got[0].data, &got[1].data), (&first, &second));
}

#[test]
fn a_lost_fragment_damages_its_picture_and_no_other() {
    let (small, large) = (unit(0x41, 50), unit(0x41, 250));
    let picture = access_unit(&[&small, &large]);
    let sent: Vec<_> = packets(Mode::NonInterleaved, &picture).iter().map(|p| part(1, p)).collect();
    let next: Vec<_> =
        packets(Mode::NonInterleaved, &access_unit(&[&small])).iter().map(|p| part(2, p)).collect();
    let parts =
        [&sent[..], &next, &next.iter().map(|p| Part { timestamp: 3, ..p.clone() }).collect::<Vec<_>>()];
    for lost in 1..4 {
        let got = receive(&mut Depacketizer::default(), &parts.concat(), &[lost]);
        let flags: Vec<_> = got.iter().map(|frame| (frame.damaged, frame.lost_before)).collect();
        // That the last fragment is missing is known only when the next picture's packet comes.
        assert_eq!(flags, [(true, true), (false, lost == 3), (false, false)], "lost {lost}");
        assert_eq!(got[0].data, access_unit(&[&small]), "the whole unit is left");
    }
}

#[test]
fn a_picture_without_its_first_slice_is_damaged() {
    let mut second_slice = unit(0x41, 40);
    second_slice[1] = 0x40; // first_mb_in_slice is not 0
    let sent: Vec<_> = packets(Mode::SingleNal, &access_unit(&[&unit(0x41, 40), &second_slice]))
        .iter()
        .map(|p| part(1, p))
        .collect();
    let got = receive(&mut Depacketizer::default(), &sent, &[0]);
    assert_eq!((got[0].damaged, got[0].lost_before), (true, true));
    let whole = receive(&mut Depacketizer::default(), &sent, &[]);
    assert_eq!((whole[0].damaged, whole[0].lost_before), (false, false));
}

#[test]
fn what_is_no_unit_is_malformed() {
    for octets in
        [&[][..], &[0x1C], &[0x1C, 0x85][..1], &[0x79, 1, 2], &[0x1D, 0x85, 1], &[0x00, 1], &[0xE5, 1]]
    {
        let part =
            Part { timestamp: 1, marker: true, lost_before: false, payload: Bytes::copy_from_slice(octets) };
        let mut out = Vec::new();
        assert!(Depacketizer::default().push(&part, &mut out).is_err(), "{octets:02X?}");
        assert!(out.is_empty());
    }
}

#[test]
fn a_picture_over_the_limit_is_given_up() {
    let mut depacketizer = Depacketizer::default();
    let payload: Bytes = unit(0x41, 30_000).into();
    let mut out = Vec::new();
    for _ in 0..50 {
        let part = Part { timestamp: 1, marker: false, lost_before: false, payload: payload.clone() };
        depacketizer.push(&part, &mut out).expect("well-formed");
    }
    let next = Part { timestamp: 2, marker: true, lost_before: false, payload };
    depacketizer.push(&next, &mut out).expect("well-formed");
    assert_eq!(out.iter().map(|frame| (frame.timestamp, frame.lost_before)).collect::<Vec<_>>(), [(2, true)]);
}

proptest! {
    #[test]
    fn pictures_survive_packets_of_any_size(
        lens in proptest::collection::vec(3usize..700, 1..6), mtu in 100usize..400, idr: bool,
    ) {
        let mut units = vec![SPS.to_vec(), PPS.to_vec()];
        units.extend(lens.iter().map(|len| unit(if idr { 0x65 } else { 0x41 }, *len)));
        let picture = access_unit(&units.iter().map(Vec::as_slice).collect::<Vec<_>>());
        let mut sent = Vec::new();
        Packetizer::new(Mode::NonInterleaved, mtu).packetize(&picture, &mut sent);
        prop_assert!(sent.iter().all(|payload| payload.len() <= mtu));
        let parts: Vec<_> = sent.iter().map(|payload| part(9, payload)).collect();
        let got = receive(&mut Depacketizer::default(), &parts, &[]);
        prop_assert_eq!(got, [Assembled {
            timestamp: 9, keyframe: idr, damaged: false, lost_before: false, data: picture,
        }]);
    }

    #[test]
    fn after_loss_only_whole_units_are_left(
        lens in proptest::collection::vec(3usize..500, 1..5),
        lost in proptest::collection::vec(0usize..20, 0..6),
    ) {
        let units: Vec<_> = lens.iter().map(|len| unit(0x41, *len)).collect();
        let picture = access_unit(&units.iter().map(Vec::as_slice).collect::<Vec<_>>());
        let sent = packets(Mode::NonInterleaved, &picture);
        let mut parts: Vec<_> = sent.iter().map(|payload| part(1, payload)).collect();
        parts.extend(sent.iter().map(|payload| part(2, payload)));
        // The third picture comes whole: nothing else would tell that the second one is missing.
        let lost: Vec<_> = lost.into_iter().filter(|index| *index < parts.len()).collect();
        parts.extend(sent.iter().map(|payload| part(3, payload)));
        let got = receive(&mut Depacketizer::default(), &parts, &lost);
        for frame in &got {
            prop_assert!(nal_units(&frame.data).all(|nal| units.iter().any(|unit| unit == nal)));
            let whole = frame.data == picture;
            prop_assert!(whole || frame.damaged || frame.lost_before);
        }
        prop_assert_eq!(got.iter().any(|frame| frame.lost_before), !lost.is_empty());
        prop_assert_eq!(&got[got.len() - 1].data, &picture);
    }

    #[test]
    fn arbitrary_payloads_never_panic(
        payloads in proptest::collection::vec(
            (any::<bool>(), any::<bool>(), 0u32..3, proptest::collection::vec(any::<u8>(), 0..12)), 0..20),
    ) {
        let (mut depacketizer, mut out) = (Depacketizer::default(), Vec::new());
        for (marker, lost_before, timestamp, payload) in payloads {
            let _ = depacketizer.push(&Part { timestamp, marker, lost_before, payload: payload.into() }, &mut out);
        }
    }

    #[test]
    fn arbitrary_access_units_never_panic(octets in proptest::collection::vec(0u8..4, 0..60)) {
        let mut out = Vec::new();
        Packetizer::new(Mode::NonInterleaved, MTU).packetize(&octets.into(), &mut out);
    }
}
