//! A 64 kbit/s circuit over RTP (RFC 4040): the line of a 3G-324M phone.
//!
//! A [`Circuit`] is a [`Session`] of clear mode, and a clock that says when the next octets are to be sent.
//! What comes in is given out as octets in order and erasures of known length; what goes out keeps pace
//! with it. Start at [`Circuit`]; the clock is in `clock`, how the line is joined in
//! [`crate::payload::clearmode`].

mod clock;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use media::{Codec, Frame, Now};

use crate::payload::clearmode;
use crate::{Digit, Input, Session, limits, session};
use clock::Clock;

pub use crate::Config;

/// What a circuit wants done.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Send this from the RTP port.
    Rtp {
        /// Where to.
        to: SocketAddr,
        /// The datagram.
        data: Bytes,
    },
    /// Send this from the RTCP port, or from the RTP port when muxed.
    Rtcp {
        /// Where to.
        to: SocketAddr,
        /// The datagram.
        data: Bytes,
    },
    /// Something for the owner of the line.
    Event(Event),
    /// Nothing more to do before this time, sending included; `None`: nothing is scheduled.
    Timeout(Option<Instant>),
}

/// What comes through a circuit.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Octets of the line, in the order and bit order of RTP.
    Octets(Bytes),
    /// So many octets are missing here.
    Lost {
        /// 1 or more.
        octets: usize,
    },
    /// What comes next does not join what came before; how much is missing is not known.
    Restarted,
    /// A key went down, by telephone event (RFC 4733).
    Digit(Digit),
    /// A key went up.
    DigitEnd {
        /// Which.
        digit: Digit,
        /// How long it was down.
        duration: Duration,
    },
    /// RTP is taken from, and sent to, this address from now on.
    Latched {
        /// The address.
        from: SocketAddr,
    },
    /// The peer's source left (RTCP BYE).
    Bye,
}

/// What a circuit counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Packets, sources and reports, as of any session.
    pub session: session::Statistics,
    /// Octets given out.
    pub octets: u64,
    /// Octets given out as erasures.
    pub octets_lost: u64,
    /// Times that the line began anew.
    pub restarts: u64,
    /// Octets sent.
    pub octets_sent: u64,
    /// Octets that were not sent because nobody asked in time what is due.
    pub octets_skipped: u64,
    /// How much faster (or slower) than 64 kbit/s we send, in parts per million: -200..=200.
    pub rate_ppm: i32,
}

/// One circuit, both ways.
#[derive(Debug)]
pub struct Circuit {
    session: Session,
    session_due: Option<Instant>,
    /// Octets of a packet sent.
    packet: u64,
    /// Once sending has begun, until goodbye.
    clock: Option<Clock>,
    octets_sent: u64,
    octets_skipped: u64,
    /// Where the received line stands, erasures included.
    received: u64,
    octets_lost: u64,
    restarts: u64,
    out: VecDeque<Output>,
}

