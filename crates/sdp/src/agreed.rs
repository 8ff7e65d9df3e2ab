//! What an offer and its answer come to: one [`AgreedStream`] for each accepted m-line.

use std::net::SocketAddr;

use media::{AudioFormat, Codec, Kind, Size, Sizes, VideoFormat};

use crate::{AmrParameters, Direction, Mpeg4Parameters, Orientation, Parameters, Payload};

/// The accepted m-lines of a dialog.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Agreed {
    /// In order of the m-lines; at most one audio and one video stream.
    pub streams: Vec<AgreedStream>,
}

/// One accepted m-line, seen from us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgreedStream {
    /// Audio or video.
    pub kind: Kind,
    /// Index of the m-line.
    pub index: usize,
    /// Where our RTP goes. While held in the manner of RFC 2543 its address is unspecified: then nothing may
    /// be sent, RTCP included.
    pub remote_rtp: SocketAddr,
    /// Where our RTCP goes; equals `remote_rtp` with `rtcp_mux`.
    pub remote_rtcp: SocketAddr,
    /// RTCP shares the RTP port, both ways.
    pub rtcp_mux: bool,
    /// What we may do: send, receive, both, neither.
    pub direction: Direction,
    /// What we send: the peer's payload type, with the parameters the peer can take.
    pub send: Payload,
    /// What the peer may send, by our numbering, best first, with the parameters we allowed it.
    pub receive: Vec<Payload>,
    /// Payload type of the keys that we send.
    pub dtmf_send: Option<u8>,
    /// Payload types of the keys that the peer sends.
    pub dtmf_receive: Vec<u8>,
    /// Payload type of comfort noise (RFC 3389) that we send.
    pub noise_send: Option<u8>,
    /// Payload type of comfort noise that the peer sends; there when `noise_send` is.
    pub noise_receive: Option<u8>,
    /// RTCP feedback that both sides know.
    pub feedback: Feedback,
    /// How pictures tell which way is up.
    pub orientation: Orientation,
    /// The most that we may send, in bit/s of media.
    pub bandwidth_bps: Option<u32>,
    /// Milliseconds of sound in a packet that the peer asks for: 10..=60, for AMR 20, 40 or 60, for a
    /// circuit 5..=60.
    pub ptime_ms: u8,
    /// The peer has put us on hold.
    pub held: bool,
}

/// Agreed RTCP feedback messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Feedback {
    /// Picture loss indication (RFC 4585 §6.3.1).
    pub pli: bool,
    /// Full intra request (RFC 5104 §4.3.1).
    pub fir: bool,
    /// Temporary maximum media stream bit rate request (RFC 5104 §4.2.1).
    pub tmmbr: bool,
    /// Receiver estimated maximum bit rate (`goog-remb`); taken where it is offered.
    pub remb: bool,
}

impl Agreed {
    /// The audio stream.
    #[must_use]
    pub fn audio(&self) -> Option<&AgreedStream> {
        self.streams.iter().find(|stream| stream.kind == Kind::Audio)
    }

    /// The video stream.
    #[must_use]
    pub fn video(&self) -> Option<&AgreedStream> {
        self.streams.iter().find(|stream| stream.kind == Kind::Video)
    }
}

impl AgreedStream {
    /// The codec of what we send. Every [`AgreedStream`] has one that we carry.
    #[must_use]
    pub fn codec(&self) -> Codec {
        self.send.codec().expect("only payloads of our own codecs are agreed")
    }

    /// Whether this is a 64 kbit/s circuit (RFC 4040), which carries a 3G-324M phone's sound, pictures and
    /// keys alike.
    #[must_use]
    pub fn is_circuit(&self) -> bool {
        self.codec() == Codec::Clearmode
    }

    /// What the peer said of AMR or AMR-WB, with the modes that both sides may send.
    #[must_use]
    pub fn amr(&self) -> Option<&AmrParameters> {
        match &self.send.parameters {
            Parameters::Amr(amr) => Some(amr),
            Parameters::None
            | Parameters::H264(_)
            | Parameters::H263(_)
            | Parameters::Mpeg4(_)
            | Parameters::Opus(_)
            | Parameters::Vp8(_)
            | Parameters::TelephoneEvent { .. }
            | Parameters::Raw(_) => None,
        }
    }

