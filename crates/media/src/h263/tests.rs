//! Pictures written bit by bit here, with the place of each macroblock noted while writing.

use proptest::prelude::*;

use super::*;

/// A bitstream being written.
#[derive(Clone, Default)]
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

    /// `kind` is the five bits of PTYPE from the picture coding type on.
    fn picture_header(&mut self, source: u32, kind: &str, quantiser: u32) {
        self.bits("0000 0000 0000 0000 1 00000");
        self.number(0x55, 8);
        self.bits("10 000");
        self.number(source, 3);
        self.bits(kind);
        self.number(quantiser, 5);
        self.bits("0 0"); // no CPM, no PEI
    }

    fn group_header(&mut self, group: u32, quantiser: u32) {
        self.bits("0000 0000 0000 0000 1");
        self.number(group, 5);
        self.bits("01"); // GFID
        self.number(quantiser, 5);
    }
}

const INTRA: &str = "00000";
const INTER: &str = "10000";
/// MCBPC without chrominance, CBPY without luminance, six times INTRADC.
const EMPTY_INTRA: &str = "1 0011";

fn intra_dc(writer: &mut Writer) {
    writer.number(0x40, 8);
}

fn empty_intra(writer: &mut Writer) {
    writer.bits(EMPTY_INTRA);
    (0..6).for_each(|_| intra_dc(writer));
}

fn first(picture: &[u8]) -> (PictureHeader, StartCode) {
    let header = PictureHeader::parse(picture).expect("a header");
    (header, start_codes(picture).next().expect("a start code"))
}

fn walk_first(picture: &[u8]) -> Result<Vec<Macroblock>, Error> {
    let (header, start) = first(picture);
    walk(picture, &header, start)
}

#[test]
fn reads_a_picture_header() {
    let mut writer = Writer::default();
    writer.bits("0000 0000 0000 0000 1 00000");
    writer.number(7, 8);
    writer.bits("10 101 011 1 1 0 0 1"); // CIF, INTER, annex D, PB-frames
    writer.bits("00110 1 11 101 10 1 11110000 1 00001111 0"); // PQUANT, CPM, PSBI, TRB, DBQUANT, two PEI
    let header = PictureHeader::parse(&writer.octets).expect("valid");
    let expected = PictureHeader {
        temporal_reference: 7,
        source: SourceFormat::Cif,
        intra: false,
        unrestricted_vectors: true,
        arithmetic_coding: false,
        advanced_prediction: false,
        pb_frame: Some((5, 2)),
        quantiser: 6,
        continuous_presence: true,
        length_bits: writer.len,
    };
    assert_eq!(header, expected);
    assert!(!is_keyframe(&writer.octets));
}

#[test]
fn refuses_headers_with_forbidden_values() {
    let parse = |rest: &str| {
        let mut writer = Writer::default();
        writer.bits("0000 0000 0000 0000 1 00000 00000000");
        writer.bits(rest);
        PictureHeader::parse(&writer.octets).map(|header| header.source)
    };
    assert_eq!(parse("10 000 010 00000 00001 0 0"), Ok(SourceFormat::Qcif));
    assert_eq!(parse("11 000 010 00000 00001 0 0"), Err(Error::BadHeader { bit: 0 }));
    assert_eq!(parse("10 000 000 00000 00001 0 0"), Err(Error::BadHeader { bit: 0 }));
    assert_eq!(parse("10 000 010 00000 00000 0 0"), Err(Error::BadHeader { bit: 0 }));
    assert_eq!(parse("10 000 111 00000 00001 0 0"), Err(Error::Unsupported), "PLUSPTYPE");
    assert_eq!(parse("10 000"), Err(Error::BadHeader { bit: 0 }), "zeros stand in the last octet");
    assert_eq!(PictureHeader::parse(&[0, 0, 0x84]), Err(Error::NoPictureStart));
    assert_eq!(PictureHeader::parse(&[0, 0, 0x80]), Err(Error::Truncated));
    assert_eq!(PictureHeader::parse(&[]), Err(Error::NoPictureStart));
}

