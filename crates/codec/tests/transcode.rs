//! Every pair of codecs through a transcoder: the tone is found, the picture is like the source.

use std::f64::consts::TAU;
use std::time::Duration;

use codec::transcode::{AudioTranscoder, Load, VideoTranscoder};
use codec::{audio, compare, video};
use media::{AudioFormat, Codec, Frame, Picture, Rotation, Size, Sizes, VideoFormat, amr};

const SOUND: [Codec; 6] = [Codec::Pcmu, Codec::Pcma, Codec::Amr, Codec::AmrWb, Codec::Opus, Codec::G722];
const PICTURES: [Codec; 5] = [Codec::H263, Codec::H263p, Codec::Mpeg4, Codec::H264, Codec::Vp8];
const TONE_HZ: f64 = 440.0;
const FRAME: Duration = Duration::from_millis(20);

fn tone(rate: u32, seconds: f64) -> Vec<i16> {
    let step = TONE_HZ * TAU / f64::from(rate);
    (0..(seconds * f64::from(rate)) as usize).map(|n| (8_000.0 * (step * n as f64).sin()) as i16).collect()
}

/// Level of the tone in the second half, and what is there beside it, both as amplitudes.
fn level(samples: &[i16], rate: u32) -> (f64, f64) {
    let half = &samples[samples.len() / 2..];
    let step = TONE_HZ * TAU / f64::from(rate);
    let (mut re, mut im, mut power) = (0.0, 0.0, 0.0);
    for (n, &sample) in half.iter().enumerate() {
        let (sin, cos) = (step * n as f64).sin_cos();
        re += f64::from(sample) * cos;
        im += f64::from(sample) * sin;
        power += f64::from(sample).powi(2);
    }
    let count = half.len() as f64;
    let amplitude = 2.0 * re.hypot(im) / count;
    let rest = (power / count - amplitude * amplitude / 2.0).max(0.0);
    (amplitude, (2.0 * rest).sqrt())
}

fn spoken(codec: Codec, seconds: f64) -> Vec<Frame> {
    let mut encoder = audio::Encoder::new(AudioFormat::new(codec)).expect("an encoder");
    let samples = tone(encoder.sample_rate(), seconds);
    let chunks = samples.chunks_exact(encoder.frame_samples()).zip(0u32..);
    chunks.map(|(chunk, n)| encoder.encode(chunk, FRAME * n)).collect()
}

fn heard(codec: Codec, frames: &[Frame]) -> (Vec<i16>, u32) {
    let mut decoder = audio::Decoder::new(codec).expect("a decoder");
    let samples = frames.iter().flat_map(|frame| decoder.decode(frame).expect("sound")).collect();
    (samples, decoder.sample_rate())
}

fn through(from: Codec, to: Codec, frames: &[Frame]) -> (AudioTranscoder, Vec<Frame>) {
    let mut transcoder = AudioTranscoder::new(from, AudioFormat::new(to)).expect("a transcoder");
    let mut out = Vec::new();
    frames.iter().for_each(|frame| transcoder.push(frame, &mut out).expect("goes through"));
    (transcoder, out)
}

#[test]
fn a_tone_passes_between_each_pair_of_codecs() {
    for from in SOUND {
        let frames = spoken(from, 2.0);
        for to in SOUND {
            let (transcoder, out) = through(from, to, &frames);
            assert!(
                out.len() + 2 >= frames.len(),
                "{from} to {to}: {} of {} frames",
                out.len(),
                frames.len()
            );
            assert!(out.windows(2).all(|two| two[1].pts == two[0].pts + FRAME), "{from} to {to}");
            assert_eq!(transcoder.counters().made, out.len() as u64);
            assert_eq!(transcoder.counters().concealed, Duration::ZERO, "{from} to {to}");
            let (samples, rate) = heard(to, &out);
            let (amplitude, rest) = level(&samples, rate);
            assert!((amplitude / 8_000.0 - 1.0).abs() < 0.2, "{from} to {to}: a level of {amplitude}");
            assert!(rest < amplitude * 0.25, "{from} to {to}: {rest} beside {amplitude}");
        }
    }
}

#[test]
fn lost_sound_is_made_up_and_the_line_stays_whole() {
    for from in SOUND {
        let mut frames = spoken(from, 2.0);
        for lost in [80, 60, 40] {
            frames.remove(lost);
            frames[lost].lost_before = true;
        }
        let (transcoder, out) = through(from, Codec::Pcmu, &frames);
        assert_eq!(transcoder.counters().concealed, FRAME * 3, "{from}");
        assert!(out.windows(2).all(|two| two[1].pts == two[0].pts + FRAME), "{from}");
        let (samples, rate) = heard(Codec::Pcmu, &out);
        let (amplitude, _) = level(&samples, rate);
        // AMR comes back softly after a loss.
        assert!(amplitude > 5_000.0, "{from}: a level of {amplitude}");
        // A gap left silent would have no power in its middle. AMR-WB fades fast.
        for lost in [40u32, 60, 80] {
            let at = (FRAME * lost).as_millis() as usize * 8;
            let power: f64 =
                samples[at + 40..at + 140].iter().map(|&s| f64::from(s).powi(2)).sum::<f64>() / 100.0;
            assert!(power.sqrt() > 500.0, "{from}: {} in the gap", power.sqrt());
        }
    }
}

