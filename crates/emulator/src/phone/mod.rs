//! `Phone`: a SIP video telephone with one call at a time, without sockets and clock.
//!
//! Like every core it is driven by [`Phone::handle_input`] and then [`Phone::poll_output`] until that
//! answers [`Output::Timeout`]. It sends its [`Material`] from the first offer/answer exchange on, and hands
//! out what it receives decoded. Its [`Access`] says whether sound and pictures go by RTP, or a 3G-324M
//! terminal on a circuit carries them.

mod circuit;
mod config;
mod signalling;
mod stream;

use std::collections::VecDeque;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use bytes::Bytes;
use media::{Frame, Kind, Now, Picture};
use net::Component;
use rtp::Digit;
use sip::{DialogId, StatusCode};

pub use circuit::CircuitReport;
pub use config::{Access, Config, KeyForm, ThreeG};

use crate::Error;
use crate::impairments::Mishaps;
use crate::limits::KEY_PRESS;
use circuit::{Circuit, News};
use stream::Stream;

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
    /// One frame as it came, to a telephone that decodes nothing.
    Frame(Frame),
    /// The 3G terminal has news, of its channels for instance. Never an end or a key.
    Circuit(h324m::Event),
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
    /// The 3G session ended by itself, whatever SIP says.
    Session(h324m::EndCause),
    /// The other side was lost, or what it answered could not be used.
    Failed(&'static str),
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            End::Refused(status) => write!(f, "the call was refused: {status}"),
            End::Remote { reason: Some(reason) } => write!(f, "the other side hung up: {reason}"),
            End::Remote { reason: None } => f.write_str("the other side hung up"),
            End::Local => f.write_str("we hung up"),
            End::Session(cause) => write!(f, "the 3G session ended: {cause}"),
            End::Failed(why) => write!(f, "the call broke off: {why}"),
        }
    }
}

/// A SIP video telephone.
pub struct Phone {
    config: Config,
    endpoint: sip::Endpoint,
    dialog: Option<DialogId>,
    sdp: sdp::Session,
    up: bool,
    /// When the media of this call began.
    start: Option<Instant>,
    audio: Option<Stream>,
    video: Option<Stream>,
    circuit: Option<Box<Circuit>>,
    /// Of the call that was last.
    report: Option<CircuitReport>,
    /// RTP packets that come, and those that go.
    mishaps: [Mishaps<(Kind, SocketAddr, Bytes)>; 2],
    datagrams: VecDeque<Output>,
    events: VecDeque<Event>,
    sip_due: Option<Instant>,
    calls: u64,
}

impl Phone {
    /// A telephone that is on its hook. Encodes what it is to send, which takes some tenths of a second
    /// unless [`Config::prepare`] did.
    ///
    /// # Errors
    /// [`Error::Codec`] for a codec or size that cannot be encoded.
    pub fn new(mut config: Config) -> Result<Self, Error> {
        config.prepare()?;
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
            start: None,
            audio: None,
            video: None,
            circuit: None,
            report: None,
            mishaps: [3, 5].map(|way| Mishaps::new(config.impairments, config.seed.rotate_left(way))),
            datagrams: VecDeque::new(),
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
            Input::Media { kind, component: Component::Rtp, from, data } => {
                let arrived: Vec<_> = self.mishaps[0].pass((kind, from, data)).collect();
                for (kind, from, data) in arrived {
                    self.media_input(now, kind, rtp::Input::Rtp { from, data });
                }
            }
            Input::Media { kind, component: Component::Rtcp, from, data } => {
                self.media_input(now, kind, rtp::Input::Rtcp { from, data });
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
            if let Some(output) = self.datagrams.pop_front() {
                return output;
            }
            let more = self.poll_media(now, Kind::Audio)
                || self.poll_media(now, Kind::Video)
                || self.poll_circuit(now);
            if !more && self.events.is_empty() {
                return Output::Timeout(self.due());
            }
        }
    }

