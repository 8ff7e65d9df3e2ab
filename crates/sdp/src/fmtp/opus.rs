//! Opus parameters (RFC 7587 §6.1). Each side says what it likes to receive; every decoder takes every packet
//! whatever was said (§7), so nothing here is ever a reason to refuse.

use std::fmt;

/// The most that can be played and coded, in Hz (§6.1), which is the default too.
const PLAYBACK_RATE_MAX: u32 = 48_000;
const PLAYBACK_RATE_MIN: u32 = 8_000;
/// Bit rates of the codec, in bit/s (§3.1.1).
const BITRATE: std::ops::RangeInclusive<u32> = 6_000..=510_000;

/// What one side declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpusParameters {
    /// The receiver plays no more than this sampling rate in Hz, 8000..=48000 (`maxplaybackrate`).
    pub max_playback_rate: u32,
    /// The receiver wants no more than this, in bit/s, 6000..=510000 (`maxaveragebitrate`).
    pub max_average_bitrate: Option<u32>,
    /// The receiver likes two channels.
    pub stereo: bool,
    /// The receiver wants a constant bit rate.
    pub cbr: bool,
    /// The receiver can use forward error correction (`useinbandfec`).
    pub fec: bool,
    /// The receiver likes silence not to be sent (`usedtx`).
    pub dtx: bool,
    /// Parameters without a field of their own, such as `minptime=10`, in order.
    pub others: Vec<String>,
}

impl Default for OpusParameters {
    /// What a format without fmtp means (§6.1).
    fn default() -> Self {
        OpusParameters {
            max_playback_rate: PLAYBACK_RATE_MAX,
            max_average_bitrate: None,
            stereo: false,
            cbr: false,
            fec: false,
            dtx: false,
            others: Vec::new(),
        }
    }
}

impl OpusParameters {
    /// What this side says of itself: it makes use of forward error correction.
    #[must_use]
    pub fn ours() -> Self {
        OpusParameters { fec: true, ..OpusParameters::default() }
    }

    /// Whether a stream made for a receiver with these parameters also suits `limit`.
    #[must_use]
    pub fn fits(&self, limit: &OpusParameters) -> bool {
        let rate_fits = match (self.max_average_bitrate, limit.max_average_bitrate) {
            (_, None) => true,
            (Some(own), Some(limit)) => own <= limit,
            (None, Some(_)) => false,
        };
        rate_fits && (self.cbr || !limit.cbr)
    }

    pub(crate) fn parse(text: &str) -> Self {
        let mut parameters = OpusParameters::default();
        for word in text.split(';').map(str::trim).filter(|word| !word.is_empty()) {
            let (name, value) =
                word.split_once('=').map_or((word, ""), |(name, value)| (name.trim(), value.trim()));
            match name.to_ascii_lowercase().as_str() {
                "maxplaybackrate" => {
                    let rate = value.parse().unwrap_or(PLAYBACK_RATE_MAX);
                    parameters.max_playback_rate = rate.clamp(PLAYBACK_RATE_MIN, PLAYBACK_RATE_MAX);
                }
                "maxaveragebitrate" => {
                    let rate: Option<u32> = value.parse().ok();
                    parameters.max_average_bitrate =
                        rate.map(|rate| rate.clamp(*BITRATE.start(), *BITRATE.end()));
                }
                "stereo" => parameters.stereo = value == "1",
                "cbr" => parameters.cbr = value == "1",
                "useinbandfec" => parameters.fec = value == "1",
                "usedtx" => parameters.dtx = value == "1",
                _ => parameters.others.push(word.to_owned()),
            }
        }
        parameters
    }
}

impl fmt::Display for OpusParameters {
    /// Nothing for the default.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words = Vec::new();
        if self.max_playback_rate != PLAYBACK_RATE_MAX {
            words.push(format!("maxplaybackrate={}", self.max_playback_rate));
        }
        words.extend(self.max_average_bitrate.map(|rate| format!("maxaveragebitrate={rate}")));
        let flags =
            [(self.stereo, "stereo"), (self.cbr, "cbr"), (self.fec, "useinbandfec"), (self.dtx, "usedtx")];
        words.extend(flags.iter().filter(|(on, _)| *on).map(|(_, name)| format!("{name}=1")));
        words.extend(self.others.iter().cloned());
        f.write_str(&words.join(";"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_7587_is_read_and_written() {
        // §7, second example.
        let text = "maxplaybackrate=16000; sprop-maxcapturerate=16000; maxaveragebitrate=20000; stereo=1; \
                    useinbandfec=1; usedtx=0";
        let want = OpusParameters {
            max_playback_rate: 16_000,
            max_average_bitrate: Some(20_000),
            stereo: true,
            fec: true,
            others: vec!["sprop-maxcapturerate=16000".into()],
            ..OpusParameters::default()
        };
        assert_eq!(OpusParameters::parse(text), want);
        assert_eq!(OpusParameters::parse(&want.to_string()), want);
    }

    #[test]
    fn nothing_readable_means_full_band_mono_without_extras() {
        for text in ["", " ; ", "stereo=0", "maxplaybackrate=x", "usedtx", "maxaveragebitrate="] {
            assert_eq!(OpusParameters::parse(text), OpusParameters::default(), "{text}");
        }
        assert_eq!(OpusParameters::default().to_string(), "");
        let extreme = OpusParameters::parse("maxplaybackrate=1;maxaveragebitrate=4000000000");
        assert_eq!((extreme.max_playback_rate, extreme.max_average_bitrate), (8_000, Some(510_000)));
    }

    #[test]
    fn a_stream_fits_within_the_wanted_rate_and_constancy() {
        let check = |stream, limit, fits| {
            assert_eq!(
                OpusParameters::parse(stream).fits(&OpusParameters::parse(limit)),
                fits,
                "{stream}/{limit}"
            );
        };
        check("", "stereo=1;maxplaybackrate=8000", true);
        check("", "maxaveragebitrate=20000", false);
        check("maxaveragebitrate=16000", "maxaveragebitrate=20000", true);
        check("", "cbr=1", false);
        check("cbr=1", "cbr=1", true);
    }
}