#[test]
fn silence_that_was_not_sent_begins_the_line_anew() {
    let frames = spoken(Codec::Pcmu, 1.0);
    let mut later = frames.clone();
    later.iter_mut().for_each(|frame| frame.pts += Duration::from_secs(9));
    let (transcoder, out) = through(Codec::Pcmu, Codec::Amr, &[frames, later].concat());
    assert_eq!(transcoder.counters().concealed, Duration::ZERO);
    assert_eq!((out.len(), out[50].pts), (100, Duration::from_secs(9)));
}

#[test]
fn comfort_noise_fills_what_is_not_sent() {
    let (mut transcoder, mut out) = through(Codec::Pcmu, Codec::Pcmu, &spoken(Codec::Pcmu, 0.1));
    assert!(transcoder.comfort_noise(&[50]) && !transcoder.comfort_noise(&[]));
    out.clear();
    for _ in 0..50 {
        transcoder.conceal(FRAME, &mut out).expect("noise");
    }
    let (samples, _) = heard(Codec::Pcmu, &out);
    let power = samples.iter().map(|&s| f64::from(s).powi(2)).sum::<f64>() / samples.len() as f64;
    let dbov = 20.0 * (power.sqrt() / 32_767.0).log10();
    assert!((dbov + 50.0).abs() < 1.5, "{dbov} dBov");
}

/// A frame of AMR comfort noise.
fn noise_of_amr(pts: Duration) -> Frame {
    let data = [amr::SID << 3 | 4, 0x52, 0x10, 0x3C, 0x40, 0x70];
    Frame::new(Codec::Amr, pts, FRAME, true, data.to_vec().into())
}

#[test]
fn a_pause_of_amr_is_filled_as_it_lasts_whether_too_little_or_too_much() {
    // A talker speaks, pauses for 320 ms with comfort noise every 160 ms, and speaks.
    for filled in [6, 7, 8] {
        let mut transcoder = AudioTranscoder::new(Codec::Amr, AudioFormat::new(Codec::Pcmu)).expect("codecs");
        let mut out = Vec::new();
        let speech = spoken(Codec::Amr, 0.2);
        for frame in &speech {
            transcoder.push(frame, &mut out).expect("speech");
        }
        assert!(!transcoder.is_pausing());
        for at in [200, 360] {
            transcoder.push(&noise_of_amr(Duration::from_millis(at)), &mut out).expect("noise");
            assert!(transcoder.is_pausing());
            for _ in 0..filled {
                transcoder.conceal(FRAME, &mut out).expect("a pause");
            }
        }
        for frame in &speech {
            let frame = Frame { pts: frame.pts + Duration::from_millis(520), ..frame.clone() };
            transcoder.push(&frame, &mut out).expect("speech");
        }
        assert!(!transcoder.is_pausing());
        for pair in out.windows(2) {
            let step = pair[1].pts.saturating_sub(pair[0].pts);
            assert!((FRAME..=3 * FRAME).contains(&step), "{filled}: {step:?} at {:?}", pair[1].pts);
        }
        let end = out.last().expect("sound").pts + FRAME;
        let drift = end.abs_diff(Duration::from_millis(720));
        assert!(drift <= 2 * FRAME, "{filled}: {end:?}");
    }
}

#[test]
fn damaged_sound_of_any_kind_does_no_harm() {
    let mut seed = 7u32;
    let mut random = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 16) as u8
    };
    for from in SOUND {
        let mut transcoder = AudioTranscoder::new(from, AudioFormat::new(Codec::Pcmu)).expect("a transcoder");
        let mut out = Vec::new();
        for n in 0..2_000u32 {
            let data: Vec<u8> = (0..random() % 70).map(|_| random()).collect();
            let pts = FRAME * n + Duration::from_millis(u64::from(random() % 30));
            let mut frame = Frame::new(from, pts, FRAME, true, data.into());
            frame.damaged = random() % 8 == 0;
            frame.lost_before = random() % 4 == 0;
            transcoder.push(&frame, &mut out).expect("never an error");
        }
        assert!(out.len() < 10_000, "{from}: {} frames", out.len());
    }
}