    /// Presses a key; `false` when the peer takes none.
    pub fn press(&mut self, now: Now, key: Digit) -> bool {
        if let Some(circuit) = &mut self.circuit {
            circuit.press(now, key);
            return true;
        }
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

    /// What the 3G terminal and its line counted, in this call or, between calls, the last.
    #[must_use]
    pub fn circuit_report(&self) -> Option<CircuitReport> {
        self.circuit.as_ref().map(|circuit| circuit.report()).or(self.report)
    }

    /// Packets of this call that came, and those that were lost on the way.
    #[must_use]
    pub fn packets(&self) -> [u64; 2] {
        let streams = self.audio.iter().chain(&self.video).map(|stream| stream.rtp.statistics());
        let line = self.circuit.iter().map(|circuit| circuit.report().line.session);
        streams.chain(line).fold([0, 0], |sum, one| [sum[0] + one.received, sum[1] + one.lost])
    }

    fn run(&mut self, now: Now) {
        if self.sip_due.is_some_and(|due| due <= now.mono) {
            self.endpoint.handle_input(now.mono, sip::Input::Timeout);
        }
        for stream in self.audio.iter_mut().chain(self.video.iter_mut()) {
            stream.run(now);
        }
        if let Some(circuit) = &mut self.circuit {
            circuit.run(now);
            if circuit.is_closed(now) {
                self.close(now);
            }
        }
    }

    fn media_input(&mut self, now: Now, kind: Kind, input: rtp::Input) {
        if let Some(circuit) = self.circuit.as_mut().filter(|_| kind == Kind::Audio) {
            circuit.handle_input(now, input);
        } else if let Some(stream) = self.stream(kind) {
            stream.rtp.handle_input(now, input);
        }
    }

    /// Puts a packet on its way, over a line as bad as it is.
    fn send_rtp(&mut self, kind: Kind, to: SocketAddr, data: Bytes) {
        let packets = self.mishaps[1].pass((kind, to, data));
        self.datagrams.extend(packets.map(|(kind, to, data)| media(kind, Component::Rtp, to, data)));
    }

    fn send_rtcp(&mut self, kind: Kind, muxed: bool, to: SocketAddr, data: Bytes) {
        // On a muxed port there is one socket (RFC 5761 §5.1.1).
        let component = if muxed { Component::Rtp } else { Component::Rtcp };
        self.datagrams.push_back(media(kind, component, to, data));
    }

    fn stream(&mut self, kind: Kind) -> Option<&mut Stream> {
        match kind {
            Kind::Audio => self.audio.as_mut(),
            Kind::Video => self.video.as_mut(),
        }
    }

    /// Takes one thing out of a stream; `false` when there is none.
    fn poll_media(&mut self, now: Now, kind: Kind) -> bool {
        let Some(stream) = self.stream(kind) else { return false };
        match stream.rtp.poll_output() {
            rtp::Output::Rtp { to, data } => self.send_rtp(kind, to, data),
            rtp::Output::Rtcp { to, data } => {
                let muxed = stream.agreed.rtcp_mux;
                self.send_rtcp(kind, muxed, to, data);
            }
            rtp::Output::Timeout(due) => {
                stream.rtp_due = due;
                return false;
            }
            rtp::Output::Event(rtp::Event::Frame(frame)) => {
                let received = stream.receive(now, frame);
                self.events.extend(received);
            }
            rtp::Output::Event(rtp::Event::KeyFrameWanted) => stream.key_frame_wanted(),
            rtp::Output::Event(rtp::Event::Digit(digit)) => self.events.push_back(Event::Key(digit)),
            rtp::Output::Event(
                rtp::Event::DigitEnd { .. }
                | rtp::Event::ComfortNoise { .. }
                | rtp::Event::ModeRequest { .. }
                | rtp::Event::RateLimit { .. }
                | rtp::Event::Report { .. }
                | rtp::Event::Latched { .. }
                | rtp::Event::Bye,
            ) => {}
        }
        true
    }

    /// Takes one thing out of the circuit; `false` when there is none.
    fn poll_circuit(&mut self, now: Now) -> bool {
        let Some(circuit) = &mut self.circuit else { return false };
        let muxed = circuit.rtcp_mux;
        match circuit.poll(now, &mut self.config.material) {
            Some(News::Send { rtcp: false, to, data }) => self.send_rtp(Kind::Audio, to, data),
            Some(News::Send { rtcp: true, to, data }) => self.send_rtcp(Kind::Audio, muxed, to, data),
            Some(News::Event(event)) => self.events.push_back(event),
            Some(News::Ended(cause)) => self.session_ended(now, cause),
            None => return false,
        }
        true
    }

    fn due(&self) -> Option<Instant> {
        let streams = self.audio.iter().chain(&self.video).map(Stream::due);
        let circuit = self.circuit.as_ref().and_then(|circuit| circuit.due());
        streams.chain(self.sip_due).chain(circuit).min()
    }

    fn address(&self) -> IpAddr {
        self.config.sip.ip()
    }
}

fn media(kind: Kind, component: Component, to: SocketAddr, data: Bytes) -> Output {
    Output::Media { kind, component, to, data }
}
