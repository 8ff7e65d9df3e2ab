//! MPEG-4 Visual parameters (RFC 6416 §7.1).
//!
//! We encode and decode the simple profile. A peer that declares another profile is sent simple profile
//! all the same, which every MPEG-4 decoder takes (ISO/IEC 14496-2 §9.1); its level is then taken for 1.

use std::fmt;

use bytes::Bytes;
use media::Size;

use crate::limits;

/// What one side declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mpeg4Parameters {
    /// `profile_and_level_indication` (ISO/IEC 14496-2 table G.1); 1 is simple profile level 1, 8 level 0.
    pub profile_level_id: u8,
    /// The headers (VOS, VO, VOL) of the pictures that this side sends, at most
    /// [`limits::MPEG4_CONFIG_LEN_MAX`] octets; they come in band too.
    pub config: Option<Bytes>,
    /// Parameters without a field of their own, in order.
    pub others: Vec<String>,
}

/// Simple profile: id, macroblocks of a picture, bit/s (ISO/IEC 14496-2 table N.1), lowest first.
const LEVELS: [(u8, u32, u32); 7] = [
    (8, 99, 64_000),       // level 0
    (9, 99, 128_000),      // level 0b
    (1, 99, 64_000),       // level 1: more objects and error resilience than level 0
    (2, 396, 128_000),     // level 2
    (3, 396, 384_000),     // level 3
    (4, 1_200, 4_000_000), // level 4a
    (5, 1_620, 8_000_000), // level 5
];

/// The level without a declaration (RFC 6416 §7.1).
const LEVEL_DEFAULT: u8 = 1;

impl Default for Mpeg4Parameters {
    /// Simple profile, level 1: QCIF at 64 kbit/s.
    fn default() -> Self {
        Mpeg4Parameters { profile_level_id: LEVEL_DEFAULT, config: None, others: Vec::new() }
    }
}

impl Mpeg4Parameters {
    /// Whether a receiver of this level takes simple-profile pictures of this size and rate.
    #[must_use]
    pub fn takes(&self, size: Size, rate_bps: u32) -> bool {
        let (_, macroblocks, most_bps) = LEVELS[self.rank()];
        size.macroblocks() <= macroblocks && rate_bps <= most_bps
    }

    /// Macroblocks of the largest picture of this level.
    #[must_use]
    pub fn macroblocks_max(&self) -> u32 {
        LEVELS[self.rank()].1
    }

    /// Whether a stream of this level fits a receiver of `limit`.
    #[must_use]
    pub fn fits(&self, limit: &Mpeg4Parameters) -> bool {
        self.profile_level_id == limit.profile_level_id || (self.is_simple() && self.rank() <= limit.rank())
    }

    fn is_simple(&self) -> bool {
        LEVELS.iter().any(|(id, ..)| *id == self.profile_level_id)
    }

    /// Index of the level in [`LEVELS`]; of another profile, that of level 1.
    fn rank(&self) -> usize {
        let place = |wanted: u8| LEVELS.iter().position(|(id, ..)| *id == wanted);
        place(self.profile_level_id).or_else(|| place(LEVEL_DEFAULT)).unwrap_or_default()
    }

    pub(crate) fn parse(text: &str) -> Self {
        let mut parameters = Mpeg4Parameters::default();
        for word in text.split(';').map(str::trim).filter(|word| !word.is_empty()) {
            let (name, value) =
                word.split_once('=').map_or((word, ""), |(name, value)| (name.trim(), value.trim()));
            match name.to_ascii_lowercase().as_str() {
                "profile-level-id" => parameters.profile_level_id = value.parse().unwrap_or(LEVEL_DEFAULT),
                "config" => parameters.config = hex(value),
                _ => parameters.others.push(word.to_owned()),
            }
        }
        parameters
    }
}

/// Hexadecimal octets of one or more headers; `None` when that is not what it is.
fn hex(text: &str) -> Option<Bytes> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) || digits.len() / 2 > limits::MPEG4_CONFIG_LEN_MAX {
        return None;
    }
    let digit = |octet: u8| char::from(octet).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let octets: Option<Vec<u8>> =
        digits.chunks_exact(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect();
    octets.filter(|octets| octets.starts_with(&[0, 0, 1])).map(Bytes::from)
}

impl fmt::Display for Mpeg4Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "profile-level-id={}", self.profile_level_id)?;
        if let Some(config) = &self.config {
            f.write_str(";config=")?;
            config.iter().try_for_each(|octet| write!(f, "{octet:02X}"))?;
        }
        self.others.iter().try_for_each(|word| write!(f, ";{word}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn level_and_headers_are_read() {
        let text = "profile-level-id=8; config=000001b008000001B50900000100000001200084;x=1";
        let parameters = Mpeg4Parameters::parse(text);
        assert_eq!(parameters.profile_level_id, 8);
        assert_eq!(parameters.config.as_ref().map(|config| (config.len(), config[3])), Some((20, 0xB0)));
        assert_eq!(parameters.others, ["x=1"]);
        assert_eq!(Mpeg4Parameters::parse(&parameters.to_string()), parameters);
    }

    #[test]
    fn what_cannot_be_read_counts_as_missing() {
        for text in ["", "profile-level-id=x", "config=0", "config=00000", "config=zz0001", "config=01020304"]
        {
            assert_eq!(Mpeg4Parameters::parse(text), Mpeg4Parameters::default(), "{text}");
        }
        let long = format!("config=000001B0{}", "00".repeat(limits::MPEG4_CONFIG_LEN_MAX));
        assert_eq!(Mpeg4Parameters::parse(&long).config, None);
    }

    #[test]
    fn levels_bound_size_and_rate() {
        let level = |id| Mpeg4Parameters { profile_level_id: id, ..Mpeg4Parameters::default() };
        assert!(level(8).takes(Size::QCIF, 64_000) && !level(8).takes(Size::CIF, 64_000));
        assert!(level(2).takes(Size::CIF, 128_000) && !level(2).takes(Size::CIF, 256_000));
        assert!(level(3).takes(Size::CIF, 256_000));
        assert!(level(0xF3).takes(Size::QCIF, 64_000) && !level(0xF3).takes(Size::CIF, 64_000), "not ours");
        assert!(level(8).fits(&level(1)) && !level(3).fits(&level(2)));
        assert!(level(0xF3).fits(&level(0xF3)) && !level(0xF3).fits(&level(3)));
        assert!(level(1).fits(&level(0xF3)));
    }
}
