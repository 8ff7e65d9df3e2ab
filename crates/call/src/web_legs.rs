//! Legs to browsers: visitors who call, desks that ring, and what either says.
//!
//! Only what differs from a SIP leg is here: how such a leg begins, and its words. Sources, bridges,
//! requests for key pictures and the end of everything are those of any leg.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use media::{Frame, Kind, Now};
use sdp::AgreedStream;
use tracing::{info, warn};

use crate::agent_leg::Parting;
use crate::call::{Call, Output, Start};
use crate::carrier::{self, Carrier};
use crate::cdr::{Cause, Facts};
use crate::leg::{Bearer, CALLER, Leg, Phase};
use crate::stream::Stream;
use crate::web::{Ended, FromBrowser, Media, SessionId, StopRinging, ToBrowser};
use crate::{CallId, LegId, dtmf, limits};

/// A browser's wish to call that was admitted.
pub(crate) struct Visit {
    pub(crate) id: CallId,
    pub(crate) session: SessionId,
    /// How the visitor calls itself.
    pub(crate) name: String,
    pub(crate) media: Media,
    pub(crate) called: String,
    pub(crate) flow: dialplan::FlowId,
    pub(crate) service: Arc<dialplan::Service>,
    pub(crate) notice: Option<Arc<dialplan::Notice>>,
    pub(crate) seed: u64,
    pub(crate) ticket: u64,
}

impl Call {
    /// Takes a visitor's call. Its flow begins once media flows.
    pub(crate) fn of_visitor(now: Now, visit: Visit) -> Self {
        let Visit { id, session, mut name, media, called, flow, service, notice, seed, ticket } = visit;
        let kept = name.floor_char_boundary(limits::NAME_LEN_MAX);
        name.truncate(kept);
        let mut leg = Leg::of_browser(CALLER, Phase::Answering, session);
        leg.connect_due = Some(now.mono + limits::CONNECT_WITHIN);
        let is_flash = service.flow_for(&called).is_some_and(dialplan::Flow::is_flash);
        if !is_flash {
            leg.take_media(session, &media);
        }
        let caller = Some(name).filter(|name| !name.is_empty());
        let facts = Facts::new(id, format!("web-{}", session.0), caller, called, now.wall);
        let word = ToBrowser::Accepted { call: id };
        let out = VecDeque::from([Output::Web { session, word }]);
        let mut call =
            Call::begin(Start { facts, leg, service, notice, flow, ticket, seed, out, answer: None }, now);
        if is_flash {
            call.start_flash(now);
        }
        call
    }

    /// Rings a desk; false when the caller's leg has no sound to be joined with.
    pub(crate) fn ring_desk(&mut self, id: LegId, session: SessionId, auto_answer: bool) -> bool {
        let Some(media) = self.leg(CALLER).and_then(|caller| caller.media_for_browser()) else {
            info!("is not offered to a desk: the caller has no sound");
            return false;
        };
        self.legs.push(Leg::of_browser(id, Phase::Dialing, session));
        let word = ToBrowser::Ring {
            call: self.facts.call,
            ticket: self.ticket,
            caller: self.facts.caller.clone().unwrap_or_default(),
            number: self.facts.called.clone(),
            queue: self.queue_name().to_owned(),
            stars: self.stars(),
            path: self.way_here(),
            auto_answer,
            media: Box::new(media),
        };
        self.out.push_back(Output::Web { session, word });
        true
    }

    /// The nodes that the caller came by last, each once where it is repeated.
    fn way_here(&self) -> Vec<String> {
        let mut nodes = self.facts.path.clone();
        nodes.dedup();
        nodes.split_off(nodes.len().saturating_sub(limits::PATH_TOLD))
    }