#[test]
fn the_five_formats_are_divided_as_in_4_2_1() {
    let all = [
        (SourceFormat::SubQcif, 8, 6),
        (SourceFormat::Qcif, 11, 9),
        (SourceFormat::Cif, 22, 18),
        (SourceFormat::Cif4, 88, 18),
        (SourceFormat::Cif16, 352, 18),
    ];
    for (format, in_group, groups) in all {
        assert_eq!((format.macroblocks_in_group(), format.groups()), (in_group, groups), "{format:?}");
        let all = u32::from(in_group) * u32::from(groups);
        assert_eq!(format.size().macroblocks(), all);
    }
}

#[test]
fn start_codes_are_found_at_any_alignment() {
    for shift in 0..8 {
        let mut writer = Writer::default();
        writer.picture_header(2, INTRA, 5);
        writer.bits("1");
        writer.bits(&"0".repeat(shift)); // stuffing
        let at = writer.len;
        writer.group_header(3, 9);
        writer.bits("1 0000000000000000 1 11111"); // end of sequence
        let found: Vec<_> = start_codes(&writer.octets).map(|code| (code.bit, code.group)).collect();
        assert_eq!(found, [(0, 0), (at, 3)], "shifted by {shift}");
    }
}

#[test]
fn walks_quantisers_escapes_and_stuffing_of_an_intra_picture() {
    let mut writer = Writer::default();
    writer.picture_header(1, INTRA, 30);
    let mut places = Vec::new();
    for index in 0..48u16 {
        places.push((writer.len, (index / 8) as u8, index % 8));
        match index {
            0 => {
                writer.bits("000000001 0001 0011 11"); // stuffing, INTRA+Q, DQUANT +2: clipped to 31
                (0..6).for_each(|_| intra_dc(&mut writer));
            }
            1 => {
                writer.bits("0001 0011 01"); // DQUANT -2
                (0..6).for_each(|_| intra_dc(&mut writer));
            }
            2 => {
                writer.bits("011 00101"); // both chrominance blocks, the fourth luminance block
                (0..3).for_each(|_| intra_dc(&mut writer));
                intra_dc(&mut writer);
                writer.bits("10 0  0000011 0 000101 00000111  0111 1"); // run 0, escape, last
                intra_dc(&mut writer);
                writer.bits("0000011 1 111110 10000001"); // escape as the 64th coefficient, last
                intra_dc(&mut writer);
                writer.bits("0000 0101 1111 0"); // the last word of table 16
            }
            _ => empty_intra(&mut writer),
        }
    }
    let walked = walk_first(&writer.octets).expect("valid");
    let got: Vec<_> = walked.iter().map(|mb| (mb.bit, mb.group, mb.address)).collect();
    assert_eq!(got, places);
    let quantisers: Vec<u8> = walked.iter().map(|mb| mb.quantiser).take(4).collect();
    assert_eq!(quantisers, [30, 31, 29, 29], "in effect before the macroblock's own DQUANT");
    assert!(walked.iter().all(|mb| mb.predictor == MotionVector::default()));
}

#[test]
fn predicts_vectors_of_an_inter_picture() {
    let mut writer = Writer::default();
    writer.picture_header(1, INTER, 5);
    // COD, MCBPC INTER, CBPY 15 inverted: no coefficients; horizontal and vertical difference.
    writer.bits("0 1 11 0010 011"); // (2, -1)
    writer.bits("0 1 11 1 0010"); // (0, 2) to (2, -1): (2, 1)
    writer.bits("1"); // not coded
    writer.bits("0 00011 0011"); // INTRA
    (0..6).for_each(|_| intra_dc(&mut writer));
    writer.bits("0 011 11 10 0000110 1"); // INTER+Q, DQUANT +1, (4, 0)
    (0..3).for_each(|_| writer.bits("1"));
    writer.bits("0 1 11 1 1"); // second row: median of nothing, (2, -1) and (2, 1)
    (0..39).for_each(|_| writer.bits("1"));
    let walked = walk_first(&writer.octets).expect("valid");
    let vectors: Vec<_> =
        walked.iter().map(|mb| (mb.predictor.horizontal, mb.predictor.vertical)).take(11).collect();
    let expected = [(0, 0), (2, -1), (2, 1), (0, 0), (0, 0), (4, 0), (0, 0), (0, 0), (2, 0), (2, 0), (0, 0)];
    assert_eq!(vectors, expected);
    assert_eq!(walked.iter().map(|mb| mb.quantiser).collect::<Vec<_>>()[4..6], [5, 6]);
}

