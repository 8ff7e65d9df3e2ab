//! The telephone's side of SIP and of offer and answer.

use media::{Kind, Now, Size, VideoFormat};
use sdp::{Agreed, AgreedStream, Capabilities, Description, Want};
use sip::{
    Body, DialogId, Event as Signal, HangUp, Headers, Invite, LocalId, Method, NameAddr, Reply, Request,
    RequestId, Response, StatusCode, Uri,
};

use super::source::TestPicture;
use super::stream::{Stream, rtp_config};
use super::{End, Event, Phone};
use crate::Error;

const SDP: &str = "application/sdp";

impl Phone {
    /// Calls `uri` by way of `destination`.
    ///
    /// # Errors
    /// [`Error::Refused`] while another call is there, or when the endpoint cannot send.
    pub fn call(&mut self, now: Now, uri: &Uri, destination: std::net::SocketAddr) -> Result<(), Error> {
        if self.is_busy() {
            return Err(sip::Refused::Pending.into());
        }
        self.begin();
        let offer = self.sdp.offer(&self.local(), &Want::all());
        let from = NameAddr::new(Uri::sip_at(&self.config.user, self.config.sip));
        let invite = Invite {
            local: LocalId(0),
            uri: uri.clone(),
            destination,
            from,
            to: NameAddr::new(uri.clone()),
            headers: Headers::new(),
            body: Some(Body::new(SDP, offer.to_bytes())),
        };
        self.dialog = Some(self.endpoint.invite(now.mono, invite)?);
        Ok(())
    }

    /// Ends the call, or gives it up while it rings. [`Event::Over`] follows.
    pub fn hang_up(&mut self, now: Now) {
        let Some(dialog) = self.dialog else { return };
        for stream in self.audio.iter_mut().chain(self.video.iter_mut()) {
            stream.rtp.goodbye(now);
        }
        self.endpoint.hang_up(now.mono, dialog, HangUp::new(StatusCode::BusyHere));
        if self.up {
            self.over(End::Local);
        }
    }

    /// Asks the far encoder for a key picture.
    pub fn request_key_frame(&mut self, now: Now) {
        if let Some(video) = &mut self.video {
            video.rtp.request_key_frame(now);
        }
    }

    pub(super) fn signal(&mut self, now: Now, event: Signal) {
        match event {
            Signal::Invite { dialog, request, message, .. } => self.invited(now, dialog, request, &message),
            Signal::Request { dialog, request, message } => self.requested(now, dialog, request, &message),
            Signal::Acked { dialog, body } if self.dialog == Some(dialog) => self.acked(now, body),
            Signal::Progress { dialog, status, .. } if self.dialog == Some(dialog) => {
                self.events.push_back(Event::Ringing(status));
            }
            Signal::Answered { dialog, message } if self.dialog == Some(dialog) => {
                self.answered(now, &message);
            }
            Signal::Failed { dialog, status, .. } if self.dialog == Some(dialog) => {
                self.over(End::Refused(status));
            }
            Signal::Cancelled { dialog } if self.dialog == Some(dialog) => {
                self.over(End::Remote { reason: None });
            }
            Signal::Ended { dialog, by } if self.dialog == Some(dialog) => self.over(match by {
                sip::Ended::Bye { reason } => End::Remote { reason },
                sip::Ended::AckTimeout => End::Failed("no ACK came"),
                sip::Ended::Timeout => End::Failed("the other side does not answer any more"),
            }),
            // Answers to requests that we never send, and late news of a call that is over.
            Signal::Response { .. }
            | Signal::Acked { .. }
            | Signal::Progress { .. }
            | Signal::Answered { .. }
            | Signal::Failed { .. }
            | Signal::Cancelled { .. }
            | Signal::Ended { .. } => {}
        }
    }

    fn invited(&mut self, now: Now, dialog: DialogId, request: RequestId, message: &Request) {
        if self.is_busy() || !self.config.answers {
            self.respond(now, request, Reply::new(StatusCode::BusyHere));
            return;
        }
        self.begin();
        self.dialog = Some(dialog);
        self.respond(now, request, Reply::new(StatusCode::Ringing));
        match self.description_for(now, message) {
            Ok(body) => self.respond(now, request, Reply::new(StatusCode::OK).with_body(body)),
            Err(status) => {
                self.respond(now, request, Reply::new(status));
                self.over(End::Failed("the offer cannot be used"));
            }
        }
    }

    fn requested(&mut self, now: Now, dialog: Option<DialogId>, request: RequestId, message: &Request) {
        let ours = dialog.is_some() && dialog == self.dialog;
        let reply = match message.method {
            Method::Invite if ours => match self.description_for(now, message) {
                Ok(body) => Reply::new(StatusCode::OK).with_body(body),
                Err(status) => Reply::new(status),
            },
            Method::Info if ours => Reply::new(StatusCode::OK),
            _ => Reply::new(StatusCode::NotImplemented),
        };
        self.respond(now, request, reply);
    }

