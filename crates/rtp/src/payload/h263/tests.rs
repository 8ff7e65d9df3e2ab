//! Pictures written bit by bit; every one is joined again from its packets and compared bit by bit.

use bytes::Bytes;
use media::h263::{MotionVector, PictureHeader, start_codes, walk};
use proptest::prelude::*;

use super::*;
use crate::payload::Malformed;
use crate::payload::{Assembled, Part, Payload};

/// A bitstream being written.
#[derive(Default)]
struct Writer {
    octets: Vec<u8>,
    len: usize,
}

impl Writer {
    fn bits(&mut self, bits: &str) {
        for bit in bits.bytes().filter(|bit| *bit != b' ') {
            if self.len.is_multiple_of(8) {
                self.octets.push(0);
            }
            if bit == b'1' {
                *self.octets.last_mut().expect("pushed above") |= 0x80 >> (self.len % 8);
            }
            self.len += 1;
        }
    }

    fn number(&mut self, value: u32, width: usize) {
        self.bits(&format!("{value:0width$b}"));
    }
}

/// What a written picture is like.
#[derive(Clone, Debug)]
struct Shape {
    cif: bool,
    inter: bool,
    /// Every so many GOBs have a header; 0: none has.
    headers_every: usize,
    aligned: bool,
    /// Coefficients in each luminance block, by macroblock, taken in turn.
    coefficients: Vec<usize>,
}

fn picture(shape: &Shape) -> Bytes {
    let mut writer = Writer::default();
    writer.bits("0000 0000 0000 0000 1 00000 00000111 10 000");
    writer.number(if shape.cif { 3 } else { 2 }, 3);
    writer.bits(if shape.inter { "10000" } else { "00000" });
    writer.bits("00101 0 0");
    let (groups, across) = if shape.cif { (18, 22) } else { (9, 11) };
    for group in 0..groups {
        if group > 0 && shape.headers_every > 0 && group % shape.headers_every == 0 {
            while shape.aligned && !writer.len.is_multiple_of(8) {
                writer.bits("0");
            }
            writer.bits("0000 0000 0000 0000 1");
            writer.number(group as u32, 5);
            writer.bits("00 01001");
        }
        for column in 0..across {
            let index = group * across + column;
            macroblock(&mut writer, shape, index);
        }
    }
    writer.octets.into()
}

fn macroblock(writer: &mut Writer, shape: &Shape, index: usize) {
    let coefficients = shape.coefficients[index % shape.coefficients.len()];
    if shape.inter && coefficients == 0 {
        writer.bits("1");
        return;
    }
    if shape.inter {
        // INTER+Q, all luminance blocks, DQUANT, vector (1, -2) to its predictor.
        writer.bits(if index.is_multiple_of(2) {
            "0 011 0011 10 010 0011"
        } else {
            "0 011 0011 00 010 0011"
        });
    } else {
        writer.bits(if coefficients == 0 { "1 0011" } else { "1 11" });
    }
    for block in 0..6 {
        if !shape.inter {
            writer.number(0x40 + block, 8);
        }
        if block < 4 && coefficients > 0 {
            for _ in 1..coefficients {
                writer.bits("0000011 0 000000");
                writer.number((index % 127 + 1) as u32, 8);
            }
            writer.bits("0111 0");
        }
    }
}

fn packets(mtu: usize, picture: &Bytes) -> Vec<Payload> {
    let mut out = Vec::new();
    Packetizer::new(mtu).packetize(picture, &mut out).expect("sendable");
    assert!(out.iter().all(|payload| payload.len() <= mtu));
    assert!(out.iter().rev().skip(1).all(|payload| !payload.marker) && out[out.len() - 1].marker);
    out
}

fn parts(timestamp: u32, packets: &[Payload]) -> Vec<Part> {
    let part = |payload: &Payload| Part {
        timestamp,
        marker: payload.marker,
        lost_before: false,
        payload: payload.to_bytes(),
    };
    packets.iter().map(part).collect()
}

