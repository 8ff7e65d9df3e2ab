//! The codecs Vireo carries, by the names of their RTP payload formats.

use std::fmt;

/// What a stream is made of. Matched without `_ =>`, so a new codec makes the compiler list what to add.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Codec {
    /// G.711 mu-law, 8 kHz (RFC 3551 §4.5.14).
    Pcmu,
    /// G.711 A-law, 8 kHz (RFC 3551 §4.5.14).
    Pcma,
    /// Adaptive multi-rate speech, narrow-band, 8 kHz (3GPP TS 26.071; RFC 4867).
    Amr,
    /// A 64 kbit/s circuit, octet by octet (RFC 4040): what carries a 3G-324M phone.
    Clearmode,
    /// ITU-T H.263 baseline (RFC 2190).
    H263,
    /// ITU-T H.264 | ISO/IEC 14496-10 (RFC 6184).
    H264,
    /// MPEG-4 Visual, simple profile (ISO/IEC 14496-2; RFC 6416).
    Mpeg4,
}

/// The sort of stream a codec belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Sound.
    Audio,
    /// Moving pictures.
    Video,
}

impl Codec {
    /// Every codec, in no particular order.
    pub const ALL: [Codec; 7] =
        [Codec::Pcmu, Codec::Pcma, Codec::Amr, Codec::Clearmode, Codec::H263, Codec::H264, Codec::Mpeg4];

    /// Audio or video: the sort of m-line it stands in.
    #[must_use]
    pub fn kind(self) -> Kind {
        match self {
            Codec::Pcmu | Codec::Pcma | Codec::Amr | Codec::Clearmode => Kind::Audio,
            Codec::H263 | Codec::H264 | Codec::Mpeg4 => Kind::Video,
        }
    }

    /// RTP clock rate in Hz (RFC 3551 §6; 90 kHz for video).
    #[must_use]
    pub fn clock_rate(self) -> u32 {
        match self {
            Codec::Pcmu | Codec::Pcma | Codec::Amr | Codec::Clearmode => 8_000,
            Codec::H263 | Codec::H264 | Codec::Mpeg4 => 90_000,
        }
    }

    /// The encoding name of its rtpmap line, as registered.
    #[must_use]
    pub fn encoding_name(self) -> &'static str {
        match self {
            Codec::Pcmu => "PCMU",
            Codec::Pcma => "PCMA",
            Codec::Amr => "AMR",
            Codec::Clearmode => "CLEARMODE",
            Codec::H263 => "H263",
            Codec::H264 => "H264",
            Codec::Mpeg4 => "MP4V-ES",
        }
    }

    /// The payload type that RFC 3551 §6 assigns, if it assigns one.
    #[must_use]
    pub fn static_payload_type(self) -> Option<u8> {
        match self {
            Codec::Pcmu => Some(0),
            Codec::Pcma => Some(8),
            Codec::H263 => Some(34),
            Codec::Amr | Codec::Clearmode | Codec::H264 | Codec::Mpeg4 => None,
        }
    }
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.encoding_name())
    }
}
