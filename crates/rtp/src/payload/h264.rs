//! H.264 (RFC 6184): access units to packets and back.
//!
//! Written are single NAL unit packets and, in mode 1, FU-A; read are those and STAP-A. Not read: the
//! interleaved mode (STAP-B, MTAP, FU-B). A received picture that can be decoded alone always carries
//! parameter sets, as far as any were seen. Start at [`Packetizer`] or [`Depacketizer`].

mod depacketizer;
mod packetizer;
mod parameter_sets;

pub use depacketizer::Depacketizer;
pub use packetizer::Packetizer;
pub use parameter_sets::ParameterSets;

use thiserror::Error;

/// Packetization mode (RFC 6184 §6.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Mode 0: each NAL unit in a packet of its own.
    #[default]
    SingleNal,
    /// Mode 1: NAL units may be fragmented (FU-A) and aggregated (STAP-A).
    NonInterleaved,
}

/// The number is not a packetization mode that is carried here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("packetization-mode {0} is not carried")]
pub struct UnknownMode(pub u8);

impl TryFrom<u8> for Mode {
    type Error = UnknownMode;

    fn try_from(mode: u8) -> Result<Self, UnknownMode> {
        match mode {
            0 => Ok(Mode::SingleNal),
            1 => Ok(Mode::NonInterleaved),
            other => Err(UnknownMode(other)),
        }
    }
}

/// Types of payloads that are no NAL units (RFC 6184 table 1).
const STAP_A: u8 = 24;
const FU_A: u8 = 28;
/// Bits of the FU header (§5.8).
const FU_START: u8 = 0x80;
const FU_END: u8 = 0x40;
/// F and NRI of a NAL unit header; the rest is its type.
const HEADER_FLAGS: u8 = 0xE0;
const HEADER_TYPE: u8 = 0x1F;
const FORBIDDEN: u8 = 0x80;

/// Whether a NAL unit holds a part of the picture itself (types 1..=5).
fn is_slice(nal_type: u8) -> bool {
    (1..=5).contains(&nal_type)
}

#[cfg(test)]
mod tests;
