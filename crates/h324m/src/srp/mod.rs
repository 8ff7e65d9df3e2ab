//! The control channel: SRP, NSRP, WNSRP and CCSRL (H.324 §6.5.4, Annexes A and C).
//!
//! [`Link`] makes the octets of logical channel 0 arrive once and in order. Each frame is one SDU of AL1 on
//! LCN 0. H.245 messages go in and come out; several may share one [`Input::Send`].
//!
//! Commands stop and wait for their answers until both ends are known to speak WNSRP, which has a window of
//! five. Until then each command goes in both forms. Deviation: what the peer does last decides, not what it
//! did first, because a verdict "for good" that the two ends reach differently would silence the channel.
//! Start at [`Link`].

mod frame;
mod link;
mod receiver;
mod sender;
#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use bytes::Bytes;

pub use link::Link;

/// Whether an SDU of logical channel 0 is a frame with a right check sum.
pub(crate) fn is_frame(sdu: &Bytes) -> bool {
    frame::Frame::parse(sdu).is_some()
}

/// How the control channel is acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// SRP.
    Srp,
    /// Numbered SRP.
    Nsrp,
    /// Windowed numbered SRP.
    Wnsrp,
}

/// What a link is made for.
#[derive(Clone, Debug)]
pub struct Config {
    /// Try the windowed form (H.324 Annex A). Only with `ccsrl`.
    pub wnsrp: bool,
    /// Segment by CCSRL and number the answers: levels 1 to 3 (H.324 Annex C). False at level 0.
    pub ccsrl: bool,
    /// T401: after so long without an answer a frame is sent again, sooner once answers were timed
    /// ([`T401_MIN`](crate::limits::T401_MIN)).
    pub t401: Duration,
    /// N401: so many times, then the link has failed.
    pub n401: u32,
}

impl Default for Config {
    fn default() -> Self {
        Config { wnsrp: true, ccsrl: true, t401: Duration::from_millis(800), n401: 100 }
    }
}

/// What happens to a link.
#[derive(Clone, Debug)]
pub enum Input {
    /// An undamaged-looking SDU came on LCN 0, or by MC 15.
    Sdu {
        /// Its octets, check sum included.
        data: Bytes,
        /// The multiplex code it came by. The frame's own header says which form it is.
        mc: u8,
    },
    /// Send this: one or more encoded messages, delivered in one piece to the other end. Nothing, and what is
    /// longer than [`CONTROL_SDU_MAX`](crate::limits::CONTROL_SDU_MAX), is not sent.
    Send(Bytes),
    /// Time has come, maybe.
    Timeout,
}

/// What a link wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// A whole SDU of control messages came.
    Message(Bytes),
    /// To be sent on LCN 0.
    Frame {
        /// The octets of one AL1 SDU.
        data: Bytes,
        /// By multiplex code 15 instead of 0.
        mc15: bool,
    },
    /// The form of acknowledgement is known now, or is another one now.
    Mode(Mode),
    /// N401 retransmissions had no answer; nothing is sent any more.
    Failed,
    /// Nothing more to do before then.
    Timeout(Option<Instant>),
}

/// Counters of a link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Frames with information sent for the first time.
    pub sent: u64,
    /// Frames sent again.
    pub retransmitted: u64,
    /// Frames with information delivered.
    pub received: u64,
    /// Frames with information that had come before.
    pub duplicates: u64,
    /// SDUs that were no frames: damaged, unknown, out of the window.
    pub invalid: u64,
}
