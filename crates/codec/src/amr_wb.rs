//! AMR wide-band speech (3GPP TS 26.171, ITU-T G.722.2): samples to frames in the storage form of RFC 4867 §5.3
//! and back, as [`crate::amr`] does for the narrow band. vo-amrwbenc encodes, opencore-amrwb decodes.

use bytes::Bytes;
use media::Codec;
use media::amr::{Band, NO_DATA};

use crate::Error;
use crate::ffi::amrwb;

/// Samples of a frame: 20 ms at 16 kHz.
pub const SAMPLES: usize = amrwb::SAMPLES;

/// The mode of the best quality, 23.85 kbit/s; modes count from 0, 6.6 kbit/s.
pub const MODE_MAX: u8 = 8;

/// One talker being encoded.
pub struct Encoder(amrwb::Encoder);

impl Encoder {
    /// An encoder that has heard nothing yet.
    ///
    /// # Errors
    /// [`Error::Sound`] when there is no memory for it.
    pub fn new() -> Result<Self, Error> {
        amrwb::Encoder::new().map(Encoder).ok_or_else(no_memory)
    }

    /// The next 20 ms in `mode`, 0 = 6.6 to 8 = 23.85 kbit/s (TS 26.171 table 1; higher is taken as 8), which
    /// may change from frame to frame.
    pub fn encode(&mut self, mode: u8, samples: &[i16; SAMPLES]) -> Bytes {
        let (stored, len) = self.0.encode(mode, samples);
        Bytes::copy_from_slice(&stored[..len])
    }
}

/// One talker being decoded.
pub struct Decoder(amrwb::Decoder);

impl Decoder {
    /// A decoder that has heard nothing yet.
    ///
    /// # Errors
    /// [`Error::Sound`] when there is no memory for it.
    pub fn new() -> Result<Self, Error> {
        amrwb::Decoder::new().map(Decoder).ok_or_else(no_memory)
    }

    /// The sound of one frame: a table-of-contents octet and the bits. Damaged frames (Q bit clear), those of
    /// an unknown type or too short for it, and frames without data are made up from what came before, softer
    /// each time (TS 26.191); after comfort noise, comfort noise goes on (TS 26.192).
    pub fn decode(&mut self, frame: &[u8]) -> [i16; SAMPLES] {
        match stored(frame) {
            Some(stored) => self.0.decode(&stored),
            None => self.conceal(),
        }
    }

    /// The sound of a frame that did not come.
    pub fn conceal(&mut self) -> [i16; SAMPLES] {
        let mut nothing = [0; amrwb::FRAME_LEN_MAX];
        nothing[0] = NO_DATA << 3;
        self.0.decode(&nothing)
    }
}

/// A whole and undamaged frame with sound in it.
fn stored(frame: &[u8]) -> Option<amrwb::Stored> {
    let contents = *frame.first()?;
    let (kind, good) = (contents >> 3 & 0x0F, contents & 0x04 != 0);
    let bits = Band::Wide.bits(kind)?;
    if !good || bits == 0 {
        return None;
    }
    let len = 1 + bits.div_ceil(8);
    let mut stored = [0; amrwb::FRAME_LEN_MAX];
    stored.get_mut(..len)?.copy_from_slice(frame.get(..len)?);
    Some(stored)
}

fn no_memory() -> Error {
    Error::Sound { codec: Codec::AmrWb, why: "no memory".into() }
}
