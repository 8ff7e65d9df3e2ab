//! VP8 parameters (RFC 7741 §6.1): what a receiver's decoder is able to do.

use std::fmt;

use media::Size;

/// What one side can receive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vp8Parameters {
    /// `max-fr`: pictures a second; `None` says nothing.
    pub max_fr: Option<u32>,
    /// `max-fs`: macroblocks of a picture; `None` says nothing. A side is at most `sqrt(8 * max-fs)`
    /// macroblocks long.
    pub max_fs: Option<u32>,
    /// Parameters without a field of their own, in order.
    pub others: Vec<String>,
}

impl Vp8Parameters {
    /// What this side says of itself: 30 pictures a second of 1280x720.
    #[must_use]
    pub fn ours() -> Self {
        Vp8Parameters { max_fr: Some(30), max_fs: Some(3_600), others: Vec::new() }
    }

    /// Whether a receiver takes pictures of this size at this rate.
    #[must_use]
    pub fn takes(&self, size: Size, fps: u8) -> bool {
        let size_fits = self.max_fs.is_none_or(|most| {
            let side_max = (f64::from(most) * 8.0).sqrt();
            let side_fits = |pixels: u16| f64::from(pixels.div_ceil(16)) <= side_max;
            size.macroblocks() <= most && side_fits(size.width) && side_fits(size.height)
        });
        size_fits && self.max_fr.is_none_or(|most| u32::from(fps) <= most)
    }

    /// Whether a stream within these parameters also keeps to `limit`.
    #[must_use]
    pub fn fits(&self, limit: &Vp8Parameters) -> bool {
        let within = |own: Option<u32>, limit: Option<u32>| match (own, limit) {
            (_, None) => true,
            (Some(own), Some(limit)) => own <= limit,
            (None, Some(_)) => false,
        };
        within(self.max_fr, limit.max_fr) && within(self.max_fs, limit.max_fs)
    }

    pub(crate) fn parse(text: &str) -> Self {
        let mut parameters = Vp8Parameters::default();
        for word in text.split(';').map(str::trim).filter(|word| !word.is_empty()) {
            let (name, value) =
                word.split_once('=').map_or((word, ""), |(name, value)| (name.trim(), value.trim()));
            let number = || value.parse().ok().filter(|&number| number > 0);
            match name.to_ascii_lowercase().as_str() {
                "max-fr" => parameters.max_fr = number(),
                "max-fs" => parameters.max_fs = number(),
                _ => parameters.others.push(word.to_owned()),
            }
        }
        parameters
    }
}

impl fmt::Display for Vp8Parameters {
    /// Nothing for the default.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words = Vec::new();
        words.extend(self.max_fr.map(|most| format!("max-fr={most}")));
        words.extend(self.max_fs.map(|most| format!("max-fs={most}")));
        words.extend(self.others.iter().cloned());
        f.write_str(&words.join(";"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_7741_is_read_and_written() {
        // §6.2.1
        let parameters = Vp8Parameters::parse("max-fr=30; max-fs=3600;x=1");
        assert_eq!(parameters, Vp8Parameters { others: vec!["x=1".into()], ..Vp8Parameters::ours() });
        assert_eq!(Vp8Parameters::parse(&parameters.to_string()), parameters);
        assert_eq!(Vp8Parameters::parse("max-fr=0;max-fs=x"), Vp8Parameters::default());
    }

    #[test]
    fn size_shape_and_rate_are_bounded() {
        let cif = Vp8Parameters::parse("max-fr=15;max-fs=396");
        assert!(cif.takes(Size::CIF, 15) && cif.takes(Size::QCIF, 1));
        assert!(!cif.takes(Size::CIF, 30) && !cif.takes(Size::VGA, 15));
        let strip = Size { width: 1_600, height: 16 };
        assert!(strip.macroblocks() < 396 && !cif.takes(strip, 15), "sides are at most 56 macroblocks");
        assert!(Vp8Parameters::default().takes(Size::VGA, 30));
    }

    #[test]
    fn a_stream_fits_when_both_bounds_do() {
        let parse = Vp8Parameters::parse;
        assert!(parse("max-fr=15;max-fs=99").fits(&parse("max-fs=396")));
        assert!(!parse("max-fr=15").fits(&parse("max-fs=396")));
        assert!(!parse("max-fr=30").fits(&parse("max-fr=15")));
    }
}
