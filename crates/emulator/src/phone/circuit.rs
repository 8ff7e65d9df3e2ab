//! The telephone's 3G half: a clear-mode line by RTP (RFC 4040) and the H.324M terminal at its end.
//!
//! Everything that is sent follows the line: a speech frame goes to the terminal for each 160 octets that
//! leave, a picture for each of its periods, so nothing can drift apart. Start at [`Circuit::run`].

use std::time::{Duration, Instant};

use bytes::Bytes;
use codec::{audio, video};
use h324m::{Channels, DigitForm, EndCause, Event as TerminalEvent, Way};
use media::{Codec, Frame, Kind, Now, VideoFormat};
use rtp::Digit;
use rtp::circuit::{self as line, Statistics};

use super::{Event, KeyForm};
use crate::impairments::BitErrors;
use crate::limits::{END_SESSION_MAX, KEY_PRESS};
use crate::material::{AMR_MODE_MAX, Material, PACKET};
use crate::source;

/// Octets of the line in a second (RFC 4040 §3).
const LINE_RATE: u64 = 8_000;

/// What a circuit counted.
#[derive(Clone, Copy, Debug)]
pub struct CircuitReport {
    /// What the terminal counted.
    pub terminal: h324m::Counters,
    /// What its line counted.
    pub line: Statistics,
}

pub(crate) struct Circuit {
    pub(crate) rtcp_mux: bool,
    line: line::Circuit,
    line_due: Option<Instant>,
    terminal: Box<h324m::Session>,
    terminal_due: Option<Instant>,
    running: bool,
    keys: KeyForm,
    sound: Source,
    pictures: Source,
    decoders: Option<Decoders>,
    errors: [BitErrors; 2],
    /// Octets that have left.
    sent: u64,
    /// We hang up, and wait no longer than this for the terminal to have said so.
    closing: Option<Instant>,
}

/// What is sent on one channel.
struct Source {
    frames: Option<source::Source>,
    /// The line's octet at which the next frame is due.
    next: u64,
}

struct Decoders {
    sound: audio::Decoder,
    pictures: Option<(Codec, video::Decoder)>,
    /// The first key picture has come.
    begun: bool,
}

/// What a circuit has for its telephone.
pub(crate) enum News {
    Send {
        rtcp: bool,
        to: std::net::SocketAddr,
        data: Bytes,
    },
    Event(Event),
    /// The terminal is done.
    Ended(EndCause),
}

impl Circuit {
    pub(crate) fn new(
        now: Now,
        line: line::Config,
        rtcp_mux: bool,
        terminal: h324m::Config,
        keys: KeyForm,
        decodes: bool,
        bit_errors: f64,
    ) -> Result<Self, codec::Error> {
        let seed = terminal.seed;
        let decoders = if decodes {
            Some(Decoders { sound: audio::Decoder::new(Codec::Amr)?, pictures: None, begun: false })
        } else {
            None
        };
        let terminal = h324m::Config { answered: false, ..terminal };
        Ok(Circuit {
            rtcp_mux,
            line: line::Circuit::new(line),
            line_due: None,
            terminal: Box::new(h324m::Session::new(now.mono, terminal)),
            terminal_due: None,
            running: false,
            keys,
            sound: Source::SILENT,
            pictures: Source::SILENT,
            decoders,
            errors: [1, 2].map(|way| BitErrors::new(bit_errors, seed.wrapping_mul(31).wrapping_add(way))),
            sent: 0,
            closing: None,
        })
    }

    /// The call was answered: the line begins to send.
    pub(crate) fn start(&mut self, now: Now) {
        if !self.running {
            self.running = true;
            self.terminal.handle_input(now.mono, h324m::Input::Answered);
            self.line.start(now);
        }
    }

    pub(crate) fn reconfigure(&mut self, now: Now, line: line::Config, rtcp_mux: bool) {
        self.rtcp_mux = rtcp_mux;
        self.line.reconfigure(now, line);
    }

    pub(crate) fn handle_input(&mut self, now: Now, input: rtp::Input) {
        self.line.handle_input(now, input);
    }

    /// Sends what is due.
    pub(crate) fn run(&mut self, now: Now) {
        if self.line_due.is_some_and(|due| due <= now.mono) {
            self.line.handle_input(now, rtp::Input::Timeout);
        }
        if self.terminal_due.is_some_and(|due| due <= now.mono) {
            self.terminal.handle_input(now.mono, h324m::Input::Timeout);
        }
        while let Some(octets) = self.running.then(|| self.line.octets_due(now)).flatten() {
            self.feed(now);
            self.sent += octets as u64;
            let packet = self.terminal.take_line(now.mono, octets);
            let packet = strike(&mut self.errors[0], packet);
            self.line.send(now, packet);
        }
    }

