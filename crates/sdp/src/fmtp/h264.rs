//! H.264 parameters (RFC 6184 §8.1) and the rules that pair two sides of them (§8.2.2).
//!
//! Only streams that a constrained baseline decoder understands are taken, in packetization modes 0 and 1.

use std::fmt;

use bytes::Bytes;
use media::H264Level;

use crate::{base64, limits};

/// What one side can receive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct H264Parameters {
    /// Profile and level.
    pub profile_level_id: ProfileLevelId,
    /// 0 single NAL unit, 1 non-interleaved, 2 interleaved (which we refuse).
    pub packetization_mode: u8,
    /// Whether the two directions may differ in level.
    pub level_asymmetry_allowed: bool,
    /// Parameter sets without start codes, at most [`limits::PARAMETER_SETS_MAX`].
    pub sprop: Vec<Bytes>,
    /// Parameters without a field of their own, such as `max-mbps=40500`, in order.
    pub others: Vec<String>,
}

/// The three octets of `profile-level-id` (H.264 §7.3.2.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ProfileLevelId {
    /// 0x42 baseline, 0x4D main, 0x58 extended, 0x64 high.
    pub profile_idc: u8,
    /// Constraint flags, set0 in the highest bit.
    pub profile_iop: u8,
    /// Level times ten.
    pub level_idc: u8,
}

impl Default for H264Parameters {
    /// What an offer without fmtp means: baseline level 1, single NAL unit mode (RFC 6184 §8.1).
    fn default() -> Self {
        H264Parameters {
            profile_level_id: ProfileLevelId::DEFAULT,
            packetization_mode: 0,
            level_asymmetry_allowed: false,
            sprop: Vec::new(),
            others: Vec::new(),
        }
    }
}

impl H264Parameters {
    /// Constrained baseline at `level`, level asymmetry allowed.
    #[must_use]
    pub fn constrained_baseline(level: H264Level, packetization_mode: u8) -> Self {
        H264Parameters {
            profile_level_id: ProfileLevelId::CONSTRAINED_BASELINE.with_level(level),
            packetization_mode,
            level_asymmetry_allowed: true,
            ..H264Parameters::default()
        }
    }

    /// Whether we can send to and receive from a side with these parameters.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        self.packetization_mode <= 1 && self.profile_level_id.is_constrained_baseline()
    }

    /// Profile and packetization mode identify the configuration; the level only bounds it (§8.2.2).
    #[must_use]
    pub fn same_configuration(&self, other: &Self) -> bool {
        self.packetization_mode == other.packetization_mode
            && self.profile_level_id.is_constrained_baseline()
                == other.profile_level_id.is_constrained_baseline()
    }

    pub(crate) fn parse(text: &str) -> Self {
        let mut parameters = H264Parameters::default();
        for word in text.split(';').map(str::trim).filter(|word| !word.is_empty()) {
            let (name, value) =
                word.split_once('=').map_or((word, ""), |(name, value)| (name.trim(), value.trim()));
            match name.to_ascii_lowercase().as_str() {
                "profile-level-id" => {
                    parameters.profile_level_id =
                        ProfileLevelId::parse(value).unwrap_or(ProfileLevelId::DEFAULT);
                }
                "packetization-mode" => parameters.packetization_mode = value.parse().unwrap_or(0),
                "level-asymmetry-allowed" => parameters.level_asymmetry_allowed = value == "1",
                "sprop-parameter-sets" => parameters.sprop = parameter_sets(value),
                _ => parameters.others.push(word.to_owned()),
            }
        }
        parameters
    }
}

impl fmt::Display for H264Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ProfileLevelId { profile_idc, profile_iop, level_idc } = self.profile_level_id;
        write!(f, "profile-level-id={profile_idc:02x}{profile_iop:02x}{level_idc:02x}")?;
        write!(f, ";packetization-mode={}", self.packetization_mode)?;
        if self.level_asymmetry_allowed {
            f.write_str(";level-asymmetry-allowed=1")?;
        }
        if !self.sprop.is_empty() {
            let sets: Vec<String> = self.sprop.iter().map(|set| base64::encode(set)).collect();
            write!(f, ";sprop-parameter-sets={}", sets.join(","))?;
        }
        self.others.iter().try_for_each(|word| write!(f, ";{word}"))
    }
}

/// Sets that cannot be read are left out: they come in band too.
fn parameter_sets(value: &str) -> Vec<Bytes> {
    value
        .split(',')
        .take(limits::PARAMETER_SETS_MAX)
        .filter_map(base64::decode)
        .filter(|set| !set.is_empty())
        .map(Bytes::from)
        .collect()
}

impl ProfileLevelId {
    /// Baseline level 1, when nothing is said (RFC 6184 §8.1).
    pub const DEFAULT: ProfileLevelId =
        ProfileLevelId { profile_idc: 0x42, profile_iop: 0x00, level_idc: 0x0A };
    /// Constrained baseline, as browsers and phones write it, at level 3.1.
    pub const CONSTRAINED_BASELINE: ProfileLevelId =
        ProfileLevelId { profile_idc: 0x42, profile_iop: 0xE0, level_idc: 0x1F };

    /// `constraint_set3_flag`: with level_idc 11 it means level 1b in these profiles (H.264 §A.3.1).
    const SET3: u8 = 0x10;

