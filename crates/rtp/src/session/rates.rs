//! How fast pictures may go: what the peer asks of us (TMMBR, REMB), what its reports tell of our packets, and what
//! we ask of it (RFC 5104 §3.5.4, §4.2).
//!
//! A request is answered by a TMMBN that says the same, since a session has one peer, and its owner is told; to keep
//! to it is the owner's. Ours is repeated until it is answered. Deviation from §3.5.4.3: an answer may follow a
//! request at once, as reports do here.

use std::time::Instant;

use media::{Kind, Now};

use super::{Event, RateLimitBy, Session};
use crate::limits;
use crate::rtcp::{RateEntry, RateRequest, Remb};
use crate::source::Source;

/// Octets of IP, UDP and RTP headers in each packet.
const HEADERS_V4: u16 = 20 + 8 + 12;
const HEADERS_V6: u16 = 40 + 8 + 12;
/// Octets of payload in a packet, before any was counted.
const PAYLOAD_USUAL: u64 = 600;
/// What a request says that lifts one before: more than any phone sends.
const LIFTED_BPS: u32 = 100_000_000;

/// The state of rates, both ways.
#[derive(Debug, Default)]
pub(super) struct Rates {
    /// What the owner was told last, by who said it.
    told: [Option<u32>; 2],
    /// The answer that is owed to a request.
    answer: Option<RateEntry>,
    answered_at: Option<Instant>,
    /// What the peer is to keep to.
    wanted: Option<Wanted>,
    /// When the owner was last told of a report, and the worst loss since.
    reported_at: Option<Instant>,
    worst: u8,
}

/// A request of ours.
#[derive(Clone, Copy, Debug)]
struct Wanted {
    /// Bit/s of payload; `None` lifts what was said before.
    bps: Option<u32>,
    /// When it is to be sent (again); `None` once it is answered or was said often enough.
    due: Option<Instant>,
    sent: u32,
    sent_at: Option<Instant>,
}

impl Rates {
    /// Another source is received: it has not been asked.
    pub(super) fn source_changed(&mut self, now: Now) {
        self.wanted = self.wanted.filter(|wanted| wanted.bps.is_some());
        if let Some(wanted) = &mut self.wanted {
            (wanted.due, wanted.sent) = (Some(now.mono), 0);
        }
    }

    /// Nothing is said any more.
    pub(super) fn close(&mut self) {
        (self.answer, self.wanted) = (None, None);
    }
}

impl Session {
    /// Asks the peer by TMMBR, else by REMB, to send no more than `bps` of payload from now on; `None` lifts that. Sent at most once
    /// in [`limits::RATE_REQUEST_INTERVAL`], and repeated until it is answered (an estimate never is, and is said
    /// [`limits::RATE_REQUESTS_MAX`] times). Answers `false` when neither was agreed on.
    pub fn limit_peer(&mut self, now: Now, bps: Option<u32>) -> bool {
        let agreed = self.config.feedback.tmmbr || self.config.feedback.remb;
        if self.closed || self.config.kind != Kind::Video || !agreed {
            return false;
        }
        let before = self.rates.wanted;
        if before.is_none_or(|wanted| wanted.bps != bps) && (before.is_some() || bps.is_some()) {
            let sent_at = before.and_then(|wanted| wanted.sent_at);
            let earliest = sent_at.map(|at| at + limits::RATE_REQUEST_INTERVAL);
            let due = Some(earliest.map_or(now.mono, |earliest| earliest.max(now.mono)));
            self.rates.wanted = Some(Wanted { bps, due, sent: 0, sent_at });
            self.run_timers(now);
        }
        true
    }

    pub(super) fn rate_requested(&mut self, request: &RateRequest) {
        let own = request.entries.iter().filter(|entry| entry.ssrc == self.ssrc);
        let listens = self.config.kind == Kind::Video && !self.closed;
        let Some(entry) = own.min_by_key(|entry| entry.total_bps).filter(|_| listens) else {
            return;
        };
        self.rates.answer = Some(RateEntry { ssrc: request.sender, ..*entry });
        let bps = self.payload_bps(entry.total_bps, entry.overhead);
        self.tell_limit(RateLimitBy::Tmmbr, bps);
    }