    /// Hands the terminal the frames whose time on the line has come.
    fn feed(&mut self, now: Now) {
        for source in [&mut self.sound, &mut self.pictures] {
            while source.is_due(self.sent) {
                if let Some(frame) = source.next() {
                    self.terminal.handle_input(now.mono, h324m::Input::Frame(frame));
                }
            }
        }
    }

    pub(crate) fn press(&mut self, now: Now, key: Digit) {
        let forms: &[DigitForm] = match self.keys {
            KeyForm::Alphanumeric => &[DigitForm::Alphanumeric],
            KeyForm::Signal => &[DigitForm::Signal],
            KeyForm::Both => &[DigitForm::Signal, DigitForm::Alphanumeric],
        };
        for &by in forms {
            let press = h324m::Input::Digit { digit: key.as_char(), by, duration: KEY_PRESS };
            self.terminal.handle_input(now.mono, press);
        }
    }

    pub(crate) fn request_key_frame(&mut self, now: Now) {
        self.terminal.handle_input(now.mono, h324m::Input::KeyPictureWanted);
    }

    /// Says the end of the session to the peer; `false` when that was said before, or nobody listens.
    pub(crate) fn hang_up(&mut self, now: Now) -> bool {
        if !self.running || self.closing.is_some() || self.terminal.ended().is_some() {
            return false;
        }
        self.closing = Some(now.mono + END_SESSION_MAX);
        self.terminal.handle_input(now.mono, h324m::Input::Hangup);
        true
    }

    /// Whether we are hanging up.
    pub(crate) fn is_closing(&self) -> bool {
        self.closing.is_some()
    }

    /// Whether the call is to end now, the far terminal having heard of it or not.
    pub(crate) fn is_closed(&self, now: Now) -> bool {
        self.closing.is_some_and(|due| due <= now.mono)
    }

    pub(crate) fn goodbye(&mut self, now: Now) {
        self.running = false;
        self.line.goodbye(now);
    }

    pub(crate) fn due(&self) -> Option<Instant> {
        [self.line_due, self.terminal_due, self.closing].into_iter().flatten().min()
    }

    pub(crate) fn report(&self) -> CircuitReport {
        CircuitReport { terminal: self.terminal.counters(), line: self.line.statistics() }
    }

    /// The next thing that happened; `None` when there is nothing more to do before [`Circuit::due`].
    pub(crate) fn poll(&mut self, now: Now, material: &mut Material) -> Option<News> {
        loop {
            if let Some(news) = self.poll_line(now) {
                return Some(news);
            }
            match self.terminal.poll_output() {
                h324m::Output::Frame(frame) => {
                    if let Some(event) = self.receive(now, frame) {
                        return Some(News::Event(event));
                    }
                }
                h324m::Output::Event(event) => return Some(self.take(event, material)),
                h324m::Output::Timeout(due) => {
                    self.terminal_due = due;
                    return None;
                }
            }
        }
    }

    fn poll_line(&mut self, now: Now) -> Option<News> {
        loop {
            let event = match self.line.poll_output() {
                line::Output::Rtp { to, data } => return Some(News::Send { rtcp: false, to, data }),
                line::Output::Rtcp { to, data } => return Some(News::Send { rtcp: true, to, data }),
                line::Output::Timeout(due) => {
                    self.line_due = due;
                    return None;
                }
                line::Output::Event(event) => event,
            };
            let input = match event {
                line::Event::Octets(octets) => h324m::Input::Line(strike(&mut self.errors[1], octets)),
                line::Event::Lost { octets } => h324m::Input::Lost { octets },
                // How much is unknown; one octet has the multiplex look for its flags anew.
                line::Event::Restarted => h324m::Input::Lost { octets: 1 },
                line::Event::Digit(key) => return Some(News::Event(Event::Key(key))),
                line::Event::DigitEnd { .. } | line::Event::Latched { .. } | line::Event::Bye => continue,
            };
            self.terminal.handle_input(now.mono, input);
        }
    }

