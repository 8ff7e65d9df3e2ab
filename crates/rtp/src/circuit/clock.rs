//! When to send: the clock of the circuit, as it is heard through the network.
//!
//! Octets that arrive tell the far end's time, each late by its own delay; the earliest of a second is
//! closest to the truth. A loop of second order (proportional and integral) follows it, within
//! [`limits::CIRCUIT_RATE_PPM`] of nominal. When nothing comes, the rate that was learnt is kept.
//! A step of the network's delay is no clock: after three seconds it is taken for granted.
//!
//! Start at [`Clock::heard`] and [`Clock::time_of`].

use std::time::{Duration, Instant};

use crate::limits;

/// Octets a second, nominally.
const RATE: f64 = 8_000.0;
/// The loop: share of the error made good in a second, and share of it that is learnt. Critically damped,
/// settles within a minute.
const PROPORTIONAL: f64 = 1.0 / 16.0;
const INTEGRAL: f64 = 1.0 / 1_024.0;
const PPM_MAX: f64 = limits::CIRCUIT_RATE_PPM as f64 * 1e-6;
/// How long arrivals are looked at for the earliest.
const WINDOW: Duration = Duration::from_secs(1);
/// A window without arrivals for this long is given up.
const SILENCE: Duration = Duration::from_millis(500);
/// What is made good goes on for so long without another measurement; then the learnt rate holds.
const HELD: f64 = 2.0;
/// Errors beyond this are no drift, in seconds.
const STEP: f64 = 0.010;
/// Windows in a row with such an error, after which the delay has changed for good.
const STEPS: u8 = 3;

/// The sending clock of one circuit: how our octets relate to time.
#[derive(Clone, Debug)]
pub(super) struct Clock {
    start: Instant,
    /// When the loop last moved, and how far ahead of nominal we were then, in seconds.
    at: Instant,
    ahead: f64,
    /// How fast that changes: for now, and as learnt.
    slope: f64,
    learnt: f64,
    /// What the far end is ahead of us when both agree.
    reference: Option<f64>,
    window: Option<Window>,
    steps: u8,
}

#[derive(Clone, Copy, Debug)]
struct Window {
    began: Instant,
    last: Instant,
    /// The far end's octets, in seconds, less the time since our start: most of the window.
    earliest: f64,
}

impl Clock {
    /// Nominal until something is heard; octet 0 is sent at `start`.
    #[must_use]
    pub(super) fn new(start: Instant) -> Self {
        Clock {
            start,
            at: start,
            ahead: 0.0,
            slope: 0.0,
            learnt: 0.0,
            reference: None,
            window: None,
            steps: 0,
        }
    }

    /// The far end's line stood at `octets` when the last of them came, at `now`.
    pub(super) fn heard(&mut self, now: Instant, octets: u64) {
        let offset = octets as f64 / RATE - now.saturating_duration_since(self.start).as_secs_f64();
        let going = self.window.filter(|window| now.saturating_duration_since(window.last) < SILENCE);
        let window = match going {
            Some(window) => Window { last: now, earliest: window.earliest.max(offset), ..window },
            None => Window { began: now, last: now, earliest: offset },
        };
        let full = now.saturating_duration_since(window.began) >= WINDOW;
        self.window = (!full).then_some(window);
        if full {
            self.measured(now, window.earliest);
        }
    }

    /// The far end's line began anew: what it said before says nothing of what it will say.
    pub(super) fn restarted(&mut self) {
        self.reference = None;
        self.window = None;
        self.steps = 0;
    }

    /// When octet number `octet` is to be sent.
    #[must_use]
    pub(super) fn time_of(&self, octet: u64) -> Instant {
        let passed = self.at.saturating_duration_since(self.start).as_secs_f64();
        let left = octet as f64 / RATE - passed - self.ahead;
        let held = HELD * (1.0 + self.slope);
        let after =
            if left <= held { left / (1.0 + self.slope) } else { HELD + (left - held) / (1.0 + self.learnt) };
        if after >= 0.0 {
            self.at + Duration::from_secs_f64(after)
        } else {
            self.at.checked_sub(Duration::from_secs_f64(-after)).map_or(self.start, |at| at.max(self.start))
        }
    }

    /// How many octets were to be sent by `now`.
    #[must_use]
    pub(super) fn octets_by(&self, now: Instant) -> u64 {
        let passed = now.saturating_duration_since(self.start).as_secs_f64();
        ((passed + self.ahead_at(now)) * RATE).max(0.0) as u64
    }

    /// How much faster than nominal the far end is, as learnt.
    #[must_use]
    pub(super) fn rate_ppm(&self) -> i32 {
        (self.learnt * 1e6).round() as i32
    }

    fn ahead_at(&self, now: Instant) -> f64 {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.ahead + passed.min(HELD) * self.slope + (passed - HELD).max(0.0) * self.learnt
    }

    fn measured(&mut self, now: Instant, earliest: f64) {
        let ahead = self.ahead_at(now);
        let reference = *self.reference.get_or_insert(earliest - ahead);
        let error = earliest - reference - ahead;
        self.steps = if error.abs() > STEP { self.steps + 1 } else { 0 };
        if self.steps >= STEPS {
            self.reference = Some(earliest - ahead);
            self.steps = 0;
        }
        let error = if error.abs() > STEP { 0.0 } else { error };
        self.learnt = (self.learnt + INTEGRAL * error).clamp(-PPM_MAX, PPM_MAX);
        self.slope = (self.learnt + PROPORTIONAL * error).clamp(-PPM_MAX, PPM_MAX);
        self.ahead = ahead;
        self.at = now;
    }
}
