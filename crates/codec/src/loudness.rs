//! How loud sound is to a listener, and bringing it to one loudness.
//!
//! Measured as in ITU-R BS.1770-5: K-weighting, then the mean power of blocks of 400 ms that are neither silence nor
//! more than 10 dB below the rest. That counts what is heard, not what a meter shows: hum below the voice weighs
//! little, and pauses nothing, so that a fast and a slow speaker come out alike. RMS over active frames, which
//! this could also be, makes a deep recorded voice softer than a bright synthetic one. Deviations: one channel of
//! 8 kHz, and what is shorter than a block is measured as one. Start at [`normalise`].

use std::f64::consts::PI;

use crate::SAMPLE_RATE;

/// Makes a full-scale sine of 997 Hz -3.01 (BS.1770-5, annex 1). The standard's own -0.691 belongs to its filter at
/// 48 kHz; at our rate the shelf begins a little higher.
const OFFSET_DB: f64 = -0.446;
/// Blocks below this are silence.
const GATE_DB: f64 = -70.0;
/// Blocks so far below the mean of the others are pauses.
const GATE_RELATIVE_DB: f64 = -10.0;
/// A quarter of a block, by which blocks are shifted.
const STEP: usize = SAMPLE_RATE as usize / 10;
/// Of a block in steps.
const STEPS: usize = 4;

/// No more gain than this, so that a recording of nothing stays nothing.
const GAIN_MAX_DB: f64 = 20.0;
/// How much peaks may be held back, so that the rest can be louder; beyond it speech sounds pressed.
const LIMITING_MAX_DB: f64 = 9.0;
/// Rounds of raising what the limiter took.
const ROUNDS: usize = 6;
/// Samples over which the limiter closes and opens, 5 ms: a gain that jumps is heard as a click.
const LOOK_AHEAD: usize = SAMPLE_RATE as usize / 200;

/// Loudness of 8 kHz mono, in dB relative to full scale (LUFS); `None` for silence.
#[must_use]
pub fn measure(pcm: &[i16]) -> Option<f64> {
    let samples: Vec<f64> = pcm.iter().map(|&sample| f64::from(sample)).collect();
    measure_samples(&samples)
}

/// The highest peak of the sound between its samples too (BS.1770-5, annex 2), in dB relative to full scale.
#[must_use]
pub fn true_peak(pcm: &[i16]) -> f64 {
    let samples: Vec<f64> = pcm.iter().map(|&sample| f64::from(sample)).collect();
    decibel(peaks(&samples).into_iter().fold(0.0, f64::max) / FULL)
}

/// Brings sound to `level_db` with no peak above `peak_db`. Rare peaks are held back; where they are not rare the
/// sound stays softer. Silence, and noise that is nearly silence, are left alone.
pub fn normalise(pcm: &mut [i16], level_db: f64, peak_db: f64) {
    let source: Vec<f64> = pcm.iter().map(|&sample| f64::from(sample)).collect();
    let Some(loudness) = measure_samples(&source) else { return };
    let ceiling = FULL * ratio(peak_db);
    let first = (level_db - loudness).min(GAIN_MAX_DB);
    let highest = peaks(&source).into_iter().fold(1.0, f64::max);
    let gain_max = decibel(ceiling / highest) + LIMITING_MAX_DB;
    let mut gain = first.min(gain_max);
    let mut made = limited(&source, ratio(gain), ceiling);
    for _ in 0..ROUNDS {
        let lacking = level_db - measure_samples(&made).unwrap_or(level_db);
        let next = (gain + lacking).min(gain_max).min(GAIN_MAX_DB);
        if (next - gain).abs() < 0.05 {
            break;
        }
        gain = next;
        made = limited(&source, ratio(gain), ceiling);
    }
    for (sample, made) in pcm.iter_mut().zip(made) {
        *sample = made.round() as i16;
    }
}

const FULL: f64 = 32_768.0;

fn measure_samples(samples: &[f64]) -> Option<f64> {
    let weighted = weighted(samples);
    let steps: Vec<f64> = weighted
        .chunks_exact(STEP)
        .map(|step| step.iter().map(|s| s * s).sum::<f64>() / STEP as f64)
        .collect();
    let mut blocks: Vec<f64> =
        steps.windows(STEPS).map(|block| block.iter().sum::<f64>() / STEPS as f64).collect();
    if blocks.is_empty() {
        let all = weighted.iter().map(|s| s * s).sum::<f64>();
        blocks.push(all / weighted.len().max(1) as f64);
    }
    blocks.retain(|power| loudness(*power) > GATE_DB);
    let gate = loudness(mean(&blocks)?) + GATE_RELATIVE_DB;
    blocks.retain(|power| loudness(*power) > gate);
    mean(&blocks).map(loudness)
}

