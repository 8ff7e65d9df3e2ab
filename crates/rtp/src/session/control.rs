//! RTCP: reports, requests for key pictures, leaving.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use media::{Kind, Now};
use rand::Rng;

use super::{Config, Event, Output, Session};
use crate::latch::is_nowhere;
use crate::limits;
use crate::rtcp::{
    self, Bye, Fir, FirEntry, Interval, Members, Packet, Pli, ReceiverReport, ReportBlock, Sdes, SenderReport,
};
use crate::source::Source;

/// RTCP bandwidth by RFC 3550 §6.2: five percent of 64 kbit/s of sound, or of 256 kbit/s of pictures.
const RTCP_BPS_AUDIO: u32 = 3_200;
const RTCP_BPS_VIDEO: u32 = 12_800;

/// The state of RTCP.
#[derive(Debug)]
pub(super) struct Control {
    interval: Interval,
    report_at: Option<Instant>,
    /// Where the peer's RTCP was seen to come from.
    remote: Option<SocketAddr>,
    /// Packets we had sent at the last report and at the one before (§6.4: SR or RR).
    sent_at_reports: [u64; 2],
    any_sent: bool,
    bye_seen: Option<u32>,
    /// When a request for a key picture may go; `None` when none is wanted.
    request_due: Option<Instant>,
    request_last: Option<Instant>,
    fir_sent: u8,
    fir_seen: Option<FirEntry>,
}

impl Control {
    pub(super) fn new(kind: Kind) -> Self {
        let rtcp_bps = match kind {
            Kind::Audio => RTCP_BPS_AUDIO,
            Kind::Video => RTCP_BPS_VIDEO,
        };
        Control {
            interval: Interval::new(rtcp_bps),
            report_at: None,
            remote: None,
            sent_at_reports: [0; 2],
            any_sent: false,
            bye_seen: None,
            request_due: None,
            request_last: None,
            fir_sent: 0,
            fir_seen: None,
        }
    }

    /// `moved`: the peer's latched address does not count any more, nor does where its RTCP came from.
    pub(super) fn reconfigure(&mut self, old: &Config, new: &Config, moved: bool) {
        let places = [old.remote_rtcp, new.remote_rtcp];
        let negotiated_anew = places[0] != places[1] && !places.into_iter().any(is_nowhere);
        if moved || negotiated_anew {
            self.remote = None;
        }
    }

    /// RTP is taken from this address: RTCP from another host was not the peer's.
    pub(super) fn latched(&mut self, from: SocketAddr) {
        self.remote = self.remote.filter(|remote| remote.ip() == from.ip());
    }

    pub(super) fn report_deadline(&self) -> Option<Instant> {
        self.report_at
    }

    /// What was asked for is there.
    pub(super) fn key_frame_came(&mut self) {
        self.request_due = None;
    }
}

impl Session {
    /// Asks the peer for a key picture by PLI or FIR, as was agreed. Requests are sent at most once in
    /// [`limits::KEY_FRAME_REQUEST_INTERVAL`]; one within it goes at its end unless a key picture comes
    /// first. Before the peer's source is known, or after it has moved, it goes when the source is there;
    /// during a hold, when that ends. Answers `false` when neither was agreed on: then ask another way.
    pub fn request_key_frame(&mut self, now: Now) -> bool {
        let agreed = self.config.feedback.pli || self.config.feedback.fir;
        if self.closed || self.config.kind != Kind::Video || !agreed {
            return false;
        }
        let earliest = self.control.request_last.map(|last| last + limits::KEY_FRAME_REQUEST_INTERVAL);
        self.control.request_due = Some(earliest.map_or(now.mono, |earliest| earliest.max(now.mono)));
        self.run_timers(now);
        true
    }

    /// Says BYE (RFC 3550 §6.6) if anything was ever sent (§6.3.7), and sends nothing any more.
    pub fn goodbye(&mut self, now: Now) {
        if self.closed {
            return;
        }
        if self.counters.sent_packets > 0 || self.control.any_sent {
            let bye = Bye { sources: vec![self.ssrc], reason: String::new() };
            self.send_compound(now, |out| bye.write(out));
        }
        self.closed = true;
        self.control.report_at = None;
        self.control.request_due = None;
        self.rates.close();
        self.sending.digits = crate::dtmf::Sender::new(self.config.send.codec.clock_rate());
    }

