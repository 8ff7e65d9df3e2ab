//! The extended picture type of H.263 version 2 (PLUSPTYPE, §5.1.4 to §5.1.6), as far as a carrier needs it.

use super::bits::Reader;
use crate::Size;

/// PSC, TR and the five bits of PTYPE before the source format (§5.1.1 to §5.1.3).
const BEFORE_FORMAT: u32 = 22 + 8 + 5;
const PICTURE_START: u32 = 0x20;
/// Source formats: "extended PTYPE" in PTYPE, "custom" in OPPTYPE.
const EXTENDED: u32 = 7;
const CUSTOM: u32 = 6;

/// What the header of a version 2 picture says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExtendedHeader {
    /// The picture is an INTRA picture.
    pub intra: bool,
    /// The size, when this header carries it; else that of the picture before holds (UFEP 000).
    pub size: Option<Size>,
}

impl ExtendedHeader {
    /// `None` for what is no picture, or one without PLUSPTYPE.
    #[must_use]
    pub fn parse(picture: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(picture, 0, usize::MAX);
        if reader.read(22).ok()? != PICTURE_START {
            return None;
        }
        reader.read(BEFORE_FORMAT - 22).ok()?;
        if reader.read(3).ok()? != EXTENDED {
            return None;
        }
        let format = match reader.read(3).ok()? {
            0 => None,
            // OPPTYPE: 18 bits, the format in its first three.
            1 => Some(reader.read(18).ok()? >> 15),
            _ => return None,
        };
        // MPPTYPE: picture type code in three of nine bits.
        let intra = reader.read(9).ok()? >> 6 == 0;
        let size = match format {
            None => None,
            Some(CUSTOM) => Some(custom(&mut reader)?),
            Some(code) => Some(super::header::SourceFormat::from_code(code)?.size()),
        };
        Some(ExtendedHeader { intra, size })
    }
}

/// CPM, PSBI and the custom picture format (§5.1.20, §5.1.21, §5.1.5).
fn custom(reader: &mut Reader<'_>) -> Option<Size> {
    if reader.read(1).ok()? == 1 {
        reader.read(2).ok()?;
    }
    let format = reader.read(23).ok()?;
    let (width, height) = (((format >> 10 & 0x1FF) + 1) * 4, (format & 0x1FF) * 4);
    let size = Size { width: width.try_into().ok()?, height: height.try_into().ok()? };
    (size.height > 0).then_some(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bits as text, blanks passed over, filled up to octets.
    fn octets(bits: &str) -> Vec<u8> {
        let bits: Vec<u8> = bits.bytes().filter(|bit| *bit != b' ').map(|bit| bit - b'0').collect();
        bits.chunks(8).map(|octet| (0..8).fold(0, |all, at| all << 1 | octet.get(at).unwrap_or(&0))).collect()
    }

    const START: &str = "0000000000000000100000 00000101 10000 111";

    #[test]
    fn sizes_and_types_are_read() {
        let qcif = octets(&format!("{START} 001 010 000000000001000 000 000001 0 00101"));
        let want = ExtendedHeader { intra: true, size: Some(Size::QCIF) };
        assert_eq!(ExtendedHeader::parse(&qcif), Some(want));
        // Custom: 320x240, that is 79 and 60.
        let custom =
            octets(&format!("{START} 001 110 000000000001000 001 000001 0 0010 001001111 1 000111100 00101"));
        let want = ExtendedHeader { intra: false, size: Some(Size { width: 320, height: 240 }) };
        assert_eq!(ExtendedHeader::parse(&custom), Some(want));
        let as_before = octets(&format!("{START} 000 001 000001 0 00101"));
        assert_eq!(ExtendedHeader::parse(&as_before), Some(ExtendedHeader { intra: false, size: None }));
    }

    #[test]
    fn baseline_pictures_and_other_octets_have_none() {
        assert_eq!(ExtendedHeader::parse(&octets("0000000000000000100000 00000101 10000 010")), None);
        for short in 0..octets(START).len() {
            assert_eq!(ExtendedHeader::parse(&octets(START)[..short]), None);
        }
        assert_eq!(ExtendedHeader::parse(&octets(&format!("{START} 010 000"))), None, "a reserved UFEP");
    }
}
