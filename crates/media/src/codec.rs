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
    /// Adaptive multi-rate speech, wide-band, 16 kHz (ITU-T G.722.2; 3GPP TS 26.171; RFC 4867).
    AmrWb,
    /// Wide-band speech in two sub-bands, 64 kbit/s (ITU-T G.722; RFC 3551 §4.5.2).
    G722,
    /// Speech and music of any bandwidth (RFC 6716; RFC 7587).
    Opus,
    /// A 64 kbit/s circuit, octet by octet (RFC 4040): what carries a 3G-324M phone.
    Clearmode,
    /// ITU-T H.263 baseline (RFC 2190).
    H263,
    /// ITU-T H.263 of 1998 and later, "H.263+" (RFC 4629). The pictures may be baseline ones: what differs from
    /// [`Codec::H263`] then is how they are put into packets.
    H263p,
    /// ITU-T H.264 | ISO/IEC 14496-10 (RFC 6184).
    H264,
    /// MPEG-4 Visual, simple profile (ISO/IEC 14496-2; RFC 6416).
    Mpeg4,
    /// VP8 (RFC 6386; RFC 7741).
    Vp8,
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
    pub const ALL: [Codec; 12] = [
        Codec::Pcmu,
        Codec::Pcma,
        Codec::Amr,
        Codec::AmrWb,
        Codec::G722,
        Codec::Opus,
        Codec::Clearmode,
        Codec::H263,
        Codec::H263p,
        Codec::H264,
        Codec::Mpeg4,
        Codec::Vp8,
    ];

    /// Audio or video: the sort of m-line it stands in.
    #[must_use]
    pub fn kind(self) -> Kind {
        match self {
            Codec::Pcmu
            | Codec::Pcma
            | Codec::Amr
            | Codec::AmrWb
            | Codec::G722
            | Codec::Opus
            | Codec::Clearmode => Kind::Audio,
            Codec::H263 | Codec::H263p | Codec::H264 | Codec::Mpeg4 | Codec::Vp8 => Kind::Video,
        }
    }

    /// RTP clock rate in Hz (RFC 3551 §6; 90 kHz for video). That of G.722 is half its sampling rate, by an
    /// error of RFC 1890 that stays (RFC 3551 §4.5.2); that of Opus is 48 kHz whatever it is sampled at
    /// (RFC 7587 §4.1).
    #[must_use]
    pub fn clock_rate(self) -> u32 {
        match self {
            Codec::Pcmu | Codec::Pcma | Codec::Amr | Codec::G722 | Codec::Clearmode => 8_000,
            Codec::AmrWb => 16_000,
            Codec::Opus => 48_000,
            Codec::H263 | Codec::H263p | Codec::H264 | Codec::Mpeg4 | Codec::Vp8 => 90_000,
        }
    }

    /// The channels of its rtpmap line: 2 for Opus, whatever is in its packets (RFC 7587 §7), else 1.
    #[must_use]
    pub fn channels(self) -> u8 {
        if self == Codec::Opus { 2 } else { 1 }
    }

    /// The encoding name of its rtpmap line, as registered.
    #[must_use]
    pub fn encoding_name(self) -> &'static str {
        match self {
            Codec::Pcmu => "PCMU",
            Codec::Pcma => "PCMA",
            Codec::Amr => "AMR",
            Codec::AmrWb => "AMR-WB",
            Codec::G722 => "G722",
            Codec::Opus => "opus",
            Codec::Clearmode => "CLEARMODE",
            Codec::H263 => "H263",
            Codec::H263p => "H263-1998",
            Codec::H264 => "H264",
            Codec::Mpeg4 => "MP4V-ES",
            Codec::Vp8 => "VP8",
        }
    }

    /// The payload type that RFC 3551 §6 assigns, if it assigns one.
    #[must_use]
    pub fn static_payload_type(self) -> Option<u8> {
        match self {
            Codec::Pcmu => Some(0),
            Codec::Pcma => Some(8),
            Codec::G722 => Some(9),
            Codec::H263 => Some(34),
            Codec::Amr
            | Codec::AmrWb
            | Codec::Opus
            | Codec::Clearmode
            | Codec::H263p
            | Codec::H264
            | Codec::Mpeg4
            | Codec::Vp8 => None,
        }
    }
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.encoding_name())
    }
}
