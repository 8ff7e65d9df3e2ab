//! One m-line of one leg: RTP and RTCP both ways, as one state machine.
//!
//! Datagrams, frames and time go in; datagrams and events come out of [`Session::poll_output`]. Sending is
//! in `send`, receiving in `receive`, reports and feedback in `control`, bit rates in `rates`; where to, and from whom, in
//! [`crate::latch`]. Nothing is sent to an unspecified address, RTCP included (a hold by RFC 2543).
//! Deviation from RFC 3550 §6.3: the timer is not reconsidered, since a session has two members at most.

mod config;
mod control;
mod rates;
mod receive;
mod send;
mod statistics;
#[cfg(test)]
mod tests;

pub use config::{Config, Feedback, SendFormat, Sound};
pub use statistics::Statistics;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use media::{Frame, Now};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::Digit;
use control::Control;
use rates::Rates;
use receive::Receiving;
use send::Sending;

/// What happens to a session.
#[derive(Clone, Debug)]
pub enum Input {
    /// A datagram came to the RTP port (RTCP too, when muxed).
    Rtp {
        /// Its source.
        from: SocketAddr,
        /// All of it.
        data: Bytes,
    },
    /// A datagram came to the RTCP port.
    Rtcp {
        /// Its source.
        from: SocketAddr,
        /// All of it.
        data: Bytes,
    },
    /// The time named by [`Output::Timeout`] has come; harmless when early.
    Timeout,
}

/// What a session wants done.
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
    /// Something for the call.
    Event(Event),
    /// Nothing more to do before this time; `None`: nothing is scheduled.
    Timeout(Option<Instant>),
}

/// What the call is told.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A packet of audio or a picture arrived.
    Frame(Frame),
    /// The talker pauses, and this is what it sounds like meanwhile, until the next frame or other noise (RFC 3389).
    ComfortNoise {
        /// When, on the time line of the frames.
        pts: Duration,
        /// Level and spectrum (§3), 1..=[`crate::limits::COMFORT_NOISE_MAX`] octets.
        noise: Bytes,
    },
    /// A key went down: the first packet of an event that arrives acts.
    Digit(Digit),
    /// A key went up.
    DigitEnd {
        /// Which.
        digit: Digit,
        /// How long it was down.
        duration: Duration,
    },
    /// The peer asks for a key picture (PLI or FIR).
    KeyFrameWanted,
    /// RTP is taken from, and (but for a hold) sent to, this address from now on. Told again when another
    /// address takes over, not when `reconfigure` keeps the latch.
    Latched {
        /// The address.
        from: SocketAddr,
    },
    /// The peer asks for AMR of this mode, 0..=7, at most (CMR, RFC 4867 §4.3.1); told when it changes.
    ModeRequest {
        /// 0 = 4.75 to 7 = 12.2 kbit/s; `None` when it likes them all, as at the beginning.
        mode: Option<u8>,
    },
    /// The peer takes no more pictures of ours than this (TMMBR, REMB); told when it changes.
    RateLimit {
        /// Bit/s of payload; headers are taken off by the mean size of what was sent.
        bps: u32,
        /// How it said so. Each stands beside the other until it is said anew.
        by: RateLimitBy,
    },
    /// The peer reports how our pictures fare; at most once in [`crate::limits::REPORT_TOLD_INTERVAL`].
    Report {
        /// Lost since its report before, in 1/256; of several reports the worst.
        fraction_lost: u8,
        /// Round-trip time (RFC 3550 §6.4.1), once it is known.
        rtt: Option<Duration>,
    },
    /// The peer's source left (RTCP BYE).
    Bye,
}

/// How a peer limits what it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateLimitBy {
    /// TMMBR (RFC 5104 §4.2.1).
    Tmmbr,
    /// REMB (draft-alvestrand-rmcat-remb).
    Remb,
}

/// Every timer of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Timer {
    /// The next RTCP report is due (RFC 3550 §6.3).
    Report,
    /// A missing packet is given up ([`crate::limits::REORDER_HOLD`]).
    Reorder,
    /// A request for a key picture that was held back may go ([`crate::limits::KEY_FRAME_REQUEST_INTERVAL`]).
    KeyFrameRequest,
    /// A TMMBR is to be sent, or sent again ([`crate::limits::RATE_REQUEST_INTERVAL`]).
    RateRequest,
    /// A TMMBR is to be answered ([`crate::limits::RATE_ANSWER_INTERVAL`]).
    RateAnswer,
    /// The next packet of a digit being sent (RFC 4733 §2.5.1).
    DigitPacket,
    /// A received digit has gone quiet ([`crate::limits::DIGIT_SILENCE`]).
    DigitSilence,
}

impl Timer {
    const ALL: [Timer; 7] = [
        Timer::Report,
        Timer::Reorder,
        Timer::KeyFrameRequest,
        Timer::RateRequest,
        Timer::RateAnswer,
        Timer::DigitPacket,
        Timer::DigitSilence,
    ];
}