    pub(super) fn rtcp_arrived(&mut self, now: Now, from: SocketAddr, data: &Bytes) {
        let negotiated = || self.rtcp_remote().map(|remote| remote.ip());
        let expected = self.receiving.peer().map(|peer| peer.from.ip()).or_else(negotiated);
        if expected != Some(from.ip()) {
            self.counters.wrong_source += 1;
            return;
        }
        let Ok(packets) = rtcp::parse(data) else {
            self.counters.malformed += 1;
            return;
        };
        self.control.interval.packet(data.len());
        self.control.remote = Some(from);
        self.heard_at = Some(now.mono);
        let mut key_frame_wanted = false;
        for packet in &packets {
            match packet {
                Packet::SenderReport(report) => self.sender_report(now, report),
                Packet::ReceiverReport(report) => self.report_blocks(now, &report.blocks),
                Packet::Bye(bye) => self.bye(bye),
                Packet::Pli(pli) => key_frame_wanted |= pli.media == self.ssrc || pli.media == 0,
                Packet::Fir(fir) => key_frame_wanted |= self.fir(fir),
                Packet::Tmmbr(request) => self.rate_requested(request),
                Packet::Tmmbn(_) => self.rate_notified(),
                Packet::Remb(remb) => self.rate_estimated(remb),
                Packet::Sdes(_) | Packet::Unknown(_) => {}
            }
        }
        if key_frame_wanted && self.config.kind == Kind::Video {
            self.counters.key_frames_wanted += 1;
            self.event(Event::KeyFrameWanted);
        }
    }

    fn sender_report(&mut self, now: Now, report: &SenderReport) {
        if let Some(source) = self.receiving.source.as_mut().filter(|source| source.ssrc() == report.ssrc) {
            source.reported(now.mono, report.ntp, report.rtp_timestamp);
        }
        self.report_blocks(now, &report.blocks);
    }

    fn report_blocks(&mut self, now: Now, blocks: &[ReportBlock]) {
        let own = self.ssrc;
        for block in blocks.iter().filter(|block| block.ssrc == own) {
            self.counters.remote_fraction_lost = block.fraction_lost;
            self.counters.remote_lost = block.cumulative_lost;
            if block.last_sender_report != 0 {
                // A - LSR - DLSR, in 1/65536 s (§6.4.1); more than half the range is a clock that was set back.
                let waited = block.last_sender_report.wrapping_add(block.delay_since_last_sender_report);
                let units = ((now.ntp() >> 16) as u32).wrapping_sub(waited);
                self.counters.rtt =
                    (units < 1 << 31).then(|| Duration::from_nanos((u64::from(units) * 1_000_000_000) >> 16));
            }
            self.tell_report(now, block.fraction_lost);
        }
    }

    fn bye(&mut self, bye: &Bye) {
        let ssrc = self.receiving.peer().map(|peer| peer.ssrc).filter(|ssrc| bye.sources.contains(ssrc));
        if ssrc.is_some() && self.control.bye_seen != ssrc {
            self.control.bye_seen = ssrc;
            self.event(Event::Bye);
        }
    }

    /// Whether it is new: a repetition carries the same number (RFC 5104 §4.3.1.2).
    fn fir(&mut self, fir: &Fir) -> bool {
        let Some(entry) = fir.entries.iter().find(|entry| entry.ssrc == self.ssrc) else {
            return false;
        };
        let seen = FirEntry { ssrc: fir.sender, sequence: entry.sequence };
        self.control.fir_seen.replace(seen) != Some(seen)
    }

    pub(super) fn key_frame_deadline(&self) -> Option<Instant> {
        // The source of a peer that has moved is not the one to ask.
        let asked = self.receiving.peer().is_some() && self.rtcp_remote().is_some();
        self.control.request_due.filter(|_| asked)
    }

