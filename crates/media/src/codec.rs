//! The codecs Vireo carries, by the names of their RTP payload formats.

use std::fmt;

/// What a stream is made of. Matched without `_ =>`, so a new codec makes the compiler list what to add.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Codec {
    /// G.711 mu-law, 8 kHz (RFC 3551 §4.5.14).
    Pcmu,
    /// G.711 A-law, 8 kHz (RFC 3551 §4.5.14).
    Pcma,
    /// ITU-T H.263 baseline (RFC 2190).
    H263,
    /// ITU-T H.264 | ISO/IEC 14496-10 (RFC 6184).
    H264,
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
    pub const ALL: [Codec; 4] = [Codec::Pcmu, Codec::Pcma, Codec::H263, Codec::H264];

    /// Audio or video.
    #[must_use]
    pub fn kind(self) -> Kind {
        match self {
            Codec::Pcmu | Codec::Pcma => Kind::Audio,
            Codec::H263 | Codec::H264 => Kind::Video,
        }
    }

    /// RTP clock rate in Hz (RFC 3551 §6; 90 kHz for video).
    #[must_use]
    pub fn clock_rate(self) -> u32 {
        match self {
            Codec::Pcmu | Codec::Pcma => 8_000,
            Codec::H263 | Codec::H264 => 90_000,
        }
    }

    /// The encoding name of its rtpmap line, as registered.
    #[must_use]
    pub fn encoding_name(self) -> &'static str {
        match self {
            Codec::Pcmu => "PCMU",
            Codec::Pcma => "PCMA",
            Codec::H263 => "H263",
            Codec::H264 => "H264",
        }
    }

    /// The payload type that RFC 3551 §6 assigns, if it assigns one.
    #[must_use]
    pub fn static_payload_type(self) -> Option<u8> {
        match self {
            Codec::Pcmu => Some(0),
            Codec::Pcma => Some(8),
            Codec::H263 => Some(34),
            Codec::H264 => None,
        }
    }
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.encoding_name())
    }
}
