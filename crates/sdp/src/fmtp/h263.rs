//! H.263 parameters: picture sizes, bit rate, profile and level (names of RFC 4629 §8.1.1, which endpoints use
//! with RFC 2190 payloads too).
//!
//! We send and ask for baseline pictures only, which is profile 0 and which a decoder of any profile takes
//! (H.263 §X.2); the optional modes that a peer offers (`F=1`, `K=2`) are dropped from the answer (RFC 4629
//! §8.2).

use std::fmt;

use media::Size;

/// What one side can receive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct H263Parameters {
    /// Picture sizes with their minimum picture interval in units of 1001/30000 s, 1..=32, preferred first.
    /// Never empty after parsing.
    pub sizes: Vec<(Size, u8)>,
    /// `MaxBR` in units of 100 bit/s.
    pub max_br: Option<u32>,
    /// `PROFILE` (H.263 annex X), of `H263-2000`; 0 is baseline.
    pub profile: Option<u8>,
    /// `LEVEL` (H.263 table X.2), of `H263-2000`.
    pub level: Option<u8>,
    /// Parameters without a field of their own, such as `F=1`, in order.
    pub others: Vec<String>,
}

/// The sizes that have a parameter (H.263 §4.1).
const NAMES: [(&str, Size); 5] = [
    ("SQCIF", Size { width: 128, height: 96 }),
    ("QCIF", Size::QCIF),
    ("CIF", Size::CIF),
    ("CIF4", Size { width: 704, height: 576 }),
    ("CIF16", Size { width: 1408, height: 1152 }),
];

/// Level, largest size with its interval, bit rate in 100 bit/s (H.263 table X.2; the custom sizes of the levels
/// above 40 are passed over).
const LEVELS: [(u8, Size, u8, u32); 8] = [
    (10, Size::QCIF, 2, 640),
    (20, Size::CIF, 2, 1_280),
    (30, Size::CIF, 1, 3_840),
    (40, Size::CIF, 1, 20_480),
    (45, Size::QCIF, 2, 1_280),
    (50, Size::CIF, 1, 40_960),
    (60, Size::CIF, 1, 81_920),
    (70, Size::CIF, 1, 163_840),
];

/// RFC 4629 §8.1.1: without a size, level 10 of the baseline profile, which is QCIF at 15 pictures/s.
const SIZE_DEFAULT: (Size, u8) = (Size::QCIF, 2);

impl Default for H263Parameters {
    /// QCIF at 15 pictures/s.
    fn default() -> Self {
        H263Parameters {
            sizes: vec![SIZE_DEFAULT],
            max_br: None,
            profile: None,
            level: None,
            others: Vec::new(),
        }
    }
}

impl H263Parameters {
    /// The minimum picture interval at `size`. A decoder of CIF takes QCIF at the same rate, and so on
    /// downwards (RFC 4629 §8.2.1); `None` when the size is too large.
    #[must_use]
    pub fn interval(&self, size: Size) -> Option<u8> {
        let listed = self.sizes.iter().find(|(listed, _)| *listed == size);
        let is_standard = NAMES.iter().any(|(_, named)| *named == size);
        let larger = || {
            let standard =
                self.sizes.iter().filter(|(listed, _)| NAMES.iter().any(|(_, size)| size == listed));
            let fitting =
                standard.filter(|(listed, _)| is_standard && listed.macroblocks() > size.macroblocks());
            fitting.min_by_key(|(listed, _)| listed.macroblocks())
        };
        listed.or_else(larger).map(|&(_, interval)| interval)
    }

    /// Whether a stream that keeps to these parameters also keeps to `limit`.
    #[must_use]
    pub fn fits(&self, limit: &H263Parameters) -> bool {
        let rate_fits = match (self.max_br, limit.max_br) {
            (_, None) => true,
            (Some(own), Some(limit)) => own <= limit,
            (None, Some(_)) => false,
        };
        let size_fits = |&(size, interval): &(Size, u8)| {
            limit.interval(size).is_some_and(|shortest| interval >= shortest)
        };
        rate_fits && self.sizes.iter().all(size_fits)
    }

