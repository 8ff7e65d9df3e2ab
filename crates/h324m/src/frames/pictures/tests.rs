//! Pictures out of SDUs, whole and damaged.

use super::*;
use crate::frames::cut::cut;

/// An H.263 QCIF picture header with this temporal reference (§5.1), then GOBs of filler.
fn picture(reference: u8, intra: bool, gobs: usize, gob_len: usize) -> Vec<u8> {
    // PSC 22 bits, TR 8, PTYPE 13: 1 0 0 0 0 010 (QCIF) I/P 0 0 0 0, PQUANT 5, CPM 0, PEI 0.
    let kind = if intra { '0' } else { '1' };
    let bits = format!("0000000000000000100000{reference:08b}10000010{kind}00000100000");
    let mut data: Vec<u8> = format!("{bits:0<56}")
        .as_bytes()
        .chunks(8)
        .map(|c| u8::from_str_radix(std::str::from_utf8(c).unwrap(), 2).unwrap())
        .collect();
    data.resize(data.len() + gob_len, 0x55);
    for gob in 1..gobs {
        data.extend([0, 0, 0x80 | (gob as u8) << 2]);
        data.resize(data.len() + gob_len, 0x50 + gob as u8);
    }
    data
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn drain(assembler: &mut Assembler) -> Vec<Frame> {
    std::iter::from_fn(|| assembler.poll()).collect()
}

#[test]
fn pictures_come_out_whole_however_they_are_cut() {
    let pictures: Vec<_> = (0..6).map(|i| picture(i * 2, i == 0, 9, 40)).collect();
    let stream = pictures.concat();
    for len in [1, 2, 3, 7, 100, 254, 5000] {
        let mut assembler = Assembler::new(Codec::H263, None);
        for (index, sdu) in stream.chunks(len).enumerate() {
            assembler.push(ms(index as u64), sdu, false, false);
        }
        assembler.expire();
        let frames = drain(&mut assembler);
        assert_eq!(frames.len(), 6, "cut at {len}");
        for (frame, sent) in frames.iter().zip(&pictures) {
            assert_eq!(frame.data, sent);
            assert!(!frame.damaged && !frame.lost_before);
        }
        assert!(frames[0].keyframe && !frames[1].keyframe);
        assert!(!assembler.take_damage());
    }
}

#[test]
fn a_peer_that_ends_pictures_with_short_sdus_is_trusted_after_a_while() {
    let mut assembler = Assembler::new(Codec::H263, None);
    for index in 0..20 {
        let picture = picture(index * 2, index == 0, 9, 40);
        for sdu in picture.chunks(254) {
            assembler.push(ms(66 * u64::from(index)), sdu, false, false);
        }
        let at_once = drain(&mut assembler).last().is_some_and(|frame| frame.data == picture);
        assert_eq!(at_once, index >= PROOFS, "picture {index}");
    }
}

#[test]
fn a_short_sdu_inside_a_picture_ends_the_trust_for_good() {
    let mut assembler = Assembler::new(Codec::H263, None);
    let pictures: Vec<_> = (0..30).map(|i| picture(i * 2, i == 0, 9, 40)).collect();
    for (index, picture) in pictures.iter().enumerate() {
        let sdus: Vec<&[u8]> = if index == 15 {
            vec![&picture[..200], &picture[200..300], &picture[300..]]
        } else {
            picture.chunks(254).collect()
        };
        for sdu in sdus {
            assembler.push(ms(66 * index as u64), sdu, false, false);
        }
    }
    let frames = drain(&mut assembler);
    assert_eq!(frames.len(), 29, "the last one waits for the next");
    assert_eq!(frames[15].data, pictures[15][..200], "cut short at the short SDU");
    assert_eq!(frames[28].data, pictures[28]);
    assert!(assembler.take_damage());
}

#[test]
fn a_lost_sdu_damages_its_picture_alone() {
    let pictures: Vec<_> = (0..4).map(|i| picture(i * 2, i == 0, 9, 60)).collect();
    let sdus: Vec<Bytes> = pictures.iter().flat_map(|p| cut(&p.clone().into(), 130)).collect();
    let per_picture = sdus.len() / 4;
    let lost = per_picture + 1;
    let mut assembler = Assembler::new(Codec::H263, None);
    for (index, sdu) in sdus.iter().enumerate() {
        if index != lost {
            assembler.push(ms(index as u64), sdu, false, index == lost + 1);
        }
    }
    assert!(assembler.take_damage() && !assembler.take_damage());
    assembler.expire();
    let frames = drain(&mut assembler);
    let damaged: Vec<bool> = frames.iter().map(|frame| frame.damaged).collect();
    assert_eq!(damaged, [false, true, false, false]);
    let missing = sdus[lost].len();
    assert_eq!(frames[1].data.len(), pictures[1].len() - missing, "the GOBs around it are kept");
    assert_eq!(frames[2].data, pictures[2]);
}

#[test]
fn a_lost_picture_start_drops_to_the_next_picture() {
    let pictures: Vec<_> = (0..3).map(|i| picture(i * 2, i == 0, 2, 60)).collect();
    let mut assembler = Assembler::new(Codec::H263, None);
    assembler.push(ms(0), &pictures[0], false, false);
    assembler.push(ms(60), &[0xAA; 100], true, false);
    assembler.push(ms(120), &pictures[2], false, false);
    assembler.expire();
    let frames = drain(&mut assembler);
    assert_eq!(frames.len(), 2);
    assert!(frames[0].damaged, "nothing says that the damaged SDU was not its end");
    assert!(frames[1].lost_before);
    assert_eq!(frames[1].data, pictures[2]);
}

#[test]
fn the_temporal_reference_sets_the_time() {
    let mut assembler = Assembler::new(Codec::H263, None);
    for index in 0..40u8 {
        let late = u64::from(index % 3) * 9;
        assembler.push(
            ms(1000 + 100 * u64::from(index) + late),
            &picture(index.wrapping_mul(3), false, 2, 9),
            false,
            false,
        );
    }
    let frames = drain(&mut assembler);
    for pair in frames.windows(2).skip(1) {
        let step = pair[1].pts - pair[0].pts;
        assert!(step.abs_diff(ms(100)) < ms(2), "{step:?}");
    }
}

#[test]
fn a_stream_without_start_codes_stays_small() {
    let mut assembler = Assembler::new(Codec::H263, None);
    assembler.push(ms(0), &picture(0, true, 1, 10), false, false);
    for index in 0..2000 {
        assembler.push(ms(index), &[0x11; 254], false, false);
        assert!(assembler.buffer.len() <= limits::PICTURE_LEN_MAX);
    }
    assert!(assembler.take_damage());
}

#[test]
fn mpeg4_headers_go_before_the_first_key_picture_and_stay_where_they_came_in_band() {
    let headers = Bytes::from_static(&[0, 0, 1, 0xB0, 8, 0, 0, 1, 0x20, 0x00, 0x84, 0x40, 0xFA, 0x28, 0x2C]);
    let (key, other) = ([0, 0, 1, 0xB6, 0x10, 1, 2, 3], [0, 0, 1, 0xB6, 0x50, 4, 5, 6]);
    let in_band = [&headers[..], &key[..]].concat();
    let mut assembler = Assembler::new(Codec::Mpeg4, Some(headers.clone()));
    for (index, unit) in [&key[..], &other, &in_band, &other].into_iter().enumerate() {
        for octet in unit {
            assembler.push(ms(index as u64 * 100), &[*octet], false, false);
        }
    }
    assembler.expire();
    let frames = drain(&mut assembler);
    let data: Vec<&[u8]> = frames.iter().map(|frame| &frame.data[..]).collect();
    assert_eq!(data, [&in_band[..], &other, &in_band, &other]);
    assert_eq!(frames.iter().map(|f| f.keyframe).collect::<Vec<_>>(), [true, false, true, false]);
}

#[test]
fn arbitrary_octets_do_no_harm() {
    let mut state = 7u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize
    };
    for codec in [Codec::H263, Codec::Mpeg4] {
        let mut assembler = Assembler::new(codec, None);
        for index in 0..20_000 {
            let sdu: Vec<u8> = (0..next() % 40).map(|_| [0, 0, 1, 0x80, 0xB6, 0x33][next() % 6]).collect();
            assembler.push(ms(index), &sdu, next() % 50 == 0, next() % 60 == 0);
            while assembler.poll().is_some() {}
            if next() % 100 == 0 {
                assembler.expire();
            }
        }
    }
}