/// Hands over those of `parts` whose index is not in `lost`.
fn receive(parts: &[Part], lost: &[usize]) -> Vec<Assembled> {
    let (mut depacketizer, mut out, mut missing) = (Depacketizer::default(), Vec::new(), false);
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

fn header(payload: &Payload) -> Header {
    Header::parse(&payload.to_bytes()).expect("as written").0
}

fn large_intra(cif: bool, headers_every: usize) -> Shape {
    Shape { cif, inter: false, headers_every, aligned: true, coefficients: vec![30, 12, 0, 55] }
}

#[test]
fn headers_are_laid_out_as_in_rfc_2190_5() {
    let picture = PictureHeader {
        temporal_reference: 0x99,
        source: media::h263::SourceFormat::Qcif,
        intra: false,
        unrestricted_vectors: true,
        arithmetic_coding: false,
        advanced_prediction: false,
        pb_frame: None,
        quantiser: 5,
        continuous_presence: false,
        length_bits: 50,
    };
    let common = Common { start_bits: 3, end_bits: 5, ..Common::of(&picture) };
    let mode_a = Header::A(common).write(&picture).expect("mode A");
    assert_eq!(mode_a.as_slice(), [0b0001_1101, 0b0101_1000, 0, 0x99]);
    let with_b = PictureHeader { pb_frame: Some((6, 1)), ..picture };
    let pb = Header::A(common).write(&with_b).expect("mode A");
    assert_eq!(pb.as_slice(), [0b0101_1101, 0b0101_1000, 0b0000_1110, 0x99]);
    let mode = ModeB {
        quantiser: 0b10101,
        group: 0b01011,
        address: 0b1_0000_1101,
        predictor: MotionVector { horizontal: -3, vertical: 31 },
    };
    let mode_b = Header::B(common, mode).write(&picture).expect("mode B");
    let expected =
        [0b1001_1101, 0b0101_0101, 0b0101_1100, 0b0011_0100, 0b1100_1111, 0b1010_0111, 0b1100_0000, 0];
    assert_eq!(mode_b.as_slice(), expected);
    let parsed = Header::parse(&[&expected[..], &[1, 2]].concat()).expect("mode B");
    assert_eq!(parsed, (Header::B(common, mode), 8));
    let parsed = Header::parse(&[mode_a.as_slice(), &[1, 2]].concat()).expect("mode A");
    assert_eq!(parsed, (Header::A(common), 4));
}

#[test]
fn headers_without_bits_after_them_are_malformed() {
    for octets in
        [&[][..], &[0; 3], &[0; 4], &[0x80; 8], &[0x80; 7], &[0xC0; 12], &[0b0010_0100, 0, 0, 0, 0xFF]]
    {
        assert_eq!(Header::parse(octets), Err(Malformed), "{octets:02X?}");
    }
    assert!(Header::parse(&[0b0010_0011, 0, 0, 0, 0xFF]).is_ok(), "one bit is left");
}

#[test]
fn small_groups_go_together_in_mode_a() {
    let shape = Shape { coefficients: vec![0], ..large_intra(false, 1) };
    let picture = picture(&shape);
    let sent = packets(1_200, &picture);
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].body, picture);
    let sent = packets(200, &picture);
    assert!(sent.len() > 2 && sent.iter().all(|payload| matches!(header(payload), Header::A(_))));
    assert_eq!(receive(&parts(1, &sent), &[])[0].data, picture);
}

#[test]
fn groups_too_large_are_cut_at_macroblocks_in_mode_b() {
    for (cif, headers_every) in [(false, 1), (false, 0), (false, 4), (true, 1), (true, 0), (true, 5)] {
        let picture = picture(&large_intra(cif, headers_every));
        let parsed = PictureHeader::parse(&picture).expect("valid");
        let macroblocks: Vec<_> =
            start_codes(&picture).flat_map(|at| walk(&picture, &parsed, at).expect("valid")).collect();
        let sent = packets(1_200, &picture);
        let mut mode_b = 0;
        for payload in &sent {
            let Header::B(common, mode) = header(payload) else {
                continue;
            };
            mode_b += 1;
            let offset = payload.body.as_ptr() as usize - picture.as_ptr() as usize;
            let bit = offset * 8 + usize::from(common.start_bits);
            let there =
                macroblocks.iter().find(|macroblock| macroblock.bit == bit).expect("a macroblock starts");
            assert_eq!((mode.group, mode.address), (there.group, there.address));
            assert_eq!((mode.quantiser, mode.predictor), (there.quantiser, MotionVector::default()));
        }
        assert!(mode_b > 4, "{mode_b} packets of mode B with headers every {headers_every} GOBs");
        let got = receive(&parts(7, &sent), &[]);
        assert_eq!(got.len(), 1);
        assert_eq!(got[0].data, picture);
        assert!(got[0].keyframe && !got[0].damaged);
    }
}