    pub(super) fn rate_estimated(&mut self, remb: &Remb) {
        if self.config.kind == Kind::Video && remb.sources.contains(&self.ssrc) {
            let bps = self.payload_bps(remb.total_bps, self.headers());
            self.tell_limit(RateLimitBy::Remb, bps);
        }
    }

    /// The peer says what it keeps to. That our entry is not among them means that it keeps to less.
    pub(super) fn rate_notified(&mut self) {
        if let Some(wanted) = self.rates.wanted.as_mut().filter(|wanted| wanted.sent > 0) {
            wanted.due = None;
        }
    }

    /// The peer reports how our packets fare.
    pub(super) fn tell_report(&mut self, now: Now, fraction_lost: u8) {
        if self.config.kind != Kind::Video {
            return;
        }
        let worst = self.rates.worst.max(fraction_lost);
        if self.rates.reported_at.is_some_and(|at| now.mono < at + limits::REPORT_TOLD_INTERVAL) {
            self.rates.worst = worst;
            return;
        }
        (self.rates.reported_at, self.rates.worst) = (Some(now.mono), 0);
        self.event(Event::Report { fraction_lost: worst, rtt: self.counters.rtt });
    }

    /// Told when it differs by more than the little by which estimates tremble.
    fn tell_limit(&mut self, by: RateLimitBy, bps: u32) {
        let told = self.rates.told[by as usize];
        if told.is_none_or(|told| told.abs_diff(bps) > told / 32) {
            self.rates.told[by as usize] = Some(bps);
            self.event(Event::RateLimit { bps, by });
        }
    }

    /// What a rate with headers leaves for payload, by the mean size of packets so far.
    fn payload_bps(&self, total_bps: u64, overhead: u16) -> u32 {
        let payload = mean(self.counters.sent_octets, self.counters.sent_packets);
        let bps = u128::from(total_bps) * u128::from(payload) / u128::from(payload + u64::from(overhead));
        u32::try_from(bps).unwrap_or(u32::MAX)
    }

    fn headers(&self) -> u16 {
        if self.receiving.remote().is_ipv4() { HEADERS_V4 } else { HEADERS_V6 }
    }

    pub(super) fn rate_request_deadline(&self) -> Option<Instant> {
        let due = self.rates.wanted?.due?;
        (self.receiving.peer().is_some() && self.rtcp_remote().is_some()).then_some(due)
    }

    pub(super) fn send_rate_request(&mut self, now: Now) {
        let (overhead, sender) = (self.headers(), self.ssrc);
        let source = self.receiving.source.as_ref().map(Source::ssrc);
        let (Some(wanted), Some(ssrc)) = (&mut self.rates.wanted, source) else { return };
        wanted.sent += 1;
        wanted.sent_at = Some(now.mono);
        let again = wanted.sent < limits::RATE_REQUESTS_MAX;
        wanted.due = again.then(|| now.mono + limits::RATE_REQUEST_INTERVAL);
        let payload = mean(self.counters.received_octets, self.counters.received);
        let bps = u64::from(wanted.bps.unwrap_or(LIFTED_BPS));
        let total_bps = bps * (payload + u64::from(overhead)) / payload;
        if !self.config.feedback.tmmbr {
            let sources = vec![ssrc];
            return self.send_compound(now, |out| Remb { sender, total_bps, sources }.write(out));
        }
        let entries = vec![RateEntry { ssrc, total_bps, overhead }];
        self.send_compound(now, |out| RateRequest { sender, entries }.write_request(out));
    }

    pub(super) fn rate_answer_deadline(&self) -> Option<Instant> {
        self.rates.answer.filter(|_| self.rtcp_remote().is_some())?;
        // Where none was given yet: at once, that is before any other time.
        self.rates.answered_at.map(|at| at + limits::RATE_ANSWER_INTERVAL).or(self.heard_at)
    }

    pub(super) fn send_rate_answer(&mut self, now: Now) {
        self.rates.answered_at = Some(now.mono);
        let sender = self.ssrc;
        let entries = self.rates.answer.take().into_iter().collect();
        self.send_compound(now, |out| RateRequest { sender, entries }.write_notification(out));
    }
}

/// Octets of payload in a packet, at least one.
fn mean(octets: u64, packets: u64) -> u64 {
    octets.checked_div(packets).unwrap_or(PAYLOAD_USUAL).max(1)
}
