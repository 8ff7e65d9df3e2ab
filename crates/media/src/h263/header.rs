//! Picture and GOB headers, and the search for start codes.

use super::Error;
use super::bits::Reader;
use crate::Size;

/// Width of the picture start code: GBSC and a group number of zero (§5.1.1).
const PICTURE_START_BITS: u32 = 22;
const PICTURE_START: u32 = 0x20;
/// Zero bits and the one that ends them (GBSC, §5.2.2).
pub(super) const GROUP_START_BITS: usize = 17;
/// Group numbers from here up are no groups: end of a sub-bitstream and of the sequence (§5.1.27).
const GROUP_MAX: u8 = 24;

/// The five picture sizes that the baseline can name (table 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceFormat {
    /// 128x96.
    SubQcif,
    /// 176x144.
    Qcif,
    /// 352x288.
    Cif,
    /// 704x576.
    Cif4,
    /// 1408x1152.
    Cif16,
}

impl SourceFormat {
    pub(super) fn from_code(code: u32) -> Option<Self> {
        match code {
            1 => Some(SourceFormat::SubQcif),
            2 => Some(SourceFormat::Qcif),
            3 => Some(SourceFormat::Cif),
            4 => Some(SourceFormat::Cif4),
            5 => Some(SourceFormat::Cif16),
            _ => None,
        }
    }

    /// Its three bits in PTYPE and in the headers of RFC 2190 (SRC).
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            SourceFormat::SubQcif => 1,
            SourceFormat::Qcif => 2,
            SourceFormat::Cif => 3,
            SourceFormat::Cif4 => 4,
            SourceFormat::Cif16 => 5,
        }
    }

    /// In pixels.
    #[must_use]
    pub fn size(self) -> Size {
        match self {
            SourceFormat::SubQcif => Size { width: 128, height: 96 },
            SourceFormat::Qcif => Size::QCIF,
            SourceFormat::Cif => Size::CIF,
            SourceFormat::Cif4 => Size { width: 704, height: 576 },
            SourceFormat::Cif16 => Size { width: 1408, height: 1152 },
        }
    }

    /// Macroblocks in a row.
    #[must_use]
    pub fn macroblocks_across(self) -> u16 {
        self.size().width / 16
    }

    /// Macroblock rows in a GOB (§4.2.1).
    #[must_use]
    pub fn rows_in_group(self) -> u16 {
        match self {
            SourceFormat::SubQcif | SourceFormat::Qcif | SourceFormat::Cif => 1,
            SourceFormat::Cif4 => 2,
            SourceFormat::Cif16 => 4,
        }
    }

    /// Macroblocks in a GOB.
    #[must_use]
    pub fn macroblocks_in_group(self) -> u16 {
        self.macroblocks_across() * self.rows_in_group()
    }

    /// GOBs in a picture.
    #[must_use]
    pub fn groups(self) -> u8 {
        (self.size().height / 16 / self.rows_in_group()) as u8
    }
}

/// A picture header without PLUSPTYPE (§5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PictureHeader {
    /// TR, in units of 1001/30000 s, modulo 256.
    pub temporal_reference: u8,
    /// The picture's size.
    pub source: SourceFormat,
    /// INTRA picture: a decoder can start here.
    pub intra: bool,
    /// Annex D: vectors may point outside the picture and be longer.
    pub unrestricted_vectors: bool,
    /// Annex E.
    pub arithmetic_coding: bool,
    /// Annex F.
    pub advanced_prediction: bool,
    /// Annex G: TRB and DBQUANT of the B picture inside.
    pub pb_frame: Option<(u8, u8)>,
    /// PQUANT, 1..=31.
    pub quantiser: u8,
    /// CPM: each GOB header carries a sub-bitstream number (annex C).
    pub continuous_presence: bool,
    /// Bits from the picture start code to the first macroblock.
    pub length_bits: usize,
}

impl PictureHeader {
    /// Reads the header at the start of `picture`.
    ///
    /// # Errors
    /// [`Error::NoPictureStart`], [`Error::Truncated`], [`Error::BadHeader`], or [`Error::Unsupported`]
    /// for PLUSPTYPE.
    pub fn parse(picture: &[u8]) -> Result<Self, Error> {
        let mut bits = Reader::new(picture, 0, usize::MAX);
        if bits.read(PICTURE_START_BITS).map_err(|_| Error::NoPictureStart)? != PICTURE_START {
            return Err(Error::NoPictureStart);
        }
        let temporal_reference = bits.read(8)? as u8;
        if bits.read(2)? != 0b10 {
            return Err(Error::BadHeader { bit: 0 });
        }
        bits.skip(3)?; // split screen, document camera, freeze release
        let source = match bits.read(3)? {
            7 => return Err(Error::Unsupported),
            code => SourceFormat::from_code(code).ok_or(Error::BadHeader { bit: 0 })?,
        };
        let intra = !bits.flag()?;
        let unrestricted_vectors = bits.flag()?;
        let arithmetic_coding = bits.flag()?;
        let advanced_prediction = bits.flag()?;
        let pb = bits.flag()?;
        let quantiser = bits.read(5)? as u8;
        if quantiser == 0 {
            return Err(Error::BadHeader { bit: 0 });
        }
        let continuous_presence = bits.flag()?;
        if continuous_presence {
            bits.skip(2)?; // PSBI
        }
        let pb_frame = if pb { Some((bits.read(3)? as u8, bits.read(2)? as u8)) } else { None };
        while bits.flag()? {
            bits.skip(8)?; // PSUPP (§5.1.25)
        }
        Ok(PictureHeader {
            temporal_reference,
            source,
            intra,
            unrestricted_vectors,
            arithmetic_coding,
            advanced_prediction,
            pb_frame,
            quantiser,
            continuous_presence,
            length_bits: bits.position(),
        })
    }
}

/// Where a picture or a GOB with a header begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StartCode {
    /// Offset in bits of the first of the sixteen zeros.
    pub bit: usize,
    /// Group number: 0 for a picture header, else 1..=24.
    pub group: u8,
}

/// Every picture and GOB start code of `data` in order, at any bit alignment.
///
/// No code word can imitate one (§5.2.2). Zeros before a start code belong to what stands before it; the
/// code that ends a sequence (EOS) is passed over.
pub fn start_codes(data: &[u8]) -> impl Iterator<Item = StartCode> + '_ {
    let mut zeros = 0usize;
    data.iter().enumerate().filter_map(move |(index, &octet)| {
        if octet == 0 {
            zeros += 8;
            return None;
        }
        let before = zeros + octet.leading_zeros() as usize;
        zeros = octet.trailing_zeros() as usize;
        if before < GROUP_START_BITS - 1 {
            return None;
        }
        let one = index * 8 + octet.leading_zeros() as usize;
        let group = Reader::new(data, one + 1, usize::MAX).read(5).ok()? as u8;
        (group <= GROUP_MAX).then_some(StartCode { bit: one + 1 - GROUP_START_BITS, group })
    })
}
