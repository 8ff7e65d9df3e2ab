//! MPEG-4 streams as level 0 of the simple profile has them, and what a decoder can be told ahead.

use std::time::Duration;

use codec::compare::ssim;
use codec::mpeg4_config;
use codec::video::{Decoder, Encoder};
use media::{Codec, Frame, Picture, Size, VideoFormat};

fn circuit() -> VideoFormat {
    VideoFormat::circuit(Codec::Mpeg4)
}

/// Blocks of every brightness, moved by `step`.
fn picture(step: usize) -> Picture {
    let mut picture = Picture::black(Size::QCIF);
    for (at, luma) in picture.y.iter_mut().enumerate() {
        let (x, y) = (at % 176 + step * 3, at / 176);
        *luma = 30 + ((x / 7 * 31 + y / 9 * 57) % 190) as u8;
    }
    picture
}

fn at(step: usize) -> Duration {
    Duration::from_millis(100) * step as u32
}

/// Start codes with the octets that follow each (ISO/IEC 14496-2 §6.2.1).
fn sections(data: &[u8]) -> Vec<&[u8]> {
    let starts: Vec<usize> = (0..data.len().saturating_sub(3))
        .filter(|&at| data[at..at + 3] == [0, 0, 1])
        .map(|at| at + 3)
        .collect();
    let ends = starts.iter().skip(1).map(|at| at - 3).chain([data.len()]);
    starts.iter().zip(ends).map(|(&start, end)| &data[start..end]).collect()
}

/// Lengths of the video packets of a VOP: they begin with 16 zeros and a one, octet-aligned, when
/// `vop_fcode_forward` is 1 (§6.2.5.2).
fn packet_lens(vop: &[u8]) -> Vec<usize> {
    let mut starts = vec![0];
    starts.extend((1..vop.len() - 2).filter(|&at| vop[at..at + 2] == [0, 0] && vop[at + 2] & 0x80 != 0));
    starts.push(vop.len());
    starts.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

#[test]
fn the_headers_are_known_ahead_and_the_same_in_every_key_picture() {
    for format in [circuit(), VideoFormat::prompt(Codec::Mpeg4, Size::CIF)] {
        let config = mpeg4_config(format).unwrap();
        let codes: Vec<u8> = sections(&config).iter().map(|section| section[0]).collect();
        assert_eq!(codes, [0xB0, 0xB5, 0x00, 0x20], "sequence, object, object and its layer");
        let moving = Encoder::new(format).unwrap();
        let still = Encoder::still(format, 9).unwrap();
        for mut encoder in [moving, still] {
            for step in 0..9 {
                let shown = codec::scale(&picture(step), format.size).unwrap();
                let frame = encoder.encode(&shown, at(step), step == 5).unwrap();
                assert_eq!(frame.keyframe, step % 5 == 0, "picture {step}");
                assert_eq!(frame.keyframe, frame.data.starts_with(&config), "picture {step}");
            }
        }
    }
    assert_eq!(sections(&mpeg4_config(circuit()).unwrap())[0], [0xB0, 8], "simple profile, level 0");
    assert!(mpeg4_config(VideoFormat::circuit(Codec::H263)).is_err());
}

#[test]
fn a_picture_is_cut_into_packets_that_level_zero_allows() {
    let mut encoder = Encoder::still(circuit(), 5).unwrap();
    for step in 0..6 {
        let frame = encoder.encode(&picture(step), at(step), false).unwrap();
        let vop = *sections(&frame.data).last().expect("a VOP");
        assert_eq!(vop[0], 0xB6);
        let lens = packet_lens(vop);
        assert!(lens.iter().all(|len| *len <= 2048 / 8), "{lens:?}");
        assert!(frame.data.len() < 600 || lens.len() > 2, "{} octets in {lens:?}", frame.data.len());
    }
}

#[test]
fn a_decoder_that_was_told_the_headers_needs_none_in_band() {
    let config = mpeg4_config(circuit()).unwrap();
    let frame = Encoder::new(circuit()).unwrap().encode(&picture(0), at(0), true).unwrap();
    let bare = Frame { data: frame.data.slice(config.len()..), ..frame.clone() };
    let decode = |frames: &[&Frame]| {
        let mut decoder = Decoder::new(Codec::Mpeg4).unwrap().expecting(Size::QCIF);
        frames.iter().filter_map(|frame| decoder.decode(frame).ok().flatten()).last()
    };
    assert!(decode(&[&bare]).is_none());
    let told = Frame { data: config, ..frame.clone() };
    let shown = decode(&[&told, &bare]).expect("a picture");
    assert_eq!(Some(&shown), decode(&[&frame]).as_ref());
    assert!(ssim(&shown, &picture(0)).unwrap() > 0.75);
}

#[test]
fn a_lost_packet_spoils_its_own_macroblocks_only() {
    let mut encoder = Encoder::still(circuit(), 8).unwrap();
    let frame = encoder.encode(&picture(0), at(0), true).unwrap();
    let mut data = frame.data.to_vec();
    // 40 octets in the middle of the picture are other ones.
    let middle = data.len() / 2;
    data[middle..middle + 40].iter_mut().for_each(|octet| *octet ^= 0x5A);
    let mut decoder = Decoder::new(Codec::Mpeg4).unwrap().expecting(Size::QCIF);
    let damaged = decoder.decode(&Frame { data: data.into(), ..frame }).unwrap().expect("most of a picture");
    let rows = |from: usize, to: usize| {
        let differ = |&(&a, &b): &(&u8, &u8)| a.abs_diff(b) > 60;
        let (from, to) = (from * 176, to * 176);
        damaged.y[from..to].iter().zip(&picture(0).y[from..to]).filter(differ).count() * 100 / (to - from)
    };
    assert!(rows(0, 48) == 0 && rows(112, 144) == 0, "{}% and {}% differ", rows(0, 48), rows(112, 144));
}
