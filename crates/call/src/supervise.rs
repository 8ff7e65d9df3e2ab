//! A supervisor in a conversation: listens and looks on, prompts the agent unheard by the caller, joins in, or takes over.
//!
//! The supervisor's leg is a third one beside caller and agent, of a browser. Who hears two others gets a mixture
//! ([`Source::Mix`]); [`Call::hear`] is the one place that says who hears whom.

use media::{Format, Kind, Now, Sizes};
use tracing::info;

use crate::call::{Call, Output};
use crate::leg::{CALLER, Leg, Phase};
use crate::stream::Source;
use crate::transcode::{Job, Relay, ToTranscoder, TranscoderId};
use crate::web::{Ended, Listen, Part, PartNow, SessionId, ToBrowser};
use crate::{LegId, limits};

/// The supervisor of a conversation.
#[derive(Debug)]
pub(crate) struct Lead {
    leg: LegId,
    /// Whose account it is.
    by: String,
    part: Part,
    /// Media flows.
    up: bool,
}

impl Lead {
    /// Whether this party hears the supervisor, too.
    fn is_heard_by(&self, leg: LegId) -> bool {
        let heard = match self.part {
            Part::Monitor { .. } | Part::TakeOver => false,
            Part::Whisper { .. } => leg != CALLER,
            Part::BargeIn { .. } => true,
        };
        heard && self.up && leg != self.leg
    }
}

impl Call {
    /// A supervisor wants to listen. Answered by [`ToBrowser::Accepted`], or refused when nobody talks, somebody listens
    /// already, or there is no sound.
    pub(crate) fn on_listen(&mut self, now: Now, session: SessionId, listen: Listen) {
        let Listen { by, part, media, .. } = listen;
        let refused = |status, reason: &str| ToBrowser::Refused {
            status,
            reason: reason.to_owned(),
            retry_after: None,
        };
        let carries = media.audio.as_ref().is_some_and(crate::web_legs::carries);
        let word = match (self.agent(), &self.lead) {
            (None, _) => refused(404, "nobody talks in this call"),
            (Some(_), Some(_)) => refused(486, "somebody listens to this call already"),
            (Some(_), None) if !carries => {
                refused(488, "the browser and the gateway have no format in common")
            }
            (Some(_), None) => ToBrowser::Accepted { call: self.facts.call },
        };
        if matches!(word, ToBrowser::Accepted { .. }) {
            let id = self.next_leg();
            self.next_leg = self.next_leg.wrapping_add(1).max(1);
            let mut leg = Leg::of_browser(id, Phase::Answering, session);
            leg.take_media(session, &media);
            leg.connect_due = Some(now.mono + limits::CONNECT_WITHIN);
            leg.listens = true;
            self.legs.push(leg);
            self.lead = Some(Lead { leg: id, by, part, up: false });
        }
        self.out.push_back(Output::Web { session, word });
    }

    pub(crate) fn is_lead(&self, leg: LegId) -> bool {
        self.lead.as_ref().is_some_and(|lead| lead.leg == leg)
    }

    /// The supervisor's media flows.
    pub(crate) fn lead_connected(&mut self, now: Now) {
        let Some(lead) = &mut self.lead else { return };
        lead.up = true;
        info!(by = lead.by, "a supervisor listens");
        let part = lead.part;
        self.on_part(now, part);
    }

    /// The supervisor wants another part in it.
    pub(crate) fn on_part(&mut self, now: Now, part: Part) {
        let Some(lead) = &mut self.lead else { return };
        lead.part = part;
        if !lead.up {
            return;
        }
        info!(by = lead.by, ?part, "a supervisor's part");
        if part == Part::TakeOver {
            return self.take_over(now);
        }
        self.regroup(now);
        let (Some(leg), agent) = (self.lead.as_ref().map(|lead| lead.leg), self.agent_name().to_owned())
        else {
            return;
        };
        let caller = self.facts.caller.clone().unwrap_or_default();
        self.say(leg, || ToBrowser::Part(PartNow { part, caller, agent }));
    }

    /// The supervisor goes on with the caller in place of the agent, for whom it was all.
    fn take_over(&mut self, now: Now) {
        let Some(agent) = self.agent() else { return };
        let Some(Lead { leg, by, .. }) = self.lead.take() else { return };
        if let Some(left) = self.leg(agent) {
            left.last_words.ended = Ended::TakenOver;
        }
        if let Some(taken) = self.leg(leg) {
            taken.listens = false;
        }
        self.hand_to_lead(now, agent, leg, by);
        self.arrange(now);
    }

    /// The supervisor is not in it any more.
    pub(crate) fn dismiss_lead(&mut self, now: Now) {
        if let Some(lead) = self.lead.take() {
            self.drop_leg(now, lead.leg);
        }
    }

    /// The supervisor has left; caller and agent go on.
    pub(crate) fn lead_left(&mut self, now: Now, ended: Ended) {
        if let Some(leg) = self.lead.as_ref().map(|lead| lead.leg).and_then(|leg| self.leg(leg)) {
            leg.last_words.ended = ended;
        }
        self.dismiss_lead(now);
        self.regroup(now);
    }

    /// What the supervisor sees and hears of the two.
    pub(crate) fn arrange_lead(&mut self, now: Now) {
        let (Some(lead), Some(agent)) = (&self.lead, self.agent()) else { return };
        if !lead.up {
            return;
        }
        let (leg, part) = (lead.leg, lead.part);
        self.mix(now, [CALLER, agent], leg);
        let watched = if part.sees_agent() { agent } else { CALLER };
        self.join_kind(now, watched, leg, Kind::Video);
    }

    /// Makes `to` hear `from`, and the supervisor with it where that is the supervisor's part.
    pub(crate) fn hear(&mut self, now: Now, from: LegId, to: LegId) {
        match self.lead.as_ref().filter(|lead| lead.is_heard_by(to)).map(|lead| lead.leg) {
            Some(lead) => self.mix(now, [from, lead], to),
            None => self.join_kind(now, from, to, Kind::Audio),
        }
    }

    /// Who is seen by the caller where the agent's camera would be.
    pub(crate) fn face(&self, agent: LegId) -> LegId {
        let joins = |lead: &&Lead| lead.up && lead.part == Part::BargeIn { seen: true };
        self.lead.as_ref().filter(joins).map_or(agent, |lead| lead.leg)
    }

    /// Makes `to` hear two others at once.
    fn mix(&mut self, now: Now, parties: [LegId; 2], to: LegId) {
        let id = TranscoderId { call: self.facts.call, number: self.transcoders };
        let format = self.legs.iter().find(|leg| leg.id == to).and_then(|leg| leg.format(Kind::Audio));
        let (Some(Format::Audio(format)), Some(sink)) =
            (format, self.leg(to).and_then(|leg| leg.stream(Kind::Audio)))
        else {
            return;
        };
        if matches!(&sink.source, Source::Mix { parties: own, .. } if *own == parties) {
            return;
        }
        let job = Job { from: format.codec, sizes: Sizes::Any, to: Format::Audio(format) };
        let relay = Box::new(Relay::new(now.mono, id, job));
        sink.assign(now, Source::Mix { parties, relay });
        self.transcoders = self.transcoders.wrapping_add(1);
        self.out.push_back(Output::Transcode(ToTranscoder::BeginMix { id, to: format }));
    }
}
