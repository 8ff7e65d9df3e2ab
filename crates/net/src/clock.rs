//! The one place that reads clocks; `clippy.toml` bans it everywhere else.
//!
//! A shell reads the time once per wake-up and hands it to every core that it drives.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use media::Now;

/// Both clocks, read together.
///
/// A wall clock set before 1970 reads as 1970.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is net::clock")]
pub fn now() -> Now {
    let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    Now { mono: Instant::now(), wall }
}

/// How long to wait from `now` until `due`: nothing when it has passed, for ever when nothing is due.
#[must_use]
pub fn until(now: Now, due: Option<Instant>) -> Option<Duration> {
    due.map(|due| due.saturating_duration_since(now.mono))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn monotonic_time_never_goes_back_and_wall_time_is_of_this_century() {
        let first = now();
        let second = now();
        assert!(second.mono >= first.mono);
        assert!(first.wall > Duration::from_secs(946_684_800), "before the year 2000: {:?}", first.wall);
    }

    #[test]
    fn waits_for_what_is_due_and_for_ever_when_nothing_is() {
        let now = now();
        assert_eq!(until(now, None), None);
        assert_eq!(until(now, Some(now.mono + Duration::from_millis(20))), Some(Duration::from_millis(20)));
        let past = now.plus(Duration::from_secs(1));
        assert_eq!(until(past, Some(now.mono)), Some(Duration::ZERO));
    }
}