/// A picture with edges and areas, moved by `n`.
fn scene(size: Size, n: usize) -> Picture {
    let mut picture = Picture::black(size);
    let (width, height) = (usize::from(size.width), usize::from(size.height));
    for y in 0..height {
        for x in 0..width {
            let stripes = if ((x + 2 * n) / 24).is_multiple_of(2) { 60 } else { 170 };
            let disc =
                (x as f64 - width as f64 / 2.0).hypot(y as f64 - height as f64 / 2.0) < height as f64 / 3.0;
            picture.y[y * width + x] = if disc { 220 - (y * 100 / height) as u8 } else { stripes };
        }
    }
    for y in 0..height / 2 {
        for x in 0..width / 2 {
            picture.u[y * width / 2 + x] = (100 + x * 60 / width) as u8;
            picture.v[y * width / 2 + x] = (150 - y * 40 / height) as u8;
        }
    }
    picture
}

fn format(codec: Codec, size: Size) -> VideoFormat {
    VideoFormat { rate_bps: 128_000, ..VideoFormat::prompt(codec, size) }
}

fn shown(codec: Codec, size: Size, count: u32) -> Vec<Frame> {
    let mut encoder = video::Encoder::new(format(codec, size)).expect("an encoder");
    let period = Duration::from_secs(1) / 15;
    (0..count)
        .map(|n| encoder.encode(&scene(size, n as usize), period * n, false).expect("a frame"))
        .collect()
}

#[test]
fn a_scene_passes_between_each_pair_of_codecs() {
    for from in PICTURES {
        let frames = shown(from, Size::QCIF, 30);
        for to in PICTURES {
            let mut transcoder =
                VideoTranscoder::new(from, Size::QCIF, format(to, Size::QCIF)).expect("a transcoder");
            let mut decoder = video::Decoder::new(to).expect("a decoder").expecting(Size::QCIF);
            let mut last = None;
            for (frame, n) in frames.iter().zip(0usize..) {
                if let Some(made) = transcoder.push(frame, Load::Normal).expect("goes through") {
                    assert!(made.keyframe || n > 0, "{from} to {to}");
                    assert_eq!(made.pts, frame.pts);
                    last = decoder.decode(&made).expect("decodes").map(|picture| (picture, n)).or(last);
                }
            }
            let (picture, n) = last.expect("a picture");
            let alike = compare::ssim(&picture, &scene(Size::QCIF, n)).expect("of one size");
            assert!(alike > 0.80, "{from} to {to}: SSIM {alike:.3} at picture {n}");
            assert!(transcoder.counters().made > 10, "{from} to {to}: {:?}", transcoder.counters());
        }
    }
}

#[test]
fn a_slide_is_drawn_over_pictures_where_it_is_not_black() {
    let size = Size::QCIF;
    let mut slide = Picture::black(size);
    slide.y[100 * 176..].fill(200);
    let mut transcoder =
        VideoTranscoder::new(Codec::H264, size, format(Codec::H263, size)).expect("a transcoder");
    let mut decoder = video::Decoder::new(Codec::H263).expect("a decoder");
    let frames = shown(Codec::H264, size, 4);
    let mut mean = |transcoder: &mut VideoTranscoder, frame: &Frame| {
        transcoder.force_key();
        let made = transcoder.push(frame, Load::Normal).expect("goes through").expect("a picture");
        let picture = decoder.decode(&made).expect("decodes").expect("a picture");
        [0..96, 104..144].map(|rows: std::ops::Range<usize>| {
            let part = &picture.y[rows.start * 176..rows.end * 176];
            part.iter().map(|&luma| u32::from(luma)).sum::<u32>() / part.len() as u32
        })
    };
    let plain = mean(&mut transcoder, &frames[0]);
    transcoder.set_overlay(Some(codec::Overlay::new(slide)));
    let drawn = mean(&mut transcoder, &frames[1]);
    assert!(drawn[0].abs_diff(plain[0]) < 8 && drawn[1].abs_diff(200) < 4, "{plain:?} {drawn:?}");
    assert!(plain[1].abs_diff(200) > 20, "{plain:?}");
    transcoder.set_overlay(None);
    assert!(mean(&mut transcoder, &frames[2])[1].abs_diff(plain[1]) < 8);
}

#[test]
fn pictures_of_other_sizes_are_letterboxed_and_turned_ones_put_upright() {
    let wide = Size { width: 320, height: 180 };
    let mut frame = shown(Codec::Vp8, wide, 1).remove(0);
    for (rotation, bright_rows) in [(Rotation::None, 99), (Rotation::Quarter, 144)] {
        let mut transcoder = VideoTranscoder::new(Codec::Vp8, Sizes::Any, format(Codec::H263, Size::QCIF))
            .expect("a transcoder");
        frame.rotation = rotation;
        let made = transcoder.push(&frame, Load::Normal).expect("goes").expect("a picture");
        let mut decoder = video::Decoder::new(Codec::H263).expect("a decoder").expecting(Size::QCIF);
        let picture = decoder.decode(&made).expect("decodes").expect("a picture");
        let rows = (0..144).filter(|row| picture.y[row * 176 + 88] > 40).count();
        assert!(rows.abs_diff(bright_rows) <= 2, "{rotation:?}: {rows} rows");
    }
}

