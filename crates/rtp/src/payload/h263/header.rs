//! The payload headers of RFC 2190 §5.

use media::h263::{MotionVector, PictureHeader, SourceFormat};

use crate::payload::{Malformed, Prefix};

/// F: the header is of mode B or C.
const F: u8 = 0x80;
/// P: with PB-frames; together with F, mode C.
const P: u8 = 0x40;
/// Octets of the headers of modes A, B and C.
const LEN_A: usize = 4;
const LEN_B: usize = 8;
const LEN_C: usize = 12;

/// What all modes carry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Common {
    /// SBIT: bits to ignore at the start of the first octet, 0..=7.
    pub start_bits: u8,
    /// EBIT: bits to ignore at the end of the last octet, 0..=7.
    pub end_bits: u8,
    /// SRC: source format as in PTYPE.
    pub source: u8,
    /// I: the picture is INTER coded.
    pub inter: bool,
    /// U: annex D.
    pub unrestricted_vectors: bool,
    /// S: annex E.
    pub arithmetic_coding: bool,
    /// A: annex F.
    pub advanced_prediction: bool,
    /// P in mode A, always in mode C, never in mode B: annex G.
    pub pb_frames: bool,
}

/// What a decoder needs to begin at a macroblock (§5.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ModeB {
    /// QUANT: the quantiser in effect.
    pub quantiser: u8,
    /// GOBN.
    pub group: u8,
    /// MBA: address of the first macroblock within the GOB.
    pub address: u16,
    /// HMV1, VMV1: the predictor of its motion vector.
    pub predictor: MotionVector,
}

/// One payload header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Header {
    /// The packet starts at a picture or GOB start code.
    A(Common),
    /// The packet starts at a macroblock.
    B(Common, ModeB),
    /// The same for PB-frames. Only what joining needs is read.
    C(Common),
}

impl Common {
    /// The fields that are the picture's; both bit counts are zero.
    #[must_use]
    pub fn of(picture: &PictureHeader) -> Self {
        let source: SourceFormat = picture.source;
        Common {
            start_bits: 0,
            end_bits: 0,
            source: source.code(),
            inter: !picture.intra,
            unrestricted_vectors: picture.unrestricted_vectors,
            arithmetic_coding: picture.arithmetic_coding,
            advanced_prediction: picture.advanced_prediction,
            pb_frames: picture.pb_frame.is_some(),
        }
    }

    fn first_octet(&self) -> u8 {
        (self.start_bits & 7) << 3 | (self.end_bits & 7)
    }

    /// I, U, S, A as four bits.
    fn flags(&self) -> u8 {
        u8::from(self.inter) << 3
            | u8::from(self.unrestricted_vectors) << 2
            | u8::from(self.arithmetic_coding) << 1
            | u8::from(self.advanced_prediction)
    }

    fn read(first: u8, source: u8, flags: u8) -> Self {
        Common {
            start_bits: first >> 3 & 7,
            end_bits: first & 7,
            source: source & 7,
            inter: flags & 8 != 0,
            unrestricted_vectors: flags & 4 != 0,
            arithmetic_coding: flags & 2 != 0,
            advanced_prediction: flags & 1 != 0,
            pb_frames: first & P != 0,
        }
    }
}

impl Header {
    /// Reads a payload: its header and the length of that.
    ///
    /// # Errors
    /// [`Malformed`] when the payload has no bitstream after its header, or its bit counts leave none.
    pub fn parse(payload: &[u8]) -> Result<(Self, usize), Malformed> {
        let &[first, second, third, fourth, ref rest @ ..] = payload else {
            return Err(Malformed);
        };
        let (header, len) = if first & F == 0 {
            // The lowest bit of the second octet and the highest three of the third are reserved.
            (Header::A(Common::read(first, second >> 5, second >> 1 & 0xF)), LEN_A)
        } else {
            let &[flags, b5, b6, b7, ..] = rest else {
                return Err(Malformed);
            };
            let common = Common::read(first, second >> 5, flags >> 4);
            if first & P != 0 {
                (Header::C(common), LEN_C)
            } else {
                let vectors = u32::from_be_bytes([flags, b5, b6, b7]);
                let mode = ModeB {
                    quantiser: second & 0x1F,
                    group: third >> 3,
                    address: u16::from(third & 7) << 6 | u16::from(fourth >> 2),
                    predictor: MotionVector {
                        horizontal: seven(vectors >> 21),
                        vertical: seven(vectors >> 14),
                    },
                };
                (Header::B(common, mode), LEN_B)
            }
        };
        let Common { start_bits, end_bits, .. } = *header.common();
        let bits = payload.len().saturating_sub(len) * 8;
        if bits <= usize::from(start_bits + end_bits) { Err(Malformed) } else { Ok((header, len)) }
    }

    /// The fields that every mode has.
    #[must_use]
    pub fn common(&self) -> &Common {
        match self {
            Header::A(common) | Header::B(common, _) | Header::C(common) => common,
        }
    }

    /// Its octets; `picture` gives DBQ, TRB and TR of mode A. Mode C is not written: `None`.
    #[must_use]
    pub fn write(&self, picture: &PictureHeader) -> Option<Prefix> {
        match self {
            Header::A(common) => {
                let (trb, dbq) = picture.pb_frame.unwrap_or_default();
                let pb = if picture.pb_frame.is_some() { P } else { 0 };
                let second = common.source << 5 | common.flags() << 1;
                let third = (dbq & 3) << 3 | (trb & 7);
                Some(Prefix::new(&[pb | common.first_octet(), second, third, picture.temporal_reference]))
            }
            Header::B(common, mode) => {
                let MotionVector { horizontal, vertical } = mode.predictor;
                let vectors = u32::from(common.flags()) << 28
                    | (horizontal as u32 & 0x7F) << 21
                    | (vertical as u32 & 0x7F) << 14;
                let place = u16::from(mode.group & 0x1F) << 11 | (mode.address & 0x1FF) << 2;
                let [p0, p1] = place.to_be_bytes();
                let [v0, v1, v2, v3] = vectors.to_be_bytes();
                let second = common.source << 5 | (mode.quantiser & 0x1F);
                Some(Prefix::new(&[F | common.first_octet(), second, p0, p1, v0, v1, v2, v3]))
            }
            Header::C(_) => None,
        }
    }
}

/// The lowest seven bits as a two's complement number.
fn seven(bits: u32) -> i8 {
    ((bits << 1) as u8 as i8) >> 1
}
