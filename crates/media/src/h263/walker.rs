//! From macroblock to macroblock through the part of a picture that one header governs (H.263 §5.3, §5.4).
//!
//! Motion vectors are kept because RFC 2190 §5.2 puts the predictor of the first macroblock of a packet
//! into its header. Coefficients are passed over.

use super::bits::Reader;
use super::header::GROUP_START_BITS;
use super::tables::{self, Entry};
use super::vector::Rows;
use super::{Error, MotionVector, PictureHeader, StartCode, start_codes};

/// Coefficients of a block.
const BLOCK: u8 = 64;
/// The group number that ends a sequence (EOS, §5.1.27).
const END_OF_SEQUENCE: u32 = 31;

/// Where a macroblock starts and what a decoder must know to begin there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Macroblock {
    /// Offset in bits of its first bit (COD, or MCBPC in an INTRA picture).
    pub bit: usize,
    /// Number of the GOB it is in.
    pub group: u8,
    /// Its address within the GOB, from 0.
    pub address: u16,
    /// The quantiser in effect before it, 1..=31: its own DQUANT, if any, is not yet applied.
    pub quantiser: u8,
    /// The predictor of its motion vector; zero in an INTRA picture.
    pub predictor: MotionVector,
}

/// Walks the macroblocks from the header at `start` to the next start code or the end of `picture`.
///
/// GOBs without a header of their own are walked along with the one before them. The walk is complete or
/// an error: that many macroblocks as the next group number asks for, and after them stuffing only.
///
/// # Errors
/// [`Error::Unsupported`] in the modes of annex E, F and G; the others as they say.
pub fn walk(picture: &[u8], header: &PictureHeader, start: StartCode) -> Result<Vec<Macroblock>, Error> {
    let mut macroblocks = Vec::new();
    each(picture, header, start, |macroblock, _| macroblocks.push(macroblock))?;
    Ok(macroblocks)
}

/// The part of an INTRA macroblock that is the same in INTRA and INTER pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Body {
    /// Symbol of MCBPC ([`tables::MCBPC_CHROMA`] and so on).
    pub(super) kind: u8,
    /// Offset in bits of CBPY.
    pub(super) from: usize,
    /// Offset in bits behind the last block.
    pub(super) to: usize,
}

/// Walks as [`walk`] does and tells `each` macroblock with its body, which one that is not coded has not.
pub(super) fn each(
    picture: &[u8],
    header: &PictureHeader,
    start: StartCode,
    mut each: impl FnMut(Macroblock, Option<Body>),
) -> Result<(), Error> {
    if header.arithmetic_coding || header.advanced_prediction || header.pb_frame.is_some() {
        return Err(Error::Unsupported);
    }
    let groups = header.source.groups();
    // Behind the sixteen zeros of this start code.
    let from = (start.bit / 8 + 2).min(picture.len());
    let next = start_codes(&picture[from..]).next();
    let (end, end_group) = next.map_or((picture.len() * 8, groups), |code| (from * 8 + code.bit, code.group));
    if start.group >= end_group || end_group > groups {
        return Err(Error::BadHeader { bit: start.bit });
    }
    let mut walker = Walker::new(Reader::new(picture, start.bit, end), header, start)?;
    let count = usize::from(end_group - start.group) * usize::from(header.source.macroblocks_in_group());
    for index in 0..count {
        let (macroblock, body) = walker.macroblock(index)?;
        each(macroblock, body);
    }
    walker.expect_end()
}

struct Walker<'a> {
    bits: Reader<'a>,
    header: &'a PictureHeader,
    first_group: u8,
    quantiser: u8,
    rows: Rows,
}

impl<'a> Walker<'a> {
    fn new(mut bits: Reader<'a>, header: &'a PictureHeader, start: StartCode) -> Result<Self, Error> {
        let quantiser = if start.group == 0 {
            bits.skip(header.length_bits as u32)?;
            header.quantiser
        } else {
            group_quantiser(&mut bits, header, start)?
        };
        let rows = Rows::new(usize::from(header.source.macroblocks_across()));
        Ok(Walker { bits, header, first_group: start.group, quantiser, rows })
    }

    fn macroblock(&mut self, index: usize) -> Result<(Macroblock, Option<Body>), Error> {
        let column = index % usize::from(self.header.source.macroblocks_across());
        let in_group = usize::from(self.header.source.macroblocks_in_group());
        let predictor = if self.header.intra { MotionVector::default() } else { self.rows.predictor(column) };
        let macroblock = Macroblock {
            bit: self.bits.position(),
            group: self.first_group + (index / in_group) as u8,
            address: (index % in_group) as u16,
            quantiser: self.quantiser,
            predictor,
        };
        let mut vector = MotionVector::default();
        let mut body = None;
        if let Some(kind) = self.kind(macroblock.bit)? {
            let from = self.bits.position();
            vector = self.pass(macroblock.bit, kind, predictor)?;
            body = Some(Body { kind, from, to: self.bits.position() });
        }
        self.rows.set(column, vector);
        Ok((macroblock, body))
    }