#[test]
fn what_is_not_agreed_or_comes_before_a_key_picture_is_dropped_and_a_key_asked_for() {
    let frames = shown(Codec::H264, Size::QCIF, 3);
    let cif = shown(Codec::H264, Size::CIF, 1);
    let mut transcoder =
        VideoTranscoder::new(Codec::H264, Size::QCIF, format(Codec::Vp8, Size::QCIF)).expect("a transcoder");
    assert_eq!(transcoder.push(&frames[1], Load::Normal).expect("no error"), None);
    assert!(transcoder.take_key_wanted() && !transcoder.take_key_wanted());
    assert!(transcoder.push(&frames[0], Load::Normal).expect("no error").is_some());
    assert!(!transcoder.take_key_wanted());
    assert_eq!(transcoder.push(&cif[0], Load::Normal).expect("no error"), None);
    let counters = transcoder.counters();
    assert_eq!((counters.before_key, counters.wrong_size, counters.made), (1, 1, 1));
    assert!(transcoder.take_key_wanted());
}

#[test]
fn a_key_is_made_on_demand_and_nothing_while_the_pool_is_behind() {
    let frames = shown(Codec::H263, Size::QCIF, 20);
    let mut transcoder =
        VideoTranscoder::new(Codec::H263, Sizes::Any, format(Codec::H264, Size::QCIF)).expect("a transcoder");
    let mut keys = Vec::new();
    for (n, frame) in frames.iter().enumerate() {
        let load = if (5..8).contains(&n) { Load::Behind } else { Load::Normal };
        if n == 6 || n == 12 {
            transcoder.force_key();
        }
        if let Some(made) = transcoder.push(frame, load).expect("goes through")
            && made.keyframe
        {
            keys.push(n);
        }
    }
    assert_eq!(keys, [0, 8, 12], "what was asked for while behind comes after it");
    assert_eq!(transcoder.counters().behind, 3);
}

#[test]
fn the_rate_follows_what_the_bearer_carries() {
    for to in PICTURES {
        let format = VideoFormat { rate_bps: 200_000, ..format(to, Size::QCIF) };
        let mut transcoder = VideoTranscoder::new(Codec::H264, Sizes::Any, format).expect("a transcoder");
        let mut octets = [0usize; 2];
        // Ten seconds each of a scene that moves.
        for (frame, n) in shown(Codec::H264, Size::QCIF, 300).iter().zip(0usize..) {
            if n == 150 {
                transcoder.set_rate(40_000).expect("a rate");
            }
            if let Some(made) = transcoder.push(frame, Load::Normal).expect("goes through") {
                octets[n / 150] += made.data.len();
            }
        }
        // The bucket may hold half a second of either rate at the ends.
        assert!(octets[1] * 8 <= 40_000 * 10 + 100_000 + 20_000, "{to}: {octets:?} octets");
        assert!(octets[1] * 8 >= 40_000 * 4, "{to}: {octets:?} octets");
        assert!(octets[0] * 8 <= 200_000 * 11, "{to}: {octets:?} octets");
    }
}

#[test]
fn damaged_pictures_of_any_kind_do_no_harm() {
    let mut seed = 11u32;
    let mut random = move || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 12) as usize
    };
    for from in PICTURES {
        let frames = shown(from, Size::QCIF, 20);
        let mut transcoder =
            VideoTranscoder::new(from, Size::QCIF, format(Codec::H263, Size::QCIF)).expect("a transcoder");
        for n in 0..400u32 {
            let mut frame = frames[random() % frames.len()].clone();
            let mut data = frame.data.to_vec();
            for _ in 0..random() % 6 {
                let at = random() % data.len();
                data[at] ^= 1 << (random() % 8);
            }
            if random() % 4 == 0 {
                data.truncate(random() % data.len());
            }
            frame.data = data.into();
            frame.pts = Duration::from_millis(66) * n;
            let made = transcoder.push(&frame, Load::Normal).expect("never an error");
            assert!(made.is_none_or(|made| !made.data.is_empty()));
        }
        assert_eq!(transcoder.counters().frames, 400, "{from}");
    }
}

#[test]
fn transcoders_may_change_threads() {
    fn is_send<T: Send>() {}
    is_send::<AudioTranscoder>();
    is_send::<VideoTranscoder>();
}
