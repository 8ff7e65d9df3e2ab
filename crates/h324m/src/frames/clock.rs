//! The time line of a medium that comes without timestamps: a circuit carries none.
//!
//! The medium tells its own time (20 ms a speech frame, the temporal reference of a picture), the arrival
//! tells when at the latest that was: what arrived with the least delay fixes how the two belong together.

use std::time::Duration;

/// How fast the mapping may follow a peer's slower clock, as parts of the time that passed: 1/1000.
const CREEP: u32 = 1_000;

/// One medium's time to the session's time line.
#[derive(Debug)]
pub struct Clock {
    /// A medium that falls behind its arrival by more than this starts anew.
    late_max: Duration,
    last: Option<Stamp>,
}

#[derive(Clone, Copy, Debug)]
struct Stamp {
    /// Time of the medium.
    media: Duration,
    /// When that arrived.
    arrival: Duration,
    /// What was answered.
    pts: Duration,
    /// What is added to the time of the medium, less the delay.
    least: Duration,
}

impl Clock {
    /// A clock whose medium is set anew when it is `late_max` behind its arrival.
    #[must_use]
    pub fn new(late_max: Duration) -> Self {
        Clock { late_max, last: None }
    }

    /// The presentation time of what arrived at `arrival` (since the session was made) and lies `advance`
    /// behind the last on the medium's own time line; `None` when it cannot tell. Never runs backwards.
    pub fn stamp(&mut self, arrival: Duration, advance: Option<Duration>) -> Duration {
        let stamp = match (self.last, advance) {
            (Some(last), Some(advance)) => self.follow(last, arrival, advance),
            (Some(_), None) | (None, _) => self.anew(arrival, self.last),
        };
        self.last = Some(stamp);
        stamp.pts
    }

    fn anew(&self, arrival: Duration, last: Option<Stamp>) -> Stamp {
        let pts = last.map_or(arrival, |last| arrival.max(last.pts + Duration::from_millis(1)));
        Stamp { media: Duration::ZERO, arrival, pts, least: arrival }
    }

    fn follow(&self, last: Stamp, arrival: Duration, advance: Duration) -> Stamp {
        let media = last.media + advance;
        let crept = last.least + arrival.saturating_sub(last.arrival) / CREEP;
        let Some(offset) = arrival.checked_sub(media) else {
            return self.anew(arrival, Some(last));
        };
        let least = crept.min(offset);
        if offset - least > self.late_max {
            return self.anew(arrival, Some(last));
        }
        let pts = (media + least).max(last.pts + Duration::from_millis(1));
        Stamp { media, arrival, pts, least }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn jitter_of_the_arrival_does_not_show() {
        let mut clock = Clock::new(ms(200));
        clock.stamp(ms(1000), None);
        let mut last = ms(1000);
        for (index, late) in [3, 18, 0, 25, 7].into_iter().enumerate() {
            let pts = clock.stamp(ms(1020 + 20 * index as u64 + late), Some(ms(20)));
            assert!(pts.abs_diff(last + ms(20)) < ms(1), "{pts:?}");
            last = pts;
        }
    }

    #[test]
    fn the_least_delay_counts() {
        // A key picture took 800 ms over the line, the small one behind it 50 ms.
        let mut clock = Clock::new(ms(2000));
        assert_eq!(clock.stamp(ms(1800), None), ms(1800));
        assert_eq!(clock.stamp(ms(1850), Some(ms(800))), ms(1850));
        assert!(clock.stamp(ms(1950), Some(ms(100))).abs_diff(ms(1950)) < ms(1));
    }

    #[test]
    fn a_pause_of_the_medium_sets_it_anew() {
        let mut clock = Clock::new(ms(200));
        clock.stamp(ms(1000), None);
        clock.stamp(ms(1020), Some(ms(20)));
        assert_eq!(clock.stamp(ms(3000), Some(ms(20))), ms(3000));
        let next = clock.stamp(ms(3021), Some(ms(20)));
        assert!(next.abs_diff(ms(3020)) <= ms(1));
    }

    #[test]
    fn time_never_runs_backwards() {
        let mut clock = Clock::new(ms(200));
        let first = clock.stamp(ms(500), None);
        let second = clock.stamp(ms(500), Some(ms(0)));
        let third = clock.stamp(ms(400), None);
        assert!(first < second && second < third);
    }
}
