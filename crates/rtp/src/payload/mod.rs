//! Payload formats: frames to packet payloads and back.
//!
//! A packetizer cuts one frame into [`Payload`]s; a depacketizer is handed [`Part`]s in order and gives
//! [`Assembled`] frames. Neither knows clocks, sequence numbers or payload types. Start at [`g711`],
//! [`amr`], [`opus`], [`clearmode`], [`h264`], [`h263`], [`h263p`], [`mpeg4`] or [`vp8`]; G.722 goes as G.711
//! does, an octet at 8000 Hz. Text has no frames: [`t140`] goes from characters to packets and back, with [`red`].

pub mod amr;
pub mod clearmode;
pub mod g711;
pub mod h263;
pub mod h263p;
pub mod h264;
pub mod mpeg4;
pub mod opus;
pub mod red;
pub mod t140;
pub mod vp8;

use bytes::Bytes;
use thiserror::Error;

/// Octets that a payload format puts before a piece of the bitstream: none, or a header of up to eight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prefix {
    octets: [u8; 8],
    len: u8,
}

impl Prefix {
    /// The first eight of `octets`.
    #[must_use]
    pub fn new(octets: &[u8]) -> Self {
        let mut prefix = Prefix::default();
        for (to, from) in prefix.octets.iter_mut().zip(octets) {
            *to = *from;
            prefix.len += 1;
        }
        prefix
    }

    /// Its octets.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        &self.octets[..usize::from(self.len)]
    }
}

/// The payload of one packet to send: `prefix`, then `body`, which shares the frame's memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload {
    /// Payload header.
    pub prefix: Prefix,
    /// Piece of the frame.
    pub body: Bytes,
    /// Last packet of a picture.
    pub marker: bool,
}

impl Payload {
    /// Octets on the wire.
    #[must_use]
    pub fn len(&self) -> usize {
        self.prefix.as_slice().len() + self.body.len()
    }

    /// Whether there is nothing to send; no packetizer makes such a payload.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Both parts in one piece.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        [self.prefix.as_slice(), &self.body].concat().into()
    }
}

/// What a depacketizer is handed: one packet, in the order of sequence numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Timestamp of the packet.
    pub timestamp: u32,
    /// Marker bit.
    pub marker: bool,
    /// At least one packet before this one is missing.
    pub lost_before: bool,
    /// Payload of the packet.
    pub payload: Bytes,
}

/// A frame that was put together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assembled {
    /// Timestamp of its packets.
    pub timestamp: u32,
    /// A decoder can start here.
    pub keyframe: bool,
    /// A part of it is missing.
    pub damaged: bool,
    /// A packet is missing between the frame before and the end of this one.
    pub lost_before: bool,
    /// The bitstream, as [`media::Frame::data`] has it.
    pub data: Bytes,
}

/// The payload is not of its format: to be dropped and counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("malformed payload")]
pub struct Malformed;
