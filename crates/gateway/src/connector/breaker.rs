//! `Breaker`: a connector that keeps failing is left alone for a while, and then tried with one question.

use std::time::{Duration, Instant};

/// Failures in a row after which it is left alone.
const FAILURES_MAX: u32 = 5;
/// For how long.
const ALONE_FOR: Duration = Duration::from_secs(10);

/// How one connector has done of late.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    failures: u32,
    /// Nothing is asked before; then one question is, while the time moves on.
    alone_until: Option<Instant>,
}

impl Breaker {
    /// Whether it may be asked now.
    pub(super) fn may_ask(&mut self, now: Instant) -> bool {
        match self.alone_until {
            Some(until) if now < until => false,
            Some(_) => {
                // The one that is tried; the others wait for what comes of it.
                self.alone_until = Some(now + ALONE_FOR);
                true
            }
            None => true,
        }
    }

    /// What came of a question. True when it is left alone from now on.
    pub(super) fn note(&mut self, now: Instant, answered: bool) -> bool {
        if answered {
            *self = Breaker::default();
            return false;
        }
        self.failures = self.failures.saturating_add(1);
        if self.failures < FAILURES_MAX {
            return false;
        }
        self.alone_until.replace(now + ALONE_FOR).is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_failures_in_a_row_it_is_left_alone_and_then_tried_once() {
        let (mut breaker, now) = (Breaker::default(), net::clock::now().mono);
        for _ in 0..4 {
            assert!(breaker.may_ask(now) && !breaker.note(now, false));
        }
        breaker.note(now, true);
        for _ in 0..4 {
            assert!(breaker.may_ask(now) && !breaker.note(now, false), "an answer lets it begin anew");
        }
        assert!(breaker.note(now, false));
        assert!(!breaker.may_ask(now + ALONE_FOR - Duration::from_millis(1)));
        let later = now + ALONE_FOR;
        assert!(breaker.may_ask(later) && !breaker.may_ask(later), "one");
        assert!(!breaker.note(later, false) && !breaker.may_ask(later));
        let again = later + ALONE_FOR;
        assert!(breaker.may_ask(again));
        breaker.note(again, true);
        assert!(breaker.may_ask(again) && breaker.may_ask(again));
    }
}
