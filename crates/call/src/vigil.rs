//! `Vigil`: whether a party is still there.
//!
//! Who has sent neither RTP nor RTCP nor signalling for a long time is asked by OPTIONS inside the dialog
//! (RFC 3261 §11). Any answer is a sign of life, a refusal too: a muted phone with silence suppression stays.
//! No answer, 408 or 481 ends the leg by the endpoint (§12.2.1.2). Start at [`Call::ask_the_silent`].

use std::time::{Duration, Instant};

use media::Now;
use sip::Method;
use tracing::debug;

use crate::call::{Call, Output};
use crate::limits::{HELD_SILENCE_LONGEST, SILENCE_LONGEST};

impl Call {
    /// Asks every party that has been silent for too long.
    pub(crate) fn ask_the_silent(&mut self, now: Now) {
        for leg in &mut self.legs {
            let Some(dialog) = leg.dialog.filter(|_| leg.must_be_asked(now.mono)) else { continue };
            debug!(leg = leg.id.0, "is silent and asked whether it is there");
            self.out.push_back(Output::Request { dialog, method: Method::Options, body: None });
        }
    }
}

/// What is remembered of a party's signs of life; idle until its first, which is the start of its dialog.
#[derive(Debug, Default)]
pub(crate) struct Vigil {
    /// The last signalling, or question of ours.
    last: Option<Instant>,
    /// When to look again. Packets do not move it, so that they cost nothing.
    due: Option<Instant>,
}

/// What a party is expected to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// Sound or pictures.
    Media,
    /// Nothing but reports: it holds us, or only receives.
    Reports,
}

impl Expected {
    fn patience(self) -> Duration {
        match self {
            Expected::Media => SILENCE_LONGEST,
            Expected::Reports => HELD_SILENCE_LONGEST,
        }
    }
}

impl Vigil {
    /// The party has signalled something.
    pub(crate) fn signalled(&mut self, now: Instant) {
        self.last = Some(now);
        self.due = self.due.or(Some(now + SILENCE_LONGEST));
    }

    /// When to look again.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.due
    }

    /// Whether the party must be asked now; `heard` is when its last packet came.
    pub(crate) fn must_ask(&mut self, now: Instant, heard: Option<Instant>, expected: Expected) -> bool {
        let Some(last) = self.last.max(heard).filter(|_| self.due.is_some_and(|due| due <= now)) else {
            return false;
        };
        let asks = last + expected.patience() <= now;
        if asks {
            self.last = Some(now);
        }
        let silent_at = if asks { now } else { last } + expected.patience();
        // The end of a hold shortens the patience, unseen by this.
        self.due = Some(silent_at.min(now + SILENCE_LONGEST));
        asks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The seconds at which a party is asked within the time, which sends packets at these.
    fn asked(heard: &[u64], expected: impl Fn(u64) -> Expected, until: u64) -> Vec<u64> {
        #[allow(clippy::disallowed_methods)]
        let base = Instant::now();
        let at = |second: u64| base + Duration::from_secs(second);
        let mut vigil = Vigil::default();
        vigil.signalled(base);
        let ask = |second: &u64| {
            let heard = heard.iter().rev().find(|heard| *heard <= second);
            vigil.must_ask(at(*second), heard.map(|second| at(*second)), expected(*second))
        };
        (0..=until).filter(ask).collect()
    }

    #[test]
    fn silence_is_asked_about_again_and_again() {
        assert_eq!(asked(&[], |_| Expected::Media, 200), [60, 120, 180]);
        assert_eq!(asked(&[], |_| Expected::Reports, 700), [300, 600]);
    }

    #[test]
    fn packets_put_the_question_off() {
        assert_eq!(asked(&[10, 20], |_| Expected::Media, 100), [80]);
        assert_eq!(asked(&(0..300).collect::<Vec<_>>(), |_| Expected::Media, 300), Vec::<u64>::new());
        assert_eq!(asked(&[290], |_| Expected::Reports, 600), [590]);
    }

    #[test]
    fn the_end_of_a_hold_is_noticed() {
        let held_at_first = |second| if second < 100 { Expected::Reports } else { Expected::Media };
        assert_eq!(asked(&[90], held_at_first, 200), [150]);
    }

    #[test]
    fn nobody_is_asked_before_the_dialog_stands() {
        #[allow(clippy::disallowed_methods)]
        let now = Instant::now();
        let mut vigil = Vigil::default();
        assert_eq!(vigil.next_due(), None);
        assert!(!vigil.must_ask(now, None, Expected::Media));
    }
}
