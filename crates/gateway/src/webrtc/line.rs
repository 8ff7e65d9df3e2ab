//! `Line`: one medium of a WebRTC leg, between frames and decrypted packets.
//!
//! Our own `rtp::Session` serves it as it serves a phone's m-line: packets in order, loss told, timestamps
//! on one line, parameter sets before each IDR picture, reports of both streams on one clock.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use bytes::Bytes;
use media::{Frame, Kind, Now};
use sdp::AgreedStream;

use super::limits;
use super::tap::Tapped;

/// The browser, as `rtp` sees it: ICE knows where it really is.
const PEER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9);

/// What a line wants done.
#[derive(Debug)]
pub(crate) enum Wanted {
    /// Send this packet.
    Rtp(Bytes),
    /// Send this compound.
    Rtcp(Bytes),
    /// The browser's next frame.
    Frame(Frame),
    /// The browser asks for a key picture.
    KeyPicture,
    /// The browser takes no more pictures than this.
    RateLimit { bps: u32, by: rtp::RateLimitBy },
    /// The browser tells how our pictures fare.
    Report { fraction_lost: u8, rtt: Option<Duration> },
    /// The browser pressed a key.
    Digit(rtp::Digit),
}

/// One medium of one browser.
pub(crate) struct Line {
    pub(crate) kind: Kind,
    rtp: rtp::Session,
    /// When the session has something to do by itself.
    pub(crate) due: Option<Instant>,
    /// No key picture of the browser has come yet.
    waits: bool,
}

impl Line {
    pub(crate) fn new(agreed: &AgreedStream, ssrc: u32, cname: &str, seed: u64) -> Self {
        Line {
            kind: agreed.kind,
            rtp: rtp::Session::new(config(agreed, ssrc, cname, seed)),
            due: None,
            waits: agreed.kind == Kind::Video,
        }
    }

    /// Sends a frame of the call; `fresh`: it is the first of its source.
    pub(crate) fn send(&mut self, now: Now, frame: &Frame, fresh: bool) {
        if fresh {
            self.rtp.source_changed();
        }
        self.rtp.send(now, frame);
    }

    /// Takes a packet of the browser. RTCP is given to every line; each reads what is its own.
    pub(crate) fn receive(&mut self, now: Now, tapped: &Tapped) {
        let input = match tapped {
            Tapped::Rtp(data) => rtp::Input::Rtp { from: PEER, data: data.clone() },
            Tapped::Rtcp(data) => rtp::Input::Rtcp { from: PEER, data: data.clone() },
        };
        self.rtp.handle_input(now, input);
    }

    /// Asks the browser for a key picture.
    pub(crate) fn want_key_picture(&mut self, now: Now) {
        self.rtp.request_key_frame(now);
    }

    /// See [`rtp::Session::limit_peer`].
    pub(crate) fn limit_peer(&mut self, now: Now, bps: Option<u32>) {
        self.rtp.limit_peer(now, bps);
    }

    /// See [`rtp::Session::set_age`].
    pub(crate) fn set_age(&mut self, age: Duration) {
        self.rtp.set_age(age);
    }

    pub(crate) fn on_timeout(&mut self, now: Now) {
        if self.due.is_some_and(|due| due <= now.mono) {
            self.rtp.handle_input(now, rtp::Input::Timeout);
        }
    }

    /// Says that our stream ends (RFC 3550 §6.6).
    pub(crate) fn goodbye(&mut self, now: Now) {
        self.rtp.goodbye(now);
    }

    /// What is to be done next; `None` until the next input or `due`.
    pub(crate) fn next(&mut self, now: Now) -> Option<Wanted> {
        loop {
            let event = match self.rtp.poll_output() {
                rtp::Output::Rtp { data, .. } => return Some(Wanted::Rtp(data)),
                rtp::Output::Rtcp { data, .. } => return Some(Wanted::Rtcp(data)),
                rtp::Output::Event(event) => event,
                rtp::Output::Timeout(due) => {
                    self.due = due;
                    return None;
                }
            };
            match event {
                rtp::Event::Frame(frame) => {
                    self.look_for_key_picture(now, &frame);
                    return Some(Wanted::Frame(frame));
                }
                rtp::Event::KeyFrameWanted => return Some(Wanted::KeyPicture),
                rtp::Event::RateLimit { bps, by } => return Some(Wanted::RateLimit { bps, by }),
                rtp::Event::Report { fraction_lost, rtt } => {
                    return Some(Wanted::Report { fraction_lost, rtt });
                }
                rtp::Event::Digit(digit) => return Some(Wanted::Digit(digit)),
                // A source that left may come back; the connection's state says whether the browser is there.
                rtp::Event::DigitEnd { .. }
                | rtp::Event::ComfortNoise { .. }
                | rtp::Event::ModeRequest { .. }
                | rtp::Event::Latched { .. }
                | rtp::Event::Bye => {}
            }
        }
    }

    /// A browser sends as soon as its side of DTLS is done, a moment before ours: its first key picture may
    /// be lost, and it would send no other by itself.
    fn look_for_key_picture(&mut self, now: Now, frame: &Frame) {
        if self.waits {
            self.waits = !frame.keyframe;
            if self.waits {
                self.rtp.request_key_frame(now);
            }
        }
    }

    /// Counters for the log.
    pub(crate) fn statistics(&self) -> rtp::Statistics {
        self.rtp.statistics()
    }
}

/// Whether a datagram is of this stream, by its payload type (one transport carries both, RFC 8843).
pub(crate) fn is_of(agreed: &AgreedStream, packet: &[u8]) -> bool {
    let Some(number) = packet.get(1).map(|octet| octet & 0x7F) else { return false };
    agreed.receive.iter().any(|format| format.pt == number) || agreed.dtmf_receive.contains(&number)
}

/// As on any leg; the addresses are the peer connection's own business.
fn config(agreed: &AgreedStream, ssrc: u32, cname: &str, seed: u64) -> rtp::Config {
    rtp::Config {
        ssrc: Some(ssrc),
        remote_rtp: PEER,
        remote_rtcp: PEER,
        rtcp_mux: true,
        mtu: limits::RTP_PAYLOAD_LEN_MAX,
        ..call::rtp_config(agreed, cname, seed)
    }
}
