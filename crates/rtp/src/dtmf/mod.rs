//! Keys as named telephone events (RFC 4733).
//!
//! Only the sixteen DTMF events 0..=15 of §3.2; tones, flash and other events are read past. The clock is
//! that of the stream's codec, mostly 8000 Hz (§2.1). Start at [`Receiver`] for events that arrive and [`Sender`] for events we send.

mod digit;
mod receiver;
mod sender;

pub use digit::{Digit, NotADigit};
pub use receiver::{Key, Receiver};
pub use sender::{Outgoing, Sender};

/// Clock of telephone events beside most codecs, in Hz.
pub const CLOCK_RATE: u32 = 8_000;
/// Octets of an event payload.
const PAYLOAD_LEN: usize = 4;
const END: u8 = 0x80;

/// One event payload (RFC 4733 §2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventPayload {
    /// Event code.
    pub event: u8,
    /// The event is over.
    pub end: bool,
    /// Power below 0 dBm0, in dB, 0..=63.
    pub volume: u8,
    /// How long the event has lasted so far, in timestamp units.
    pub duration: u16,
}

impl EventPayload {
    /// Reads the first event of a payload; `None` when it is no whole number of events.
    #[must_use]
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let &[event, flags, high, low, ..] = payload else {
            return None;
        };
        let whole = payload.len().is_multiple_of(PAYLOAD_LEN);
        whole.then_some(EventPayload {
            event,
            end: flags & END != 0,
            volume: flags & 0x3F,
            duration: u16::from_be_bytes([high, low]),
        })
    }

    /// The four octets.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 4] {
        let [high, low] = self.duration.to_be_bytes();
        [self.event, if self.end { END } else { 0 } | (self.volume & 0x3F), high, low]
    }
}
