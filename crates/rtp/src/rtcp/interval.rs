//! How often to report (RFC 3550 §6.2, §6.3.1, §A.7).

use std::time::Duration;

use rand::Rng;

use crate::limits;

/// Makes up for the bias of the timer's reconsideration: e - 3/2 (§6.3.1).
const COMPENSATION: f64 = std::f64::consts::E - 1.5;
/// Senders get a quarter of the RTCP bandwidth while they are at most a quarter of the members (§6.2).
const SENDER_SHARE: f64 = 0.25;
/// Weight of a new packet in the average size (§6.3.3).
const SIZE_WEIGHT: f64 = 1.0 / 16.0;
/// IPv4 and UDP headers count as part of a packet (§6.2).
const LOWER_LAYERS: usize = 28;

/// Who takes part, as far as the interval depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Members {
    /// All, ourselves included; at least 1.
    pub members: u32,
    /// Those who send media.
    pub senders: u32,
    /// Whether we do.
    pub we_send: bool,
}

/// State of the transmission timer.
#[derive(Clone, Copy, Debug)]
pub struct Interval {
    octets_per_second: f64,
    average_size: f64,
    initial: bool,
}

impl Interval {
    /// `rtcp_bps` is the session's bandwidth for RTCP in bit/s, five percent of all by default (§6.2).
    #[must_use]
    pub fn new(rtcp_bps: u32) -> Self {
        Interval { octets_per_second: f64::from(rtcp_bps.max(1)) / 8.0, average_size: 128.0, initial: true }
    }

    /// A compound of `len` octets was sent or received.
    pub fn packet(&mut self, len: usize) {
        self.average_size += ((len + LOWER_LAYERS) as f64 - self.average_size) * SIZE_WEIGHT;
    }

    /// Draws the time until the next report. The first one comes after half the minimum, so that
    /// synchronisation is known early (§6.2).
    pub fn draw(&mut self, members: Members, random: &mut impl Rng) -> Duration {
        let minimum = limits::REPORT_INTERVAL_MIN.as_secs_f64() * if self.initial { 0.5 } else { 1.0 };
        self.initial = false;
        let average = self.average(members).max(minimum);
        Duration::from_secs_f64(average * random.random_range(0.5..1.5) / COMPENSATION)
    }

    fn average(&self, Members { members, senders, we_send }: Members) -> f64 {
        let (members, senders) = (f64::from(members.max(1)), f64::from(senders));
        let (sharing, share) = if senders > members * SENDER_SHARE {
            (members, 1.0)
        } else if we_send {
            (senders.max(1.0), SENDER_SHARE)
        } else {
            (members - senders, 1.0 - SENDER_SHARE)
        };
        self.average_size * sharing / (self.octets_per_second * share)
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    const PAIR: Members = Members { members: 2, senders: 2, we_send: true };

    #[test]
    fn reports_are_spread_around_the_minimum() {
        let mut random = StdRng::seed_from_u64(1);
        let mut interval = Interval::new(3_200);
        let first = interval.draw(PAIR, &mut random).as_secs_f64();
        assert!((1.02..3.08).contains(&first), "{first}");
        let drawn: Vec<f64> = (0..500).map(|_| interval.draw(PAIR, &mut random).as_secs_f64()).collect();
        assert!(drawn.iter().all(|seconds| (2.05..6.16).contains(seconds)), "5 s * 0.5..1.5 / 1.21828");
        let mean = drawn.iter().sum::<f64>() / 500.0;
        assert!((3.9..4.3).contains(&mean), "{mean}");
        assert!(drawn.iter().any(|&s| s < 2.6) && drawn.iter().any(|&s| s > 5.6), "not randomised");
    }

    #[test]
    fn a_narrow_session_reports_less_often() {
        let mut random = StdRng::seed_from_u64(2);
        let mut interval = Interval::new(80);
        for _ in 0..100 {
            interval.packet(172);
        }
        interval.draw(PAIR, &mut random);
        // 200 octets * 2 members / 10 octets/s = 40 s.
        let seconds = interval.draw(PAIR, &mut random).as_secs_f64();
        assert!((16.0..50.0).contains(&seconds), "{seconds}");
    }

    #[test]
    fn few_senders_get_a_quarter() {
        let mut interval = Interval::new(80);
        for _ in 0..200 {
            interval.packet(172);
        }
        let members = Members { members: 100, senders: 2, we_send: true };
        assert!((interval.average(members) - 200.0 * 2.0 / 2.5).abs() < 1.0);
        let members = Members { we_send: false, ..members };
        assert!((interval.average(members) - 200.0 * 98.0 / 7.5).abs() < 10.0);
    }
}
