//! Real-time text: T.140 characters in packets of their own (RFC 4103), with redundancy (RFC 2198).
//!
//! A [`Sender`] turns text into payloads, a [`Receiver`] turns packets into [`TextEvent`]s. Sequence numbers,
//! SSRC and sockets are the caller's. Not done: several writers in one stream (RFC 9071), and what T.140
//! says of looks and sounds (SGR, bell, interrupt), which is passed over. Deviations: a character that a
//! peer has cut in two is put together again, and text goes out in blocks of whole characters which may
//! part a letter from its combining marks.

mod decoder;
mod receiver;
mod sender;
#[cfg(test)]
mod tests;

pub use receiver::{Error, Receiver, TextEvent};
pub use sender::{Config, Full, INTERVAL, Outgoing, Sender};

/// Clock of the timestamps in Hz (RFC 4103 §3.5).
pub const CLOCK_RATE: u32 = 1_000;
/// Characters per second that a receiver takes when it says nothing (RFC 4103 §6).
pub const CPS_DEFAULT: u16 = 30;
/// What stands for text that was lost (RFC 4103 §5.3).
pub const LOST: char = '\u{FFFD}';
/// A new line (T.140 §8).
pub const NEW_LINE: char = '\u{2028}';

/// The payload types of one direction of a text line, as its receiving side numbers them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// Of `t140/1000`, 0..=127.
    pub t140: u8,
    /// Of `red/1000` whose blocks all are `t140`; `None` without redundancy.
    pub red: Option<u8>,
}