    /// The body of our 2xx: an answer, or an offer when the INVITE had none; else the status that refuses.
    fn description_for(&mut self, now: Now, message: &Request) -> Result<Body, StatusCode> {
        let local = self.local();
        if message.body.is_empty() {
            return Ok(Body::new(SDP, self.sdp.offer(&local, &Want::all()).to_bytes()));
        }
        let unusable = StatusCode::NotAcceptableHere;
        let kind = message.headers.get("Content-Type").unwrap_or(SDP);
        let offer = description(kind, &message.body).ok_or(unusable.clone())?;
        let (answer, agreed) = self.sdp.answer(&offer, &local).map_err(|_| unusable)?;
        self.apply(now, &agreed);
        Ok(Body::new(SDP, answer.to_bytes()))
    }

    fn answered(&mut self, now: Now, message: &Response) {
        let kind = message.headers.get("Content-Type").unwrap_or(SDP);
        let agreed = description(kind, &message.body).and_then(|answer| self.sdp.accept(&answer).ok());
        let Some(agreed) = agreed else {
            self.give_up(now, "the answer cannot be used");
            return;
        };
        self.apply(now, &agreed);
        self.connected();
    }

    fn acked(&mut self, now: Now, body: Option<Body>) {
        let answer = body.and_then(|body| description(&body.content_type, &body.data));
        if let Some(agreed) = answer.and_then(|answer| self.sdp.accept(&answer).ok()) {
            self.apply(now, &agreed);
        }
        self.connected();
    }

    fn connected(&mut self) {
        if !self.up {
            self.up = true;
            self.events.push_back(Event::Up);
        }
    }

    fn give_up(&mut self, now: Now, why: &'static str) {
        if let Some(dialog) = self.dialog {
            self.endpoint.hang_up(now.mono, dialog, HangUp::new(StatusCode::NotAcceptableHere));
        }
        self.over(End::Failed(why));
    }

    fn begin(&mut self) {
        self.calls += 1;
        self.sdp = sdp::Session::new((self.config.seed >> 1).wrapping_add(self.calls));
        self.up = false;
    }

    fn over(&mut self, end: End) {
        self.dialog = None;
        self.up = false;
        self.audio = None;
        self.video = None;
        self.events.push_back(Event::Over(end));
    }

    fn respond(&mut self, now: Now, request: RequestId, reply: Reply) {
        if self.endpoint.respond(now.mono, request, reply).is_err() {
            tracing::debug!("the request was withdrawn before it was answered");
        }
    }

    fn local(&self) -> sdp::Local {
        let mut caps = Capabilities { video: vec![self.config.codec], ..Capabilities::default() };
        caps.h263.sizes.retain(|(size, _)| size.macroblocks() <= self.config.size.macroblocks());
        if self.config.size.macroblocks() <= Size::QCIF.macroblocks() {
            // Level 1 holds QCIF and no more (H.264 table A-1).
            caps.h264_level = media::H264Level(10);
        }
        sdp::Local {
            address: self.address(),
            audio_port: Some(self.config.audio_port),
            video_port: Some(self.config.video_port),
            caps,
        }
    }

    fn apply(&mut self, now: Now, agreed: &Agreed) {
        self.audio = agreed.audio().map(|audio| {
            let config = self.rtp_config(audio);
            match self.audio.take() {
                Some(mut stream) if stream.agreed.codec() == audio.codec() => {
                    stream.reconfigure(now, audio, config);
                    stream
                }
                Some(_) | None => Stream::sound(now, audio, config, self.config.tone_hz),
            }
        });
        self.video = agreed.video().and_then(|video| {
            let config = self.rtp_config(video);
            let format = video.video_format().filter(|format| format.size <= self.config.size);
            let format = format.unwrap_or(VideoFormat::prompt(video.codec(), self.config.size));
            match self.video.take() {
                Some(mut stream) if stream.video_format() == Some(format) => {
                    stream.reconfigure(now, video, config);
                    Some(stream)
                }
                Some(_) | None => self.pictures(now, video, config, format),
            }
        });
    }

    fn pictures(
        &mut self,
        now: Now,
        agreed: &AgreedStream,
        config: rtp::Config,
        format: VideoFormat,
    ) -> Option<Stream> {
        let made = if format == self.test_picture.format {
            Ok(self.test_picture.clone())
        } else {
            TestPicture::new(format)
        };
        made.and_then(|source| Stream::pictures(now, agreed, config, source))
            .inspect_err(|error| tracing::warn!(%error, "the telephone shows no picture"))
            .ok()
    }

    fn rtp_config(&self, agreed: &AgreedStream) -> rtp::Config {
        let stream = match agreed.kind {
            Kind::Audio => 0,
            Kind::Video => 1,
        };
        let seed = self.config.seed.rotate_left(17) ^ (self.calls << 1 | stream);
        rtp_config(agreed, &format!("{}@{}", self.config.user, self.address()), seed)
    }
}

fn description(content_type: &str, body: &[u8]) -> Option<Description> {
    Description::parse(sdp::body::find(content_type, body)?).ok()
}
