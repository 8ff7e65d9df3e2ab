//! Code words of DC and AC coefficients of INTRA macroblocks (ISO/IEC 14496-2 annex B.1). Those of macroblock headers
//! are those of H.263.

use crate::h263::{Entry, table};

/// Index bits of [`DC_LUMA`] and [`DC_CHROMA`].
pub(super) const DC_BITS: u32 = 12;

/// Table B-13, dct_dc_size_luminance: how many bits of the difference follow.
const DC_LUMA_WORDS: [(&str, u8); 13] = [
    ("011", 0),
    ("11", 1),
    ("10", 2),
    ("010", 3),
    ("001", 4),
    ("0001", 5),
    ("00001", 6),
    ("000001", 7),
    ("0000001", 8),
    ("00000001", 9),
    ("000000001", 10),
    ("0000000001", 11),
    ("00000000001", 12),
];

/// Table B-14, dct_dc_size_chrominance.
const DC_CHROMA_WORDS: [(&str, u8); 13] = [
    ("11", 0),
    ("10", 1),
    ("01", 2),
    ("001", 3),
    ("0001", 4),
    ("00001", 5),
    ("000001", 6),
    ("0000001", 7),
    ("00000001", 8),
    ("000000001", 9),
    ("0000000001", 10),
    ("00000000001", 11),
    ("000000000001", 12),
];

pub(super) static DC_LUMA: [Entry; 1 << DC_BITS] = table(&DC_LUMA_WORDS);
pub(super) static DC_CHROMA: [Entry; 1 << DC_BITS] = table(&DC_CHROMA_WORDS);

/// The word for a difference of `size` bits and its length.
pub(super) fn dc_word(luma: bool, size: usize) -> (u32, u32) {
    let word = if luma { DC_LUMA_WORDS[size].0 } else { DC_CHROMA_WORDS[size].0 };
    let value = word.bytes().fold(0, |value, bit| value << 1 | u32::from(bit == b'1'));
    (value, word.len() as u32)
}

/// More coefficients follow in the block.
pub(super) const INNER: u8 = 0;
/// The last coefficient of its block.
pub(super) const LAST: u8 = 1;
/// The escape code (§7.4.1.3).
pub(super) const ESCAPE: u8 = 2;
/// Index bits of [`TCOEF`].
pub(super) const TCOEF_BITS: u32 = 12;

/// Table B-16 without the sign that follows each word, and of its meanings just where a block ends.
pub(super) static TCOEF: [Entry; 1 << TCOEF_BITS] = table(&[
    // LAST = 0, RUN = 0, LEVEL = 1 to 27
    ("10", INNER),
    ("110", INNER),
    ("1111", INNER),
    ("01101", INNER),
    ("01100", INNER),
    ("010101", INNER),
    ("010011", INNER),
    ("010010", INNER),
    ("0010111", INNER),
    ("00011111", INNER),
    ("00011110", INNER),
    ("00011101", INNER),
    ("000100101", INNER),
    ("000100100", INNER),
    ("000100011", INNER),
    ("000100001", INNER),
    ("0000100001", INNER),
    ("0000100000", INNER),
    ("0000001111", INNER),
    ("0000001110", INNER),
    ("00000000111", INNER),
    ("00000000110", INNER),
    ("00000100000", INNER),
    ("00000100001", INNER),
    ("000001010000", INNER),
    ("000001010001", INNER),
    ("000001010010", INNER),
    // RUN = 1
    ("1110", INNER),
    ("010100", INNER),
    ("0010110", INNER),
    ("00011100", INNER),
    ("000100000", INNER),
    ("000011111", INNER),
    ("0000001101", INNER),
    ("00000100010", INNER),
    ("000001010011", INNER),
    ("000001010101", INNER),
    // RUN = 2
    ("01011", INNER),
    ("0010101", INNER),
    ("000011110", INNER),
    ("0000001100", INNER),
    ("000001010110", INNER),
    // RUN = 3
    ("010001", INNER),
    ("00011011", INNER),
    ("000011101", INNER),
    ("0000001011", INNER),
    // RUN = 4 to 7
    ("010000", INNER),
    ("000100010", INNER),
    ("0000001010", INNER),
    ("001101", INNER),
    ("000011100", INNER),
    ("0000001000", INNER),
    ("0010010", INNER),
    ("000011011", INNER),
    ("000001010100", INNER),
    ("0010100", INNER),
    ("000011010", INNER),
    ("000001010111", INNER),
    // RUN = 8 to 14
    ("00011001", INNER),
    ("0000001001", INNER),
    ("00011000", INNER),
    ("00000100011", INNER),
    ("00010111", INNER),
    ("000011001", INNER),
    ("000011000", INNER),
    ("0000000111", INNER),
    ("000001011000", INNER),
    // LAST = 1, RUN = 0
    ("0111", LAST),
    ("001100", LAST),
    ("00010110", LAST),
    ("000010111", LAST),
    ("0000000110", LAST),
    ("00000000101", LAST),
    ("00000000100", LAST),
    ("000001011001", LAST),
    // RUN = 1
    ("001111", LAST),
    ("000010110", LAST),
    ("0000000101", LAST),
    // RUN = 2 to 6
    ("001110", LAST),
    ("0000000100", LAST),
    ("0010001", LAST),
    ("00000100100", LAST),
    ("0010000", LAST),
    ("00000100101", LAST),
    ("0010011", LAST),
    ("000001011010", LAST),
    ("00010101", LAST),
    ("000001011011", LAST),
    // RUN = 7 to 20
    ("00010100", LAST),
    ("00010011", LAST),
    ("00011010", LAST),
    ("000010101", LAST),
    ("000010100", LAST),
    ("000010011", LAST),
    ("000010010", LAST),
    ("000010001", LAST),
    ("00000100110", LAST),
    ("00000100111", LAST),
    ("000001011100", LAST),
    ("000001011101", LAST),
    ("000001011110", LAST),
    ("000001011111", LAST),
    ("0000011", ESCAPE),
]);

#[cfg(test)]
mod tests {
    use super::*;

    /// How long the word is that begins with each index, 0 for none: which words there are.
    fn lengths(table: &[Entry]) -> Vec<u8> {
        table.iter().map(|entry| entry.length).collect()
    }

    #[test]
    fn the_words_of_intra_coefficients_are_those_of_h263_with_other_meanings() {
        assert_eq!(lengths(&TCOEF), lengths(&crate::h263::tables::TCOEF));
    }

    #[test]
    fn each_difference_has_the_word_that_is_read_back_as_its_size() {
        for (luma, table) in [(true, &DC_LUMA), (false, &DC_CHROMA)] {
            for size in 0..=12 {
                let (word, length) = dc_word(luma, size);
                let entry = table[(word << (DC_BITS - length)) as usize];
                assert_eq!((entry.symbol, u32::from(entry.length)), (size as u8, length));
            }
        }
    }
}
