//! Keys heard in the sound itself: dual tones by Goertzel's filter, with the limits of ITU-T Q.24.
//!
//! Tones are taken up to 1.5 % beside their frequency and not from 3.5 % on, from -27 dBm0 each, the higher one
//! at most 11 dB above and 8 dB below the lower (Q.24 annex A asks for 4 and 8; AMR of 4.75 kbit/s adds to the
//! first). A key lasts
//! 40 ms, less than 23 ms is none; a break under 10 ms does not end it, one of 40 ms does. Talk-off: speech has
//! its power in more than two lines, or they do not hold still. Start at [`Detector::push`].

use std::f32::consts::TAU;

/// The sampling rate that is taken, in Hz.
pub const RATE: u32 = 8_000;

const LOW: [f32; 4] = [697.0, 770.0, 852.0, 941.0];
const HIGH: [f32; 4] = [1_209.0, 1_336.0, 1_477.0, 1_633.0];
const KEYS: [[char; 4]; 4] =
    [['1', '2', '3', 'A'], ['4', '5', '6', 'B'], ['7', '8', '9', 'C'], ['*', '0', '#', 'D']];

/// A decision each 5 ms.
const HOP: usize = 40;
/// Samples kept: the longest window.
const WINDOW: usize = 188;
/// Periods that a window holds: so many that a tone 1.5 % off loses 0.9 dB, whatever its frequency.
const PERIODS: f32 = 16.33;
/// A tone is one of ours when it is stronger there than this far to either side: the middle between what is to
/// be taken and what is not is 2.5 %.
const BESIDE: f32 = 0.05;

/// Mean square of the weakest tone: -27 dBm0, where 3.17 dBm0 is a sine at full scale of mu-law (G.711).
const POWER_MIN: f32 = 32_767.0 * 32_767.0 / 2.0 / 1_036.0;
/// Share of both tones in all the power, and while the key is held.
const SHARE_MIN: f32 = 0.70;
const SHARE_HELD_MIN: f32 = 0.50;
/// Power of the higher tone to the lower: -8 dB to +11 dB.
const TWIST: std::ops::RangeInclusive<f32> = 0.158..=12.6;

/// Decisions in a row that make a key, and that end it.
const ON: u8 = 4;
const OFF: u8 = 6;

/// A key goes down or up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// `0`-`9`, `*`, `#`, `A`-`D`, some 35 ms after its tone began.
    Down(char),
    /// The key that was down.
    Up(char),
}

/// Listens to one stream.
#[derive(Clone, Debug, Default)]
pub struct Detector {
    /// The newest sound.
    past: Vec<f32>,
    /// Samples of it since the last decision.
    fresh: usize,
    candidate: Option<char>,
    /// Decisions in a row for `candidate`.
    count: u8,
    down: Option<char>,
    /// Decisions in a row against `down`.
    missing: u8,
}

impl Detector {
    /// Takes samples of [`RATE`], any number of them; answers what they show.
    pub fn push(&mut self, samples: &[i16]) -> Vec<Key> {
        let mut keys = Vec::new();
        for &sample in samples {
            self.past.push(f32::from(sample));
            self.fresh += 1;
            if self.past.len() >= WINDOW && self.fresh >= HOP {
                self.fresh = 0;
                self.past.drain(..self.past.len() - WINDOW);
                self.decide(&mut keys);
            }
        }
        keys
    }

    fn decide(&mut self, keys: &mut Vec<Key>) {
        let heard = heard(&self.past, self.down);
        if let Some(down) = self.down {
            self.missing = if heard == Some(down) { 0 } else { self.missing + 1 };
            if self.missing >= OFF {
                self.down = None;
                self.missing = 0;
                keys.push(Key::Up(down));
            }
        }
        self.count =
            if heard.is_some() && heard == self.candidate { self.count.saturating_add(1) } else { 1 };
        self.candidate = heard;
        if let Some(key) = heard.filter(|key| self.count >= ON && self.down != Some(*key)) {
            keys.extend(self.down.replace(key).map(Key::Up));
            keys.push(Key::Down(key));
            self.missing = 0;
        }
    }
}

/// The key whose two tones, and hardly anything else, are in `past`; of the one that is `down` less is asked.
fn heard(past: &[f32], down: Option<char>) -> Option<char> {
    let total = past.iter().map(|sample| sample * sample).sum::<f32>() / past.len() as f32;
    if total < POWER_MIN {
        return None;
    }
    let (row, low) = strongest(past, &LOW);
    let (column, high) = strongest(past, &HIGH);
    if low < POWER_MIN || high < POWER_MIN {
        return None;
    }
    let (key, share) = (KEYS[row][column], (low + high) / total);
    if down == Some(key) && share >= SHARE_HELD_MIN {
        return Some(key);
    }
    let fits = share >= SHARE_MIN && TWIST.contains(&(high / low));
    (fits && holds(past, LOW[row], low) && holds(past, HIGH[column], high)).then_some(key)
}

fn strongest(past: &[f32], tones: &[f32; 4]) -> (usize, f32) {
    let powers = tones.map(|tone| power(past, tone, tone));
    let best = (0..4).max_by(|&a, &b| powers[a].total_cmp(&powers[b])).unwrap_or(0);
    (best, powers[best])
}

/// The tone is not beside its place.
fn holds(past: &[f32], tone: f32, here: f32) -> bool {
    [1.0 - BESIDE, 1.0 + BESIDE].iter().all(|beside| power(past, tone * beside, tone) < here)
}

/// Mean square of the sine at `hz` in the middle of `past`, in a window of the length for `tone`.
fn power(past: &[f32], hz: f32, tone: f32) -> f32 {
    let len = ((PERIODS * RATE as f32 / tone) as usize).min(past.len());
    let begin = (past.len() - len) / 2;
    let coefficient = 2.0 * (TAU * hz / RATE as f32).cos();
    let (mut one, mut two) = (0f32, 0f32);
    for &sample in &past[begin..begin + len] {
        (one, two) = (sample + coefficient * one - two, one);
    }
    let energy = one * one + two * two - coefficient * one * two;
    2.0 * energy / (len * len) as f32
}

#[cfg(test)]
mod tests;