/// RTP and RTCP of one m-line of one leg.
#[derive(Debug)]
pub struct Session {
    config: Config,
    ssrc: u32,
    /// Our SSRC met itself once and was changed (RFC 3550 §8.2).
    collided: bool,
    /// BYE was sent: nothing is sent any more.
    closed: bool,
    random: StdRng,
    sending: Sending,
    receiving: Receiving,
    control: Control,
    rates: Rates,
    counters: Statistics,
    /// When a datagram of the peer was last taken.
    heard_at: Option<Instant>,
    out: VecDeque<Output>,
}

impl Session {
    /// A session that has neither sent nor received.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let mut random = StdRng::seed_from_u64(config.seed);
        let drawn = random.random();
        Session {
            ssrc: config.ssrc.unwrap_or(drawn),
            collided: false,
            closed: false,
            sending: Sending::new(&config, &mut random),
            receiving: Receiving::new(&config),
            control: Control::new(config.kind),
            rates: Rates::default(),
            counters: Statistics::default(),
            heard_at: None,
            out: VecDeque::new(),
            random,
            config,
        }
    }

    /// Takes over what a re-INVITE agreed on. SSRC, sequence numbers and timestamps go on.
    ///
    /// With the same `remote_rtp` the latched address is kept (a phone behind a NAT that sends nothing at
    /// present still receives); with another one it is left and refused from then on, and the new one is
    /// sent to at once. An unspecified `remote_rtp` is a hold: nothing is sent and digits that wait are
    /// given up, until one that is specified says whether the peer is where it was.
    pub fn reconfigure(&mut self, now: Now, config: Config) {
        self.sending.reconfigure(&self.config, &config);
        let moved = self.receiving.reconfigure(&config);
        self.control.reconfigure(&self.config, &config, moved);
        self.config = config;
        self.run_timers(now);
    }

    /// Takes a datagram, or the time alone. Bad datagrams are dropped and counted.
    pub fn handle_input(&mut self, now: Now, input: Input) {
        match input {
            Input::Rtp { from, data } if self.config.rtcp_mux && crate::packet::is_rtcp(&data) => {
                self.rtcp_arrived(now, from, &data);
            }
            Input::Rtp { from, data } => self.rtp_arrived(now, from, &data),
            Input::Rtcp { from, data } => self.rtcp_arrived(now, from, &data),
            Input::Timeout => {}
        }
        self.run_timers(now);
    }

    /// The next thing to do, until [`Output::Timeout`].
    pub fn poll_output(&mut self) -> Output {
        self.out.pop_front().unwrap_or_else(|| Output::Timeout(self.next_timeout()))
    }

    /// The counters since the session was made.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        let mut statistics = self.counters;
        self.receiving.add_to(&mut statistics);
        statistics
    }

    /// When the peer was last heard: RTP of the latched source, or RTCP from its host that could be read.
    /// `None` before the first.
    #[must_use]
    pub fn heard_at(&self) -> Option<Instant> {
        self.heard_at
    }

    /// See [`crate::Source::age`]; `None` before the peer has sent a report and something after it.
    #[must_use]
    pub fn age(&self) -> Option<i64> {
        self.receiving.source.as_ref()?.age()
    }

    /// How long before it is sent what is sent was captured, compared with the other stream of the same call: sender
    /// reports say so, and the peer shows both together (RFC 3550 §6.4.1). Zero in the beginning.
    pub fn set_age(&mut self, age: Duration) {
        self.sending.age = age;
    }

    fn event(&mut self, event: Event) {
        self.out.push_back(Output::Event(event));
    }

    fn deadline(&self, timer: Timer) -> Option<Instant> {
        match timer {
            Timer::Report => self.control.report_deadline(),
            Timer::Reorder => self.receiving.reorder_deadline(),
            Timer::KeyFrameRequest => self.key_frame_deadline(),
            Timer::RateRequest => self.rate_request_deadline(),
            Timer::RateAnswer => self.rate_answer_deadline(),
            Timer::DigitPacket => self.sending.digits.deadline(),
            Timer::DigitSilence => self.receiving.digit_deadline(),
        }
    }

    fn next_timeout(&self) -> Option<Instant> {
        Timer::ALL.into_iter().filter_map(|timer| self.deadline(timer)).min()
    }

    fn run_timers(&mut self, now: Now) {
        if !self.closed {
            self.schedule_first_report(now);
        }
        for timer in Timer::ALL {
            while self.deadline(timer).is_some_and(|at| at <= now.mono) {
                match timer {
                    Timer::Report => self.send_report(now),
                    Timer::Reorder => self.drain_reorder(now),
                    Timer::KeyFrameRequest => self.send_key_frame_request(now),
                    Timer::RateRequest => self.send_rate_request(now),
                    Timer::RateAnswer => self.send_rate_answer(now),
                    Timer::DigitPacket => self.send_digit_packet(now),
                    Timer::DigitSilence => self.expire_digit(now),
                }
            }
        }
    }
}