    fn take(&mut self, event: TerminalEvent, material: &mut Material) -> News {
        match &event {
            TerminalEvent::Up { audio, video, .. } => {
                if audio.sends == Some(Codec::Amr) {
                    self.sound.begin(self.sent, material.sound(Codec::Amr, AMR_MODE_MAX));
                }
                if let Some(Channels { sends: Some(codec), .. }) = video {
                    self.show(*codec, material);
                }
            }
            TerminalEvent::VideoOpened { codec, way: Way::Sends } => self.show(*codec, material),
            TerminalEvent::VideoClosed { way: Way::Sends } => self.pictures = Source::SILENT,
            TerminalEvent::KeyPictureWanted => {
                if let Some(frames) = &mut self.pictures.frames {
                    frames.key_wanted();
                }
            }
            TerminalEvent::Digit { digit, .. } => {
                if let Ok(key) = Digit::try_from(*digit) {
                    return News::Event(Event::Key(key));
                }
            }
            TerminalEvent::Ended(cause) => return News::Ended(*cause),
            TerminalEvent::LevelUp(_)
            | TerminalEvent::VideoOpened { way: Way::Receives, .. }
            | TerminalEvent::VideoClosed { way: Way::Receives }
            | TerminalEvent::PeerVideoActive(_)
            | TerminalEvent::RateLimit { .. }
            | TerminalEvent::TradeOffWanted(_)
            | TerminalEvent::PeerTradeOff(_)
            | TerminalEvent::PeerJitter { .. }
            | TerminalEvent::Answered { .. }
            | TerminalEvent::Vendor(_)
            | TerminalEvent::RoundTrip(_) => {}
        }
        News::Event(Event::Circuit(event))
    }

    fn show(&mut self, codec: Codec, material: &mut Material) {
        if self.pictures.frames.is_none() {
            self.pictures.begin(self.sent, material.film(VideoFormat::circuit(codec)));
        }
    }

    /// Decodes one frame. Whatever cannot be decoded is reported and asked for again.
    fn receive(&mut self, now: Now, frame: Frame) -> Option<Event> {
        let Some(decoders) = &mut self.decoders else { return Some(Event::Frame(frame)) };
        let decoded = match frame.codec.kind() {
            Kind::Audio => decoders.sound.decode(&frame).map(|pcm| Some(Event::Sound(pcm))),
            Kind::Video if !decoders.begun && !frame.keyframe => {
                self.request_key_frame(now);
                return None;
            }
            Kind::Video => decoders.picture(&frame),
        };
        let broken = frame.damaged || frame.lost_before || decoded.is_err();
        if frame.codec.kind() == Kind::Video && broken {
            self.request_key_frame(now);
        }
        decoded.unwrap_or_else(|error| {
            tracing::debug!(%error, "a frame could not be decoded");
            None
        })
    }
}

impl Decoders {
    fn picture(&mut self, frame: &Frame) -> Result<Option<Event>, codec::Error> {
        if self.pictures.as_ref().is_none_or(|(codec, _)| *codec != frame.codec) {
            self.pictures = Some((frame.codec, video::Decoder::new(frame.codec)?));
        }
        self.begun = true;
        let Some((_, decoder)) = &mut self.pictures else { return Ok(None) };
        Ok(decoder.decode(frame)?.map(Event::Picture))
    }
}

impl Source {
    const SILENT: Source = Source { frames: None, next: 0 };

    /// Begins at this octet of the line.
    fn begin(&mut self, at: u64, frames: Result<source::Source, codec::Error>) {
        match frames {
            Ok(frames) => {
                // On a beat of the line, so that sound and pictures are of the same time.
                let beat = octets(frames.period());
                *self = Source { next: at.next_multiple_of(beat), frames: Some(frames) };
            }
            Err(error) => tracing::warn!(%error, "the telephone cannot send"),
        }
    }

    /// Whether the next frame is due at this octet.
    fn is_due(&self, at: u64) -> bool {
        self.frames.is_some() && self.next <= at
    }

    /// That frame, if the channel has room for it.
    fn next(&mut self) -> Option<Frame> {
        let frames = self.frames.as_mut()?;
        let at = Duration::from_secs(self.next) / LINE_RATE as u32;
        self.next += octets(frames.period());
        frames.next(at).unwrap_or_else(|error| {
            tracing::warn!(%error, "the telephone cannot send");
            None
        })
    }
}

/// Octets that pass in a time.
fn octets(time: Duration) -> u64 {
    debug_assert!(time >= PACKET, "no frame is shorter than one of speech");
    (time.as_micros() as u64 * LINE_RATE / 1_000_000).max(1)
}

fn strike(errors: &mut BitErrors, packet: Bytes) -> Bytes {
    if errors.is_clean() {
        return packet;
    }
    let mut octets = Vec::from(packet);
    errors.strike(&mut octets);
    octets.into()
}
