//! Code words of the macroblock and block layers, and look-up tables made from them when compiling.
//!
//! Words are written out as the bits of the standard's tables. Start at [`Entry`].

/// What the next bits of a stream stand for: `length` bits with the meaning `symbol`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Bits of the code word; 0 where no code word begins with these bits.
    pub(crate) length: u8,
    /// Its meaning, by table.
    pub(crate) symbol: u8,
}

const NO_CODE: Entry = Entry { length: 0, symbol: 0 };

/// Enters `word` at every index of `2^bits` that begins with it.
const fn enter(table: &mut [Entry], bits: usize, word: &str, symbol: u8) {
    let word = word.as_bytes();
    let (mut value, mut at) = (0, 0);
    while at < word.len() {
        value = value << 1 | (word[at] == b'1') as usize;
        at += 1;
    }
    let free = bits - word.len();
    let mut index = value << free;
    while index < (value + 1) << free {
        assert!(table[index].length == 0, "a code word begins with another one");
        table[index] = Entry { length: word.len() as u8, symbol };
        index += 1;
    }
}

pub(crate) const fn table<const SIZE: usize>(words: &[(&str, u8)]) -> [Entry; SIZE] {
    let mut table = [NO_CODE; SIZE];
    let mut at = 0;
    while at < words.len() {
        enter(&mut table, SIZE.ilog2() as usize, words[at].0, words[at].1);
        at += 1;
    }
    table
}

/// Bits of MCBPC symbols: which chrominance blocks are coded.
pub(crate) const MCBPC_CHROMA: u8 = 0b11;
/// The macroblock is INTRA.
pub(crate) const MCBPC_INTRA: u8 = 1 << 2;
/// DQUANT follows.
pub(super) const MCBPC_QUANT: u8 = 1 << 3;
/// Four vectors, which baseline streams do not have (annexes F and J).
pub(super) const MCBPC_FOUR_VECTORS: u8 = 1 << 4;
/// Not a macroblock but stuffing.
pub(super) const MCBPC_STUFFING: u8 = 1 << 5;

const INTRA_QUANT: u8 = MCBPC_INTRA | MCBPC_QUANT;

/// Index bits of [`MCBPC_IN_INTRA`].
pub(crate) const MCBPC_IN_INTRA_BITS: u32 = 9;
/// Table 7: MCBPC of INTRA pictures.
pub(crate) static MCBPC_IN_INTRA: [Entry; 1 << MCBPC_IN_INTRA_BITS] = table(&[
    ("1", MCBPC_INTRA),
    ("001", MCBPC_INTRA | 1),
    ("010", MCBPC_INTRA | 2),
    ("011", MCBPC_INTRA | 3),
    ("0001", INTRA_QUANT),
    ("000001", INTRA_QUANT | 1),
    ("000010", INTRA_QUANT | 2),
    ("000011", INTRA_QUANT | 3),
    ("000000001", MCBPC_STUFFING),
]);

/// Index bits of [`MCBPC_IN_INTER`].
pub(super) const MCBPC_IN_INTER_BITS: u32 = 13;
/// Table 8: MCBPC of INTER pictures.
pub(super) static MCBPC_IN_INTER: [Entry; 1 << MCBPC_IN_INTER_BITS] = table(&[
    ("1", 0),
    ("0011", 1),
    ("0010", 2),
    ("000101", 3),
    ("011", MCBPC_QUANT),
    ("0000111", MCBPC_QUANT | 1),
    ("0000110", MCBPC_QUANT | 2),
    ("000000101", MCBPC_QUANT | 3),
    ("010", MCBPC_FOUR_VECTORS),
    ("0000101", MCBPC_FOUR_VECTORS | 1),
    ("0000100", MCBPC_FOUR_VECTORS | 2),
    ("00000101", MCBPC_FOUR_VECTORS | 3),
    ("00011", MCBPC_INTRA),
    ("00000100", MCBPC_INTRA | 1),
    ("00000011", MCBPC_INTRA | 2),
    ("0000011", MCBPC_INTRA | 3),
    ("000100", INTRA_QUANT),
    ("000000100", INTRA_QUANT | 1),
    ("000000011", INTRA_QUANT | 2),
    ("000000010", INTRA_QUANT | 3),
    ("000000001", MCBPC_STUFFING),
    ("00000000010", MCBPC_FOUR_VECTORS | MCBPC_QUANT),
    ("0000000001100", MCBPC_FOUR_VECTORS | MCBPC_QUANT | 1),
    ("0000000001110", MCBPC_FOUR_VECTORS | MCBPC_QUANT | 2),
    ("0000000001111", MCBPC_FOUR_VECTORS | MCBPC_QUANT | 3),
]);

/// Index bits of [`CBPY`].
pub(crate) const CBPY_BITS: u32 = 6;
/// Table 13, for INTRA macroblocks: which luminance blocks are coded, the first one in bit 3. INTER
/// macroblocks use the complement.
pub(crate) static CBPY: [Entry; 1 << CBPY_BITS] = table(&[
    ("0011", 0),
    ("00101", 1),
    ("00100", 2),
    ("1001", 3),
    ("00011", 4),
    ("0111", 5),
    ("000010", 6),
    ("1011", 7),
    ("00010", 8),
    ("000011", 9),
    ("0101", 10),
    ("1010", 11),
    ("0100", 12),
    ("1000", 13),
    ("0110", 14),
    ("11", 15),
]);

