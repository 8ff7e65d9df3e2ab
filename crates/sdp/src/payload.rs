//! One payload type of an m-line: number, encoding and format parameters (RFC 8866 §6.6, §6.15).
//!
//! A number means something within its own m-line only. Static numbers need no rtpmap (RFC 3551 §6).

use media::Codec;

use crate::Parameters;

/// A payload type as one m-line defines it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload {
    /// 0..=127.
    pub pt: u8,
    /// What it carries.
    pub coding: Coding,
    /// RTP clock in Hz; 0 when unknown.
    pub clock_rate: u32,
    /// Audio channels, 1 unless said otherwise.
    pub channels: u8,
    /// Its `a=fmtp`.
    pub parameters: Parameters,
}

/// The encoding of a payload type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Coding {
    /// A codec we carry, at its own clock rate and with its own number of channels.
    Media(Codec),
    /// Clear mode under the name that it came with: one of several, written in any case.
    Circuit(String),
    /// [`Codec::H263p`] under its other name (RFC 4629 §8.1.2), with the same payload format.
    H263Of2000,
    /// Keys of a telephone (RFC 4733), at any clock rate.
    TelephoneEvent,
    /// What a pause of speech sounds like (RFC 3389), for codecs that have no word for it of their own.
    ComfortNoise,
    /// Real-time text (RFC 4103 §10.1), at its one clock rate.
    T140,
    /// Redundancy (RFC 2198) at the clock rate of text; at others it is an unknown name.
    Redundancy,
    /// Any other encoding name; empty for a dynamic number without rtpmap.
    Other(String),
}

/// What gateways call 64 kbit/s clear mode: RFC 4040 §4, and names from before it that are still in use.
const CIRCUIT_NAMES: [&str; 4] = ["CLEARMODE", "X-CCD", "CCD", "G.nX64"];

/// The encoding name of RFC 4629 §8.1.2.
const H263_OF_2000: &str = "H263-2000";

/// The encoding name of RFC 4733 §7.1.1.
pub(crate) const TELEPHONE_EVENT: &str = "telephone-event";

/// The encoding name of RFC 3389 §7.
const COMFORT_NOISE: &str = "CN";

/// The encoding names of RFC 4103 §10.1 and RFC 4102 §2, and the clock rate of text in Hz.
const T140: &str = "t140";
const RED: &str = "red";
const TEXT_RATE: u32 = 1_000;

impl Payload {
    /// A codec with its own clock rate.
    #[must_use]
    pub fn media(pt: u8, codec: Codec, parameters: Parameters) -> Self {
        let (clock_rate, channels) = (codec.clock_rate(), codec.channels());
        Payload { pt, coding: Coding::Media(codec), clock_rate, channels, parameters }
    }

    /// Keys 0-9, `*`, `#`, A-D at 8 kHz.
    #[must_use]
    pub fn telephone_event(pt: u8) -> Self {
        Payload::named(pt, TELEPHONE_EVENT, 8_000, 1)
    }

    /// Comfort noise at 8 kHz, which has a number of its own (RFC 3389 §4).
    #[must_use]
    pub fn comfort_noise() -> Self {
        Payload::named(13, COMFORT_NOISE, 8_000, 1)
    }

    /// Real-time text, at 30 characters per second.
    #[must_use]
    pub fn t140(pt: u8) -> Self {
        Payload::named(pt, T140, TEXT_RATE, 1)
    }

    /// Redundant text; its parameters are to say of what.
    #[must_use]
    pub fn redundancy(pt: u8) -> Self {
        Payload::named(pt, RED, TEXT_RATE, 1)
    }

    /// From the fields of an rtpmap, with the parameters that hold when no fmtp follows.
    #[must_use]
    pub fn named(pt: u8, name: &str, clock_rate: u32, channels: u8) -> Self {
        let known = |known: &str| known.eq_ignore_ascii_case(name);
        let circuit = clock_rate == 8_000 && channels == 1 && CIRCUIT_NAMES.into_iter().any(known);
        let codec = Codec::ALL.into_iter().find(|codec| {
            codec.encoding_name().eq_ignore_ascii_case(name)
                && codec.clock_rate() == clock_rate
                && codec.channels() == channels
        });
        let h263p = clock_rate == Codec::H263p.clock_rate() && channels == 1 && known(H263_OF_2000);
        let text = clock_rate == TEXT_RATE && channels == 1;
        let coding = match codec {
            Some(Codec::Clearmode) if name != Codec::Clearmode.encoding_name() => {
                Coding::Circuit(name.to_owned())
            }
            Some(codec) => Coding::Media(codec),
            None if h263p => Coding::H263Of2000,
            None if circuit => Coding::Circuit(name.to_owned()),
            None if name.eq_ignore_ascii_case(TELEPHONE_EVENT) => Coding::TelephoneEvent,
            None if name.eq_ignore_ascii_case(COMFORT_NOISE) && channels == 1 => Coding::ComfortNoise,
            None if text && known(T140) => Coding::T140,
            None if text && known(RED) => Coding::Redundancy,
            None => Coding::Other(name.to_owned()),
        };
        let parameters = Parameters::default_for(&coding);
        Payload { pt, coding, clock_rate, channels, parameters }
    }

