//! What this side can do and wants: the input of an offer or answer besides the peer's description.

use std::net::IpAddr;

use media::amr::Band;
use media::{Codec, H264Level, Kind, Size};

use crate::{
    Agreed, AmrParameters, Coding, Direction, H263Parameters, H264Parameters, LocalText, Mpeg4Parameters,
    OpusParameters, Parameters, Payload, Vp8Parameters,
};

/// This side of one dialog, for one offer or answer.
#[derive(Clone, Debug)]
pub struct Local {
    /// The address that peers are told, in `o=` and `c=`.
    pub address: IpAddr,
    /// RTP port of the audio line; `None` refuses audio. RTCP is the next one.
    pub audio_port: Option<u16>,
    /// RTP port of the video line; `None` refuses video.
    pub video_port: Option<u16>,
    /// Codecs and parameters.
    pub caps: Capabilities,
}

/// Codecs in order of preference with their parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Audio codecs, best first. A circuit stands here only where it is to be offered.
    pub audio: Vec<Codec>,
    /// Whether an offered 64 kbit/s circuit (RFC 4040) is taken.
    pub circuits: bool,
    /// Video codecs, best first.
    pub video: Vec<Codec>,
    /// Highest H.264 level that we take. The streams of prompts and bridged peers are far below it.
    pub h264_level: H264Level,
    /// H.263 sizes that we take.
    pub h263: H263Parameters,
    /// Whether keys are taken as RFC 4733 events.
    pub telephone_event: bool,
    /// Whether comfort noise is taken in the pauses of a talker (RFC 3389).
    pub comfort_noise: bool,
    /// Whether RTCP may share the RTP port (RFC 5761).
    pub rtcp_mux: bool,
    /// `b=AS`/`b=TIAS` of the video line, bit/s of media; `None` says nothing.
    pub video_bps: Option<u32>,
    /// `a=ptime` that we ask for, in ms.
    pub ptime_ms: u8,
    /// Our side of a line for real-time text (RFC 4103), offered and taken beside sound and pictures; `None`
    /// has no such line.
    pub text: Option<LocalText>,
}

/// What our own offer shall hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Want {
    /// The audio line; `None` leaves it out, or port 0 in a re-offer.
    pub audio: Option<WantedStream>,
    /// The video line, likewise.
    pub video: Option<WantedStream>,
}

/// One line of our own offer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WantedStream {
    /// Seen from us.
    pub direction: Direction,
    /// Exactly these formats in this order (numbers are changed where the dialog has used them for
    /// something else); `None` offers what the line has agreed already, or all capabilities.
    pub payloads: Option<Vec<Payload>>,
}

impl Want {
    /// Audio and video with all capabilities, both ways.
    #[must_use]
    pub fn all() -> Self {
        Want { audio: Some(WantedStream::default()), video: Some(WantedStream::default()) }
    }

    /// Exactly what another leg agreed, so that the bridge between the two can pass frames through.
    #[must_use]
    pub fn like(other: &Agreed) -> Self {
        crate::bridge::want_like(other)
    }

    /// What another leg agreed on first, so that frames can pass unchanged if the peer takes it, then the other
    /// formats of `caps`, for a peer that does not: with those the bridge has to transcode.
    #[must_use]
    pub fn preferring(other: &Agreed, caps: &Capabilities) -> Self {
        crate::bridge::want_preferring(other, caps)
    }

    /// The same with one direction for both lines, such as `SendOnly` for hold.
    #[must_use]
    pub fn with_direction(mut self, direction: Direction) -> Self {
        for stream in [&mut self.audio, &mut self.video].into_iter().flatten() {
            stream.direction = direction;
        }
        self
    }
}

impl Default for Capabilities {
    /// Everything that the gateway codes: H.264 to level 3.1, H.263 to CIF at 30 pictures/s; circuits
    /// when offered; no text.
    fn default() -> Self {
        Capabilities {
            audio: vec![Codec::Pcmu, Codec::Pcma, Codec::Amr, Codec::AmrWb, Codec::Opus, Codec::G722],
            circuits: true,
            video: vec![Codec::H264, Codec::H263, Codec::H263p, Codec::Mpeg4, Codec::Vp8],
            h264_level: H264Level(31),
            h263: H263Parameters {
                sizes: vec![(Size::CIF, 1), (Size::QCIF, 1)],
                ..H263Parameters::default()
            },
            telephone_event: true,
            comfort_noise: true,
            rtcp_mux: true,
            video_bps: None,
            ptime_ms: 20,
            text: None,
        }
    }
}

impl Capabilities {
    /// A 64 kbit/s circuit (RFC 4040) and nothing else.
    #[must_use]
    pub fn circuit() -> Self {
        let audio = vec![Codec::Clearmode];
        Capabilities { audio, video: Vec::new(), telephone_event: false, ..Capabilities::default() }
    }

