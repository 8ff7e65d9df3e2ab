//! The time that a shell hands to every core. Cores never read a clock.

use std::time::{Duration, Instant};

/// One reading of both clocks, taken by `net::clock` or by a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Monotonic time: all timers and media times are measured on it.
    pub mono: Instant,
    /// Wall time since 1970-01-01T00:00:00Z: sender reports, records and opening hours use it.
    pub wall: Duration,
}

impl Now {
    /// The same pair of clocks, `by` later.
    #[must_use]
    pub fn plus(self, by: Duration) -> Self {
        Now { mono: self.mono + by, wall: self.wall + by }
    }

    /// The wall time as a 64-bit NTP timestamp: seconds since 1900 in the upper half (RFC 3550 §4).
    #[must_use]
    pub fn ntp(self) -> u64 {
        const SECONDS_1900_TO_1970: u64 = 2_208_988_800;
        let seconds = (self.wall.as_secs() + SECONDS_1900_TO_1970) & 0xFFFF_FFFF;
        let fraction = (u64::from(self.wall.subsec_nanos()) << 32) / 1_000_000_000;
        seconds << 32 | fraction
    }
}