    /// What a number means without an rtpmap: the table of RFC 3551 §6, else nothing known.
    #[must_use]
    pub fn without_rtpmap(pt: u8) -> Self {
        match STATIC.iter().find(|row| row.0 == pt) {
            Some(&(_, name, clock_rate, channels)) => Payload::named(pt, name, clock_rate, channels),
            None => Payload::named(pt, "", 0, 1),
        }
    }

    /// The codec, when it is one that we carry.
    #[must_use]
    pub fn codec(&self) -> Option<Codec> {
        match self.coding {
            Coding::Media(codec) => Some(codec),
            Coding::Circuit(_) => Some(Codec::Clearmode),
            Coding::H263Of2000 => Some(Codec::H263p),
            Coding::TelephoneEvent
            | Coding::ComfortNoise
            | Coding::T140
            | Coding::Redundancy
            | Coding::Other(_) => None,
        }
    }

    /// Whether this is a telephone-event format.
    #[must_use]
    pub fn is_telephone_event(&self) -> bool {
        self.coding == Coding::TelephoneEvent
    }

    /// Whether this is comfort noise that goes with the clock of `codec`, one that leaves pauses to it: AMR and Opus
    /// have their own.
    #[must_use]
    pub fn is_comfort_noise_for(&self, codec: Codec) -> bool {
        let fits = self.coding == Coding::ComfortNoise && self.clock_rate == codec.clock_rate();
        match codec {
            Codec::Pcmu | Codec::Pcma | Codec::G722 => fits,
            Codec::Amr
            | Codec::AmrWb
            | Codec::Opus
            | Codec::Clearmode
            | Codec::H263
            | Codec::H263p
            | Codec::H264
            | Codec::Mpeg4
            | Codec::Vp8 => false,
        }
    }

    /// The encoding name of the rtpmap; empty when there is none to write.
    #[must_use]
    pub fn encoding_name(&self) -> &str {
        match &self.coding {
            Coding::Media(codec) => codec.encoding_name(),
            Coding::TelephoneEvent => TELEPHONE_EVENT,
            Coding::ComfortNoise => COMFORT_NOISE,
            Coding::T140 => T140,
            Coding::Redundancy => RED,
            Coding::H263Of2000 => H263_OF_2000,
            Coding::Circuit(name) | Coding::Other(name) => name,
        }
    }

    /// Whether both stand for the same bitstream configuration, whatever their numbers: encoding, clock
    /// and, for H.264, profile and packetization mode (RFC 6184 §8.2.2).
    #[must_use]
    pub fn same_format(&self, other: &Payload) -> bool {
        let same_coding = match (&self.coding, &other.coding) {
            (
                Coding::Media(_) | Coding::Circuit(_) | Coding::H263Of2000,
                Coding::Media(_) | Coding::Circuit(_) | Coding::H263Of2000,
            ) => self.codec() == other.codec(),
            (Coding::TelephoneEvent, Coding::TelephoneEvent)
            | (Coding::ComfortNoise, Coding::ComfortNoise)
            | (Coding::T140, Coding::T140)
            | (Coding::Redundancy, Coding::Redundancy) => true,
            (Coding::Other(a), Coding::Other(b)) => a.eq_ignore_ascii_case(b),
            (
                Coding::Media(_)
                | Coding::Circuit(_)
                | Coding::H263Of2000
                | Coding::TelephoneEvent
                | Coding::ComfortNoise
                | Coding::T140
                | Coding::Redundancy
                | Coding::Other(_),
                _,
            ) => false,
        };
        // What a text format says besides is how much of it is taken.
        let of_text = matches!(self.coding, Coding::T140 | Coding::Redundancy);
        same_coding
            && self.clock_rate == other.clock_rate
            && self.channels == other.channels
            && (of_text || self.parameters.same_configuration(&other.parameters))
    }
}

