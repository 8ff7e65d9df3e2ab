//! Encoded pictures decoded again: fidelity, key pictures, slice lengths, headers, damage.

use std::time::Duration;

use codec::compare::{psnr, ssim};
use codec::video::{Decoder, Encoder};
use media::h264::{nal, nal_type, nal_units};
use media::{Codec, Frame, Picture, Size, VideoFormat};

const FORMATS: [(Codec, Size); 6] = [
    (Codec::H264, Size::QCIF),
    (Codec::H264, Size::CIF),
    (Codec::H263, Size::QCIF),
    (Codec::H263, Size::CIF),
    (Codec::Mpeg4, Size::QCIF),
    (Codec::Mpeg4, Size::CIF),
];

/// A card with sharp edges and a bar that moves with `step`.
fn card(size: Size, step: usize) -> Picture {
    let mut picture = Picture::black(size);
    let (width, height) = (usize::from(size.width), usize::from(size.height));
    for y in 0..height {
        for x in 0..width {
            let stripes = (x / 6 + y / 10) % 3 == 0;
            let bar = (x + width - step * 4 % width) % width < 16;
            picture.y[y * width + x] = if bar {
                235
            } else if stripes {
                170
            } else {
                40 + (y / 4) as u8
            };
        }
    }
    for (at, (u, v)) in picture.u.iter_mut().zip(&mut picture.v).enumerate() {
        *u = 100 + (at % 40) as u8;
        *v = 150;
    }
    picture
}

/// Noise: the hardest thing to code.
fn noise(size: Size, mut seed: u32) -> Picture {
    let mut picture = Picture::black(size);
    for luma in &mut picture.y {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *luma = 16 + (seed >> 25) as u8;
    }
    picture
}

fn at(step: usize) -> Duration {
    Duration::from_secs(step as u64) / 15
}

fn encode(encoder: &mut Encoder, picture: &Picture, step: usize, key: bool) -> Frame {
    encoder.encode(picture, at(step), key).expect("encodes")
}

#[test]
fn a_still_comes_back_nearly_as_it_was_in_every_codec_and_size() {
    for (codec, size) in FORMATS {
        let quantiser = if codec == Codec::H264 { 24 } else { 5 };
        let mut encoder = Encoder::still(VideoFormat::prompt(codec, size), quantiser).unwrap();
        let mut decoder = Decoder::new(codec).unwrap().expecting(size);
        let picture = card(size, 0);
        for step in 0..4 {
            let frame = encode(&mut encoder, &picture, step, false);
            assert_eq!(frame.keyframe, step == 0, "{codec} {size}");
            let back = decoder.decode(&frame).unwrap().expect("one frame in, one picture out");
            let (noise, alike) = (psnr(&picture, &back).unwrap(), ssim(&picture, &back).unwrap());
            assert!(noise > 36.0 && alike > 0.97, "{codec} {size}: {noise:.1} dB, SSIM {alike:.3}");
        }
    }
}

#[test]
fn a_moving_picture_keeps_near_its_rate_and_is_recognised() {
    for (codec, size) in FORMATS {
        let format = VideoFormat { rate_bps: 256_000, ..VideoFormat::prompt(codec, size) };
        let mut encoder = Encoder::new(format).unwrap();
        let mut decoder = Decoder::new(codec).unwrap();
        let mut octets = 0;
        for step in 0..60 {
            let picture = card(size, step);
            let frame = encode(&mut encoder, &picture, step, false);
            octets += frame.data.len();
            let back = decoder.decode(&frame).unwrap().unwrap();
            let alike = ssim(&picture, &back).unwrap();
            assert!(alike > 0.75, "{codec} {size} picture {step}: SSIM {alike:.3}");
        }
        let rate = octets * 8 / 4;
        assert!(rate < 400_000, "{codec} {size}: {rate} bit/s of 256000");
    }
}

#[test]
fn a_forced_key_picture_starts_a_new_decoder() {
    for (codec, size) in FORMATS {
        let mut encoder = Encoder::new(VideoFormat::prompt(codec, size)).unwrap();
        for step in 0..5 {
            let frame = encode(&mut encoder, &card(size, step), step, false);
            assert_eq!(frame.keyframe, step == 0);
        }
        let picture = card(size, 5);
        let key = encode(&mut encoder, &picture, 5, true);
        assert!(key.keyframe, "{codec} {size}");
        let back = Decoder::new(codec).unwrap().decode(&key).unwrap().expect("a picture");
        assert!(ssim(&picture, &back).unwrap() > 0.75, "{codec} {size}");
    }
}

#[test]
fn no_slice_is_longer_than_agreed() {
    for (size, limit) in [(Size::QCIF, 600), (Size::CIF, 900), (Size::CIF, 1_200)] {
        let format = VideoFormat { slice_len_max: limit, ..VideoFormat::prompt(Codec::H264, size) };
        for quantiser in [None, Some(12), Some(30)] {
            let mut encoder = match quantiser {
                None => Encoder::new(format).unwrap(),
                Some(quantiser) => Encoder::still(format, quantiser).unwrap(),
            };
            for step in 0..4u32 {
                let frame = encode(&mut encoder, &noise(size, step), step as usize, step == 2);
                let longest = nal_units(&frame.data).map(<[u8]>::len).max().unwrap();
                assert!(longest <= usize::from(limit), "{longest} octets, limit {limit}");
                assert!(nal_units(&frame.data).count() > 2, "the picture needs several slices");
            }
        }
    }
}

