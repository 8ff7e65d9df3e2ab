//! H.263 parameters: picture sizes and bit rate (names of RFC 4629 §8.1.1, which endpoints use with
//! RFC 2190 payloads too).

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
    /// Parameters without a field of their own, such as `PROFILE=0`, in order.
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

/// RFC 4629 §8.1.1: without a size, level 10 of the baseline profile, which is QCIF at 15 pictures/s.
const SIZE_DEFAULT: (Size, u8) = (Size::QCIF, 2);

impl Default for H263Parameters {
    /// QCIF at 15 pictures/s.
    fn default() -> Self {
        H263Parameters { sizes: vec![SIZE_DEFAULT], max_br: None, others: Vec::new() }
    }
}

impl H263Parameters {
    /// The minimum picture interval at `size`. A decoder of CIF takes QCIF at the same rate, and so on
    /// downwards (RFC 4629 §8.2.1); `None` when the size is too large.
    #[must_use]
    pub fn interval(&self, size: Size) -> Option<u8> {
        let listed = self.sizes.iter().find(|(listed, _)| *listed == size);
        let larger = || {
            let fitting = self.sizes.iter().filter(|(listed, _)| listed.macroblocks() > size.macroblocks());
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

    /// What both sides can take, in the order of `self`: the slower rate of each size, the smaller bit rate.
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
        H263Parameters { sizes, max_br, others: Vec::new() }
    }

    /// Words are separated by `;`, and by `/` or blanks in older phones.
    pub(crate) fn parse(text: &str) -> Self {
        let mut parameters = H263Parameters { sizes: Vec::new(), max_br: None, others: Vec::new() };
        for word in text.split([';', '/', ' ', '\t']).filter(|word| !word.is_empty()) {
            let (name, value) = word.split_once('=').unwrap_or((word, ""));
            let size = NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
            if let Some(&(_, size)) = size {
                parameters.add(size, value);
            } else if name.eq_ignore_ascii_case("MaxBR") {
                parameters.max_br = value.parse().ok().filter(|&rate| rate > 0);
            } else {
                parameters.others.push(word.to_owned());
            }
        }
        if parameters.sizes.is_empty() {
            parameters.sizes.push(SIZE_DEFAULT);
        }
        parameters
    }

    fn add(&mut self, size: Size, interval: &str) {
        let interval = interval.parse().ok().filter(|interval| (1..=32).contains(interval));
        let known = self.sizes.iter().any(|(listed, _)| *listed == size);
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
            words.extend(name.map(|(name, _)| format!("{name}={interval}")));
        }
        words.extend(self.max_br.map(|rate| format!("MaxBR={rate}")));
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
