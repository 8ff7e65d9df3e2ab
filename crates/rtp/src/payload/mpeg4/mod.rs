//! MPEG-4 Visual elementary streams (RFC 6416 §5): pictures to packets and back.
//!
//! The payload is the bitstream itself, without a header of its own. A frame is one VOP from its start
//! code, before it whatever headers the stream has there; a key one (I-VOP) is preceded by the
//! configuration (VOS, VO, VOL) where that is known from the stream or from the session description.
//! Start at [`Packetizer`] or [`Depacketizer`].

mod depacketizer;
mod headers;
mod packetizer;
#[cfg(test)]
mod tests;

pub use depacketizer::Depacketizer;
pub use packetizer::{NoPicture, Packetizer};
