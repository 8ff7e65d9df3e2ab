//! H.263 baseline bitstreams: picture and GOB headers (ITU-T H.263 §5.1, §5.2) and where each macroblock
//! starts (§5.3, §5.4), which is what RFC 2190 needs to cut a picture into packets.
//!
//! Pixels are not decoded. Of version 2 no more than the picture header is read ([`ExtendedHeader`]). Not read:
//! macroblocks of pictures in PB-frames (annex G), arithmetic coding (annex E) or advanced prediction
//! (annex F) mode. Start at [`PictureHeader::parse`], then [`start_codes`] and [`walk`].

mod bits;
mod extended;
mod header;
mod still;
pub(crate) mod tables;
mod vector;
mod walker;

pub(crate) use bits::{Reader, Writer};
pub(crate) use tables::{
    CBPY, CBPY_BITS, CBPY_INTRA, Entry, MCBPC_CHROMA, MCBPC_IN_INTRA, MCBPC_IN_INTRA_BITS, MCBPC_INTRA,
    MCBPC_INTRA_IN_INTER, table,
};

pub use extended::ExtendedHeader;
pub use header::{PictureHeader, SourceFormat, StartCode, start_codes};
pub use still::Still;
pub use vector::MotionVector;
pub use walker::{Macroblock, walk};

/// Why a bitstream could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// It ends in the middle of something.
    Truncated,
    /// It does not begin with a picture start code (§5.1.1).
    NoPictureStart,
    /// A header holds a forbidden or reserved value; the bit where the header starts.
    BadHeader {
        /// Offset of the header in bits.
        bit: usize,
    },
    /// A mode that this module does not read: PLUSPTYPE, or annex E, F or G where macroblocks are asked for.
    Unsupported,
    /// No code word of the table that applies stands here, or a block has more than 64 coefficients.
    BadCode {
        /// Offset in bits of the macroblock that holds it.
        bit: usize,
    },
    /// The macroblocks are all there, but what follows them is neither stuffing nor a start code.
    Overlong {
        /// Offset in bits of the first bit after the last macroblock.
        bit: usize,
    },
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Error::Truncated => f.write_str("the H.263 bitstream ends early"),
            Error::NoPictureStart => f.write_str("no H.263 picture start code"),
            Error::BadHeader { bit } => write!(f, "forbidden value in the H.263 header at bit {bit}"),
            Error::Unsupported => f.write_str("an H.263 mode beyond baseline"),
            Error::BadCode { bit } => write!(f, "no H.263 code word in the macroblock at bit {bit}"),
            Error::Overlong { bit } => write!(f, "H.263 data after the last macroblock at bit {bit}"),
        }
    }
}

impl std::error::Error for Error {}

/// Whether `picture` starts with the header of an INTRA picture, of either version.
#[must_use]
pub fn is_keyframe(picture: &[u8]) -> bool {
    match ExtendedHeader::parse(picture) {
        // One without its size cannot be decoded alone.
        Some(header) => header.intra && header.size.is_some(),
        None => PictureHeader::parse(picture).is_ok_and(|header| header.intra),
    }
}

/// The size that the picture header tells, of either version.
#[must_use]
pub fn size(picture: &[u8]) -> Option<crate::Size> {
    match ExtendedHeader::parse(picture) {
        Some(header) => header.size,
        None => PictureHeader::parse(picture).ok().map(|header| header.source.size()),
    }
}

#[cfg(test)]
mod tests;
