//! Every timer of a terminal.

use std::time::{Duration, Instant};

/// One row a timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Timer {
    /// No H.324 on the line (H.324 §C.6).
    Level,
    /// The peer's capabilities are missing after the level was set up.
    PeerCapabilities,
    /// H.245 T101: our capabilities are not acknowledged.
    T101,
    /// H.245 T102: a loop that we asked for is not answered.
    T102,
    /// H.245 T103 of our speech channel.
    T103Audio,
    /// H.245 T103 of our picture channel.
    T103Video,
    /// H.245 T103 of a channel of ours that is being closed.
    T103Closing,
    /// H.245 T104: multiplex table entries are not acknowledged.
    T104,
    /// H.245 T105: a round trip request is not answered.
    T105,
    /// H.245 T106: master and slave are not determined.
    T106,
    /// H.245 T107: table entries that we asked for are not answered.
    T107,
    /// H.245 T108: the peer does not say whether it closes its channel.
    T108,
    /// H.245 T109: a mode that we asked for is not answered.
    T109,
    /// Speech is open both ways, pictures are not yet.
    Video,
    /// The next round trip is to be measured.
    Probe,
    /// EndSession was said, the peer has not answered (H.324 §7.6).
    End,
    /// EndSession was acknowledged by the control channel, but not answered.
    EndHeard,
}

/// Deadlines of the timers that run.
#[derive(Debug, Default)]
pub(super) struct Timers {
    at: [Option<Instant>; Timer::ALL.len()],
}

impl Timer {
    /// In the order they are looked at.
    pub(super) const ALL: [Timer; 17] = [
        Timer::Level,
        Timer::PeerCapabilities,
        Timer::T101,
        Timer::T102,
        Timer::T103Audio,
        Timer::T103Video,
        Timer::T103Closing,
        Timer::T104,
        Timer::T105,
        Timer::T106,
        Timer::T107,
        Timer::T108,
        Timer::T109,
        Timer::Video,
        Timer::Probe,
        Timer::End,
        Timer::EndHeard,
    ];
}

impl Timers {
    /// Starts a timer, or starts it again.
    pub(super) fn start(&mut self, timer: Timer, now: Instant, after: Duration) {
        self.at[timer as usize] = Some(now + after);
    }

    pub(super) fn stop(&mut self, timer: Timer) {
        self.at[timer as usize] = None;
    }

    pub(super) fn stop_all(&mut self) {
        *self = Timers::default();
    }

    pub(super) fn runs(&self, timer: Timer) -> bool {
        self.at[timer as usize].is_some()
    }

    /// A timer that is due; it is stopped.
    pub(super) fn due(&mut self, now: Instant) -> Option<Timer> {
        let due =
            Timer::ALL.into_iter().find(|&timer| self.at[timer as usize].is_some_and(|at| at <= now))?;
        self.stop(due);
        Some(due)
    }

    /// The earliest deadline.
    pub(super) fn next(&self) -> Option<Instant> {
        self.at.iter().flatten().min().copied()
    }
}
