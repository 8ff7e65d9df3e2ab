//! A leaky bucket that decides which pictures are encoded, so that a hard scene costs picture rate
//! and not bandwidth.

use std::time::Duration;

/// Keeps a stream of encoded pictures within its bit rate by leaving pictures out.
///
/// Ask [`Governor::admits`] before encoding, tell [`Governor::spend`] after.
#[derive(Clone, Debug)]
pub struct Governor {
    rate_bps: u32,
    /// Bits not yet carried off.
    level: f64,
    last: Duration,
}

/// The bucket is full at this much of the stream: a key picture may take that long to send.
const DEPTH: Duration = Duration::from_millis(1_000);

impl Governor {
    /// For a stream of `rate_bps` bit/s.
    #[must_use]
    pub fn new(rate_bps: u32) -> Self {
        Governor { rate_bps, level: 0.0, last: Duration::ZERO }
    }

    /// Whether the picture at `pts` should be encoded. Times ascend.
    pub fn admits(&mut self, pts: Duration) -> bool {
        let rate = f64::from(self.rate_bps);
        let drained = rate * pts.saturating_sub(self.last).as_secs_f64();
        self.last = pts.max(self.last);
        self.level = (self.level - drained).max(0.0);
        self.level <= rate * DEPTH.as_secs_f64() / 2.0
    }

    /// A picture of `octets` was sent.
    pub fn spend(&mut self, octets: usize) {
        self.level += octets as f64 * 8.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(octets: usize) -> (u32, usize) {
        let mut governor = Governor::new(48_000);
        let (mut pictures, mut total) = (0, 0);
        for n in 0..150 {
            if governor.admits(Duration::from_secs(1) * n / 15) {
                governor.spend(octets);
                pictures += 1;
                total += octets;
            }
        }
        (pictures, total)
    }

    #[test]
    fn pictures_that_fit_all_pass() {
        assert_eq!(run(390), (150, 150 * 390));
    }

    #[test]
    fn too_large_pictures_cost_picture_rate_and_not_bandwidth() {
        let (pictures, total) = run(1_500);
        assert!(pictures < 50, "{pictures} of 150 pictures");
        // Ten seconds at 48 kbit/s are 60,000 octets; half a bucket may be owed at the end.
        assert!((55_000..=65_000).contains(&total), "{total} octets in ten seconds");
    }
}
