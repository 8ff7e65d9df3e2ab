//! A leaky bucket that decides which pictures are encoded, so that a hard scene costs picture rate
//! and not bandwidth.

use std::time::Duration;

use media::VideoFormat;

/// Keeps a stream of encoded pictures within its bit rate by leaving pictures out.
///
/// Ask [`Governor::admits`] before encoding, tell [`Governor::spend`] after.
#[derive(Clone, Debug)]
pub struct Governor {
    rate_bps: u32,
    /// Pictures are admitted while no more than this much of the stream waits to be carried off.
    patience: Duration,
    /// Bits not yet carried off.
    level: f64,
    last: Duration,
}

/// Half of what a key picture may take to send.
const PATIENCE: Duration = Duration::from_millis(500);

/// On a circuit what waits makes sound and picture part: a picture is left out sooner.
const PATIENCE_ON_CIRCUIT: Duration = Duration::from_millis(120);

impl Governor {
    /// For a stream of `rate_bps` bit/s.
    #[must_use]
    pub fn new(rate_bps: u32) -> Self {
        Governor { rate_bps, patience: PATIENCE, level: 0.0, last: Duration::ZERO }
    }

    /// For pictures of `format`, at its bit rate.
    #[must_use]
    pub fn of(format: VideoFormat) -> Self {
        let patience = if format.is_circuit() { PATIENCE_ON_CIRCUIT } else { PATIENCE };
        Governor { patience, ..Governor::new(format.rate_bps) }
    }

    /// The bearer carries `rate_bps` from now on; what waits goes on waiting.
    pub fn set_rate(&mut self, rate_bps: u32) {
        self.rate_bps = rate_bps;
    }

    /// Whether the picture at `pts` should be encoded. Times ascend.
    pub fn admits(&mut self, pts: Duration) -> bool {
        let rate = f64::from(self.rate_bps);
        let drained = rate * pts.saturating_sub(self.last).as_secs_f64();
        self.last = pts.max(self.last);
        self.level = (self.level - drained).max(0.0);
        self.level <= rate * self.patience.as_secs_f64()
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