/// An INTRA QCIF picture; GOBs in `headed` have a header. Answers where each macroblock starts.
fn intra_qcif(headed: &[u8], aligned: bool) -> (Vec<u8>, Vec<usize>) {
    let mut writer = Writer::default();
    writer.picture_header(2, INTRA, 8);
    let mut places = Vec::new();
    for group in 0..9u8 {
        if headed.contains(&group) {
            while aligned && !writer.len.is_multiple_of(8) {
                writer.bits("0");
            }
            writer.group_header(u32::from(group), u32::from(group) + 10);
        }
        for _ in 0..11 {
            places.push(writer.len);
            empty_intra(&mut writer);
        }
    }
    (writer.octets, places)
}

#[test]
fn groups_without_a_header_are_walked_with_the_one_before() {
    for aligned in [false, true] {
        let (picture, places) = intra_qcif(&[2, 3, 7], aligned);
        let header = PictureHeader::parse(&picture).expect("valid");
        let mut walked = Vec::new();
        for start in start_codes(&picture) {
            walked.extend(walk(&picture, &header, start).expect("valid"));
        }
        assert_eq!(walked.iter().map(|mb| mb.bit).collect::<Vec<_>>(), places);
        let mut expected = (0..99).map(|index| ((index / 11) as u8, (index % 11) as u16));
        assert!(walked.iter().all(|mb| expected.next() == Some((mb.group, mb.address))));
        assert_eq!(walked[22 + 11].quantiser, 13, "GQUANT of GOB 3");
        assert_eq!(walked[66].quantiser, 13, "still in effect in GOB 6");
    }
}

#[test]
fn what_follows_the_macroblocks_must_be_stuffing() {
    let (picture, _) = intra_qcif(&[], true);
    let with = |tail: &[u8]| walk_first(&[&picture[..], tail].concat()).map(|all| all.len());
    assert_eq!(with(&[]), Ok(99));
    assert_eq!(with(&[0, 0, 0]), Ok(99));
    assert_eq!(with(&[0, 0, 0xFC]), Ok(99), "end of sequence");
    assert!(matches!(with(&[1]), Err(Error::Overlong { .. })));
}

#[test]
fn a_picture_cut_anywhere_is_an_error() {
    let (picture, _) = intra_qcif(&[4], true);
    for len in 0..picture.len() {
        let cut = &picture[..len];
        let Ok(header) = PictureHeader::parse(cut) else {
            continue;
        };
        let results: Vec<_> = start_codes(cut).map(|start| walk(cut, &header, start)).collect();
        assert!(results.iter().any(Result::is_err), "cut to {len} octets");
    }
}

#[test]
fn modes_that_are_not_walked_say_so() {
    for kind in ["10100", "10010", "10001"] {
        let mut writer = Writer::default();
        writer.picture_header(2, kind, 5);
        writer.bits("000000000"); // TRB and DBQUANT come before PEI with PB-frames
        assert_eq!(walk_first(&writer.octets), Err(Error::Unsupported), "{kind}");
    }
}

#[test]
fn group_numbers_must_ascend() {
    let mut writer = Writer::default();
    writer.picture_header(2, INTRA, 5);
    writer.bits("1");
    writer.group_header(5, 5);
    writer.bits("1");
    writer.group_header(5, 5);
    writer.bits("1");
    writer.group_header(12, 5);
    let (header, _) = first(&writer.octets);
    let results: Vec<_> = start_codes(&writer.octets).map(|at| walk(&writer.octets, &header, at)).collect();
    for (result, start) in results[1..].iter().zip(start_codes(&writer.octets).skip(1)) {
        assert_eq!(result, &Err(Error::BadHeader { bit: start.bit }));
    }
}

