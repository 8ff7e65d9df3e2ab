//! The pool's time: what has passed since the beginning of its log, over restarts.

use std::time::{Duration, Instant};

/// Between instants of this process and times of the log.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    /// The first instant that was seen, and the log's time then.
    began: Option<(Instant, Duration)>,
}

impl Clock {
    pub(crate) fn begin(&mut self, now: Instant, at: Duration) {
        self.began.get_or_insert((now, at));
    }

    pub(crate) fn at(&mut self, now: Instant) -> Duration {
        self.begin(now, Duration::ZERO);
        self.peek(now)
    }

    /// Zero before the first instant was seen.
    pub(crate) fn peek(&self, now: Instant) -> Duration {
        self.began.map_or(Duration::ZERO, |(began, at)| at + now.saturating_duration_since(began))
    }

    /// `None` before the first instant was seen.
    pub(crate) fn instant(&self, at: Duration) -> Option<Instant> {
        let (began, begun_at) = self.began?;
        Some(began + at.saturating_sub(begun_at))
    }
}