    pub(super) fn send_key_frame_request(&mut self, now: Now) {
        self.control.request_due = None;
        let Some(media) = self.receiving.source.as_ref().map(Source::ssrc) else {
            return;
        };
        self.control.request_last = Some(now.mono);
        self.counters.key_frames_requested += 1;
        let sender = self.ssrc;
        if self.config.feedback.pli {
            self.send_compound(now, |out| Pli { sender, media }.write(out));
        } else {
            self.control.fir_sent = self.control.fir_sent.wrapping_add(1);
            let entries = vec![FirEntry { ssrc: media, sequence: self.control.fir_sent }];
            self.send_compound(now, |out| Fir { sender, entries }.write(out));
        }
    }

    pub(super) fn schedule_first_report(&mut self, now: Now) {
        if self.control.report_at.is_none() {
            self.schedule_report(now);
        }
    }

    fn schedule_report(&mut self, now: Now) {
        let we_send = self.is_sender();
        let peers = u32::from(self.receiving.source.is_some());
        let members = Members { members: 1 + peers, senders: u32::from(we_send) + peers, we_send };
        self.control.report_at = Some(now.mono + self.control.interval.draw(members, &mut self.random));
    }

    /// Whether anything was sent since the report before the last one (§6.4).
    fn is_sender(&self) -> bool {
        self.counters.sent_packets > self.control.sent_at_reports[1]
    }

    pub(super) fn send_report(&mut self, now: Now) {
        self.send_compound(now, |_| ());
        let [last, _] = self.control.sent_at_reports;
        self.control.sent_at_reports = [self.counters.sent_packets, last];
        self.schedule_report(now);
    }

    /// SR or RR, SDES, and what else there is to say (§6.1). During a hold nothing is said, and nothing
    /// counts as said.
    pub(super) fn send_compound(&mut self, now: Now, more: impl FnOnce(&mut BytesMut)) {
        let Some(to) = self.rtcp_remote() else {
            return;
        };
        let blocks = self.receiving.source.iter_mut().map(|source| source.report_block(now.mono)).collect();
        let mut data = BytesMut::with_capacity(128);
        if self.is_sender() {
            let report = SenderReport {
                ssrc: self.ssrc,
                ntp: now.ntp(),
                rtp_timestamp: self.sending.timestamp_at(now),
                packets: self.counters.sent_packets as u32,
                octets: self.counters.sent_octets as u32,
                blocks,
            };
            report.write(&mut data);
        } else {
            ReceiverReport { ssrc: self.ssrc, blocks }.write(&mut data);
        }
        Sdes(vec![(self.ssrc, Some(self.config.cname.clone()))]).write(&mut data);
        more(&mut data);
        self.control.any_sent = true;
        self.control.interval.packet(data.len());
        self.out.push_back(Output::Rtcp { to, data: data.freeze() });
    }

    /// Where RTCP goes; nowhere during a hold, which is of RTP and RTCP (RFC 3264 §8.4).
    pub(super) fn rtcp_remote(&self) -> Option<SocketAddr> {
        let rtp = self.receiving.remote();
        let rtcp = match self.config.rtcp_mux {
            true => rtp,
            false => self.control.remote.unwrap_or(self.config.remote_rtcp),
        };
        (!is_nowhere(rtp) && !is_nowhere(rtcp)).then_some(rtcp)
    }

    /// The peer uses our SSRC, or our own packets come back: leave it once, and take another one (§8.2).
    /// Answers `false` when that was done already: then it is a loop.
    pub(super) fn resolve_collision(&mut self, now: Now) -> bool {
        if self.collided || self.closed {
            return false;
        }
        let bye = Bye { sources: vec![self.ssrc], reason: String::new() };
        if self.counters.sent_packets > 0 || self.control.any_sent {
            self.send_compound(now, |out| bye.write(out));
        }
        self.collided = true;
        self.ssrc = self.ssrc.wrapping_add(self.random.random_range(1..=u32::MAX));
        true
    }
}