fn loudness(power: f64) -> f64 {
    OFFSET_DB + 10.0 * (power / (FULL * FULL)).log10()
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// K-weighting: a shelf for the head, a high-pass for the ear (BS.1770-5, annex 1). The standard gives coefficients
/// for 48 kHz; these are its analogue filters at our rate.
fn weighted(samples: &[f64]) -> Vec<f64> {
    let shelf = {
        let (k, q, gain) = ((PI * 1_681.974_45 / rate()).tan(), 0.707_175_237, ratio(3.999_843_854));
        let band = gain.powf(0.499_666_774);
        let high = [gain + band * k / q + k * k, 2.0 * (k * k - gain), gain - band * k / q + k * k];
        Biquad::new(high, k, q)
    };
    let high_pass = {
        let (k, q) = ((PI * 38.135_470_88 / rate()).tan(), 0.500_327_037);
        Biquad::new([1.0, -2.0, 1.0], k, q)
    };
    high_pass.run(shelf.run(samples.iter().copied())).collect()
}

fn rate() -> f64 {
    f64::from(SAMPLE_RATE)
}

struct Biquad {
    forward: [f64; 3],
    back: [f64; 2],
    past_in: [f64; 2],
    past_out: [f64; 2],
}

impl Biquad {
    fn new(forward: [f64; 3], k: f64, q: f64) -> Biquad {
        let scale = 1.0 + k / q + k * k;
        let back = [2.0 * (k * k - 1.0) / scale, (1.0 - k / q + k * k) / scale];
        Biquad { forward: forward.map(|b| b / scale), back, past_in: [0.0; 2], past_out: [0.0; 2] }
    }

    fn run(mut self, samples: impl Iterator<Item = f64>) -> impl Iterator<Item = f64> {
        samples.map(move |x| {
            let ([b0, b1, b2], [a1, a2]) = (self.forward, self.back);
            let ([x1, x2], [y1, y2]) = (self.past_in, self.past_out);
            let y = b0 * x + b1 * x1 + b2 * x2 - a1 * y1 - a2 * y2;
            (self.past_in, self.past_out) = ([x, x1], [y, y1]);
            y
        })
    }
}

/// Made louder, with the gain lowered around each peak that would be above `ceiling`.
fn limited(samples: &[f64], gain: f64, ceiling: f64) -> Vec<f64> {
    let allowed: Vec<f64> = peaks(samples)
        .into_iter()
        .map(|peak| if peak * gain > ceiling { ceiling / peak } else { gain })
        .collect();
    if allowed.iter().all(|&allowed| allowed >= gain) {
        return samples.iter().map(|sample| sample * gain).collect();
    }
    // The least of what is near, then the mean of that over as far: never above what any sample allows.
    let least = around(&allowed, |near| near.iter().copied().fold(f64::MAX, f64::min));
    let smooth = around(&least, |near| near.iter().sum::<f64>() / near.len() as f64);
    samples.iter().zip(smooth).map(|(sample, gain)| sample * gain).collect()
}

fn around(values: &[f64], of: impl Fn(&[f64]) -> f64) -> Vec<f64> {
    let near = |at: usize| {
        let end = (at + LOOK_AHEAD + 1).min(values.len());
        of(&values[at.saturating_sub(LOOK_AHEAD)..end])
    };
    (0..values.len()).map(near).collect()
}

/// Points between two samples at which the sound is known too.
const BETWEEN: usize = 3;
/// Samples on either side from which a point between is made.
const REACH: usize = 6;

/// The highest the sound is at each sample or between it and the next.
fn peaks(samples: &[f64]) -> Vec<f64> {
    let kernels: Vec<[f64; 2 * REACH]> =
        (1..=BETWEEN).map(|point| kernel(point as f64 / (BETWEEN + 1) as f64)).collect();
    let near = |at: usize, tap: usize| {
        (at + tap + 1).checked_sub(REACH).and_then(|index| samples.get(index)).copied().unwrap_or(0.0)
    };
    let highest = |(at, sample): (usize, &f64)| {
        let between = kernels.iter().map(|kernel| {
            kernel.iter().enumerate().map(|(tap, weight)| weight * near(at, tap)).sum::<f64>().abs()
        });
        between.fold(sample.abs(), f64::max)
    };
    samples.iter().enumerate().map(highest).collect()
}

/// A windowed sinc that gives the sound `offset` of a sample after a sample.
fn kernel(offset: f64) -> [f64; 2 * REACH] {
    std::array::from_fn(|tap| {
        let distance = tap as f64 + 1.0 - REACH as f64 - offset;
        let window = (PI * distance / (2.0 * REACH as f64)).cos().powi(2);
        (PI * distance).sin() / (PI * distance) * window
    })
}

fn ratio(db: f64) -> f64 {
    10f64.powf(db / 20.0)
}

fn decibel(ratio: f64) -> f64 {
    20.0 * ratio.log10()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hz: f64, amplitude: f64, seconds: f64) -> Vec<i16> {
        let samples = (seconds * rate()) as usize;
        (0..samples).map(|n| (amplitude * (2.0 * PI * hz * n as f64 / rate()).sin()) as i16).collect()
    }

    #[test]
    fn a_full_tone_of_one_kilohertz_is_three_below_full_scale() {
        // BS.1770-5, annex 1: -3.01 LUFS at 997 Hz.
        let measured = measure(&tone(997.0, 32_767.0, 2.0)).unwrap();
        assert!((measured + 3.01).abs() < 0.05, "{measured}");
        let softer = measure(&tone(997.0, 3_276.7, 2.0)).unwrap();
        assert!((softer + 23.01).abs() < 0.05, "{softer}");
    }

    #[test]
    fn low_tones_count_less_and_high_ones_more() {
        let at = |hz| measure(&tone(hz, 10_000.0, 2.0)).unwrap();
        assert!(at(50.0) < at(1_000.0) - 3.0, "{}", at(50.0));
        assert!((2.5..4.5).contains(&(at(3_000.0) - at(500.0))), "{}", at(3_000.0) - at(500.0));
    }

    #[test]
    fn pauses_do_not_count() {
        let talk = tone(440.0, 8_000.0, 4.0);
        let plain = measure(&talk).unwrap();
        let mut with_pauses = talk.clone();
        with_pauses.extend(vec![0; 80_000]);
        assert!((measure(&with_pauses).unwrap() - plain).abs() < 0.5);
    }

    #[test]
    fn silence_is_none_and_stays_silence() {
        assert_eq!((measure(&[]), measure(&[0; 8_000]), measure(&[0; 10])), (None, None, None));
        let mut silence = vec![0; 800];
        normalise(&mut silence, -19.0, -3.0);
        assert_eq!(silence, vec![0; 800]);
        let mut hiss = tone(700.0, 3.0, 1.0);
        let before = hiss.clone();
        normalise(&mut hiss, -19.0, -3.0);
        assert_eq!(hiss, before, "noise is not made sound");
    }

    #[test]
    fn peaks_between_samples_are_seen() {
        // At a quarter of the rate, 45 degrees off: every sample is 3 dB below the peak.
        let turn = |n: u32| (PI * (f64::from(n) / 2.0 + 0.25)).sin();
        let pcm: Vec<i16> = (0..4_000).map(|n| (20_000.0 * turn(n)) as i16).collect();
        let sampled = pcm.iter().map(|s| f64::from(s.unsigned_abs())).fold(0.0, f64::max);
        assert!((decibel(20_000.0 / FULL) - decibel(sampled / FULL) - 3.0).abs() < 0.1);
        assert!((true_peak(&pcm) - decibel(20_000.0 / FULL)).abs() < 0.3, "{}", true_peak(&pcm));
    }

    #[test]
    fn everything_comes_to_one_loudness() {
        // Bursts with a crest factor as speech has it, some seconds of each.
        let bursts = |amplitude: f64| -> Vec<i16> {
            let decay = |n: usize| (-((n % 1_600) as f64) / 250.0).exp();
            let hum = |n: usize| (n as f64 * 0.35).sin() + 0.5 * (n as f64 * 1.1).sin();
            (0..24_000).map(|n| (amplitude * decay(n) * hum(n) / 1.5) as i16).collect()
        };
        let sounds = [
            tone(440.0, 900.0, 1.0),
            tone(1_000.0, 32_000.0, 2.0),
            tone(2_500.0, 5_000.0, 0.2),
            bursts(4_000.0),
            bursts(32_000.0),
        ];
        for (index, mut pcm) in sounds.into_iter().enumerate() {
            normalise(&mut pcm, -19.0, -3.0);
            let level = measure(&pcm).unwrap();
            assert!((level + 19.0).abs() < 0.3, "sound {index}: {level}");
            assert!(true_peak(&pcm) < -2.8, "sound {index}: {}", true_peak(&pcm));
        }
    }

    #[test]
    fn a_click_does_not_make_the_rest_loud_or_clip() {
        let mut pcm = vec![20_i16; 8_000];
        pcm[4_000] = 30_000;
        normalise(&mut pcm, -19.0, -3.0);
        assert!(true_peak(&pcm) < -2.8);
        assert!(pcm[..3_000].iter().all(|s| s.unsigned_abs() < 200));
    }
}