    /// What both sides can take, in the order of `self`: the slower rate of each size, the smaller bit rate. Where
    /// `self` has profile and level, they become profile 0 and the level.
    #[must_use]
    pub fn common(&self, other: &H263Parameters) -> H263Parameters {
        let sizes = self.sizes.iter();
        let sizes: Vec<_> = sizes
            .filter_map(|&(size, interval)| other.interval(size).map(|theirs| (size, interval.max(theirs))))
            .collect();
        let max_br = match (self.max_br, other.max_br) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        // Every H.263 decoder takes QCIF (H.263 §4.1).
        let sizes = if sizes.is_empty() { vec![SIZE_DEFAULT] } else { sizes };
        let profile = self.profile.map(|_| 0);
        H263Parameters { sizes, max_br, profile, level: self.level, others: Vec::new() }
    }

    /// Words are separated by `;`, and by `/` or blanks in older phones.
    pub(crate) fn parse(text: &str) -> Self {
        let mut parameters = H263Parameters { sizes: Vec::new(), ..H263Parameters::default() };
        for word in text.split([';', '/', ' ', '\t']).filter(|word| !word.is_empty()) {
            let (name, value) = word.split_once('=').unwrap_or((word, ""));
            let size = NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
            if let Some(&(_, size)) = size {
                parameters.add(size, value);
            } else if name.eq_ignore_ascii_case("MaxBR") {
                parameters.max_br = value.parse().ok().filter(|&rate| rate > 0);
            } else if name.eq_ignore_ascii_case("CUSTOM") {
                parameters.add_custom(value);
            } else if name.eq_ignore_ascii_case("PROFILE") {
                parameters.profile = value.parse().ok();
            } else if name.eq_ignore_ascii_case("LEVEL") {
                parameters.level = value.parse().ok();
            } else {
                parameters.others.push(word.to_owned());
            }
        }
        if parameters.sizes.is_empty() {
            parameters.size_by_level();
        }
        parameters
    }

    /// RFC 4629 §8.1.1: a level takes the place of sizes and bit rate.
    fn size_by_level(&mut self) {
        match LEVELS.iter().find(|(level, ..)| Some(*level) == self.level) {
            Some(&(_, size, interval, rate)) => {
                self.sizes.push((size, interval));
                self.max_br = Some(self.max_br.map_or(rate, |own| own.min(rate)));
            }
            None => self.sizes.push(SIZE_DEFAULT),
        }
    }

    /// `width,height,interval`; sides are multiples of four (H.263 §5.1.5).
    fn add_custom(&mut self, value: &str) {
        let mut numbers = value.split(',').map(|word| word.trim().parse::<u16>().ok());
        let mut next = || numbers.next().flatten();
        let (Some(width), Some(height), Some(interval)) = (next(), next(), next()) else { return };
        let fits = |side: u16| side.is_multiple_of(4) && (4..=2_048).contains(&side);
        if fits(width) && fits(height) {
            self.add(Size { width, height }, &interval.to_string());
        }
    }

    fn add(&mut self, size: Size, interval: &str) {
        let interval = interval.parse().ok().filter(|interval| (1..=32).contains(interval));
        let known = self.sizes.iter().any(|(listed, _)| *listed == size)
            || self.sizes.len() >= crate::limits::H263_SIZES_MAX;
        if let Some(interval) = interval.filter(|_| !known) {
            self.sizes.push((size, interval));
        }
    }
}

