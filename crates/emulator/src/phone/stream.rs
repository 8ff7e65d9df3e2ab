//! One stream of a call: RTP both ways, a decoder for what comes and a source for what goes.

use std::time::{Duration, Instant};

use codec::{ResampleStream, SAMPLE_RATE, audio, video};
use media::{Frame, Kind, Now, VideoFormat};
use rtp::{H264Mode, SendFormat};
use sdp::{AgreedStream, Parameters, Payload};

use super::Event;
use crate::limits::BEHIND_MAX;
use crate::source::Source;

/// Largest RTP payload sent, in octets.
const PAYLOAD_MAX: usize = 1_200;

pub(crate) struct Stream {
    pub(crate) agreed: AgreedStream,
    pub(crate) rtp: rtp::Session,
    pub(crate) rtp_due: Option<Instant>,
    source: Source,
    /// The stream's time is counted from here: the same for sound and pictures.
    start: Instant,
    /// Of what is sent, for pictures.
    format: Option<VideoFormat>,
    /// None when frames are handed out as they come.
    decoder: Option<Decoder>,
    /// When the next frame goes out.
    next: Instant,
}

enum Decoder {
    /// A decoder, and what brings its sound to 8 kHz.
    Sound(audio::Decoder, Option<ResampleStream>),
    /// A decoder, and whether its first key picture has come.
    Pictures(video::Decoder, bool),
}

impl Stream {
    /// A stream that sends `source`, of `format` when it is pictures, and decodes what comes if `decodes`. Its time is
    /// counted from `start`.
    pub(crate) fn new(
        now: Now,
        start: Instant,
        agreed: &AgreedStream,
        config: rtp::Config,
        source: Source,
        format: Option<VideoFormat>,
        decodes: bool,
    ) -> Result<Self, codec::Error> {
        let decoder = match agreed.kind {
            _ if !decodes => None,
            Kind::Audio => Some(sound_decoder(agreed.codec())?),
            Kind::Video => Some(Decoder::Pictures(video::Decoder::new(agreed.codec())?, false)),
        };
        let rtp = rtp::Session::new(config);
        let mut stream = Stream {
            agreed: agreed.clone(),
            rtp,
            rtp_due: None,
            source,
            start,
            format,
            decoder,
            next: start,
        };
        stream.catch_up(now.mono);
        Ok(stream)
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
            self.catch_up(now.mono);
        }
        while self.next <= now.mono {
            match self.source.next(self.next.saturating_duration_since(self.start)) {
                Ok(Some(frame)) if self.agreed.direction.sends() => self.rtp.send(now, &frame),
                Ok(Some(_) | None) => {}
                Err(error) => tracing::warn!(%error, "the telephone cannot send"),
            }
            self.next += self.source.period();
        }
        if self.rtp_due.is_some_and(|due| due <= now.mono) {
            self.rtp.handle_input(now, rtp::Input::Timeout);
        }
    }

    /// Leaves out what was due before `now`, and stays on the stream's beat.
    fn catch_up(&mut self, now: Instant) {
        let period = self.source.period();
        let behind = now.saturating_duration_since(self.next).as_nanos().div_ceil(period.as_nanos());
        self.next += period * u32::try_from(behind).unwrap_or(u32::MAX);
    }

    pub(crate) fn key_frame_wanted(&mut self) {
        self.source.key_wanted();
    }

    /// Decodes one frame. Whatever cannot be decoded is reported and asked for again.
    pub(crate) fn receive(&mut self, now: Now, frame: Frame) -> Option<Event> {
        let Some(decoder) = &mut self.decoder else { return Some(Event::Frame(frame)) };
        let decoded = match decoder {
            Decoder::Sound(decoder, resampler) => hear(decoder, resampler, &frame),
            // What a decoder makes of the pictures before is grey.
            Decoder::Pictures(_, false) if !frame.keyframe => {
                self.rtp.request_key_frame(now);
                return None;
            }
            Decoder::Pictures(decoder, begun) => {
                *begun = true;
                decoder.decode(&frame).map(|picture| picture.map(Event::Picture))
            }
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

fn sound_decoder(codec: media::Codec) -> Result<Decoder, codec::Error> {
    let decoder = audio::Decoder::at(codec, SAMPLE_RATE)?;
    let rate = decoder.sample_rate();
    let resampler = if rate == SAMPLE_RATE { None } else { Some(ResampleStream::new(rate, SAMPLE_RATE)?) };
    Ok(Decoder::Sound(decoder, resampler))
}

fn hear(
    decoder: &mut audio::Decoder,
    resampler: &mut Option<ResampleStream>,
    frame: &Frame,
) -> Result<Option<Event>, codec::Error> {
    let pcm = decoder.decode(frame)?;
    let Some(resampler) = resampler else { return Ok(Some(Event::Sound(pcm))) };
    let mut heard = Vec::new();
    resampler.push(&pcm, &mut heard)?;
    Ok(Some(Event::Sound(heard)))
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
            remb: agreed.feedback.remb,
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