/// Number, name, clock and channels of RFC 3551 tables 4 and 5.
const STATIC: [(u8, &str, u32, u8); 24] = [
    (0, "PCMU", 8_000, 1),
    (3, "GSM", 8_000, 1),
    (4, "G723", 8_000, 1),
    (5, "DVI4", 8_000, 1),
    (6, "DVI4", 16_000, 1),
    (7, "LPC", 8_000, 1),
    (8, "PCMA", 8_000, 1),
    (9, "G722", 8_000, 1), // sampled at 16 kHz; the clock is a historical error that stays (§4.5.2)
    (10, "L16", 44_100, 2),
    (11, "L16", 44_100, 1),
    (12, "QCELP", 8_000, 1),
    (13, "CN", 8_000, 1),
    (14, "MPA", 90_000, 1),
    (15, "G728", 8_000, 1),
    (16, "DVI4", 11_025, 1),
    (17, "DVI4", 22_050, 1),
    (18, "G729", 8_000, 1),
    (25, "CelB", 90_000, 1),
    (26, "JPEG", 90_000, 1),
    (28, "nv", 90_000, 1),
    (31, "H261", 90_000, 1),
    (32, "MPV", 90_000, 1),
    (33, "MP2T", 90_000, 1),
    (34, "H263", 90_000, 1),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn static_numbers_need_no_rtpmap() {
        assert_eq!(Payload::without_rtpmap(0).codec(), Some(Codec::Pcmu));
        assert_eq!(Payload::without_rtpmap(8).codec(), Some(Codec::Pcma));
        assert_eq!(Payload::without_rtpmap(34).codec(), Some(Codec::H263));
        assert_eq!(Payload::without_rtpmap(18).coding, Coding::Other("G729".into()));
        assert_eq!(Payload::without_rtpmap(96).coding, Coding::Other(String::new()));
        for codec in Codec::ALL {
            if let Some(pt) = codec.static_payload_type() {
                assert_eq!(Payload::without_rtpmap(pt).codec(), Some(codec));
            }
        }
    }

    #[test]
    fn comfort_noise_goes_with_codecs_that_have_none_of_their_own() {
        let noise = Payload::without_rtpmap(13);
        assert_eq!((&noise, noise.coding.clone()), (&Payload::comfort_noise(), Coding::ComfortNoise));
        let takes = |codec: &Codec| noise.is_comfort_noise_for(*codec);
        let with: Vec<_> = Codec::ALL.into_iter().filter(takes).collect();
        assert_eq!(with, [Codec::Pcmu, Codec::Pcma, Codec::G722]);
        assert!(!Payload::named(98, "CN", 16_000, 1).is_comfort_noise_for(Codec::Pcmu));
        assert!(
            Payload::named(19, "cn", 8_000, 1).is_comfort_noise_for(Codec::Pcmu),
            "the number before RFC 3389"
        );
    }

    #[test]
    fn text_and_its_redundancy_are_known_at_their_clock_rate_only() {
        for (name, coding) in [("t140", Coding::T140), ("T140", Coding::T140), ("RED", Coding::Redundancy)] {
            let payload = Payload::named(98, name, 1_000, 1);
            assert_eq!((&payload.coding, payload.codec()), (&coding, None));
            assert!(payload.encoding_name().eq_ignore_ascii_case(name));
            let slower = Payload { pt: 99, parameters: Parameters::Raw("cps=5".into()), ..payload.clone() };
            assert!(payload.same_format(&slower));
            assert_eq!(Payload::named(98, name, 8_000, 1).coding, Coding::Other(name.into()));
        }
        assert!(!Payload::t140(98).same_format(&Payload::redundancy(98)));
    }

    #[test]
    fn circuits_are_known_by_all_their_names_and_keep_them() {
        for name in ["CLEARMODE", "clearmode", "X-CCD", "x-ccd", "CCD", "G.nX64", "g.nx64"] {
            let payload = Payload::named(125, name, 8_000, 1);
            assert_eq!((payload.codec(), payload.encoding_name()), (Some(Codec::Clearmode), name));
            assert!(payload.same_format(&Payload::media(97, Codec::Clearmode, Parameters::None)));
        }
        assert_eq!(Payload::named(125, "CCD", 16_000, 1).codec(), None);
        assert_eq!(Payload::named(125, "CLEARMODE", 8_000, 2).codec(), None);
    }

    #[test]
    fn a_codec_at_a_foreign_clock_rate_is_another_format() {
        assert_eq!(Payload::named(96, "pcmu", 8_000, 1).codec(), Some(Codec::Pcmu));
        assert_eq!(Payload::named(96, "PCMU", 16_000, 1).codec(), None);
        assert_eq!(Payload::named(96, "PCMA", 8_000, 2).codec(), None);
        assert_eq!(Payload::named(96, "H263-1998", 8_000, 1).codec(), None);
        assert_eq!(
            Payload::named(96, "G722", 16_000, 1).codec(),
            None,
            "its clock is 8 kHz (RFC 3551 §4.5.2)"
        );
        assert_eq!(Payload::named(96, "opus", 48_000, 1).codec(), None, "always two channels (RFC 7587 §7)");
    }

    #[test]
    fn the_names_of_version_2_of_h263_are_one_codec() {
        let (old, new) =
            (Payload::named(96, "h263-1998", 90_000, 1), Payload::named(97, "H263-2000", 90_000, 1));
        assert_eq!((old.codec(), new.codec()), (Some(Codec::H263p), Some(Codec::H263p)));
        assert_eq!((old.encoding_name(), new.encoding_name()), ("H263-1998", "H263-2000"));
        assert!(old.same_format(&new));
        assert!(!old.same_format(&Payload::named(34, "H263", 90_000, 1)), "packed otherwise");
    }
}
