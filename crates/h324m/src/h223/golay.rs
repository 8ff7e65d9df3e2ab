//! Extended Golay code (24,12) of the level 2 header (H.223 Annex B.3.2.1).
//!
//! Twelve bits of data in the low half of the word, twelve of parity above. Three wrong bits are corrected,
//! four are noticed.

/// x^11 + x^10 + x^6 + x^5 + x^4 + x^2 + 1.
const GENERATOR: u32 = 0xC75;
const DATA: u32 = 0xFFF;
/// In [`ERRORS`]: no word is near enough.
const BEYOND: u32 = u32::MAX;

/// Parity of each data word.
static PARITY: [u16; 4096] = parities();
/// Wrong bits that make each syndrome.
static ERRORS: [u32; 4096] = errors();

const fn parity(data: u32) -> u32 {
    let (mut rest, mut bit) = (data << 11, 22);
    while bit >= 11 {
        if rest >> bit & 1 == 1 {
            rest ^= GENERATOR << (bit - 11);
        }
        bit -= 1;
    }
    let even = (data.count_ones() + rest.count_ones()) & 1;
    rest | even << 11
}

const fn parities() -> [u16; 4096] {
    let mut table = [0; 4096];
    let mut data = 0;
    while data < 4096 {
        table[data] = parity(data as u32) as u16;
        data += 1;
    }
    table
}

const fn syndromes() -> [u32; 24] {
    let mut single = [0; 24];
    let mut bit = 0;
    while bit < 24 {
        single[bit] = if bit < 12 { parity(1 << bit) } else { 1 << (bit - 12) };
        bit += 1;
    }
    single
}

const fn errors() -> [u32; 4096] {
    let single = syndromes();
    let mut table = [BEYOND; 4096];
    table[0] = 0;
    let mut a = 0;
    while a < 24 {
        table[single[a] as usize] = 1 << a;
        let mut b = a + 1;
        while b < 24 {
            table[(single[a] ^ single[b]) as usize] = 1 << a | 1 << b;
            let mut c = b + 1;
            while c < 24 {
                table[(single[a] ^ single[b] ^ single[c]) as usize] = 1 << a | 1 << b | 1 << c;
                c += 1;
            }
            b += 1;
        }
        a += 1;
    }
    table
}

/// The three octets of a header with these twelve bits.
pub(super) fn encode(data: u16) -> [u8; 3] {
    let data = u32::from(data) & DATA;
    let word = data | u32::from(PARITY[data as usize]) << 12;
    let [a, b, c, _] = word.to_le_bytes();
    [a, b, c]
}

/// The twelve bits of three octets and how many wrong bits were corrected, 0..=3; `None` beyond that.
pub(super) fn decode(octets: [u8; 3]) -> Option<(u16, u32)> {
    let word = u32::from_le_bytes([octets[0], octets[1], octets[2], 0]);
    let syndrome = u32::from(PARITY[(word & DATA) as usize]) ^ word >> 12;
    match ERRORS[syndrome as usize] {
        BEYOND => None,
        wrong => Some((((word ^ wrong) & DATA) as u16, wrong.count_ones())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_third_parties() {
        let headers = [
            (0, 0, [0x00, 0x00, 0x00]),
            (1, 0, [0x01, 0x50, 0xC7]),
            (0, 1, [0x10, 0x30, 0x9B]),
            (0, 4, [0x40, 0xC0, 0xEC]),
            (0, 155, [0xB0, 0x89, 0xED]),
            (6, 33, [0x16, 0x32, 0x7D]),
            (7, 104, [0x87, 0x56, 0x8E]),
            (15, 155, [0xBF, 0xA9, 0xD9]),
            (1, 254, [0xE1, 0xBF, 0x97]),
            (15, 255, [0xFF, 0xFF, 0xFF]),
        ];
        for (code, length, octets) in headers {
            assert_eq!(encode(code | length << 4), octets, "code {code} length {length}");
        }
    }

    fn flip(octets: [u8; 3], bits: &[usize]) -> [u8; 3] {
        let mut flipped = octets;
        bits.iter().for_each(|bit| flipped[bit / 8] ^= 1 << (bit % 8));
        flipped
    }

    #[test]
    fn up_to_three_wrong_bits_are_corrected_and_four_are_noticed() {
        for data in (0..4096).step_by(37) {
            let sent = encode(data);
            assert_eq!(decode(sent), Some((data, 0)));
            for a in 0..24 {
                assert_eq!(decode(flip(sent, &[a])), Some((data, 1)));
                for b in a + 1..24 {
                    assert_eq!(decode(flip(sent, &[a, b])), Some((data, 2)));
                    for c in b + 1..24 {
                        assert_eq!(decode(flip(sent, &[a, b, c])), Some((data, 3)));
                        for d in c + 1..24 {
                            assert_eq!(decode(flip(sent, &[a, b, c, d])), None);
                        }
                    }
                }
            }
        }
    }
}