    /// Passes what follows MCBPC in the macroblock that starts at `bit`, and answers its motion vector.
    fn pass(&mut self, bit: usize, kind: u8, predictor: MotionVector) -> Result<MotionVector, Error> {
        let intra = kind & tables::MCBPC_INTRA != 0;
        let luma = self.code(&tables::CBPY, tables::CBPY_BITS, bit)?;
        let luma = if intra { luma } else { luma ^ 0b1111 };
        if kind & tables::MCBPC_QUANT != 0 {
            let change = [-1i8, -2, 1, 2][self.bits.read(2)? as usize]; // table 12
            self.quantiser = self.quantiser.saturating_add_signed(change).clamp(1, 31);
        }
        let vector = if intra { MotionVector::default() } else { self.vector(bit, predictor)? };
        let coded = luma << 2 | kind & tables::MCBPC_CHROMA;
        for block in (0..6).rev() {
            self.block(bit, intra, coded >> block & 1 == 1)?;
        }
        Ok(vector)
    }

    /// COD and MCBPC, past any stuffing; `None` for a macroblock that is not coded.
    fn kind(&mut self, bit: usize) -> Result<Option<u8>, Error> {
        loop {
            if !self.header.intra && self.bits.flag()? {
                return Ok(None);
            }
            let kind = if self.header.intra {
                self.code(&tables::MCBPC_IN_INTRA, tables::MCBPC_IN_INTRA_BITS, bit)?
            } else {
                self.code(&tables::MCBPC_IN_INTER, tables::MCBPC_IN_INTER_BITS, bit)?
            };
            if kind & tables::MCBPC_FOUR_VECTORS != 0 {
                return Err(Error::BadCode { bit });
            }
            if kind != tables::MCBPC_STUFFING {
                return Ok(Some(kind));
            }
        }
    }

    fn vector(&mut self, bit: usize, predictor: MotionVector) -> Result<MotionVector, Error> {
        let horizontal = self.difference(bit)?;
        let vertical = self.difference(bit)?;
        Ok(predictor.plus((horizontal, vertical), self.header.unrestricted_vectors))
    }

    fn difference(&mut self, bit: usize) -> Result<i8, Error> {
        let magnitude = self.code(&tables::MVD, tables::MVD_BITS, bit)? as i8;
        let negative = magnitude != 0 && self.bits.flag()?;
        Ok(if negative { -magnitude } else { magnitude })
    }

    fn block(&mut self, bit: usize, intra: bool, coded: bool) -> Result<(), Error> {
        let mut coefficients = 0;
        if intra {
            self.bits.skip(8)?; // INTRADC
            coefficients = 1;
        }
        let mut last = !coded;
        while !last {
            let code = self.code(&tables::TCOEF, tables::TCOEF_BITS, bit)?;
            let run = if code == tables::TCOEF_ESCAPE {
                let escaped = self.bits.read(1 + 6 + 8)?;
                last = escaped >> 14 == 1;
                (escaped >> 8 & 0x3F) as u8
            } else {
                self.bits.skip(1)?; // sign
                last = code & tables::TCOEF_LAST != 0;
                code & (tables::TCOEF_LAST - 1)
            };
            coefficients += run + 1;
            if coefficients > BLOCK {
                return Err(Error::BadCode { bit });
            }
        }
        Ok(())
    }

    fn code(&mut self, table: &[Entry], bits: u32, macroblock: usize) -> Result<u8, Error> {
        let entry = table[self.bits.peek(bits) as usize];
        if entry.length == 0 {
            let cut = self.bits.left() < bits as usize;
            return Err(if cut { Error::Truncated } else { Error::BadCode { bit: macroblock } });
        }
        self.bits.skip(u32::from(entry.length))?;
        Ok(entry.symbol)
    }

    /// Nothing but zeros and at most an end-of-sequence code may follow. More zeros than the seven of
    /// GSTUF and PSTUF (§5.2.1, §5.1.26) are tolerated: some encoders pad pictures to a rate.
    fn expect_end(&mut self) -> Result<(), Error> {
        let overlong = Error::Overlong { bit: self.bits.position() };
        let mut zeros = 0;
        while self.bits.left() > 0 {
            if !self.bits.flag()? {
                zeros += 1;
                continue;
            }
            let number = self.bits.read(5).map_err(|_| overlong)?;
            let ends = zeros >= GROUP_START_BITS - 1 && number == END_OF_SEQUENCE;
            return if ends { Ok(()) } else { Err(overlong) };
        }
        Ok(())
    }
}

/// Reads a GOB header up to GQUANT (§5.2).
fn group_quantiser(bits: &mut Reader<'_>, header: &PictureHeader, start: StartCode) -> Result<u8, Error> {
    bits.skip(GROUP_START_BITS as u32 + 5)?;
    if header.continuous_presence {
        bits.skip(2)?; // GSBI
    }
    bits.skip(2)?; // GFID
    match bits.read(5)? {
        0 => Err(Error::BadHeader { bit: start.bit }),
        quantiser => Ok(quantiser as u8),
    }
}