#[test]
fn mode_b_of_an_inter_picture_carries_quantiser_and_predictor() {
    let shape =
        Shape { cif: false, inter: true, headers_every: 0, aligned: true, coefficients: vec![20, 20, 0, 9] };
    let picture = picture(&shape);
    let sent = packets(400, &picture);
    let modes: Vec<_> = sent
        .iter()
        .filter_map(|payload| match header(payload) {
            Header::B(common, mode) => Some((common.inter, mode)),
            Header::A(_) | Header::C(_) => None,
        })
        .collect();
    assert!(modes.len() > 10 && modes.iter().all(|(inter, _)| *inter));
    assert!(modes.iter().any(|(_, mode)| mode.predictor.vertical < 0 && mode.predictor.horizontal > 0));
    let got = receive(&parts(1, &sent), &[]);
    assert_eq!((&got[0].data, got[0].keyframe), (&picture, false));
}

#[test]
fn a_picture_that_cannot_be_cut_is_refused_whole() {
    let picture = picture(&large_intra(false, 0));
    let mut out = Vec::new();
    let packetizer = Packetizer::new(100);
    assert!(matches!(packetizer.packetize(&picture, &mut out), Err(Unsendable::TooLarge(_))), "0.5 kB each");
    let mut broken = picture.to_vec();
    broken.truncate(picture.len() / 2);
    assert!(matches!(
        Packetizer::new(900).packetize(&broken.into(), &mut out),
        Err(Unsendable::Unreadable(_))
    ));
    assert!(matches!(
        packetizer.packetize(&Bytes::from_static(b"no"), &mut out),
        Err(Unsendable::Unreadable(_))
    ));
    assert!(out.is_empty());
}

#[test]
fn after_a_loss_joining_resumes_at_the_next_group_header() {
    let picture = picture(&large_intra(false, 3));
    let sent = packets(1_200, &picture);
    let first_b = sent.iter().position(|payload| matches!(header(payload), Header::B(..))).expect("cut");
    let resumed =
        (first_b + 1..sent.len()).find(|at| matches!(header(&sent[*at]), Header::A(_))).expect("GOB 3");
    let got = receive(&parts(1, &sent), &[first_b]);
    assert_eq!((got[0].damaged, got[0].lost_before, got[0].keyframe), (true, true, true));
    let data = &got[0].data;
    let tail: Vec<u8> = sent[resumed..].iter().fold(Vec::new(), |mut tail: Vec<u8>, payload| {
        let skip = usize::from(!tail.is_empty() && header(payload).common().start_bits > 0);
        tail.extend_from_slice(&payload.body[skip..]);
        tail
    });
    assert!(data.ends_with(&tail[1..]), "GOBs 3 to 8 are there");
    let groups: Vec<u8> = start_codes(data).map(|code| code.group).collect();
    assert_eq!(groups, [0, 3, 6]);
}

#[test]
fn a_picture_without_its_first_packet_is_left_out() {
    let picture = picture(&large_intra(false, 1));
    let sent = packets(1_200, &picture);
    let both = [parts(1, &sent), parts(2, &sent)].concat();
    let got = receive(&both, &[0]);
    assert_eq!(got.len(), 1);
    assert_eq!((got[0].timestamp, got[0].damaged, got[0].lost_before), (2, false, true));
    assert_eq!(got[0].data, picture);
}

#[test]
fn a_lost_end_shows_at_the_next_timestamp() {
    let picture = picture(&large_intra(false, 1));
    let sent = packets(1_200, &picture);
    let got = receive(&[parts(1, &sent), parts(2, &sent)].concat(), &[sent.len() - 1]);
    let flags: Vec<_> = got.iter().map(|frame| (frame.damaged, frame.lost_before)).collect();
    assert_eq!(flags, [(true, true), (false, true)]);
}

