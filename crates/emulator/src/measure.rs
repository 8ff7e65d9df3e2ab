//! What tests and loads measure of received sound and pictures: levels of tones, gaps, skew.

use std::f64::consts::TAU;
use std::time::Duration;

use codec::SAMPLE_RATE;

use crate::card::{BEAT, BEEP_HZ};

/// Windows of [`tone_level`]: 50 ms.
const WINDOW: usize = 400;
/// A beep is looked for in steps of 5 ms, each over 10 ms.
const STEP: usize = 40;
/// A beep is at least so loud, of the 8000 that it is sent with.
const BEEP_MIN: f64 = 2_500.0;

/// Amplitude of a tone in sound of 8 kHz, of a sine of the same: the median over windows of 50 ms, so that neither a
/// break nor a jump of phase hides it. 0 when the sound is shorter than a window.
#[must_use]
pub fn tone_level(pcm: &[i16], hz: f64) -> f64 {
    median(pcm.chunks_exact(WINDOW).map(|window| amplitude(window, hz)).collect()).unwrap_or(0.0)
}

/// Amplitude of `hz` in one window, by Goertzel's filter.
fn amplitude(window: &[i16], hz: f64) -> f64 {
    let coefficient = 2.0 * (TAU * hz / f64::from(SAMPLE_RATE)).cos();
    let (mut one, mut two) = (0.0, 0.0);
    for &sample in window {
        (one, two) = (f64::from(sample) + coefficient * one - two, one);
    }
    let energy: f64 = one * one + two * two - coefficient * one * two;
    2.0 * energy.max(0.0).sqrt() / window.len() as f64
}

/// The samples at which a beep of a [`Card`](crate::Card) begins.
#[must_use]
pub fn beeps(pcm: &[i16]) -> Vec<usize> {
    let quiet = BEAT.as_millis() as usize * SAMPLE_RATE as usize / 1_000;
    let (mut found, mut last) = (Vec::new(), None);
    for (at, window) in pcm.windows(2 * STEP).enumerate().step_by(STEP) {
        if amplitude(window, BEEP_HZ.into()) > BEEP_MIN {
            if last.is_none_or(|last| at > last + quiet) {
                found.push(at + STEP);
            }
            last = Some(at);
        }
    }
    found
}

/// The longest time between two neighbours; zero of fewer than two. Times ascend.
#[must_use]
pub fn longest_gap(times: &[Duration]) -> Duration {
    times.windows(2).map(|two| two[1].saturating_sub(two[0])).max().unwrap_or_default()
}

/// CPU time that a process has used, user and system, as the kernel counts it (10 ms steps); `None` when there is none.
#[must_use]
pub fn cpu_time(pid: u32) -> Option<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // Fields 14 and 15 (proc(5)), counted behind the name in brackets, which may hold blanks.
    let mut fields = stat.rsplit(") ").next()?.split(' ').skip(11);
    let mut ticks = || fields.next()?.parse::<u64>().ok();
    Some(Duration::from_millis(10 * (ticks()? + ticks()?)))
}

/// The middle value.
#[must_use]
pub fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

/// How much later each flash came than the beep nearest to it, in ms; negative when it came before. A flash
/// without a beep within half a beat is left out.
#[must_use]
pub fn skews(flashes: &[Duration], beeps: &[Duration]) -> Vec<f64> {
    let ms = |at: Duration| at.as_secs_f64() * 1_000.0;
    let near = crate::card::BEAT_EVERY / 2;
    let skew = |&flash: &Duration| {
        let beep = beeps.iter().min_by_key(|beep| beep.abs_diff(flash))?;
        (beep.abs_diff(flash) < near).then(|| ms(flash) - ms(*beep))
    };
    flashes.iter().filter_map(skew).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Card;

    #[test]
    fn a_tone_is_measured_and_others_are_not_there() {
        let pcm = Card::new(0).sound(8_000, Duration::from_millis(500), 8_000);
        assert!((tone_level(&pcm, 430.0) - 8_000.0).abs() < 400.0);
        for other in [490.0, 610.0, 1_030.0] {
            assert!(tone_level(&pcm, other) < 1_500.0, "{other}: {}", tone_level(&pcm, other));
        }
        assert_eq!(tone_level(&pcm[..100], 430.0), 0.0);
    }

    #[test]
    fn beeps_are_found_where_they_begin() {
        let pcm = Card::new(2).sound(8_000, Duration::from_millis(1_000), 40_000);
        let found = beeps(&pcm);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].abs_diff(8_000) < 60 && found[1].abs_diff(24_000) < 60, "{found:?}");
    }

    #[test]
    fn skew_is_of_the_nearest_beep() {
        let at = |ms: &[u64]| ms.iter().map(|&ms| Duration::from_millis(ms)).collect::<Vec<_>>();
        assert_eq!(skews(&at(&[2_050, 4_000, 9_500]), &at(&[2_000, 4_010, 6_000])), [50.0, -10.0]);
        assert_eq!(longest_gap(&at(&[10, 30, 90])), Duration::from_millis(60));
    }
}