    /// The codecs of one kind, best first.
    #[must_use]
    pub fn codecs(&self, kind: Kind) -> &[Codec] {
        match kind {
            Kind::Audio => &self.audio,
            Kind::Video => &self.video,
        }
    }

    /// Every format of one kind with the numbers that a first offer uses. Keys come last, with the number
    /// 101 that simple peers take for granted.
    #[must_use]
    pub fn formats(&self, kind: Kind) -> Vec<Payload> {
        let mut formats: Vec<Payload> =
            self.codecs(kind).iter().flat_map(|&codec| self.offered(codec)).collect();
        let noise = Payload::comfort_noise();
        if kind == Kind::Audio
            && self.comfort_noise
            && self.audio.iter().any(|c| noise.is_comfort_noise_for(*c))
        {
            formats.push(noise);
        }
        if kind == Kind::Audio && self.telephone_event {
            formats.extend(self.keys());
        }
        formats
    }

    /// Keys at 8 kHz, and at each other clock that a codec of ours has: both share the timestamps of the stream
    /// (RFC 4733 §2.1).
    fn keys(&self) -> impl Iterator<Item = Payload> {
        let has = |codec: &Codec| self.audio.contains(codec);
        let others =
            [(Codec::AmrWb, 110), (Codec::Opus, 111)].into_iter().filter(move |(codec, _)| has(codec));
        let others = others
            .map(|(codec, pt)| Payload::named(pt, crate::payload::TELEPHONE_EVENT, codec.clock_rate(), 1));
        std::iter::once(Payload::telephone_event(101)).chain(others)
    }

    /// Mode 1 of H.264 before mode 0, as two formats (RFC 6184 §8.2.2); likewise both ways to pack AMR
    /// (RFC 4867 §8.3.1). All dynamic numbers differ, whatever the line.
    fn offered(&self, codec: Codec) -> Vec<Payload> {
        let h264 = |pt, mode| {
            let parameters = H264Parameters::constrained_baseline(self.h264_level, mode);
            Payload::media(pt, Codec::H264, Parameters::H264(parameters))
        };
        let amr = |pt, band: Band, octet_align| {
            let parameters = AmrParameters { octet_align, ..AmrParameters::new(band) };
            Payload::media(pt, codec, Parameters::Amr(parameters))
        };
        let h263 = || Parameters::H263(self.h263.clone());
        match codec {
            Codec::Pcmu => vec![Payload::media(0, codec, Parameters::None)],
            Codec::Pcma => vec![Payload::media(8, codec, Parameters::None)],
            Codec::Amr => vec![amr(98, Band::Narrow, false), amr(100, Band::Narrow, true)],
            Codec::AmrWb => vec![amr(106, Band::Wide, false), amr(107, Band::Wide, true)],
            Codec::G722 => vec![Payload::media(9, codec, Parameters::None)],
            Codec::Opus => vec![Payload::media(105, codec, Parameters::Opus(OpusParameters::ours()))],
            Codec::Clearmode => vec![Payload::media(125, codec, Parameters::None)],
            Codec::Mpeg4 => vec![Payload::media(99, codec, Parameters::Mpeg4(Mpeg4Parameters::default()))],
            Codec::H263 => vec![Payload::media(34, codec, h263())],
            Codec::H263p => {
                let new = Payload { coding: Coding::H263Of2000, ..Payload::media(103, codec, h263()) };
                vec![Payload::media(102, codec, h263()), new]
            }
            Codec::Vp8 => vec![Payload::media(104, codec, Parameters::Vp8(Vp8Parameters::ours()))],
            Codec::H264 => vec![h264(96, 1), h264(97, 0)],
        }
    }

    /// Whether we can send and receive this format.
    #[must_use]
    pub fn supports(&self, payload: &Payload) -> bool {
        let parameters_fit = match &payload.parameters {
            Parameters::H264(parameters) => parameters.is_usable(),
            Parameters::Amr(parameters) => parameters.is_usable(),
            Parameters::None
            | Parameters::Mpeg4(_)
            | Parameters::H263(_)
            | Parameters::Opus(_)
            | Parameters::Vp8(_)
            | Parameters::TelephoneEvent { .. }
            | Parameters::Raw(_) => true,
        };
        let known = payload.codec().is_some_and(|codec| {
            self.codecs(codec.kind()).contains(&codec) || (codec == Codec::Clearmode && self.circuits)
        });
        known && parameters_fit
    }
}

impl Local {
    /// The RTP port for one kind of line.
    #[must_use]
    pub fn port(&self, kind: Kind) -> Option<u16> {
        match kind {
            Kind::Audio => self.audio_port,
            Kind::Video => self.video_port,
        }
    }
}

impl Want {
    /// What is wanted of one kind of line.
    #[must_use]
    pub fn stream(&self, kind: Kind) -> Option<&WantedStream> {
        match kind {
            Kind::Audio => self.audio.as_ref(),
            Kind::Video => self.video.as_ref(),
        }
    }
}
