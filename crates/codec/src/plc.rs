//! Concealment of lost sound for codecs without one of their own, in the manner of ITU-T G.711 appendix I: the last
//! pitch period goes on, softer and softer, and is blended into what comes after.
//!
//! Deviation: one period is repeated throughout, not one, two and three in turn. Start at [`Concealer`].

use std::time::Duration;

/// Pitch periods looked for: 66 to 200 Hz (appendix I.2.3).
const PITCH_MIN: Duration = Duration::from_millis(5);
const PITCH_MAX: Duration = Duration::from_millis(15);
/// Sound that is compared to find the period (I.2.3).
const COMPARED: Duration = Duration::from_millis(20);
/// What is made up stays at full level so long, then fades, and is silent at the end (I.2.7).
const FULL: Duration = Duration::from_millis(10);
const SILENT: Duration = Duration::from_millis(60);
/// Blended over where sound comes again.
const BLEND: Duration = Duration::from_millis(5);

/// What a stream sounded like last.
#[derive(Clone, Debug)]
pub struct Concealer {
    rate: u32,
    /// The newest sound, as much as finding the period takes.
    history: Vec<i16>,
    gap: Option<Gap>,
}

/// A gap that is being filled.
#[derive(Clone, Debug)]
struct Gap {
    /// One pitch period that is repeated; empty when there is nothing to go on from.
    period: Vec<i16>,
    /// Samples made up so far.
    filled: usize,
}

impl Concealer {
    /// For sound of `rate` Hz.
    #[must_use]
    pub fn new(rate: u32) -> Self {
        Concealer { rate, history: Vec::new(), gap: None }
    }

    /// Takes note of sound that came; after a gap its beginning is blended with what was made up.
    pub fn heard(&mut self, samples: &mut [i16]) {
        if let Some(mut gap) = self.gap.take() {
            let blended = self.samples(BLEND).min(samples.len());
            let (full, silent) = (self.samples(FULL), self.samples(SILENT));
            for (index, sample) in samples[..blended].iter_mut().enumerate() {
                let made_up = i32::from(gap.next(full, silent)) * (blended - index) as i32;
                *sample = ((made_up + i32::from(*sample) * index as i32) / blended as i32) as i16;
            }
        }
        self.remember(samples);
    }

    /// `count` samples in place of what did not come.
    pub fn conceal(&mut self, count: usize) -> Vec<i16> {
        let (full, silent) = (self.samples(FULL), self.samples(SILENT));
        let mut gap = self.gap.take().unwrap_or_else(|| Gap { period: self.period(), filled: 0 });
        let made_up: Vec<i16> = (0..count).map(|_| gap.next(full, silent)).collect();
        self.gap = Some(gap);
        made_up
    }

    fn samples(&self, duration: Duration) -> usize {
        (duration.as_micros() * u128::from(self.rate) / 1_000_000) as usize
    }

    fn remember(&mut self, samples: &[i16]) {
        let most = self.samples(COMPARED + PITCH_MAX);
        let newest = &samples[samples.len().saturating_sub(most)..];
        let kept = (most - newest.len()).min(self.history.len());
        self.history.drain(..self.history.len() - kept);
        self.history.extend_from_slice(newest);
    }

    /// The last pitch period of the history, by the lag at which the sound is most like itself.
    fn period(&self) -> Vec<i16> {
        let (min, max) = (self.samples(PITCH_MIN), self.samples(PITCH_MAX));
        let compared = self.samples(COMPARED).min(self.history.len().saturating_sub(max));
        if compared < min {
            return Vec::new();
        }
        let newest = &self.history[self.history.len() - compared..];
        let likeness = |lag: usize| {
            let older = &self.history[self.history.len() - compared - lag..][..compared];
            let (mut product, mut energy) = (0i64, 1i64);
            for (&a, &b) in newest.iter().zip(older) {
                product += i64::from(a) * i64::from(b);
                energy += i64::from(b) * i64::from(b);
            }
            product as f64 / (energy as f64).sqrt()
        };
        let best = (min..=max).map(|lag| (lag, likeness(lag))).max_by(|a, b| a.1.total_cmp(&b.1));
        let lag = best.map_or(max, |(lag, _)| lag);
        smooth(&self.history, lag)
    }
}

/// The last `lag` samples, their end blended with what came before their beginning, so that they repeat without
/// a click.
fn smooth(history: &[i16], lag: usize) -> Vec<i16> {
    let begin = history.len() - lag;
    let mut period = history[begin..].to_vec();
    let overlap = (lag / 4).min(begin);
    for index in 0..overlap {
        let (old, new) = (i32::from(history[begin - overlap + index]), overlap as i32);
        let sample = &mut period[lag - overlap + index];
        *sample = ((i32::from(*sample) * (new - index as i32) + old * index as i32) / new) as i16;
    }
    period
}

impl Gap {
    fn next(&mut self, full: usize, silent: usize) -> i16 {
        let at = self.filled;
        self.filled += 1;
        if self.period.is_empty() || at >= silent {
            return 0;
        }
        let sample = i32::from(self.period[at % self.period.len()]);
        let left = (silent - at.max(full)) as i32;
        (sample * left / (silent - full) as i32) as i16
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(from: usize, count: usize) -> Vec<i16> {
        let step = 125.0 * std::f64::consts::TAU / 8_000.0;
        (from..from + count).map(|n| (8_000.0 * (step * n as f64).sin()) as i16).collect()
    }

    fn power(samples: &[i16]) -> f64 {
        samples.iter().map(|&sample| f64::from(sample).powi(2)).sum::<f64>() / samples.len() as f64
    }

    #[test]
    fn a_periodic_sound_goes_on_in_phase_and_fades() {
        let mut concealer = Concealer::new(8_000);
        concealer.heard(&mut tone(0, 400));
        let made_up = concealer.conceal(160);
        for (got, want) in made_up[..80].iter().zip(tone(400, 80)) {
            assert!(got.abs_diff(want) < 300, "{got} for {want}");
        }
        assert!(power(&made_up[100..]) < 0.9 * power(&made_up[..80]));
        assert_eq!(concealer.conceal(480)[320..], [0; 160], "silent after 60 ms");
    }

    #[test]
    fn what_comes_after_is_blended_in() {
        let mut concealer = Concealer::new(8_000);
        concealer.heard(&mut tone(0, 400));
        let gap = concealer.conceal(80);
        let mut after = vec![0; 160];
        concealer.heard(&mut after);
        let step = gap.last().unwrap().abs_diff(after[0]);
        assert!(step < 1_500, "a click of {step}");
        assert_eq!(after[40..], [0; 120], "only its first 5 ms");
    }

    #[test]
    fn without_a_past_there_is_silence() {
        let mut concealer = Concealer::new(16_000);
        assert_eq!(concealer.conceal(320), [0; 320]);
        concealer.heard(&mut [500; 40]);
        assert_eq!(concealer.conceal(320), [0; 320], "too little to go on from");
    }
}
