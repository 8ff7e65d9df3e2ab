//! The telephone's side of SIP and of offer and answer.

use h324m::EndCause;
use media::amr::ModeSet;
use media::{Kind, Now, VideoFormat};
use sdp::{Agreed, AgreedStream, Description};
use sip::{
    Body, DialogId, Event as Signal, HangUp, Headers, Invite, LocalId, Method, NameAddr, Reply, Request,
    RequestId, Response, StatusCode, Uri,
};

use super::circuit::Circuit;
use super::stream::{Stream, rtp_config};
use super::{Access, End, Event, Phone, ThreeG};
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
        let offer = self.sdp.offer(&self.config.local(), &self.config.access.wants());
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

    /// Ends the call, or gives it up while it rings. [`Event::Over`] follows; a 3G terminal says the end to
    /// its peer before, for which it takes at most [`END_SESSION_MAX`]. Asked for again, it ends at once.
    ///
    /// [`END_SESSION_MAX`]: crate::limits::END_SESSION_MAX
    pub fn hang_up(&mut self, now: Now) {
        let says_so = self.up && self.circuit.as_mut().is_some_and(|circuit| circuit.hang_up(now));
        if !says_so {
            self.close(now);
        }
    }

    /// What the terminal says of the session's end is what ended the call; the dialog follows.
    pub(super) fn session_ended(&mut self, now: Now, cause: EndCause) {
        self.bye(now);
        self.over(match cause {
            EndCause::HungUp => End::Local,
            EndCause::PeerEnded => End::Remote { reason: Some(cause.to_string()) },
            EndCause::NoH324
            | EndCause::NoCapabilities
            | EndCause::CapabilitiesUnanswered
            | EndCause::NoMaster
            | EndCause::NoCommonAudio
            | EndCause::NoAudioChannel
            | EndCause::ControlFailed
            | EndCause::Silent => End::Session(cause),
        });
    }

    /// Ends the dialog.
    pub(super) fn close(&mut self, now: Now) {
        self.bye(now);
        if self.up {
            self.over(End::Local);
        }
    }

    fn bye(&mut self, now: Now) {
        let Some(dialog) = self.dialog else { return };
        for stream in self.audio.iter_mut().chain(self.video.iter_mut()) {
            stream.rtp.goodbye(now);
        }
        if let Some(circuit) = &mut self.circuit {
            circuit.goodbye(now);
        }
        self.endpoint.hang_up(now.mono, dialog, HangUp::new(StatusCode::BusyHere));
    }

    /// Asks the far encoder for a key picture.
    pub fn request_key_frame(&mut self, now: Now) {
        if let Some(video) = &mut self.video {
            video.rtp.request_key_frame(now);
        }
        if let Some(circuit) = &mut self.circuit {
            circuit.request_key_frame(now);
        }
    }

    pub(super) fn signal(&mut self, now: Now, event: Signal) {
        match event {
            Signal::Invite { dialog, request, message, .. } => self.invited(now, dialog, request, &message),
            Signal::Request { dialog, request, message, .. } => {
                self.requested(now, dialog, request, &message);
            }
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
            // The other side was faster, having heard the end of the 3G session from us.
            Signal::Ended { dialog, by: sip::Ended::Bye { .. } }
                if self.dialog == Some(dialog) && self.circuit.as_ref().is_some_and(|it| it.is_closing()) =>
            {
                self.over(End::Local);
            }
            Signal::Ended { dialog, by } if self.dialog == Some(dialog) => self.over(match by {
                sip::Ended::Bye { reason } => End::Remote { reason },
                sip::Ended::AckTimeout => End::Failed("no ACK came"),
                sip::Ended::Timeout => End::Failed("the other side does not answer any more"),
            }),
            // Answers to requests that we never send, and late news of a call that is over.
            Signal::Response { .. }
            | Signal::Answer { .. }
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
        let local = self.config.local();
        if message.body.is_empty() {
            return Ok(Body::new(SDP, self.sdp.offer(&local, &self.config.access.wants()).to_bytes()));
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
        self.connected(now);
    }

    fn acked(&mut self, now: Now, body: Option<Body>) {
        let answer = body.and_then(|body| description(&body.content_type, &body.data));
        if let Some(agreed) = answer.and_then(|answer| self.sdp.accept(&answer).ok()) {
            self.apply(now, &agreed);
        }
        self.connected(now);
    }

    fn connected(&mut self, now: Now) {
        if !self.up {
            self.up = true;
            if let Some(circuit) = &mut self.circuit {
                circuit.start(now);
            }
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
        self.start = None;
    }

    fn over(&mut self, end: End) {
        self.dialog = None;
        self.up = false;
        self.audio = None;
        self.video = None;
        if let Some(circuit) = self.circuit.take() {
            self.report = Some(circuit.report());
        }
        self.events.push_back(Event::Over(end));
    }

    fn respond(&mut self, now: Now, request: RequestId, reply: Reply) {
        if self.endpoint.respond(now.mono, request, reply).is_err() {
            tracing::debug!("the request was withdrawn before it was answered");
        }
    }

    fn apply(&mut self, now: Now, agreed: &Agreed) {
        let access = self.config.access.clone();
        let done = match &access {
            Access::Circuit(three_g) => self.apply_circuit(now, agreed, three_g),
            Access::Packets { .. } => self.apply_sound(now, agreed).and(self.apply_pictures(now, agreed)),
        };
        if let Err(error) = done {
            tracing::warn!(%error, "the telephone has no codec");
        }
    }

    fn apply_circuit(&mut self, now: Now, agreed: &Agreed, three_g: &ThreeG) -> Result<(), codec::Error> {
        let Some(line) = agreed.audio().filter(|line| line.is_circuit()) else {
            self.circuit = None;
            return Ok(());
        };
        let config = self.rtp_config(line);
        if let Some(circuit) = &mut self.circuit {
            circuit.reconfigure(now, config, line.rtcp_mux);
            return Ok(());
        }
        let terminal = h324m::Config { seed: config.seed ^ 0x324, ..three_g.terminal.clone() };
        let (decodes, errors) = (self.config.decodes, self.config.impairments.bit_errors);
        let circuit = Circuit::new(now, config, line.rtcp_mux, terminal, three_g.keys, decodes, errors)?;
        self.circuit = Some(Box::new(circuit));
        Ok(())
    }

    fn apply_sound(&mut self, now: Now, agreed: &Agreed) -> Result<(), codec::Error> {
        let Some(audio) = agreed.audio().filter(|audio| !audio.is_circuit()) else {
            self.audio = None;
            return Ok(());
        };
        let config = self.rtp_config(audio);
        self.audio = match self.audio.take() {
            Some(mut stream) if stream.agreed.codec() == audio.codec() => {
                stream.reconfigure(now, audio, config);
                Some(stream)
            }
            Some(_) | None => {
                let modes = audio.amr().map_or(ModeSet::ALL, |amr| amr.modes());
                let source = self.config.material.sound(audio.codec(), modes.highest())?;
                Some(Stream::new(now, self.start(now), audio, config, source, None, self.config.decodes)?)
            }
        };
        Ok(())
    }

    fn apply_pictures(&mut self, now: Now, agreed: &Agreed) -> Result<(), codec::Error> {
        let Some(video) = agreed.video() else {
            self.video = None;
            return Ok(());
        };
        let config = self.rtp_config(video);
        let size = self.config.access.size();
        let format = video.video_format().filter(|format| format.size <= size);
        let format = format.unwrap_or(VideoFormat::prompt(video.codec(), size));
        self.video = match self.video.take() {
            Some(mut stream) if stream.video_format() == Some(format) => {
                stream.reconfigure(now, video, config);
                Some(stream)
            }
            Some(_) | None => {
                let source = self.config.material.film(format)?;
                let start = self.start(now);
                Some(Stream::new(now, start, video, config, source, Some(format), self.config.decodes)?)
            }
        };
        Ok(())
    }

    /// When the media of this call began.
    fn start(&mut self, now: Now) -> std::time::Instant {
        *self.start.get_or_insert(now.mono)
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
