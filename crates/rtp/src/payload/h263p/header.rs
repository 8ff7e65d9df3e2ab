//! The payload header (RFC 4629 §5.1).

use crate::payload::Prefix;

const BEGINS: u16 = 0x0400;
const REDUNDANCY: u16 = 0x0200;

/// What stands before a piece of a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// P: the piece begins with a start code, whose two zero octets are left out.
    pub begins: bool,
    /// Octets of video redundancy coding and of a redundant picture header, passed over.
    pub passed_over: u8,
}

impl Header {
    /// Reads it off the front of a payload, with the octets to the piece of the picture; `None` when it is cut
    /// off.
    #[must_use]
    pub fn parse(payload: &[u8]) -> Option<(Self, usize)> {
        let word = u16::from_be_bytes(*payload.first_chunk::<2>()?);
        let redundancy = u8::from(word & REDUNDANCY != 0);
        let picture_header = (word >> 3 & 0x3F) as u8;
        let header = Header { begins: word & BEGINS != 0, passed_over: redundancy + picture_header };
        let len = 2 + usize::from(header.passed_over);
        (len <= payload.len()).then_some((header, len))
    }

    /// Without redundancy coding and redundant header.
    pub(super) fn to_prefix(self) -> Prefix {
        let word = if self.begins { BEGINS } else { 0 };
        Prefix::new(&word.to_be_bytes())
    }
}
