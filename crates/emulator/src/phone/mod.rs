//! `Phone`: a SIP video telephone with one call at a time, without sockets and clock.
//!
//! Like every core it is driven by [`Phone::handle_input`] and then [`Phone::poll_output`] until that
//! answers [`Output::Timeout`]. It sends a tone and a moving test picture from the first offer/answer
//! exchange on, and hands out what it receives decoded.

mod signalling;
mod source;
mod stream;

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use bytes::Bytes;
use media::{Codec, Kind, Now, Picture, Size, VideoFormat};
use net::Component;
use rtp::Digit;
use sip::{DialogId, StatusCode};

use crate::Error;
use crate::limits::KEY_PRESS;
use source::TestPicture;
use stream::Stream;

/// What a telephone is.
#[derive(Clone, Debug)]
pub struct Config {
    /// User part of its address: the caller's number.
    pub user: String,
    /// The address of its SIP socket, as others reach it.
    pub sip: SocketAddr,
    /// RTP ports at the same address; RTCP is one above each.
    pub audio_port: u16,
    /// As `audio_port`, for pictures.
    pub video_port: u16,
    /// The one video codec that it offers and takes.
    pub codec: Codec,
    /// The largest pictures it sends and, for H.263, takes.
    pub size: Size,
    /// The tone it sends, in Hz; 0 is silence.
    pub tone_hz: f64,
    /// Whether it answers calls; else it is busy.
    pub answers: bool,
    /// Seed of everything random.
    pub seed: u64,
}

/// What happened outside.
#[derive(Clone, Debug)]
pub enum Input {
    /// A datagram came to the SIP socket.
    Sip {
        /// Its source.
        from: SocketAddr,
        /// All of it.
        data: Bytes,
    },
    /// A datagram came to a media socket.
    Media {
        /// Of which stream.
        kind: Kind,
        /// To which of its two sockets.
        component: Component,
        /// Its source.
        from: SocketAddr,
        /// All of it.
        data: Bytes,
    },
    /// The time of [`Output::Timeout`] has come; harmless when early.
    Timeout,
}

/// What is to be done.
#[derive(Debug)]
pub enum Output {
    /// Send this from the SIP socket.
    Sip {
        /// Where to.
        to: SocketAddr,
        /// The datagram.
        data: Bytes,
    },
    /// Send this from a media socket.
    Media {
        /// Of which stream.
        kind: Kind,
        /// From which of its two sockets.
        component: Component,
        /// Where to.
        to: SocketAddr,
        /// The datagram.
        data: Bytes,
    },
    /// For the user.
    Event(Event),
    /// Nothing to do before this time; `None`: before the next datagram.
    Timeout(Option<Instant>),
}

/// What the user of a telephone sees and hears.
#[derive(Debug)]
pub enum Event {
    /// A provisional response to our call.
    Ringing(StatusCode),
    /// The call is up, both media agreed as far as they could be.
    Up,
    /// One packet of sound, 8 kHz.
    Sound(Vec<i16>),
    /// One decoded picture.
    Picture(Picture),
    /// The other side pressed a key.
    Key(Digit),
    /// The call is over; another may follow.
    Over(End),
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// It was not accepted.
    Refused(StatusCode),
    /// The other side hung up.
    Remote {
        /// Reason header of its BYE (RFC 3326).
        reason: Option<String>,
    },
    /// We hung up.
    Local,
    /// The other side was lost, or what it answered could not be used.
    Failed(&'static str),
}

/// A SIP video telephone.
pub struct Phone {
    config: Config,
    endpoint: sip::Endpoint,
    dialog: Option<DialogId>,
    sdp: sdp::Session,
    up: bool,
    audio: Option<Stream>,
    video: Option<Stream>,
    test_picture: TestPicture,
    events: VecDeque<Event>,
    sip_due: Option<Instant>,
    calls: u64,
}

impl Phone {
    /// A telephone that is on its hook. Encodes its test picture, which takes some tenths of a second.
    ///
    /// # Errors
    /// [`Error::Codec`] for a codec or size that cannot be encoded.
    pub fn new(config: Config) -> Result<Self, Error> {
        let local = sip::Local::new(config.sip);
        let endpoint = sip::Endpoint::new(sip::Config {
            user_agent: "Vireo-emulator".into(),
            ..sip::Config::new(vec![local], config.seed)
        });
        Ok(Phone {
            endpoint,
            dialog: None,
            sdp: sdp::Session::new(config.seed >> 1),
            up: false,
            audio: None,
            video: None,
            test_picture: TestPicture::new(VideoFormat::prompt(config.codec, config.size))?,
            events: VecDeque::new(),
            sip_due: None,
            calls: 0,
            config,
        })
    }

