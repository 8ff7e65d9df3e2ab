//! One stream of a call: RTP both ways, a decoder for what comes and a source for what goes.

use std::time::{Duration, Instant};

use codec::{audio, video};
use media::{Frame, Kind, Now, VideoFormat};
use rtp::{H264Mode, SendFormat};
use sdp::{AgreedStream, Parameters, Payload};

use super::Event;
use crate::limits::BEHIND_MAX;
use crate::material::Reel;

/// Largest RTP payload sent, in octets.
const PAYLOAD_MAX: usize = 1_200;

pub(crate) struct Stream {
    pub(crate) agreed: AgreedStream,
    pub(crate) rtp: rtp::Session,
    pub(crate) rtp_due: Option<Instant>,
    source: Reel,
    /// Of what is sent, for pictures.
    format: Option<VideoFormat>,
    /// None when frames are handed out as they come.
    decoder: Option<Decoder>,
    /// When the next frame goes out.
    next: Instant,
}

enum Decoder {
    Sound(audio::Decoder),
    Pictures(video::Decoder),
}

impl Stream {
    /// A stream that sends `source`, of `format` when it is pictures, and decodes what comes if `decodes`.
    pub(crate) fn new(
        now: Now,
        agreed: &AgreedStream,
        config: rtp::Config,
        source: Reel,
        format: Option<VideoFormat>,
        decodes: bool,
    ) -> Result<Self, codec::Error> {
        let decoder = match agreed.kind {
            _ if !decodes => None,
            Kind::Audio => Some(Decoder::Sound(audio::Decoder::new(agreed.codec())?)),
            Kind::Video => Some(Decoder::Pictures(video::Decoder::new(agreed.codec())?)),
        };
        let rtp = rtp::Session::new(config);
        Ok(Stream { agreed: agreed.clone(), rtp, rtp_due: None, source, format, decoder, next: now.mono })
    }

    /// A later offer/answer exchange of the same dialog.
    pub(crate) fn reconfigure(&mut self, now: Now, agreed: &AgreedStream, config: rtp::Config) {
        self.rtp.reconfigure(now, config);
        self.agreed = agreed.clone();
        self.key_frame_wanted();
    }

    /// The format it sends, for pictures.
    pub(crate) fn video_format(&self) -> Option<VideoFormat> {
        self.format
    }

    pub(crate) fn due(&self) -> Instant {
        self.rtp_due.map_or(self.next, |rtp| rtp.min(self.next))
    }

    /// Sends what is due.
    pub(crate) fn run(&mut self, now: Now) {
        if now.mono.saturating_duration_since(self.next) > BEHIND_MAX {
            self.next = now.mono;
        }
        while self.next <= now.mono {
            let frame = self.source.next();
            if self.agreed.direction.sends() {
                self.rtp.send(now, &frame);
            }
            self.next += self.source.period();
        }
        if self.rtp_due.is_some_and(|due| due <= now.mono) {
            self.rtp.handle_input(now, rtp::Input::Timeout);
        }
    }

    pub(crate) fn key_frame_wanted(&mut self) {
        self.source.skip_to_key();
    }

    /// Decodes one frame. Whatever cannot be decoded is reported and asked for again.
    pub(crate) fn receive(&mut self, now: Now, frame: Frame) -> Option<Event> {
        let Some(decoder) = &mut self.decoder else { return Some(Event::Frame(frame)) };
        let decoded = match decoder {
            Decoder::Sound(decoder) => decoder.decode(&frame).map(|pcm| Some(Event::Sound(pcm))),
            Decoder::Pictures(decoder) => decoder.decode(&frame).map(|picture| picture.map(Event::Picture)),
        };
        if self.agreed.kind == Kind::Video && (frame.damaged || frame.lost_before || decoded.is_err()) {
            self.rtp.request_key_frame(now);
        }
        decoded.unwrap_or_else(|error| {
            tracing::debug!(%error, "a frame could not be decoded");
            None
        })
    }
}

/// What the RTP core must know of an agreed stream.
pub(crate) fn rtp_config(agreed: &AgreedStream, cname: &str, seed: u64) -> rtp::Config {
    let receive = agreed.receive.iter().filter_map(|p| Some((p.pt, p.codec()?, mode(p)))).collect();
    rtp::Config {
        ssrc: None,
        cname: cname.to_owned(),
        kind: agreed.kind,
        send: SendFormat { pt: agreed.send.pt, codec: agreed.codec(), mode: mode(&agreed.send) },
        receive,
        sound: sound(agreed),
        dtmf_send: agreed.dtmf_send,
        dtmf_receive: agreed.dtmf_receive.clone(),
        noise_send: agreed.noise_send,
        noise_receive: agreed.noise_receive,
        remote_rtp: agreed.remote_rtp,
        remote_rtcp: agreed.remote_rtcp,
        rtcp_mux: agreed.rtcp_mux,
        feedback: rtp::Feedback {
            pli: agreed.feedback.pli,
            fir: agreed.feedback.fir,
            tmmbr: agreed.feedback.tmmbr,
        },
        mtu: PAYLOAD_MAX,
        seed,
    }
}

fn sound(agreed: &AgreedStream) -> rtp::Sound {
    let amr = agreed.amr();
    rtp::Sound {
        packet: Duration::from_millis(agreed.ptime_ms.into()),
        amr_octet_aligned: amr.is_some_and(|amr| amr.octet_align),
        amr_modes: amr.map_or(media::amr::ModeSet::ALL, |amr| amr.modes()),
        amr_mode_request: None,
    }
}

fn mode(payload: &Payload) -> H264Mode {
    match &payload.parameters {
        Parameters::H264(h264) => H264Mode::try_from(h264.packetization_mode).unwrap_or_default(),
        Parameters::None
        | Parameters::H263(_)
        | Parameters::Mpeg4(_)
        | Parameters::Amr(_)
        | Parameters::Opus(_)
        | Parameters::Vp8(_)
        | Parameters::TelephoneEvent { .. }
        | Parameters::Raw(_) => H264Mode::default(),
    }
}