proptest! {
    #[test]
    fn arbitrary_octets_never_panic(
        octets in proptest::collection::vec(any::<u8>(), 0..200), source in 1u32..6, inter: bool,
    ) {
        let mut writer = Writer::default();
        writer.picture_header(source, if inter { INTER } else { INTRA }, 5);
        let picture = [&writer.octets[..], &octets].concat();
        let header = PictureHeader::parse(&picture).expect("as written");
        for start in start_codes(&picture) {
            let _ = walk(&picture, &header, start);
        }
        let _ = PictureHeader::parse(&octets);
    }

    #[test]
    fn a_flipped_bit_never_panics(bit in 0usize..4_000) {
        let (mut picture, _) = intra_qcif(&[2, 3, 7], true);
        let at = bit % (picture.len() * 8);
        picture[at / 8] ^= 0x80 >> (at % 8);
        if let Ok(header) = PictureHeader::parse(&picture) {
            for start in start_codes(&picture) {
                let _ = walk(&picture, &header, start);
            }
        }
    }
}

/// A QCIF picture of 99 macroblocks, each without coefficients and with `dc` of its first block.
fn still(quantiser: u32, headers: bool, dc: impl Fn(usize) -> u32) -> Still {
    let mut writer = Writer::default();
    writer.picture_header(2, INTRA, quantiser);
    for index in 0..99 {
        if headers && index > 0 && index % 11 == 0 {
            writer.group_header(index as u32 / 11, quantiser);
        }
        writer.bits(EMPTY_INTRA);
        writer.number(dc(index), 8);
        (1..6).for_each(|_| intra_dc(&mut writer));
    }
    Still::parse(writer.octets.into()).expect("a still")
}

/// Bits of a macroblock that is coded: COD, MCBPC, CBPY, INTRADC.
const CODED_BITS: usize = 1 + 5 + 4 + 48;

#[test]
fn an_edge_holds_the_macroblocks_that_differ_and_skips_the_others() {
    let (shown, next) = (still(7, true, |_| 20), still(7, false, |index| if index == 37 { 21 } else { 20 }));
    let edge = next.edge_from(&shown, 9).expect("alike");
    let (header, start) = first(&edge);
    assert!(!header.intra);
    assert_eq!((header.temporal_reference, header.quantiser, header.source), (9, 7, SourceFormat::Qcif));
    let groups: Vec<_> = start_codes(&edge).map(|code| code.group).collect();
    assert_eq!(groups, [0, 3], "a header where something is coded");
    assert_eq!(walk(&edge, &header, start).unwrap().len(), 33);
    let group = walk(&edge, &header, start_codes(&edge).nth(1).unwrap()).unwrap();
    let lengths: Vec<_> = group.windows(2).map(|pair| pair[1].bit - pair[0].bit).collect();
    assert_eq!(group.len(), 66);
    assert!(lengths.iter().enumerate().all(|(at, &bits)| bits == if at == 4 { CODED_BITS } else { 1 }));
}

#[test]
fn nothing_is_coded_between_a_still_and_itself_and_all_of_it_in_a_whole_refresh() {
    let shown = still(7, true, |index| index as u32 + 1);
    let edge = shown.edge_from(&shown, 1).unwrap();
    assert!(edge.len() <= 20, "{} octets", edge.len());
    let whole = shown.refresh(0..shown.groups(), 1);
    let (header, _) = first(&whole);
    let walked: usize = start_codes(&whole).map(|start| walk(&whole, &header, start).unwrap().len()).sum();
    assert_eq!((start_codes(&whole).count(), walked), (9, 99));
}

#[test]
fn stills_of_other_quantisers_have_no_edge_and_other_pictures_are_no_stills() {
    assert!(still(7, true, |_| 20).edge_from(&still(8, true, |_| 20), 1).is_none());
    let edge = still(7, true, |_| 20).refresh(0..1, 1);
    assert!(matches!(Still::parse(edge), Err(Error::Unsupported)));
    let mut writer = Writer::default();
    writer.picture_header(2, INTRA, 7);
    empty_intra(&mut writer);
    assert_eq!(Still::parse(writer.octets.into()).err(), Some(Error::Truncated));
}
