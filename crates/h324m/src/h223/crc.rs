//! The checks of the multiplex: HEC, CRC-8 and CRC-16, all least significant bit first.

/// Header error control of each multiplex code: the remainder of CRC-3, x^3 + x + 1 (H.223 §6.4.1).
pub(super) const HEC: [u8; 16] = [0, 5, 7, 2, 3, 6, 4, 1, 6, 3, 1, 4, 5, 0, 2, 7];

/// Generator x^8 + x^2 + x + 1, reversed (H.223 §7.3.3).
const CRC8: [u8; 256] = table8(0xE0);
/// Generator of ITU-T V.42 §8.1.1.6, reversed (H.223 §7.4.3).
const CRC16: [u16; 256] = table16(0x8408);

const fn table8(polynomial: u8) -> [u8; 256] {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let (mut value, mut bit) = (index as u8, 0);
        while bit < 8 {
            value = if value & 1 == 1 { value >> 1 ^ polynomial } else { value >> 1 };
            bit += 1;
        }
        table[index] = value;
        index += 1;
    }
    table
}

const fn table16(polynomial: u16) -> [u16; 256] {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let (mut value, mut bit) = (index as u16, 0);
        while bit < 8 {
            value = if value & 1 == 1 { value >> 1 ^ polynomial } else { value >> 1 };
            bit += 1;
        }
        table[index] = value;
        index += 1;
    }
    table
}

/// CRC-8 of AL2: starts at 0, nothing inverted.
pub(super) fn crc8(octets: &[u8]) -> u8 {
    octets.iter().fold(0, |crc, octet| CRC8[usize::from(crc ^ octet)])
}

/// CRC-16 of AL3 and of SRP frames: starts at all ones, inverted at the end; the low octet is sent first.
pub fn crc16(octets: &[u8]) -> u16 {
    !octets.iter().fold(0xFFFF, |crc: u16, octet| crc >> 8 ^ CRC16[usize::from(crc as u8 ^ octet)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_of_the_usual_nine_digits() {
        assert_eq!(crc8(b"123456789"), 0x20);
        assert_eq!(crc16(b"123456789"), 0x906E);
    }

    #[test]
    fn frames_of_srp_check() {
        for frame in [[0xFB, 0x24, 0xB9].as_slice(), &[0xF7, 0, 0x47, 0x3E], &[0xF3, 0, 0x27, 0x59]] {
            let (content, fcs) = frame.split_at(frame.len() - 2);
            assert_eq!(crc16(content).to_le_bytes(), fcs);
        }
    }

    /// Three bits of remainder by long division, bit 0 of the code first.
    #[test]
    fn hec_table_is_the_remainder() {
        for code in 0..16_u8 {
            let mut remainder = 0_u8;
            for bit in 0..4 {
                let feedback = code >> bit & 1 ^ remainder >> 2;
                remainder = remainder << 1 & 7 ^ if feedback == 1 { 0b011 } else { 0 };
            }
            // x^2 goes on the line first.
            let lsb_first = remainder.reverse_bits() >> 5;
            assert_eq!(HEC[usize::from(code)], lsb_first, "code {code}");
        }
    }
}
