//! Real-time text beside sound and pictures: what this side has, and what was agreed (RFC 4103, RFC 2198).
//!
//! A text line is an m-line of its own. It has no [`crate::AgreedStream`], whose frames have codecs; what is
//! agreed of it is an [`AgreedText`], which [`crate::Session::text`] tells.

use std::net::SocketAddr;

use crate::{Direction, limits};

/// This side of the text line, for one offer or answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalText {
    /// RTP port of the text line, 1..=65534. RTCP is the next one.
    pub port: u16,
    /// Seen from us.
    pub direction: Direction,
    /// Characters per second that we take, as a mean of ten seconds; at least 1. The peer is told unless it
    /// is what it takes for granted, [`limits::TEXT_CPS_DEFAULT`].
    pub cps: u16,
    /// Whether redundancy is offered and taken (RFC 2198), with [`limits::TEXT_GENERATIONS`] generations.
    pub redundancy: bool,
}

/// An accepted text line, seen from us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgreedText {
    /// Index of the m-line.
    pub index: usize,
    /// Where our RTP goes. While held in the manner of RFC 2543 its address is unspecified: then nothing may
    /// be sent, RTCP included.
    pub remote_rtp: SocketAddr,
    /// Where our RTCP goes; equals `remote_rtp` with `rtcp_mux`.
    pub remote_rtcp: SocketAddr,
    /// RTCP shares the RTP port, both ways.
    pub rtcp_mux: bool,
    /// What we may do: send, receive, both, neither.
    pub direction: Direction,
    /// What we send, by the peer's numbering.
    pub send: TextFormat,
    /// What the peer may send, by our numbering.
    pub receive: TextFormat,
    /// Characters per second that the peer takes, 1.., as a mean of any ten seconds (RFC 4103 §6).
    pub cps: u16,
    /// The peer has put us on hold.
    pub held: bool,
}

/// The payload types of one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextFormat {
    /// Of `t140/1000`.
    pub t140: u8,
    /// Of `red/1000`, the blocks of which all are `t140`; `None`: without redundancy.
    pub red: Option<Redundancy>,
}

/// A format for redundant text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redundancy {
    /// Its payload type.
    pub pt: u8,
    /// How often text is repeated, 1..=[`limits::TEXT_GENERATIONS_MAX`].
    pub generations: u8,
}

impl LocalText {
    /// Both ways, with redundancy, 30 characters per second.
    #[must_use]
    pub fn new(port: u16) -> Self {
        LocalText { port, direction: Direction::SendRecv, cps: limits::TEXT_CPS_DEFAULT, redundancy: true }
    }
}