/// Index bits of [`MVD`].
pub(super) const MVD_BITS: u32 = 12;
/// Table 14 without the sign that follows every word but the first: half pixels, 0..=32.
pub(super) static MVD: [Entry; 1 << MVD_BITS] = table(&[
    ("1", 0),
    ("01", 1),
    ("001", 2),
    ("0001", 3),
    ("000011", 4),
    ("0000101", 5),
    ("0000100", 6),
    ("0000011", 7),
    ("000001011", 8),
    ("000001010", 9),
    ("000001001", 10),
    ("0000010001", 11),
    ("0000010000", 12),
    ("0000001111", 13),
    ("0000001110", 14),
    ("0000001101", 15),
    ("0000001100", 16),
    ("0000001011", 17),
    ("0000001010", 18),
    ("0000001001", 19),
    ("0000001000", 20),
    ("0000000111", 21),
    ("0000000110", 22),
    ("0000000101", 23),
    ("0000000100", 24),
    ("00000000111", 25),
    ("00000000110", 26),
    ("00000000101", 27),
    ("00000000100", 28),
    ("00000000011", 29),
    ("00000000010", 30),
    ("000000000011", 31),
    ("000000000010", 32),
]);

/// The coefficient is the last of its block; the bits below are the zeros before it.
pub(super) const TCOEF_LAST: u8 = 1 << 6;
/// ESCAPE: LAST, six bits of RUN and eight of LEVEL follow (§5.4.2); no sign.
pub(super) const TCOEF_ESCAPE: u8 = 1 << 7;
/// Index bits of [`TCOEF`].
pub(super) const TCOEF_BITS: u32 = 12;
/// Table 16 without the sign that follows every word but ESCAPE.
pub(crate) static TCOEF: [Entry; 1 << TCOEF_BITS] = coefficients();

const fn coefficients() -> [Entry; 1 << TCOEF_BITS] {
    let mut table = [NO_CODE; 1 << TCOEF_BITS];
    enter_runs(&mut table, &INNER, 0);
    enter_runs(&mut table, &LAST, TCOEF_LAST);
    enter(&mut table, TCOEF_BITS as usize, "0000011", TCOEF_ESCAPE);
    table
}

const fn enter_runs(table: &mut [Entry], runs: &[&[&str]], last: u8) {
    let mut run = 0;
    while run < runs.len() {
        let mut level = 0;
        while level < runs[run].len() {
            enter(table, TCOEF_BITS as usize, runs[run][level], last | run as u8);
            level += 1;
        }
        run += 1;
    }
}

/// Coefficients that are not the last of their block (table 16): row = run, within it level 1, 2, ...
const INNER: [&[&str]; 27] = [
    &[
        "10",
        "1111",
        "010101",
        "0010111",
        "00011111",
        "000100101",
        "000100100",
        "0000100001",
        "0000100000",
        "00000000111",
        "00000000110",
        "00000100000",
    ],
    &["110", "010100", "00011110", "0000001111", "00000100001", "000001010000"],
    &["1110", "00011101", "0000001110", "000001010001"],
    &["01101", "000100011", "0000001101"],
    &["01100", "000100010", "000001010010"],
    &["01011", "0000001100", "000001010011"],
    &["010011", "0000001011", "000001010100"],
    &["010010", "0000001010"],
    &["010001", "0000001001"],
    &["010000", "0000001000"],
    &["0010110", "000001010101"],
    &["0010101"],
    &["0010100"],
    &["00011100"],
    &["00011011"],
    &["000100001"],
    &["000100000"],
    &["000011111"],
    &["000011110"],
    &["000011101"],
    &["000011100"],
    &["000011011"],
    &["000011010"],
    &["00000100010"],
    &["00000100011"],
    &["000001010110"],
    &["000001010111"],
];

/// Coefficients that are the last of their block (table 16).
const LAST: [&[&str]; 41] = [
    &["0111", "000011001", "00000000101"],
    &["001111", "00000000100"],
    &["001110"],
    &["001101"],
    &["001100"],
    &["0010011"],
    &["0010010"],
    &["0010001"],
    &["0010000"],
    &["00011010"],
    &["00011001"],
    &["00011000"],
    &["00010111"],
    &["00010110"],
    &["00010101"],
    &["00010100"],
    &["00010011"],
    &["000011000"],
    &["000010111"],
    &["000010110"],
    &["000010101"],
    &["000010100"],
    &["000010011"],
    &["000010010"],
    &["000010001"],
    &["0000000111"],
    &["0000000110"],
    &["0000000101"],
    &["0000000100"],
    &["00000100100"],
    &["00000100101"],
    &["00000100110"],
    &["00000100111"],
    &["000001011000"],
    &["000001011001"],
    &["000001011010"],
    &["000001011011"],
    &["000001011100"],
    &["000001011101"],
    &["000001011110"],
    &["000001011111"],
];

/// Table 8 for INTRA macroblocks without DQUANT, by the chrominance blocks that are coded: word and its length.
pub(crate) const MCBPC_INTRA_IN_INTER: [(u32, u32); 4] = [(0b11, 5), (0b100, 8), (0b11, 8), (0b11, 7)];

/// Table 13 for INTRA macroblocks, by the luminance blocks that are coded: word and its length.
pub(crate) const CBPY_INTRA: [(u32, u32); 16] = [
    (0b0011, 4),
    (0b00101, 5),
    (0b00100, 5),
    (0b1001, 4),
    (0b00011, 5),
    (0b0111, 4),
    (0b000010, 6),
    (0b1011, 4),
    (0b00010, 5),
    (0b000011, 6),
    (0b0101, 4),
    (0b1010, 4),
    (0b0100, 4),
    (0b1000, 4),
    (0b0110, 4),
    (0b11, 2),
];