impl Circuit {
    /// A circuit that sends nothing until [`Circuit::start`]. `config.send.codec` is clear mode; the packet
    /// time is that of `config.sound`. Keys are received but never sent.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let config = line(config);
        Circuit {
            packet: packet_octets(&config),
            session: Session::new(config),
            session_due: None,
            clock: None,
            octets_sent: 0,
            octets_skipped: 0,
            received: 0,
            octets_lost: 0,
            restarts: 0,
            out: VecDeque::new(),
        }
    }

    /// Begins to send, now; when it has begun already this does nothing.
    pub fn start(&mut self, now: Now) {
        self.clock.get_or_insert_with(|| Clock::new(now.mono));
        self.handle_input(now, Input::Timeout);
    }

    /// Takes over what a re-INVITE agreed on; clock, sequence numbers and timestamps go on.
    pub fn reconfigure(&mut self, now: Now, config: Config) {
        let config = line(config);
        self.packet = packet_octets(&config);
        self.session.reconfigure(now, config);
        self.drain(now);
    }

    /// Takes a datagram, or the time alone. Bad datagrams are dropped and counted.
    pub fn handle_input(&mut self, now: Now, input: Input) {
        self.session.handle_input(now, input);
        self.drain(now);
    }

    /// How many octets the next packet takes, when its time has come: hand them to [`Circuit::send`], and
    /// ask again until the answer is `None`. What is overdue by more than [`limits::CIRCUIT_BEHIND_MAX`] is
    /// left out: the line goes on from now.
    pub fn octets_due(&mut self, now: Now) -> Option<usize> {
        let due = self.due().filter(|due| *due <= now.mono)?;
        if let Some(clock) = &self.clock
            && now.mono.saturating_duration_since(due) > limits::CIRCUIT_BEHIND_MAX
        {
            let behind = clock.octets_by(now.mono).saturating_sub(self.octets_sent + self.octets_skipped);
            self.octets_skipped += behind - behind % self.packet;
        }
        usize::try_from(self.packet).ok()
    }

    /// When the next packet is to be sent; `None` while nothing is sent. Part of [`Output::Timeout`].
    #[must_use]
    pub fn due(&self) -> Option<Instant> {
        self.clock.as_ref().map(|clock| clock.time_of(self.octets_sent + self.octets_skipped))
    }

    /// Sends octets of the line, in the bit order of RTP: as many as [`Circuit::octets_due`] said. Before
    /// [`Circuit::start`] they come to nothing.
    pub fn send(&mut self, now: Now, octets: Bytes) {
        if self.clock.is_none() {
            return;
        }
        let pts = crate::clock::duration(self.octets_sent, Codec::Clearmode.clock_rate());
        self.octets_sent += octets.len() as u64;
        self.session.send(now, &Frame::new(Codec::Clearmode, pts, Duration::ZERO, true, octets));
        self.drain(now);
    }

    /// Says BYE, and sends nothing any more.
    pub fn goodbye(&mut self, now: Now) {
        self.clock = None;
        self.session.goodbye(now);
        self.drain(now);
    }

    /// When the peer was last heard, as [`Session::heard_at`].
    #[must_use]
    pub fn heard_at(&self) -> Option<Instant> {
        self.session.heard_at()
    }

    /// The counters since the circuit was made.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        Statistics {
            session: self.session.statistics(),
            octets: self.received - self.octets_lost,
            octets_lost: self.octets_lost,
            restarts: self.restarts,
            octets_sent: self.octets_sent,
            octets_skipped: self.octets_skipped,
            rate_ppm: self.clock.as_ref().map_or(0, Clock::rate_ppm),
        }
    }

    /// The next thing to do, until [`Output::Timeout`].
    pub fn poll_output(&mut self) -> Output {
        let output = self.out.pop_front();
        output.unwrap_or_else(|| Output::Timeout([self.session_due, self.due()].into_iter().flatten().min()))
    }

    /// Takes what the session has. When nobody polls, it stays there, where it is bounded.
    fn drain(&mut self, now: Now) {
        while self.out.len() < limits::OUTPUTS_MAX {
            match self.session.poll_output() {
                session::Output::Rtp { to, data } => self.out.push_back(Output::Rtp { to, data }),
                session::Output::Rtcp { to, data } => self.out.push_back(Output::Rtcp { to, data }),
                session::Output::Event(event) => self.take(now, event),
                session::Output::Timeout(due) => {
                    self.session_due = due;
                    return;
                }
            }
        }
    }

    fn take(&mut self, now: Now, event: session::Event) {
        let event = match event {
            session::Event::Frame(frame) => {
                self.take_octets(now, &frame);
                return;
            }
            session::Event::Digit(digit) => Event::Digit(digit),
            session::Event::DigitEnd { digit, duration } => Event::DigitEnd { digit, duration },
            session::Event::Latched { from } => Event::Latched { from },
            session::Event::Bye => Event::Bye,
            session::Event::KeyFrameWanted
            | session::Event::ModeRequest { .. }
            | session::Event::RateLimit { .. }
            | session::Event::Report { .. }
            | session::Event::ComfortNoise { .. } => return,
        };
        self.event(event);
    }

    /// Octets, an erasure (`damaged`) or the beginning of another line (`lost_before`), as
    /// [`crate::payload::clearmode`] has it.
    fn take_octets(&mut self, now: Now, frame: &Frame) {
        let octets = frame.data.len();
        self.received += octets as u64;
        if frame.damaged {
            self.octets_lost += octets as u64;
            self.event(Event::Lost { octets });
            return;
        }
        if frame.lost_before {
            self.restarts += 1;
            self.clock.iter_mut().for_each(Clock::restarted);
            self.event(Event::Restarted);
        }
        self.clock.iter_mut().for_each(|clock| clock.heard(now.mono, self.received));
        self.event(Event::Octets(frame.data.clone()));
    }

    fn event(&mut self, event: Event) {
        self.out.push_back(Output::Event(event));
    }
}

/// Keys go through the terminal: a telephone event would tear a hole into the line.
fn line(config: Config) -> Config {
    Config { dtmf_send: None, ..config }
}

fn packet_octets(config: &Config) -> u64 {
    clearmode::packet_len(config.sound.packet) as u64
}