    pub(crate) fn on_web(&mut self, now: Now, leg: LegId, word: FromBrowser) {
        match word {
            FromBrowser::Connected => self.on_connected(now, leg),
            FromBrowser::Accept { call, media } => self.on_accept(now, leg, call, &media),
            FromBrowser::Reject { call } if call == self.facts.call => self.decline(now, leg),
            FromBrowser::Frame { kind, frame } => self.on_frame(now, leg, kind, &frame),
            FromBrowser::KeyPictureWanted => {
                if let Some(stream) = self.leg(leg).and_then(|leg| leg.stream(Kind::Video)) {
                    stream.keys.want(now.mono);
                }
            }
            FromBrowser::RateLimit { bps, by } => self.on_rate_limit(leg, by.into(), Some(bps)),
            FromBrowser::Report { fraction_lost, rtt } => self.on_report(now, leg, fraction_lost, rtt),
            FromBrowser::Digit(digit) => self.on_digit(now, leg, digit.as_char(), dtmf::Way::Page),
            FromBrowser::Wish(wish) => self.on_wish(now, leg, wish),
            FromBrowser::Text(text) => self.on_text(now, leg, &text),
            FromBrowser::Part(part) if self.is_lead(leg) => self.on_part(now, part),
            FromBrowser::HangUp => self.on_hang_up(now, leg),
            FromBrowser::Lost => self.on_lost(now, leg),
            // A ring that is over; a session that has a leg already, as the shard has told it.
            FromBrowser::Reject { .. }
            | FromBrowser::Call { .. }
            | FromBrowser::Listen(_)
            | FromBrowser::Part(_) => {}
        }
    }

    fn on_connected(&mut self, now: Now, id: LegId) {
        let Some(leg) = self.leg(id).filter(|leg| leg.phase == Phase::Answering) else { return };
        leg.phase = Phase::Up;
        leg.connect_due = None;
        match id {
            CALLER => self.start_run(now),
            _ if self.is_lead(id) => self.lead_connected(now),
            _ => self.join_agent(now, id),
        }
    }

    fn on_accept(&mut self, now: Now, id: LegId, call: CallId, media: &Media) {
        let this = self.facts.call == call;
        let Some(leg) = self.leg(id).filter(|leg| this && leg.phase == Phase::Dialing) else { return };
        let Some(session) = leg.session() else { return };
        leg.take_media(session, media);
        if !self.can_bridge(id) {
            warn!("the desk answered with media that cannot be bridged");
            return self.stop_ringing(now, id, StopRinging::NotAcceptable, acd::NotAnswered::Unfit);
        }
        if let Some(leg) = self.leg(id) {
            leg.phase = Phase::Answering;
            leg.connect_due = Some(now.mono + limits::CONNECT_WITHIN);
        }
        // The ring must not run out while ICE is at work; the caller hears the hold music meanwhile.
        self.tell_pool_answered(now, id);
    }

    fn decline(&mut self, now: Now, id: LegId) {
        if id != CALLER && self.agent() != Some(id) && !self.is_lead(id) {
            self.stop_ringing(now, id, StopRinging::Rejected, acd::NotAnswered::Rejected);
        }
    }

    fn on_hang_up(&mut self, now: Now, id: LegId) {
        if id == CALLER {
            return self.caller_gone(now, Cause::CallerHungUp);
        }
        if self.is_lead(id) {
            return self.lead_left(now, Ended::HungUp);
        }
        if self.agent() != Some(id) {
            return self.decline(now, id);
        }
        self.say_last(id, Ended::HungUp);
        self.agent_gone(now, id, Parting::HungUp);
    }

    fn on_lost(&mut self, now: Now, id: LegId) {
        if id == CALLER {
            return self.caller_gone(now, Cause::CallerLost);
        }
        if self.is_lead(id) {
            return self.lead_left(now, Ended::Lost);
        }
        if self.agent() != Some(id) {
            // As one who let it ring: who signs in again may be offered to this caller again.
            return self.stop_ringing(now, id, StopRinging::NoAnswer, acd::NotAnswered::NoAnswer);
        }
        self.say_last(id, Ended::Lost);
        self.agent_gone(now, id, Parting::Lost);
    }