#[test]
fn each_idr_carries_constrained_baseline_parameter_sets_of_the_lowest_level() {
    for (size, level) in [(Size::QCIF, 10), (Size::CIF, 12)] {
        let mut encoder = Encoder::new(VideoFormat::prompt(Codec::H264, size)).unwrap();
        for step in 0..6 {
            let frame = encode(&mut encoder, &card(size, step), step, step == 3);
            let types: Vec<_> = nal_units(&frame.data).filter_map(nal_type).collect();
            if !frame.keyframe {
                assert!(!types.contains(&nal::SPS) && !types.contains(&nal::IDR));
                continue;
            }
            assert_eq!(types[..3], [nal::SPS, nal::PPS, nal::IDR], "{size}");
            let sps = nal_units(&frame.data).next().unwrap();
            assert_eq!(sps[1], 66, "profile_idc of baseline");
            assert_eq!(sps[2] & 0xC3, 0xC0, "constraint_set0, constraint_set1, reserved bits");
            assert_eq!(sps[3], level, "level_idc of {size}");
        }
    }
}

#[test]
fn every_group_of_blocks_of_h263_has_a_header_and_time_is_the_callers() {
    for (size, groups) in [(Size::QCIF, 9), (Size::CIF, 18)] {
        let mut encoder = Encoder::new(VideoFormat::prompt(Codec::H263, size)).unwrap();
        for step in [0, 1, 7, 150] {
            let frame = encode(&mut encoder, &card(size, step), step, step == 7);
            // 17 bits: sixteen zeros and a one, octet-aligned; the picture header is the first.
            let headers =
                frame.data.windows(3).filter(|octets| octets[..2] == [0, 0] && octets[2] & 0x80 != 0).count();
            assert_eq!(headers, groups, "{size}");
            let reference = (frame.data[2] & 3) << 6 | frame.data[3] >> 2;
            assert_eq!(reference, (step * 2 % 256) as u8, "temporal reference at 15 pictures/s");
        }
    }
}

#[test]
fn pictures_of_another_size_are_refused_and_the_decoder_goes_on() {
    for codec in [Codec::H264, Codec::H263, Codec::Mpeg4] {
        let mut decoder = Decoder::new(codec).unwrap().expecting(Size::QCIF);
        let frame_of = |size| {
            let mut encoder = Encoder::new(VideoFormat::prompt(codec, size)).unwrap();
            encode(&mut encoder, &card(size, 0), 0, true)
        };
        let (large, small) = (frame_of(Size::CIF), frame_of(Size::QCIF));
        let refused = decoder.decode(&large);
        assert!(
            matches!(&refused, Err(codec::Error::WrongSize { got: Size::CIF, want }) if *want == Size::QCIF.into()),
            "{codec}: {refused:?}"
        );
        assert_eq!(decoder.decode(&small).unwrap().expect("a picture").size, Size::QCIF);
    }
}

#[test]
fn damaged_streams_never_yield_a_picture_of_a_wrong_size() {
    let mut seed = 7u32;
    let mut random = move || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        seed >> 8
    };
    for (codec, size) in FORMATS {
        let mut encoder = Encoder::new(VideoFormat::prompt(codec, size)).unwrap();
        let mut decoder = Decoder::new(codec).unwrap().expecting(size);
        for step in 0..60 {
            let mut frame = encode(&mut encoder, &card(size, step), step, step % 10 == 0);
            let mut data = frame.data.to_vec();
            for _ in 0..random() % 6 {
                let at = random() as usize % data.len();
                data[at] ^= 1 << (random() % 8);
            }
            if step % 7 == 3 {
                data.truncate(random() as usize % data.len());
            }
            frame.data = data.into();
            if let Ok(Some(picture)) = decoder.decode(&frame) {
                assert_eq!(picture.size, size);
            }
        }
        let clean = encode(&mut encoder, &card(size, 99), 99, true);
        let back = decoder.decode(&clean).unwrap().expect("a clean key picture decodes again");
        assert!(ssim(&card(size, 99), &back).unwrap() > 0.7, "{codec} {size}");
    }
}

#[test]
fn what_a_codec_cannot_do_is_said_at_once() {
    let odd = VideoFormat::prompt(Codec::H263, Size::VGA);
    assert!(matches!(Encoder::new(odd), Err(codec::Error::Open { .. })));
    assert!(matches!(
        Encoder::new(VideoFormat { codec: Codec::Pcmu, ..odd }),
        Err(codec::Error::WrongCodec { .. })
    ));
    assert!(Encoder::new(VideoFormat { fps: 0, ..odd }).is_err());
    let short = VideoFormat { slice_len_max: 400, ..VideoFormat::prompt(Codec::H264, Size::QCIF) };
    assert!(matches!(Encoder::new(short), Err(codec::Error::Open { .. })));
    assert!(Decoder::new(Codec::Pcma).is_err());
    let mut encoder = Encoder::new(VideoFormat::prompt(Codec::H264, Size::QCIF)).unwrap();
    let wrong = encoder.encode(&card(Size::CIF, 0), Duration::ZERO, true);
    assert!(matches!(wrong, Err(codec::Error::WrongSize { .. })));
}
