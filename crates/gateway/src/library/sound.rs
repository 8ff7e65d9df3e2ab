//! Samples to tracks: loudness, silence at the ends, and frames of any codec.

use std::time::Duration;

use codec::SAMPLE_RATE;
use codec::audio::Encoder;
use media::{AudioFormat, Format, Frame, Track};

/// Loudness (ITU-R BS.1770) of prompts, clips and recordings, in LUFS: what EBU R 128 gives, some 3 dB above the
/// speech of networks (-26 dB of power in its active parts, ITU-T P.56), since a prompt competes with a street.
const LEVEL_DB: f64 = -23.0;

/// Peaks stay below this, also between samples, dB relative to full scale: a coder's own error must not clip.
const PEAK_DB: f64 = -3.0;

/// Blocks 15 dB below this, relative to the loudest, are silence.
const PAUSE_DB: f64 = -30.0;

/// Samples of 20 ms.
const BLOCK: usize = SAMPLE_RATE as usize / 50;

/// Brings it to [`LEVEL_DB`] without clipping.
pub(super) fn normalise(pcm: &mut [i16]) {
    codec::loudness::normalise(pcm, LEVEL_DB, PEAK_DB);
}

/// Takes silence off both ends: callers wait for the first word, and the menu's time-out starts at
/// the end. A little is kept so that no consonant is cut.
pub(super) fn trim(pcm: &mut Vec<i16>) {
    const KEEP_BEFORE: usize = 2;
    const KEEP_AFTER: usize = 8;
    let energies: Vec<f64> = pcm.chunks(BLOCK).map(power).collect();
    let loudest = energies.iter().copied().fold(0.0, f64::max);
    let audible = |power: &f64| *power > 0.0 && *power >= loudest * ratio(PAUSE_DB - 15.0).powi(2);
    let (Some(first), Some(last)) = (energies.iter().position(audible), energies.iter().rposition(audible))
    else {
        return;
    };
    pcm.truncate((last + 1 + KEEP_AFTER) * BLOCK);
    pcm.drain(..first.saturating_sub(KEEP_BEFORE) * BLOCK);
}

/// Samples as frames; the last is filled up with silence.
pub(super) fn track(pcm: &[i16], format: AudioFormat) -> Result<Track, codec::Error> {
    // Opus takes any rate; what is wide-band otherwise gains nothing from it, but must be brought to its own.
    let mut encoder = Encoder::at(format, SAMPLE_RATE)?;
    let rate = encoder.sample_rate();
    let pcm = &codec::resample(pcm, SAMPLE_RATE, rate)?[..];
    let samples = encoder.frame_samples();
    let period = Duration::from_secs(samples as u64) / rate;
    let silence: &[i16] = &[];
    let chunks = pcm.chunks(samples).chain(pcm.is_empty().then_some(silence));
    let frames: Vec<Frame> = (0..).zip(chunks).map(|(n, chunk)| encoder.encode(chunk, period * n)).collect();
    let duration = period * frames.len() as u32;
    Ok(Track::new(Format::Audio(format), frames.into(), duration))
}

fn power(block: &[i16]) -> f64 {
    block.iter().map(|&sample| f64::from(sample).powi(2)).sum::<f64>() / block.len() as f64
}

fn ratio(db: f64) -> f64 {
    10f64.powf(db / 20.0)
}

#[cfg(test)]
mod tests {
    use media::Codec;

    use super::*;

    fn tone(amplitude: f64, samples: usize) -> Vec<i16> {
        (0..samples).map(|n| (amplitude * (n as f64 * 0.7).sin()) as i16).collect()
    }

    #[test]
    fn silence_goes_from_both_ends_but_not_from_the_middle() {
        let mut pcm = vec![0; 8_000];
        pcm.extend(tone(8_000.0, 1_600));
        pcm.extend(vec![0; 4_000]);
        pcm.extend(tone(8_000.0, 1_600));
        pcm.extend(vec![0; 8_000]);
        trim(&mut pcm);
        assert_eq!(pcm.len(), 2 * BLOCK + 1_600 + 4_000 + 1_600 + 8 * BLOCK);
    }

    #[test]
    fn packets_are_equally_long_and_end_in_silence() {
        let track = track(&tone(1_000.0, 500), AudioFormat::new(Codec::Pcma)).unwrap();
        assert_eq!(track.frames.len(), 4);
        assert!(track.frames.iter().all(|frame| frame.data.len() == 160 && frame.keyframe));
        assert_eq!(track.frames[3].data[20..], [0xD5; 140]);
        assert_eq!(track.frames[3].pts, Duration::from_millis(60));
        assert_eq!(track.duration, Duration::from_millis(80));
        let speech = super::track(&tone(1_000.0, 500), AudioFormat::new(Codec::Amr)).unwrap();
        assert_eq!((speech.frames.len(), speech.duration), (4, track.duration));
        // Mode 7, good, and its 244 bits.
        assert!(speech.frames.iter().all(|frame| frame.data.len() == 32 && frame.data[0] == 7 << 3 | 4));
        assert_eq!(super::track(&[], AudioFormat::new(Codec::Amr)).unwrap().frames.len(), 1);
    }
}
