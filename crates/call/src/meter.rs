//! `Meter`: whether pictures that are passed on unchanged keep to what the sink's bearer carries. Their sender was
//! told, but not every phone listens; the bridge then has to transcode.

use std::time::{Duration, Instant};

/// Over so long the rate is taken.
const WINDOW: Duration = Duration::from_secs(3);

/// Windows in a row that must be above the limit: a key picture or two make one of them full.
const PATIENCE: u32 = 2;

/// What of one stream is above its limit.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Meter {
    window: Option<(Instant, u64)>,
    above: u32,
}

impl Meter {
    /// Counts a frame of `octets`; true when the stream has been a quarter above `limit_bps` for long enough.
    pub(crate) fn is_above(&mut self, now: Instant, octets: usize, limit_bps: u32) -> bool {
        let (since, sum) = self.window.get_or_insert((now, 0));
        *sum += octets as u64;
        let lasted = now.saturating_duration_since(*since);
        if lasted < WINDOW {
            return false;
        }
        // More than the window when frames are rare.
        let most = u128::from(limit_bps) * lasted.as_millis() / 8_000 * 5 / 4;
        let above = u128::from(*sum) > most;
        self.window = None;
        self.above = if above { self.above + 1 } else { 0 };
        self.above >= PATIENCE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[allow(clippy::disallowed_methods)]
    fn base() -> Instant {
        Instant::now()
    }

    /// Whether 15 pictures a second of so many octets for so many seconds are too much for 48 kbit/s.
    fn too_much(octets: impl Fn(u32) -> usize, seconds: u32) -> bool {
        let (start, mut meter) = (base(), Meter::default());
        (0..15 * seconds).any(|n| meter.is_above(start + Duration::from_secs(1) * n / 15, octets(n), 48_000))
    }

    #[test]
    fn a_stream_within_its_limit_or_a_little_above_passes() {
        assert!(!too_much(|_| 400, 60));
        assert!(!too_much(|_| 480, 60));
    }

    #[test]
    fn a_key_picture_now_and_then_is_no_excess() {
        assert!(!too_much(|n| if n % 150 == 0 { 5_000 } else { 360 }, 60));
    }

    #[test]
    fn a_stream_well_above_is_found_within_seven_seconds() {
        assert!(too_much(|_| 600, 7));
        assert!(!too_much(|_| 4_000, 5), "not before it has lasted");
    }
}
