//! A 64 kbit/s circuit over RTP (RFC 4040): the line of a 3G-324M phone.
//!
//! A [`Circuit`] is a [`Session`] of clear mode, and a clock that says when the next octets are to be sent.
//! What comes in is given out as octets in order and erasures of known length; what goes out keeps pace
//! with it. Start at [`Circuit`].

use std::time::{Duration, Instant};

use bytes::Bytes;
use media::{Codec, Frame, Now};

use crate::{Digit, Input, Session, Statistics as SessionStatistics};

pub use crate::Config;

/// What a circuit wants done.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Send this from the RTP port.
    Rtp {
        /// Where to.
        to: std::net::SocketAddr,
        /// The datagram.
        data: Bytes,
    },
    /// Send this from the RTCP port, or from the RTP port when muxed.
    Rtcp {
        /// Where to.
        to: std::net::SocketAddr,
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
        from: std::net::SocketAddr,
    },
    /// The peer's source left (RTCP BYE).
    Bye,
}

/// What a circuit counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Packets, sources and reports, as of any session.
    pub session: SessionStatistics,
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
}

impl Circuit {
    /// A circuit that sends nothing until [`Circuit::start`]. `config.send.codec` is clear mode; the packet
    /// time is that of `config.sound`. Keys are received but never sent.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Circuit { session: Session::new(config) }
    }

    /// Begins to send, now.
    pub fn start(&mut self, now: Now) {
        let _ = now;
    }

    /// Takes over what a re-INVITE agreed on; the clock goes on.
    pub fn reconfigure(&mut self, now: Now, config: Config) {
        self.session.reconfigure(now, config);
    }

    /// Takes a datagram, or the time alone.
    pub fn handle_input(&mut self, now: Now, input: Input) {
        self.session.handle_input(now, input);
    }

    /// How many octets the next packet takes, when its time has come: hand them to [`Circuit::send`], and
    /// ask again.
    pub fn octets_due(&mut self, now: Now) -> Option<usize> {
        let _ = now;
        None
    }

    /// When the next packet is to be sent; `None` while nothing is sent. Part of [`Output::Timeout`].
    #[must_use]
    pub fn due(&self) -> Option<Instant> {
        None
    }

    /// Sends octets of the line, in the bit order of RTP: as many as [`Circuit::octets_due`] said.
    pub fn send(&mut self, now: Now, octets: Bytes) {
        let frame = Frame::new(Codec::Clearmode, Duration::ZERO, Duration::ZERO, true, octets);
        self.session.send(now, &frame);
    }

    /// Says BYE, and sends nothing any more.
    pub fn goodbye(&mut self, now: Now) {
        self.session.goodbye(now);
    }

    /// When the peer was last heard, as [`Session::heard_at`].
    #[must_use]
    pub fn heard_at(&self) -> Option<Instant> {
        self.session.heard_at()
    }

    /// The counters since the circuit was made.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        Statistics { session: self.session.statistics(), ..Statistics::default() }
    }

    /// The next thing to do, until [`Output::Timeout`].
    pub fn poll_output(&mut self) -> Output {
        Output::Timeout(None)
    }
}