#[test]
fn mode_c_is_joined_like_mode_b() {
    let whole = picture(&Shape { coefficients: vec![0], ..large_intra(false, 0) });
    let (head, tail) = whole.split_at(40);
    let part =
        |marker, octets: Vec<u8>| Part { timestamp: 1, marker, lost_before: false, payload: octets.into() };
    let first = |p: u8| part(false, [&[p, 0x40, 0, 7], head].concat());
    let second = part(true, [&[0xC0, 0x45, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], tail].concat());
    assert_eq!(receive(&[first(0x40), second.clone()], &[])[0].data, whole);
    let (mut depacketizer, mut out) = (Depacketizer::default(), Vec::new());
    depacketizer.push(&first(0), &mut out).expect("a picture start without PB-frames");
    assert_eq!(depacketizer.push(&second, &mut out), Err(Malformed));
    assert!(out[0].damaged);
}

proptest! {
    // A picture is tens of kilobytes, written bit by bit.
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn pictures_survive_packets_of_any_size(
        cif: bool, inter: bool, headers_every in 0usize..5, aligned: bool, mtu in 700usize..1_500,
        coefficients in proptest::collection::vec(0usize..60, 1..12),
    ) {
        let picture = picture(&Shape { cif, inter, headers_every, aligned, coefficients });
        let sent = packets(mtu, &picture);
        let got = receive(&parts(9, &sent), &[]);
        prop_assert_eq!(got, [Assembled {
            timestamp: 9, keyframe: !inter, damaged: false, lost_before: false, data: picture,
        }]);
    }

    #[test]
    fn a_picture_cut_at_any_bit_is_joined_again(cuts in proptest::collection::btree_set(24usize..8_000, 0..8)) {
        let picture = picture(&Shape { coefficients: vec![4, 0], ..large_intra(false, 1) });
        let end = picture.len() * 8;
        let mut from = 0;
        let mut all = Vec::new();
        for to in cuts.into_iter().filter(|cut| *cut < end).chain([end]) {
            // Whoever cuts elsewhere than at macroblocks is wrong, but joining does not depend on it.
            let bits = ((from % 8) << 3 | (to.next_multiple_of(8) - to)) as u8;
            let head: &[u8] = if from == 0 { &[bits, 0x40, 0, 7] } else { &[0x80 | bits, 0x45, 0, 0, 0, 0, 0, 0] };
            let payload = [head, &picture[from / 8..to.div_ceil(8)]].concat().into();
            all.push(Part { timestamp: 1, marker: to == end, lost_before: false, payload });
            from = to;
        }
        let got = receive(&all, &[]);
        prop_assert_eq!(&got[0].data, &picture);
    }

    #[test]
    fn loss_is_always_told(
        headers_every in 0usize..3, lost in proptest::collection::btree_set(0usize..30, 1..6),
    ) {
        let picture = picture(&large_intra(false, headers_every));
        let sent = packets(1_200, &picture);
        let all = [parts(1, &sent), parts(2, &sent), parts(3, &sent)].concat();
        let lost: Vec<_> = lost.into_iter().filter(|index| *index < 2 * sent.len()).collect();
        let got = receive(&all, &lost);
        prop_assert_eq!(got.iter().any(|frame| frame.lost_before), !lost.is_empty());
        for frame in got.iter().filter(|frame| !frame.damaged) {
            prop_assert_eq!(&frame.data, &picture);
        }
        prop_assert_eq!(&got[got.len() - 1].data, &picture);
    }

    #[test]
    fn arbitrary_payloads_never_panic(
        payloads in proptest::collection::vec(
            (any::<bool>(), any::<bool>(), 0u32..3, proptest::collection::vec(any::<u8>(), 0..24)), 0..20),
    ) {
        let (mut depacketizer, mut out) = (Depacketizer::default(), Vec::new());
        let start = Part {
            timestamp: 0,
            marker: false,
            lost_before: false,
            payload: Bytes::from_static(&[0, 0x40, 0, 0, 0, 0, 0x80, 2, 0x0B]),
        };
        depacketizer.push(&start, &mut out).expect("a picture start");
        for (marker, lost_before, timestamp, payload) in payloads {
            let _ = depacketizer.push(&Part { timestamp, marker, lost_before, payload: payload.into() }, &mut out);
        }
    }
}