    /// What the peer said of MPEG-4; its `config` is that of the pictures it sends.
    #[must_use]
    pub fn mpeg4(&self) -> Option<&Mpeg4Parameters> {
        match &self.send.parameters {
            Parameters::Mpeg4(mpeg4) => Some(mpeg4),
            Parameters::None
            | Parameters::H264(_)
            | Parameters::H263(_)
            | Parameters::Amr(_)
            | Parameters::Opus(_)
            | Parameters::Vp8(_)
            | Parameters::TelephoneEvent { .. }
            | Parameters::Raw(_) => None,
        }
    }

    /// The encoding of prompts for this stream; `None` for a video stream, and for a circuit, whose sound
    /// is that of a channel within.
    ///
    /// Always packets of 20 ms, so that all calls share one encoding: `ptime` is a wish, not a limit of
    /// the decoder (RFC 8866 §6.4).
    #[must_use]
    pub fn audio_format(&self) -> Option<AudioFormat> {
        (self.kind == Kind::Audio && !self.is_circuit()).then(|| AudioFormat::new(self.codec()))
    }

    /// The picture sizes that the peer may send in its first format.
    #[must_use]
    pub fn sizes(&self) -> Sizes {
        let Some(first) = self.receive.first() else { return Sizes::Any };
        match &first.parameters {
            Parameters::H263(h263) => {
                // Every decoder takes the two smallest (H.263 §4.1), and there are phones that name others and send them.
                let agreed = h263.sizes.iter().map(|(size, _)| *size);
                Sizes::OneOf(agreed.chain([Size::QCIF, Size::SQCIF]).collect())
            }
            Parameters::H264(h264) => Sizes::UpTo(h264.profile_level_id.level().macroblocks_max()),
            Parameters::Mpeg4(mpeg4) => Sizes::UpTo(mpeg4.macroblocks_max()),
            Parameters::Vp8(vp8) => vp8.max_fs.map_or(Sizes::Any, Sizes::UpTo),
            Parameters::None
            | Parameters::Amr(_)
            | Parameters::Opus(_)
            | Parameters::TelephoneEvent { .. }
            | Parameters::Raw(_) => Sizes::Any,
        }
    }

    /// The encoding of prompts for this stream; `None` for an audio stream.
    ///
    /// Either QCIF or CIF, the larger that the peer's level or sizes, its picture rate and its bandwidth
    /// allow. QCIF is sent even where less was declared, since every receiver has to take it.
    #[must_use]
    pub fn video_format(&self) -> Option<VideoFormat> {
        if self.kind != Kind::Video {
            return None;
        }
        let cif = VideoFormat::prompt(self.codec(), Size::CIF);
        let rate_fits = self.bandwidth_bps.is_none_or(|most| cif.rate_bps <= most);
        if rate_fits && takes(&self.send.parameters, cif) {
            return Some(cif);
        }
        Some(VideoFormat::prompt(self.codec(), Size::QCIF))
    }
}

/// Whether a receiver with these parameters takes pictures of this format.
fn takes(parameters: &Parameters, format: VideoFormat) -> bool {
    /// The picture clock of H.263 in 1/1001 s (H.263 §4.1).
    const PICTURE_CLOCK: u32 = 30_000;
    match parameters {
        Parameters::H264(h264) => {
            format.size.macroblocks() <= h264.profile_level_id.level().size_max().macroblocks()
        }
        Parameters::H263(h263) => {
            let interval = h263.interval(format.size).map(u32::from);
            // 15 pictures/s pass as the 14.985 of interval 2: nobody's decoder tells them apart.
            let fps_fits =
                interval.is_some_and(|interval| u32::from(format.fps) * interval <= PICTURE_CLOCK / 1_000);
            fps_fits && h263.max_br.is_none_or(|most| format.rate_bps <= most.saturating_mul(100))
        }
        Parameters::Mpeg4(mpeg4) => mpeg4.takes(format.size, format.rate_bps),
        Parameters::Vp8(vp8) => vp8.takes(format.size, format.fps),
        Parameters::None
        | Parameters::Amr(_)
        | Parameters::Opus(_)
        | Parameters::TelephoneEvent { .. }
        | Parameters::Raw(_) => false,
    }
}
