//! AMR and AMR-WB speech (RFC 4867): bandwidth-efficient (§4.3) and octet-aligned (§4.4) packets.
//!
//! A frame is one frame of 20 ms in the storage format (§5.3): an octet `0 FT Q 00` and the speech bits.
//! Read are packets of one channel with up to [`crate::limits::AMR_FRAMES_MAX`] frames, redundant ones
//! included. Not done: checksums, robust sorting, interleaving (§4.4.1), several channels; these are
//! refused by the offer/answer exchange. Start at [`Packetizer`] or [`Depacketizer`].

mod bits;
mod depacketizer;
mod packetizer;
#[cfg(test)]
mod tests;

pub use depacketizer::Depacketizer;
pub use packetizer::{Packetizer, Unsendable};

use media::amr::{self, Band};

/// No mode is asked for (§4.3.1).
const REQUEST_NONE: u8 = 15;
/// Bits of the request, and of an entry of the table of contents, before padding (§4.3.1, §4.3.2).
const REQUEST_BITS: usize = 4;
const ENTRY_BITS: usize = 6;

/// An entry of the table of contents without its follow bit: frame type and quality.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    frame_type: u8,
    /// The frame is not damaged.
    good: bool,
}

impl Entry {
    /// From the first octet of a stored frame.
    fn from_storage(octet: u8) -> Self {
        Entry { frame_type: octet >> 3 & 0x0F, good: octet & 0x04 != 0 }
    }

    /// As the first octet of a stored frame.
    fn to_storage(self) -> u8 {
        self.frame_type << 3 | u8::from(self.good) << 2
    }

    /// As six bits of the table of contents.
    fn to_bits(self, follows: bool) -> u8 {
        u8::from(follows) << 5 | self.frame_type << 1 | u8::from(self.good)
    }

    /// From six bits: the entry, and whether another one follows.
    fn from_bits(bits: u8) -> (Self, bool) {
        (Entry { frame_type: bits >> 1 & 0x0F, good: bits & 1 != 0 }, bits & 0x20 != 0)
    }

    fn is_no_data(self) -> bool {
        self.frame_type == amr::NO_DATA
    }

    /// Speech, not comfort noise.
    fn is_speech(self, band: Band) -> bool {
        self.frame_type < band.sid()
    }
}