    /// Takes in a datagram or the passing of time.
    pub fn handle_input(&mut self, now: Now, input: Input) {
        match input {
            Input::Sip { from, data } => {
                let datagram = sip::Input::Datagram { local: sip::LocalId(0), from, data: &data };
                self.endpoint.handle_input(now.mono, datagram);
            }
            Input::Media { kind, component, from, data } => {
                if let Some(stream) = self.stream(kind) {
                    let input = match component {
                        Component::Rtp => rtp::Input::Rtp { from, data },
                        Component::Rtcp => rtp::Input::Rtcp { from, data },
                    };
                    stream.rtp.handle_input(now, input);
                }
            }
            Input::Timeout => {}
        }
        self.run(now);
    }

    /// The next thing to do.
    pub fn poll_output(&mut self, now: Now) -> Output {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Output::Event(event);
            }
            match self.endpoint.poll_output() {
                sip::Output::Send { to, data, .. } => return Output::Sip { to, data },
                sip::Output::Event(event) => {
                    self.signal(now, event);
                    continue;
                }
                sip::Output::Timeout(due) => self.sip_due = due,
            }
            if let Some(output) =
                self.poll_media(now, Kind::Audio).or_else(|| self.poll_media(now, Kind::Video))
            {
                return output;
            }
            if self.events.is_empty() {
                return Output::Timeout(self.due());
            }
        }
    }

    /// Presses a key; `false` when the peer takes none.
    pub fn press(&mut self, now: Now, key: Digit) -> bool {
        self.audio.as_mut().is_some_and(|audio| audio.rtp.send_digit(now, key, KEY_PRESS))
    }

    /// Whether a call is up.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.up
    }

    /// Whether a call is up or being set up.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.dialog.is_some()
    }

    fn run(&mut self, now: Now) {
        if self.sip_due.is_some_and(|due| due <= now.mono) {
            self.endpoint.handle_input(now.mono, sip::Input::Timeout);
        }
        for stream in self.audio.iter_mut().chain(self.video.iter_mut()) {
            if let Err(error) = stream.run(now) {
                tracing::warn!(%error, "the telephone cannot send");
            }
        }
    }

    fn stream(&mut self, kind: Kind) -> Option<&mut Stream> {
        match kind {
            Kind::Audio => self.audio.as_mut(),
            Kind::Video => self.video.as_mut(),
        }
    }

    /// The next datagram of one stream; its events are put into `events`.
    fn poll_media(&mut self, now: Now, kind: Kind) -> Option<Output> {
        loop {
            let stream = self.stream(kind)?;
            let event = match stream.rtp.poll_output() {
                rtp::Output::Rtp { to, data } => return Some(media(kind, Component::Rtp, to, data)),
                rtp::Output::Rtcp { to, data } => {
                    // On a muxed port there is one socket (RFC 5761 §5.1.1).
                    let muxed = stream.agreed.rtcp_mux;
                    return Some(media(kind, if muxed { Component::Rtp } else { Component::Rtcp }, to, data));
                }
                rtp::Output::Timeout(due) => {
                    stream.rtp_due = due;
                    return None;
                }
                rtp::Output::Event(event) => event,
            };
            match event {
                rtp::Event::Frame(frame) => {
                    let received = stream.receive(now, &frame);
                    self.events.extend(received);
                }
                rtp::Event::KeyFrameWanted => stream.key_frame_wanted(),
                rtp::Event::Digit(digit) => self.events.push_back(Event::Key(digit)),
                rtp::Event::DigitEnd { .. }
                | rtp::Event::ModeRequest { .. }
                | rtp::Event::Latched { .. }
                | rtp::Event::Bye => {}
            }
        }
    }

    fn due(&self) -> Option<Instant> {
        let streams = self.audio.iter().chain(&self.video).map(Stream::due);
        streams.chain(self.sip_due).min()
    }

    fn address(&self) -> IpAddr {
        self.config.sip.ip()
    }
}

fn media(kind: Kind, component: Component, to: SocketAddr, data: Bytes) -> Output {
    Output::Media { kind, component, to, data }
}