    /// Six hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let value = u32::from_str_radix(text, 16).ok().filter(|_| text.len() == 6)?;
        let [_, profile_idc, profile_iop, level_idc] = value.to_be_bytes();
        Some(ProfileLevelId { profile_idc, profile_iop, level_idc })
    }

    /// Whether a constrained baseline decoder and encoder fit: RFC 6184 table 5, and baseline of every
    /// flavour, since phones that write 4200xx use none of the tools that baseline adds.
    #[must_use]
    pub fn is_constrained_baseline(self) -> bool {
        match self.profile_idc {
            0x42 => true,
            0x4D => self.profile_iop & 0x80 != 0,
            0x58 => self.profile_iop & 0xC0 == 0xC0,
            _ => false,
        }
    }

    /// The level; 1b is `H264Level(9)`.
    #[must_use]
    pub fn level(self) -> H264Level {
        if self.level_idc == 11 && self.profile_iop & Self::SET3 != 0 {
            return H264Level(9);
        }
        H264Level(self.level_idc)
    }

    /// The same profile at another level.
    #[must_use]
    pub fn with_level(self, level: H264Level) -> Self {
        match level.0 {
            9 => ProfileLevelId { profile_iop: self.profile_iop | Self::SET3, level_idc: 11, ..self },
            idc => ProfileLevelId { profile_iop: self.profile_iop & !Self::SET3, level_idc: idc, ..self },
        }
    }

    /// The lower of two levels.
    #[must_use]
    pub fn level_min(a: H264Level, b: H264Level) -> H264Level {
        if level_rank(a) <= level_rank(b) { a } else { b }
    }

    /// Whether a stream of this level fits a decoder of level `limit`. The profile is not asked about:
    /// what is agreed on is constrained baseline in all but name. Phones write 42001f or 42801f, browsers
    /// 42e01f, and what baseline adds to the constrained kind (flexible macroblock order, arbitrary slice
    /// order, redundant slices: H.264 §A.2.1) no phone's encoder makes. A browser that were sent such a
    /// picture after all would drop it and ask for another, as after a loss.
    #[must_use]
    pub fn fits(self, limit: ProfileLevelId) -> bool {
        level_rank(self.level()) <= level_rank(limit.level())
    }
}

/// Levels in ascending order: 1b stands between 1 and 1.1 (H.264 table A-1).
fn level_rank(level: H264Level) -> u16 {
    if level.0 == 9 { 105 } else { u16::from(level.0) * 10 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_parameters_mean_baseline_level_one_in_single_nal_unit_mode() {
        for text in ["", " ; ", "profile-level-id=xyz", "packetization-mode=", "profile-level-id=42e0"] {
            assert_eq!(H264Parameters::parse(text), H264Parameters::default(), "{text}");
        }
    }

    #[test]
    fn every_parameter_is_read_in_any_case_and_order() {
        let parameters = H264Parameters::parse(
            "Packetization-Mode=1; sprop-parameter-sets=Z0IACg==,aM48gA== ;max-fs=1620;\
             PROFILE-LEVEL-ID=42E01F; level-asymmetry-allowed=1;x",
        );
        assert_eq!(parameters.packetization_mode, 1);
        assert_eq!(parameters.profile_level_id, ProfileLevelId::CONSTRAINED_BASELINE);
        assert!(parameters.level_asymmetry_allowed);
        assert_eq!(parameters.sprop, [vec![0x67, 0x42, 0, 10], vec![0x68, 0xCE, 0x3C, 0x80]]);
        assert_eq!(parameters.others, ["max-fs=1620", "x"]);
        assert_eq!(H264Parameters::parse(&parameters.to_string()), parameters);
    }

    #[test]
    fn profiles_that_a_constrained_baseline_decoder_takes() {
        for (text, usable) in [
            ("42001e", true),
            ("42801f", true),
            ("42e01f", true),
            ("4d801f", true),
            ("58c01f", true),
            ("4d001f", false),
            ("58801f", false),
            ("640028", false),
        ] {
            let id = ProfileLevelId::parse(text).expect("six hexadecimal digits");
            assert_eq!(id.is_constrained_baseline(), usable, "{text}");
        }
    }

    #[test]
    fn level_1b_lies_between_1_and_1_1() {
        let id = |text| ProfileLevelId::parse(text).expect("six hexadecimal digits");
        assert_eq!(id("42f00b").level(), H264Level(9));
        assert!(id("42e00a").fits(id("42f00b")));
        assert!(id("42f00b").fits(id("42e00b")));
        assert!(!id("42e00b").fits(id("42f00b")));
        assert_eq!(id("42e01f").with_level(H264Level(9)), id("42f00b"));
        assert_eq!(id("42f00b").with_level(H264Level(12)), id("42e00c"));
        assert_eq!(ProfileLevelId::level_min(H264Level(9), H264Level(10)), H264Level(10));
    }

    #[test]
    fn what_phones_call_baseline_and_browsers_constrained_baseline_is_the_same() {
        let id = |text| ProfileLevelId::parse(text).unwrap();
        for phone in ["42001f", "42801f", "42c01f", "42e01f"] {
            let (phone, browser) = (id(phone), id("42e01f"));
            assert!(phone.is_constrained_baseline());
            assert!(phone.fits(browser) && browser.fits(phone), "{phone:?}");
        }
        assert!(id("42800c").fits(id("42e01f")), "a small phone's pictures on a large screen");
        assert!(!id("42e01f").fits(id("42800c")), "not the other way");
        assert!(!id("64001f").is_constrained_baseline(), "high profile is another matter");
    }
}
