//! AMR narrow-band speech (3GPP TS 26.071): samples to frames in the storage form of RFC 4867 §5.3 and back.
//!
//! Done by opencore-amrnb. No discontinuous transmission: every 20 ms give a frame, so that the far jitter
//! buffer never guesses. Comfort noise of others is decoded. Resampling is [`crate::resample`]'s. Start at
//! [`Encoder::encode`] and [`Decoder::decode`]; [`crate::audio`] is the same for every audio codec.

use bytes::Bytes;
use media::{Codec, amr};

use crate::Error;
use crate::ffi::amrnb;

/// Samples of a frame: 20 ms at 8 kHz.
pub const SAMPLES: usize = amrnb::SAMPLES;

pub use media::amr::MODE_MAX;

/// One talker being encoded.
pub struct Encoder(amrnb::Encoder);

impl Encoder {
    /// An encoder that has heard nothing yet.
    ///
    /// # Errors
    /// [`Error::Sound`] when there is no memory for it.
    pub fn new() -> Result<Self, Error> {
        amrnb::Encoder::new().map(Encoder).ok_or_else(no_memory)
    }

    /// The next 20 ms in `mode`, 0 = 4.75 to 7 = 12.2 kbit/s (TS 26.071 table 1; higher is taken as 7),
    /// which may change from frame to frame.
    pub fn encode(&mut self, mode: u8, samples: &[i16; SAMPLES]) -> Bytes {
        let (stored, len) = self.0.encode(mode, samples);
        Bytes::copy_from_slice(&stored[..len])
    }
}

/// One talker being decoded.
pub struct Decoder(amrnb::Decoder);

impl Decoder {
    /// A decoder that has heard nothing yet.
    ///
    /// # Errors
    /// [`Error::Sound`] when there is no memory for it.
    pub fn new() -> Result<Self, Error> {
        amrnb::Decoder::new().map(Decoder).ok_or_else(no_memory)
    }

    /// The sound of one frame: a table-of-contents octet and the bits. Damaged frames (Q bit clear), those
    /// of an unknown type or too short for it, and frames without data are made up from what came
    /// before, softer each time (TS 26.091); after comfort noise, comfort noise goes on (TS 26.092).
    pub fn decode(&mut self, frame: &[u8]) -> [i16; SAMPLES] {
        match stored(frame) {
            Some(stored) => self.0.decode(&stored),
            None => self.conceal(),
        }
    }

    /// The sound of a frame that did not come.
    pub fn conceal(&mut self) -> [i16; SAMPLES] {
        let mut nothing = [0; amrnb::FRAME_LEN_MAX];
        nothing[0] = amr::NO_DATA << 3;
        self.0.decode(&nothing)
    }
}

/// A whole and undamaged frame with sound in it.
fn stored(frame: &[u8]) -> Option<amrnb::Stored> {
    let contents = *frame.first()?;
    let (kind, good) = (contents >> 3 & 0x0F, contents & 0x04 != 0);
    let len = 1 + amr::bits(kind)?.div_ceil(8);
    if !good || kind == amr::NO_DATA {
        return None;
    }
    let mut stored = [0; amrnb::FRAME_LEN_MAX];
    stored.get_mut(..len)?.copy_from_slice(frame.get(..len)?);
    Some(stored)
}

fn no_memory() -> Error {
    Error::Sound { codec: Codec::Amr, why: "no memory".into() }
}
