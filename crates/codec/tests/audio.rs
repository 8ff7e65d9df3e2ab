//! Sound encoded and decoded again; libavcodec's own AMR decoder is the oracle beside ours.

use std::fs;
use std::path::Path;
use std::time::Duration;

use codec::{SAMPLE_RATE, amr, audio, file};
use media::{AudioFormat, Codec, Frame, amr as table};

/// Something like a vowel: pulses of a gliding pitch through three resonators, syllables of 240 ms.
fn voice(seconds: usize) -> Vec<i16> {
    let rate = f64::from(SAMPLE_RATE);
    let (mut phase, mut states) = (0.0, [[0.0f64; 2]; 3]);
    (0..seconds * SAMPLE_RATE as usize)
        .map(|n| {
            let time = n as f64 / rate;
            phase += (120.0 + 25.0 * (time * 2.2).sin()) / rate;
            let mut sample = 0.0;
            if phase >= 1.0 {
                phase -= 1.0;
                sample = 900.0;
            }
            for (state, (hz, width)) in
                states.iter_mut().zip([(620.0, 90.0), (1_180.0, 110.0), (2_500.0, 160.0)])
            {
                let radius = (-std::f64::consts::PI * width / rate).exp();
                let turn = 2.0 * radius * (std::f64::consts::TAU * hz / rate).cos();
                sample += turn * state[0] - radius * radius * state[1];
                *state = [sample, state[0]];
            }
            let syllable = (std::f64::consts::PI * time / 0.24).sin().abs();
            (sample * 0.25 * syllable).clamp(-30_000.0, 30_000.0) as i16
        })
        .collect()
}

fn power(samples: &[i16]) -> f64 {
    samples.iter().map(|&s| f64::from(s).powi(2)).sum::<f64>() / samples.len() as f64
}

/// Ratio of `signal` to what `other` differs from it by, in dB; the best of some samples' shift.
fn snr_db(signal: &[i16], other: &[i16], shifts: std::ops::Range<usize>) -> f64 {
    shifts
        .map(|shift| {
            let noise: Vec<i16> =
                signal.iter().zip(other.iter().skip(shift)).map(|(&a, &b)| a.saturating_sub(b)).collect();
            10.0 * (power(signal) / power(&noise).max(1e-9)).log10()
        })
        .fold(f64::MIN, f64::max)
}

fn encoded(samples: &[i16], mode: impl Fn(usize) -> u8) -> Vec<Frame> {
    let mut encoder = audio::Encoder::new(AudioFormat::new(Codec::Amr)).expect("an encoder");
    let frames = samples.chunks(encoder.frame_samples()).enumerate();
    frames
        .map(|(n, chunk)| {
            encoder.set_mode(mode(n));
            encoder.encode(chunk, Duration::from_millis(20) * n as u32)
        })
        .collect()
}

fn decoded(frames: &[Frame]) -> Vec<i16> {
    let mut decoder = audio::Decoder::new(Codec::Amr).expect("a decoder");
    frames.iter().flat_map(|frame| decoder.decode(frame).expect("AMR")).collect()
}

/// The same by libavcodec, out of a file as RFC 4867 §5 has it.
fn decoded_by_libavcodec(name: &str, frames: &[Frame]) -> Vec<i16> {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{name}.amr", std::process::id()));
    let mut data = b"#!AMR\n".to_vec();
    frames.iter().for_each(|frame| data.extend_from_slice(&frame.data));
    fs::write(&path, data).expect("a file for the test");
    let clip = file::read(&path).expect("libavcodec reads it");
    fs::remove_file(path).expect("it is ours");
    clip.pcm
}

