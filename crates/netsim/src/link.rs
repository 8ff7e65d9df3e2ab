//! The properties of one direction between two hosts.

use std::time::Duration;

/// One direction between two hosts. Probabilities are 0.0..=1.0 and independent of each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Link {
    /// Probability that a datagram is lost.
    pub loss: f64,
    /// Time that every datagram takes.
    pub delay: Duration,
    /// Additional time, evenly distributed from zero to this. Does not reorder: a queue stays a queue.
    pub jitter: Duration,
    /// Probability that a datagram takes another way and is overtaken.
    pub reorder: f64,
    /// How much longer that way takes.
    pub reorder_by: Duration,
    /// Probability that a datagram comes twice, the second time `reorder_by` later.
    pub duplicate: f64,
}

impl Link {
    /// 1 ms, and everything arrives in order. The delay is not zero so that cause and effect have
    /// different times.
    #[must_use]
    pub fn perfect() -> Self {
        Link {
            loss: 0.0,
            delay: Duration::from_millis(1),
            jitter: Duration::ZERO,
            reorder: 0.0,
            reorder_by: Duration::ZERO,
            duplicate: 0.0,
        }
    }

    /// A bad path: 30 ms with 10 ms jitter, `loss` lost, 2 % overtaken by up to two voice packets, 1 %
    /// doubled.
    #[must_use]
    pub fn lossy(loss: f64) -> Self {
        Link {
            loss,
            delay: Duration::from_millis(30),
            jitter: Duration::from_millis(10),
            reorder: 0.02,
            reorder_by: Duration::from_millis(45),
            duplicate: 0.01,
        }
    }

    /// Nothing arrives.
    #[must_use]
    pub fn dead() -> Self {
        Link { loss: 1.0, ..Link::perfect() }
    }

    /// The same link with another delay.
    #[must_use]
    pub fn with_delay(self, delay: Duration) -> Self {
        Link { delay, ..self }
    }
}

impl Default for Link {
    fn default() -> Self {
        Link::perfect()
    }
}