    fn say_last(&mut self, id: LegId, ended: Ended) {
        if let Some(leg) = self.leg(id) {
            leg.last_words.ended = ended;
        }
    }

    fn stop_ringing(&mut self, now: Now, id: LegId, stop: StopRinging, why: acd::NotAnswered) {
        if let Some(leg) = self.leg(id) {
            leg.last_words.stop = stop;
        }
        self.offer_failed(now, id, why);
    }

    /// Media that was agreed on and does not flow ends its leg.
    pub(crate) fn drop_unconnected(&mut self, now: Now) {
        let late = |leg: &&Leg| leg.connect_due.is_some_and(|due| due <= now.mono);
        let Some(id) = self.legs.iter().find(late).map(|leg| leg.id) else { return };
        warn!(leg = id.0, "a browser's media does not flow");
        if id == CALLER {
            return self.end(now, Cause::CallerLost);
        }
        if self.is_lead(id) {
            return self.lead_left(now, Ended::NotConnected);
        }
        self.stop_ringing(now, id, StopRinging::NotConnected, acd::NotAnswered::Unreachable);
    }

    /// When that is to be looked at.
    pub(crate) fn connect_due(&self) -> Option<std::time::Instant> {
        self.legs.iter().filter_map(|leg| leg.connect_due).min()
    }

    fn on_frame(&mut self, now: Now, id: LegId, kind: Kind, frame: &Frame) {
        let Some(leg) = self.leg(id).filter(|leg| leg.phase == Phase::Up) else { return };
        let Some(stream) = leg.stream(kind) else { return };
        let fits = stream.agreed.receive.iter().any(|payload| payload.codec() == Some(frame.codec));
        let taken = fits && stream.agreed.direction.receives() && frame.data.len() <= limits::FRAME_LEN_MAX;
        stream.carrier.note_frame(now, taken);
        if taken {
            self.forward(now, id, kind, frame);
        }
    }

    /// Says something to a browser; nothing to a phone.
    pub(crate) fn say(&mut self, leg: LegId, word: impl FnOnce() -> ToBrowser) {
        if let Some(session) = self.leg(leg).and_then(|leg| leg.session()) {
            self.out.push_back(Output::Web { session, word: word() });
        }
    }
}

impl Leg {
    pub(crate) fn take_media(&mut self, session: SessionId, media: &Media) {
        let stream = |kind| {
            let agreed = media.stream(kind).filter(|agreed| agreed.kind == kind && carries(agreed))?;
            // Header extensions are none of the shell's: browsers turn their pictures themselves.
            let agreed = AgreedStream { orientation: sdp::Orientation::default(), ..agreed.clone() };
            Some(Stream::new(&agreed, Carrier::Web(Box::new(carrier::Web::new(session, kind)))))
        };
        self.audio = stream(Kind::Audio);
        self.video = stream(Kind::Video);
    }

    /// What a browser had best agree on to be joined with this leg: what then passes unchanged. `None` when there is
    /// nothing to be heard.
    fn media_for_browser(&self) -> Option<Media> {
        let stream = |kind| self.agreed(kind).map(|agreed| self.without_address(agreed));
        let media = Media { audio: stream(Kind::Audio), video: stream(Kind::Video) };
        media.audio.is_some().then_some(media)
    }

    fn without_address(&self, agreed: &AgreedStream) -> AgreedStream {
        let nowhere = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);
        match self.bearer {
            Bearer::Rtp(_) => {
                AgreedStream { remote_rtp: nowhere, remote_rtcp: nowhere, rtcp_mux: true, ..agreed.clone() }
            }
            Bearer::WebRtc(_) => agreed.clone(),
        }
    }
}

/// Whether what was agreed on is of a codec of ours. Descriptions that were negotiated always are.
pub(crate) fn carries(agreed: &AgreedStream) -> bool {
    agreed.send.codec().is_some_and(|codec| codec.kind() == agreed.kind)
}