impl fmt::Display for H263Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words = Vec::new();
        for (size, interval) in &self.sizes {
            let name = NAMES.iter().find(|(_, named)| named == size);
            words.push(match name {
                Some((name, _)) => format!("{name}={interval}"),
                None => format!("CUSTOM={},{},{interval}", size.width, size.height),
            });
        }
        words.extend(self.max_br.map(|rate| format!("MaxBR={rate}")));
        words.extend(self.profile.map(|profile| format!("PROFILE={profile}")));
        words.extend(self.level.map(|level| format!("LEVEL={level}")));
        words.extend(self.others.iter().cloned());
        f.write_str(&words.join(";"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_every_style_are_read() {
        let want = H263Parameters {
            sizes: vec![(Size::CIF, 3), (Size::QCIF, 2)],
            max_br: Some(3_840),
            others: vec!["F=1".into()],
            ..H263Parameters::default()
        };
        for text in
            ["CIF=3;QCIF=2;MaxBR=3840;F=1", "cif=3 qcif=2 maxbr=3840 F=1", "CIF=3/QCIF=2/MaxBR=3840/F=1"]
        {
            assert_eq!(H263Parameters::parse(text), want, "{text}");
        }
        assert_eq!(H263Parameters::parse(&want.to_string()), want);
    }

    #[test]
    fn nothing_readable_means_qcif_at_15_pictures() {
        for text in ["", "QCIF=0", "CIF=33", "CIF"] {
            assert_eq!(H263Parameters::parse(text).sizes, [(Size::QCIF, 2)], "{text}");
        }
    }

    #[test]
    fn a_level_stands_for_size_and_rate() {
        let check = |text: &str, sizes: &[(Size, u8)], max_br| {
            let read = H263Parameters::parse(text);
            assert_eq!((&read.sizes[..], read.max_br), (sizes, max_br), "{text}");
            assert_eq!(H263Parameters::parse(&read.to_string()), read, "{text}");
        };
        check("PROFILE=0;LEVEL=10", &[(Size::QCIF, 2)], Some(640));
        check("profile=3; level=30", &[(Size::CIF, 1)], Some(3_840));
        check("PROFILE=0;LEVEL=45;MaxBR=640", &[(Size::QCIF, 2)], Some(640));
        check("PROFILE=0;LEVEL=99", &[(Size::QCIF, 2)], None);
        check("CIF=4;LEVEL=10", &[(Size::CIF, 4)], None);
        let answer = H263Parameters::parse("PROFILE=3;LEVEL=20;J=1").common(&H263Parameters::parse("CIF=1"));
        assert_eq!(answer.to_string(), "CIF=2;MaxBR=1280;PROFILE=0;LEVEL=20");
    }

    #[test]
    fn custom_sizes_stand_for_themselves() {
        let custom = Size { width: 320, height: 240 };
        let read = H263Parameters::parse("CUSTOM=320,240,2;CIF=1");
        assert_eq!(read.sizes, [(custom, 2), (Size::CIF, 1)]);
        assert_eq!(H263Parameters::parse(&read.to_string()), read);
        assert_eq!(H263Parameters::parse("CIF=1").interval(custom), None);
        for odd in ["CUSTOM=321,240,2", "CUSTOM=320,240", "CUSTOM=0,0,1", "CUSTOM=320,240,99"] {
            assert_eq!(H263Parameters::parse(odd).sizes, [(Size::QCIF, 2)], "{odd}");
        }
    }

    #[test]
    fn a_larger_size_implies_the_smaller_ones() {
        let cif = H263Parameters::parse("CIF=3");
        assert_eq!(cif.interval(Size::QCIF), Some(3));
        assert_eq!(cif.interval(Size { width: 704, height: 576 }), None);
        assert_eq!(H263Parameters::parse("CIF4=4;CIF=2").interval(Size::QCIF), Some(2));
    }

    #[test]
    fn a_stream_fits_when_size_and_both_rates_do() {
        let check = |stream, limit, fits| {
            assert_eq!(
                H263Parameters::parse(stream).fits(&H263Parameters::parse(limit)),
                fits,
                "{stream} in {limit}"
            );
        };
        check("QCIF=2", "CIF=2", true);
        check("QCIF=1", "CIF=2", false);
        check("CIF=2", "QCIF=1", false);
        check("QCIF=2;MaxBR=480", "QCIF=2;MaxBR=640", true);
        check("QCIF=2", "QCIF=2;MaxBR=640", false);
    }

    #[test]
    fn the_common_part_is_the_slower_rate_of_each_size() {
        let ours = H263Parameters::parse("CIF=1;QCIF=1");
        let theirs = H263Parameters::parse("QCIF=2;CIF=3;MaxBR=640");
        assert_eq!(theirs.common(&ours), theirs);
        assert_eq!(ours.common(&theirs).to_string(), "CIF=3;QCIF=2;MaxBR=640");
    }
}