#[test]
fn every_mode_sounds_like_what_was_said_and_two_decoders_agree() {
    let voice = voice(3);
    // What waveform coders would call poor is what these modes are: 4.75 kbit/s keeps the spectrum.
    for (mode, least_db) in (0..8).zip([3.0, 3.0, 4.0, 4.5, 5.0, 5.0, 7.0, 8.5]) {
        let frames = encoded(&voice, |_| mode);
        let contents = mode << 3 | 4;
        let len = 1 + table::bits(mode).unwrap().div_ceil(8);
        assert!(
            frames.iter().all(|frame| frame.data[0] == contents && frame.data.len() == len),
            "mode {mode}"
        );
        let ours = decoded(&frames);
        assert_eq!(ours.len(), voice.len());
        let snr = snr_db(&voice, &ours, 0..80);
        let level = 10.0 * (power(&ours) / power(&voice)).log10();
        let theirs = decoded_by_libavcodec(&format!("mode{mode}"), &frames);
        let (second, agreed) = (snr_db(&voice, &theirs, 0..80), snr_db(&ours, &theirs, 0..80));
        println!(
            "mode {mode}: {snr:.1} dB, level {level:+.1} dB, by libavcodec {second:.1} dB, both {agreed:.1} dB"
        );
        assert!(snr > least_db && level.abs() < 2.0, "mode {mode}: {snr:.1} dB, level {level:+.1} dB");
        // One computes in integers, the other in floating point, and their post-filters differ.
        assert!(second > least_db - 1.0, "mode {mode}: libavcodec hears {second:.1} dB");
        assert!(agreed > 9.0, "mode {mode}: the decoders differ by {agreed:.1} dB");
    }
}

#[test]
fn the_mode_may_change_with_every_frame() {
    let voice = voice(2);
    let frames = encoded(&voice, |n| (n % 9) as u8);
    for (n, frame) in frames.iter().enumerate() {
        assert_eq!(frame.data[0] >> 3, (n % 9).min(7) as u8);
    }
    let ours = decoded(&frames);
    assert!(snr_db(&voice, &ours, 0..80) > 3.0);
    assert!(snr_db(&voice, &decoded_by_libavcodec("modes", &frames), 0..80) > 3.0);
}

#[test]
fn lost_and_damaged_frames_are_bridged_and_a_long_gap_fades() {
    let voice = voice(2);
    let clean = encoded(&voice, |_| 7);
    let whole = decoded(&clean);
    let lose = |spoil: &dyn Fn(&mut Frame)| {
        let mut frames = clean.clone();
        frames[30..50].iter_mut().for_each(spoil);
        decoded(&frames)
    };
    let damaged = lose(&|frame| frame.damaged = true);
    let unset = |frame: &mut Frame| {
        let mut data = frame.data.to_vec();
        data[0] &= !4;
        frame.data = data.into();
    };
    assert_eq!(damaged, lose(&unset), "the Q bit says the same as the flag");
    assert_eq!(damaged, lose(&|frame| frame.data = vec![15 << 3 | 4].into()), "and so does no data");
    let of = |samples: &[i16], frame: usize| power(&samples[frame * 160..][..160]);
    assert!(of(&damaged, 30) > of(&whole, 29) / 10.0, "the first lost frame goes on");
    assert!(of(&damaged, 49) < of(&whole, 29) / 1_000.0, "four tenths of a second later it is nearly still");
    let after = 60 * 160..100 * 160;
    assert!(snr_db(&whole[after.clone()], &damaged[after], 0..1) > 6.0, "and comes back after it");
}

#[test]
fn comfort_noise_is_decoded_and_soft() {
    let mut frames = encoded(&voice(1), |_| 7);
    // 35 bits of parameters, the last six for the least energy, then STI 1 (an update) and mode 7
    // (TS 26.101 §4.2.3).
    let data = vec![8 << 3 | 4, 0, 0, 0, 0x08, 0x1E];
    let quiet = Frame::new(Codec::Amr, Duration::ZERO, Duration::from_millis(20), true, data.into());
    let nothing = Frame { data: vec![15 << 3 | 4].into(), ..quiet.clone() };
    frames.push(quiet);
    frames.extend(vec![nothing; 49]);
    let sound = decoded(&frames);
    assert_eq!(sound.len(), 100 * 160);
    assert!(power(&sound[60 * 160..]) < power(&sound[..50 * 160]) / 30.0);
}

