//! The terminal: what happens on the line becomes a call (H.324 §7, Annex C; H.245 §8 and Annex C).
//!
//! Octets, frames and time go in by [`Session::handle_input`]; frames and events come out of
//! [`Session::poll_output`]; the line is filled by [`Session::take_line`], which sets the pace of everything
//! that is sent and must be called for every octet of the circuit.

mod config;
mod counters;
mod event;

pub use config::{AudioChoice, Config};
pub use counters::Counters;
pub use event::{Channels, DigitForm, EndCause, Event, Input, Output, Way};

use std::collections::VecDeque;
use std::time::Instant;

use bytes::Bytes;

/// One terminal on one circuit.
#[derive(Debug)]
pub struct Session {
    config: Config,
    started: Instant,
    ended: Option<EndCause>,
    out: VecDeque<Output>,
}

impl Session {
    /// A terminal that has neither sent nor received. Its time line starts at `now`.
    #[must_use]
    pub fn new(now: Instant, config: Config) -> Self {
        Session { config, started: now, ended: None, out: VecDeque::new() }
    }

    /// Takes octets of the line, a frame to send, a wish, or the time alone.
    pub fn handle_input(&mut self, now: Instant, input: Input) {
        let _ = (now, input);
    }

    /// The next octets for the line, exactly so many, in the order RTP carries them. Call it at the line's
    /// pace, 8000 octets a second: 160 every 20 ms.
    #[must_use]
    pub fn take_line(&mut self, now: Instant, octets: usize) -> Bytes {
        let _ = (now, self.started, &self.config);
        vec![0; octets].into()
    }

    /// The next thing to do, until [`Output::Timeout`].
    pub fn poll_output(&mut self) -> Output {
        self.out.pop_front().unwrap_or(Output::Timeout(None))
    }

    /// The counters since the session was made.
    #[must_use]
    pub fn counters(&self) -> Counters {
        Counters::default()
    }

    /// Why the call is over, once it is.
    #[must_use]
    pub fn ended(&self) -> Option<EndCause> {
        self.ended
    }
}
