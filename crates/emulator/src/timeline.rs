//! When what happened in one call, counted from its INVITE.

use std::fmt;
use std::time::{Duration, Instant};

/// The moments a subscriber notices. The first of each kind counts.
#[derive(Clone, Debug)]
pub struct Timeline {
    start: Instant,
    /// First provisional response but 100.
    pub ringing: Option<Duration>,
    /// The 200.
    pub answered: Option<Duration>,
    /// The level of the multiplex was found (3G).
    pub level: Option<Duration>,
    /// The channels for sound and pictures are open (3G).
    pub open: Option<Duration>,
    /// First packet of sound.
    pub sound: Option<Duration>,
    /// First picture that could be decoded.
    pub picture: Option<Duration>,
    /// End of the call.
    pub ended: Option<Duration>,
}

impl Timeline {
    /// A call whose INVITE goes out at `start`.
    #[must_use]
    pub fn new(start: Instant) -> Self {
        Timeline {
            start,
            ringing: None,
            answered: None,
            level: None,
            open: None,
            sound: None,
            picture: None,
            ended: None,
        }
    }

    /// Time since the INVITE.
    #[must_use]
    pub fn at(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.start)
    }

    /// Sets one moment unless it is set; `mark` picks it.
    pub fn reach(&mut self, now: Instant, mark: impl FnOnce(&mut Timeline) -> &mut Option<Duration>) {
        let at = self.at(now);
        mark(self).get_or_insert(at);
    }
}

impl fmt::Display for Timeline {
    /// One line for each moment that came.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = [
            ("ringing", self.ringing),
            ("200 OK", self.answered),
            ("multiplex level found", self.level),
            ("channels open", self.open),
            ("first sound", self.sound),
            ("first picture", self.picture),
            ("end", self.ended),
        ];
        for (name, at) in rows {
            if let Some(at) = at {
                writeln!(f, "{:>7} ms  {name}", at.as_millis())?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[allow(clippy::disallowed_methods)]
    fn base() -> Instant {
        Instant::now()
    }

    #[test]
    fn the_first_moment_of_a_kind_stays() {
        let start = base();
        let mut timeline = Timeline::new(start);
        for ms in [120, 140] {
            timeline.reach(start + Duration::from_millis(ms), |line| &mut line.picture);
        }
        assert_eq!(timeline.picture, Some(Duration::from_millis(120)));
        assert_eq!(timeline.to_string(), "    120 ms  first picture\n");
    }
}