#[test]
fn no_input_makes_the_decoder_fail() {
    let mut decoder = amr::Decoder::new().unwrap();
    let mut seed = 0x2545_F491_4F6C_DD1Du64;
    let mut random = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    for contents in 0..=255u8 {
        decoder.decode(&[contents]);
        for _ in 0..40 {
            let len = random() as usize % 40;
            let mut frame: Vec<u8> = (0..len).map(|_| random() as u8).collect();
            if let Some(first) = frame.first_mut() {
                *first = contents;
            }
            decoder.decode(&frame);
        }
    }
    decoder.decode(&[]);
    let mut codec = audio::Decoder::new(Codec::Amr).unwrap();
    let other = Frame::new(Codec::Pcma, Duration::ZERO, Duration::ZERO, true, vec![0; 160].into());
    assert!(matches!(codec.decode(&other), Err(codec::Error::WrongCodec { .. })));
}

#[test]
fn every_audio_codec_has_the_same_face() {
    let voice = voice(1);
    for codec in [Codec::Pcmu, Codec::Pcma, Codec::Amr] {
        let mut encoder = audio::Encoder::new(AudioFormat::new(codec)).unwrap();
        let mut decoder = audio::Decoder::new(codec).unwrap();
        assert_eq!(encoder.frame_samples(), 160);
        let mut back = Vec::new();
        for (n, chunk) in voice.chunks(150).enumerate() {
            let frame = encoder.encode(chunk, Duration::from_millis(20) * n as u32);
            assert!(frame.keyframe && frame.codec == codec && frame.duration == Duration::from_millis(20));
            assert_eq!(frame.pts, Duration::from_millis(20) * n as u32);
            back.extend(decoder.decode(&frame).unwrap());
        }
        assert_eq!(back.len(), voice.len().div_ceil(150) * 160, "{codec}: short frames are filled up");
        assert_eq!(decoder.conceal(Duration::from_millis(60)).len(), 480);
    }
    for codec in [Codec::H263, Codec::Clearmode] {
        assert!(audio::Encoder::new(AudioFormat::new(codec)).is_err());
        assert!(audio::Decoder::new(codec).is_err());
    }
}

/// What a decoder still remembers of a voice must not ring on in the tone of another source: a telephone's decoder
/// goes on from prompt to prompt and to the agent, and a narrow resonance with a gain of its own was heard for seconds.
#[test]
fn an_opus_stream_begins_alike_whatever_its_decoder_heard_before() {
    let opus = AudioFormat::new(Codec::Opus);
    let frames = |samples: &[i16]| -> Vec<Frame> {
        let mut encoder = audio::Encoder::at(opus, SAMPLE_RATE).expect("an encoder");
        let chunks = samples.chunks(encoder.frame_samples()).enumerate();
        chunks.map(|(n, chunk)| encoder.encode(chunk, Duration::from_millis(20) * n as u32)).collect()
    };
    let step = std::f64::consts::TAU / f64::from(SAMPLE_RATE);
    let voice = frames(&voice(2));
    for (hz, amplitude) in [(440.0, 2_000.0), (900.0, 8_000.0), (1_000.0, 8_000.0), (1_400.0, 8_000.0)] {
        let sine = |n: u32| (amplitude * (step * hz * f64::from(n)).sin()) as i16;
        let tone = frames(&(0..SAMPLE_RATE).map(sine).collect::<Vec<i16>>());
        for (before, count) in
            [&voice, &tone].into_iter().flat_map(|before| (0..25).map(move |n| (before, n)))
        {
            let mut decoder = audio::Decoder::at(Codec::Opus, 48_000).expect("a decoder");
            // Many after the first packets, few later.
            for frame in &before[..(count * count / 7).min(before.len())] {
                decoder.decode(frame).expect("sound");
            }
            let heard = tone.iter().flat_map(|frame| decoder.decode(frame).expect("sound"));
            let peak = f64::from(heard.map(i16::unsigned_abs).max().expect("samples"));
            assert!(peak < 1.5 * amplitude, "{hz} Hz after {count}: {peak} of {amplitude}");
        }
    }
}
