//! Base64 (RFC 4648 §4) of parameter sets, with or without padding.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// With padding.
pub(crate) fn encode(octets: &[u8]) -> String {
    let mut text = String::with_capacity(octets.len().div_ceil(3) * 4);
    for group in octets.chunks(3) {
        let word =
            group.iter().fold(0u32, |word, &octet| word << 8 | u32::from(octet)) << (8 * (3 - group.len()));
        for index in 0..4 {
            let digit = (word >> (18 - 6 * index) & 0x3F) as usize;
            text.push(if index <= group.len() { char::from(ALPHABET[digit]) } else { '=' });
        }
    }
    text
}

/// `None` when a character does not belong, or the length cannot be right.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=').as_bytes();
    if digits.len() % 4 == 1 || text.len() - digits.len() > 2 {
        return None;
    }
    let mut octets = Vec::with_capacity(digits.len() * 3 / 4);
    let (mut word, mut bits) = (0u32, 0);
    for &digit in digits {
        let value = ALPHABET.iter().position(|&known| known == digit)?;
        word = word << 6 | value as u32;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            octets.push((word >> bits) as u8);
            word &= (1 << bits) - 1;
        }
    }
    Some(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of RFC 4648 §10.
    #[test]
    fn test_vectors_of_the_rfc() {
        for (plain, coded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(encode(plain.as_bytes()), coded);
            assert_eq!(decode(coded).as_deref(), Some(plain.as_bytes()));
            assert_eq!(decode(coded.trim_end_matches('=')).as_deref(), Some(plain.as_bytes()));
        }
    }

    #[test]
    fn what_is_not_base64_is_refused() {
        for text in ["Z", "Zm9v!", "Zg===", "Zm 9v"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
