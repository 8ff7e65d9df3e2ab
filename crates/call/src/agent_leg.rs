//! Being put through: the subscriber waits in a queue, the pool offers an agent, the agent's phone is
//! called with exactly what the subscriber's phone can do, and the two are bridged.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use media::Now;
use sip::{DialogId, Headers, NameAddr, StatusCode, Uri};
use tracing::{debug, info, warn};

use crate::call::{AgentOffer, Call, Output, Place, Way};
use crate::cdr::Cause;
use crate::desk::Desk;
use crate::leg::{CALLER, Leg, Phase};
use crate::place::Board;
use crate::stream::Source;
use crate::transfer::{NO_AGENT, Transfer};
use crate::web::{StopRinging, ToBrowser};
use crate::{LegId, Live, limits};

/// The subscriber's ticket in the pool, from `Enter` to `Done`.
pub(crate) struct Queueing {
    /// The queue's name.
    queue: String,
    /// What shows the subscriber's place meanwhile.
    pub(crate) board: Option<Board>,
    offer: Option<Offer>,
    /// The points that it was entered with.
    priority: acd::Priority,
    /// The subscriber's level, 1 to 5, if it is known.
    stars: Option<u8>,
    /// What is seen and heard meanwhile.
    waiting: dialplan::Presentation,
    /// When the pool must have said a first word of the ticket; `None` once it has.
    word_due: Option<Instant>,
    /// It is no queue but one telephone, which no pool knows.
    pub(crate) transfer: Option<Transfer>,
}

impl Queueing {
    /// Nobody is waited for yet.
    fn new(queue: String) -> Self {
        Queueing {
            queue,
            board: None,
            offer: None,
            priority: acd::Priority::default(),
            stars: None,
            waiting: dialplan::Presentation::default(),
            word_due: None,
            transfer: None,
        }
    }

    /// A supervisor who has taken the conversation over, of which no pool knows any more.
    fn taken_over(queue: String, by: String, leg: LegId, of_queue: bool) -> Self {
        let offer = Offer { agent: NO_AGENT, name: by, leg, answered: true };
        Queueing {
            offer: Some(offer),
            transfer: Some(Transfer::taken_over(of_queue)),
            ..Queueing::new(queue)
        }
    }

    /// A telephone in place of a queue.
    pub(crate) fn of_transfer(to: String, transfer: Transfer) -> Self {
        Queueing { transfer: Some(transfer), ..Queueing::new(to) }
    }
}

/// A subscriber's wish to wait.
pub(crate) struct Entry {
    pub(crate) queue: String,
    pub(crate) priority: acd::Priority,
    /// The subscriber's level, 1 to 5, if it is known.
    pub(crate) stars: Option<u8>,
    /// What is seen and heard meanwhile.
    pub(crate) waiting: dialplan::Presentation,
    /// Slides that tell the place.
    pub(crate) places: Option<dialplan::Places>,
}

/// The agent who is rung or talked to.
struct Offer {
    agent: acd::AgentId,
    name: String,
    leg: LegId,
    /// The pool has been told that the agent answered.
    answered: bool,
}

/// How an agent parts from a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parting {
    HungUp,
    /// Does not answer any more.
    Lost,
}

impl Call {
    pub(crate) fn enter_queue(&mut self, now: Now, entry: Entry) {
        let Entry { queue, priority, stars, waiting, places } = entry;
        info!(queue, "waits for an agent");
        self.draw_ticket();
        let word_due = Some(now.mono + limits::POOL_ANSWERS_WITHIN);
        let board = places.map(Board::new);
        self.queueing =
            Some(Queueing { board, word_due, priority, stars, waiting, ..Queueing::new(queue.clone()) });
        self.signs =
            self.run.run.service().queues().queues.get(&queue).is_some_and(|queue| match queue.intent {
                dialplan::Intent::Talk => false,
                dialplan::Intent::Sign => true,
            });
        let caller = acd::Caller { number: self.facts.caller.clone(), ..acd::Caller::default() };
        self.out.push_back(Output::Pool(acd::Input::Enter { ticket: self.ticket, queue, priority, caller }));
    }

    /// The next ticket.
    pub(crate) fn draw_ticket(&mut self) {
        let drawn = self.ticket.0;
        self.ticket = acd::TicketId(drawn & !0xFF | (drawn + 1) & 0xFF);
    }

    /// Tells the pool something about the ticket. A transfer knows no pool, and deals with it itself.
    fn tell_pool(&mut self, now: Now, word: acd::Input) {
        match self.queueing.as_ref().is_some_and(|queueing| queueing.transfer.is_some()) {
            true => self.on_transfer(now, &word),
            false => self.out.push_back(Output::Pool(word)),
        }
    }

    /// When the pool counts as out of reach.
    pub(crate) fn pool_word_due(&self) -> Option<Instant> {
        self.queueing.as_ref()?.word_due
    }

    /// Nobody has taken the ticket: the flow goes on as after any failure, rather than let the subscriber
    /// wait for nobody.
    pub(crate) fn give_up_on_pool(&mut self, now: Now) {
        warn!("the agent pool does not answer");
        self.leave_queue(now);
        self.advance(now, dialplan::Event::Queue(dialplan::QueueOutcome::Failed));
    }

    /// The subscriber is no longer waiting nor talking, whoever ended it.
    pub(crate) fn leave_queue(&mut self, now: Now) {
        self.dismiss_lead(now);
        let Some(queueing) = self.queueing.take() else { return };
        if let Some(offer) = queueing.offer {
            self.note_parted(&offer);
            self.drop_leg(now, offer.leg);
        }
        if queueing.transfer.is_none() {
            self.out.push_back(Output::Pool(acd::Input::Leave { ticket: self.ticket }));
        }
    }

    /// Calls the agent's phone. Whatever goes wrong is told to the pool, which tries the next agent.
    pub(crate) fn dial_agent(&mut self, now: Now, offer: crate::call::AgentOffer) {
        let AgentOffer { ticket, agent, name, way, auto_answer } = offer;
        let leg = self.next_leg();
        let Some(queueing) = self.queueing.as_mut().filter(|_| self.ticket == ticket) else {
            if let Way::Sip { place, .. } = way {
                self.out.push_back(Output::Release(place.ports));
            }
            let why = acd::NotAnswered::Unreachable;
            return self.out.push_back(Output::Pool(acd::Input::NotAnswered { ticket, agent, why }));
        };
        self.next_leg = self.next_leg.wrapping_add(1).max(1);
        queueing.word_due = None;
        queueing.offer = Some(Offer { agent, name, leg, answered: false });
        match way {
            Way::Sip { address, place, terminals } => {
                self.dial_phone(now, leg, &address, place, Wanted { terminals, auto_answer });
            }
            Way::Browser(session) => {
                if !self.ring_desk(leg, session, auto_answer) {
                    self.offer_failed(now, leg, acd::NotAnswered::Unfit);
                }
            }
        }
    }

    fn dial_phone(&mut self, now: Now, leg: LegId, address: &str, place: Place, wanted: Wanted) {
        let Wanted { terminals, auto_answer } = wanted;
        let mut new = Leg::new(leg, Phase::Dialing, place.local, place.address, place.ports);
        new.circuit_only = terminals.is_some();
        new.terminals = terminals;
        let invite = self.agent_invite(&mut new, address, place);
        let invite = invite.map(|invite| if auto_answer { answered_at_once(invite) } else { invite });
        self.legs.push(new);
        match invite {
            Some(invite) => self.out.push_back(Output::Dial { leg, invite: Box::new(invite) }),
            None => {
                warn!(address, "an agent cannot be called: not a SIP URI with a numeric address");
                self.offer_failed(now, leg, acd::NotAnswered::Unreachable);
            }
        }
    }

    /// The leg that the next offer will make.
    pub(crate) fn next_leg(&self) -> LegId {
        LegId(self.next_leg)
    }

    fn agent_invite(&mut self, leg: &mut Leg, address: &str, place: Place) -> Option<sip::Invite> {
        let uri: Uri = address.parse().ok()?;
        let destination = place.destination?;
        let caller = self.leg(CALLER)?;
        let want = if leg.circuit_only { crate::offer::circuit() } else { crate::offer::preferring(caller) };
        leg.video_bps = caller.circuit.as_ref().map(|_| limits::CIRCUIT_VIDEO_BPS);
        let body = crate::offer::body(&leg.sdp.offer(&leg.local_media(), &want));
        leg.local = place.local;
        let user = self.facts.caller.as_deref().unwrap_or("anonymous");
        let from = NameAddr::new(Uri::sip(user, place.address.into(), None));
        let to = NameAddr::new(uri.clone());
        Some(sip::Invite {
            local: place.local,
            uri,
            destination,
            from,
            to,
            headers: Headers::new(),
            body: Some(body),
        })
    }

    pub(crate) fn on_dialed(&mut self, now: Now, leg: LegId, dialog: Option<DialogId>) {
        match dialog {
            Some(dialog) => match self.leg(leg) {
                Some(leg) => leg.dialog = Some(dialog),
                // Withdrawn before the INVITE was out.
                None => {
                    let cause = sip::HangUp::new(StatusCode::TemporarilyUnavailable);
                    self.out.push_back(Output::HangUp { dialog, cause });
                }
            },
            None => self.offer_failed(now, leg, acd::NotAnswered::Unreachable),
        }
    }

    /// The agent answered: the bridge is built if, and only if, their phone took what it was offered.
    pub(crate) fn agent_answered(&mut self, now: Now, leg: LegId, message: &sip::Response) {
        let (cname, seed) = (self.facts.sip_call_id.clone(), self.seed);
        let Some(answered) = self.leg(leg) else { return };
        answered.phase = Phase::Up;
        answered.takes_info = crate::offer::allows_info(&message.headers);
        let joined = crate::offer::take_answer(answered, now, message, &cname, seed);
        if let Some(circuit) = answered.circuit.as_mut().filter(|_| joined) {
            circuit.start(now);
            // The ring must not run out while H.245 is at work; the caller waits on meanwhile.
            return self.tell_pool_answered(now, leg);
        }
        if !joined || !self.can_bridge(leg) {
            warn!("the agent's phone answered with media that cannot be bridged");
            return self.offer_failed(now, leg, acd::NotAnswered::Unreachable);
        }
        self.tell_pool_answered(now, leg);
        self.join_agent(now, leg);
    }

    /// The agent has taken the call. After this the pool lets neither ring nor wait run out.
    pub(crate) fn tell_pool_answered(&mut self, now: Now, leg: LegId) {
        if let Some(agent) = self.offer_of(leg).map(|offer| offer.agent) {
            self.tell_pool(now, acd::Input::Answered { ticket: self.ticket, agent });
        }
    }

    /// The agent's media flows: from now on the two see and hear each other.
    pub(crate) fn join_agent(&mut self, now: Now, leg: LegId) {
        let offer = self.queueing.as_mut().and_then(|queueing| queueing.offer.as_mut());
        let Some(offer) = offer.filter(|offer| offer.leg == leg) else { return };
        offer.answered = true;
        let name = offer.name.clone();
        info!(agent = name, "talks to the agent");
        self.facts.agent = Some(name.clone());
        let caller = self.facts.caller.clone().unwrap_or_default();
        self.say(leg, || ToBrowser::Talking { with: caller });
        self.come_on(now, &name);
        self.out.push_back(Output::Live(Live::Agent { call: self.facts.call, agent: Some(name) }));
        self.advance(now, dialplan::Event::Attended);
    }

    /// The conversation goes on with another party in place of the agent, for whom it is over.
    pub(crate) fn hand_to_lead(&mut self, now: Now, agent: LegId, leg: LegId, by: String) {
        let (queue, of_queue) = (self.queue_name().to_owned(), self.is_in_queue());
        let (ticket, left) = (self.ticket, self.take_offer(agent));
        self.drop_leg(now, agent);
        if let (true, Some(agent)) = (of_queue, left) {
            self.out.push_back(Output::Pool(acd::Input::AgentLeft { ticket, agent }));
        }
        // What the pool says of the ticket from here on is of the agent's conversation.
        self.draw_ticket();
        self.facts.agent = Some(by.clone());
        self.out.push_back(Output::Live(Live::Agent { call: self.facts.call, agent: Some(by.clone()) }));
        let caller = self.facts.caller.clone().unwrap_or_default();
        self.say(leg, || ToBrowser::Talking { with: caller });
        self.queueing = Some(Queueing::taken_over(queue, by, leg, of_queue));
    }

    /// Whether the flow has put the subscriber into a queue, whoever is talked to by now.
    pub(crate) fn can_hand_on(&self) -> bool {
        self.queueing
            .as_ref()
            .is_some_and(|queueing| queueing.transfer.as_ref().is_none_or(Transfer::is_of_queue))
    }

    /// A supervisor who had taken over is gone, and the flow is still in its queue.
    pub(crate) fn lead_parted(&mut self, now: Now, leg: LegId) {
        self.take_offer(leg);
        self.silence(now);
        self.drop_leg(now, leg);
        self.queueing = None;
    }

    /// The queue that the subscriber waits in.
    pub(crate) fn queue_name(&self) -> &str {
        self.queueing.as_ref().map_or("", |queueing| &queueing.queue)
    }

    /// The agent's INVITE failed with `status`.
    pub(crate) fn agent_failed(&mut self, now: Now, leg: LegId, status: &StatusCode) {
        let why = match status {
            StatusCode::BusyHere | StatusCode::BusyEverywhere => acd::NotAnswered::Busy,
            StatusCode::Decline => acd::NotAnswered::Rejected,
            StatusCode::RequestTimeout => acd::NotAnswered::Unreachable,
            // What was offered is nothing for that phone: another agent's may do.
            StatusCode::NotAcceptableHere
            | StatusCode::NotAcceptable
            | StatusCode::NotAcceptableGlobal
            | StatusCode::UnsupportedMediaType => acd::NotAnswered::Unfit,
            StatusCode::TemporarilyUnavailable | StatusCode::RequestTerminated => acd::NotAnswered::NoAnswer,
            _ => acd::NotAnswered::Unreachable,
        };
        if let Some(leg) = self.leg(leg) {
            leg.dialog = None;
        }
        self.offer_failed(now, leg, why);
    }

    /// The agent's leg is over.
    pub(crate) fn agent_gone(&mut self, now: Now, leg: LegId, parting: Parting) {
        if let Some(leg) = self.leg(leg) {
            leg.dialog = None;
        }
        self.agent_parted(now, leg, parting);
    }

    /// The channels of an agent's 3G phone are open: now it can be joined.
    pub(crate) fn agent_channels_up(&mut self, now: Now, leg: LegId) {
        if self.can_bridge(leg) {
            return self.join_agent(now, leg);
        }
        warn!("the agent's 3G phone has no sound that can be bridged");
        self.offer_failed(now, leg, acd::NotAnswered::Unreachable);
    }

    /// The session of an agent's 3G phone is over, its dialog may not be.
    pub(crate) fn agent_parted(&mut self, now: Now, leg: LegId, parting: Parting) {
        let answered = self.offer_of(leg).is_some_and(|offer| offer.answered);
        if !answered {
            return self.offer_failed(now, leg, acd::NotAnswered::Unreachable);
        }
        self.dismiss_lead(now);
        let (ticket, agent) = (self.ticket, self.take_offer(leg));
        self.silence(now);
        self.drop_leg(now, leg);
        if let Some(agent) = agent {
            let word = match parting {
                Parting::HungUp => acd::Input::AgentLeft { ticket, agent },
                Parting::Lost => acd::Input::AgentLost { ticket, agent },
            };
            self.tell_pool(now, word);
        }
    }

    pub(crate) fn on_pool(&mut self, now: Now, word: &acd::Output) {
        match *word {
            acd::Output::Withdraw { ticket, .. }
            | acd::Output::Done { ticket, .. }
            | acd::Output::Place { ticket, .. }
                if ticket != self.ticket => {}
            acd::Output::Withdraw { agent, .. } => {
                let offer = self.queueing.as_ref().and_then(|queueing| queueing.offer.as_ref());
                if offer.is_some_and(|offer| offer.agent == agent) {
                    self.withdraw(now);
                }
                self.wait_on(now);
            }
            acd::Output::Done { outcome, .. } => {
                self.dismiss_lead(now);
                let Some(queueing) = self.queueing.take() else { return };
                if let Some(offer) = queueing.offer {
                    self.note_parted(&offer);
                    self.silence(now);
                    self.drop_leg(now, offer.leg);
                }
                let outcome = match outcome {
                    acd::Outcome::Served => dialplan::QueueOutcome::Served,
                    acd::Outcome::Timeout => dialplan::QueueOutcome::Timeout,
                    acd::Outcome::Full => dialplan::QueueOutcome::Full,
                    acd::Outcome::Closed => dialplan::QueueOutcome::Closed,
                    acd::Outcome::NoAgents => dialplan::QueueOutcome::NoAgents,
                    acd::Outcome::Failed | acd::Outcome::NotReached | acd::Outcome::NodeLost => {
                        dialplan::QueueOutcome::Failed
                    }
                    acd::Outcome::Left => return,
                };
                self.advance(now, dialplan::Event::Queue(outcome));
            }
            acd::Output::Place { place, waiting, .. } => {
                debug!(place, waiting, "place in the queue");
                if let Some(queueing) = &mut self.queueing {
                    queueing.word_due = None;
                    queueing.board.iter_mut().for_each(|board| board.note(now.mono, place));
                }
                self.say(CALLER, || ToBrowser::Waiting { place, waiting });
            }
            acd::Output::Connected { .. }
            | acd::Output::Offer { .. }
            | acd::Output::Dial { .. }
            | acd::Output::Agent { .. }
            | acd::Output::NotSignedIn { .. }
            | acd::Output::Timeout(_) => {}
        }
    }

    /// Whoever is rung has not answered in time.
    pub(crate) fn withdraw(&mut self, now: Now) {
        let offer = self.queueing.as_ref().and_then(|queueing| queueing.offer.as_ref());
        let Some(leg) = offer.map(|offer| offer.leg) else { return };
        self.take_offer(leg);
        if let Some(leg) = self.leg(leg) {
            leg.last_words.stop = StopRinging::NoAnswer;
        }
        self.drop_leg(now, leg);
    }

    /// Back to waiting: an agent who had answered is gone, but the ticket is not.
    fn wait_on(&mut self, now: Now) {
        let waits = self.queueing.as_ref().is_some_and(|queueing| queueing.offer.is_none());
        if waits && self.showing.is_none() {
            self.silence(now);
            self.advance(now, dialplan::Event::WaitsOn);
        }
    }

    /// The agent who is talked to.
    pub(crate) fn agent(&self) -> Option<LegId> {
        let offer = self.queueing.as_ref()?.offer.as_ref()?;
        offer.answered.then_some(offer.leg)
    }

    /// What the pool calls them.
    pub(crate) fn agent_id(&self) -> Option<acd::AgentId> {
        let offer = self.queueing.as_ref()?.offer.as_ref()?;
        offer.answered.then_some(offer.agent)
    }

    /// As queues.yaml calls them; empty when nobody is talked to.
    pub(crate) fn agent_name(&self) -> &str {
        let offer = self.queueing.as_ref().and_then(|queueing| queueing.offer.as_ref());
        offer.map_or("", |offer| &offer.name)
    }

    /// Whether the pool knows of this conversation or wait.
    pub(crate) fn is_in_queue(&self) -> bool {
        self.queueing.as_ref().is_some_and(|queueing| queueing.transfer.is_none())
    }

    /// The points that the queue was entered with, and what is seen and heard there.
    pub(crate) fn queued_with(&self) -> (acd::Priority, dialplan::Presentation) {
        let queueing = self.queueing.as_ref();
        queueing.map(|queueing| (queueing.priority, queueing.waiting.clone())).unwrap_or_default()
    }

    /// The subscriber's level, if it is known.
    pub(crate) fn stars(&self) -> Option<u8> {
        self.queueing.as_ref().and_then(|queueing| queueing.stars)
    }

    /// The subscriber sees and hears nothing of a leg that is about to go.
    pub(crate) fn silence(&mut self, now: Now) {
        let Some(caller) = self.leg(CALLER) else { return };
        for stream in caller.streams() {
            if matches!(stream.source, Source::Leg { .. } | Source::Mix { .. }) {
                stream.assign(now, Source::Silence);
            }
        }
    }

    pub(crate) fn offer_failed(&mut self, now: Now, leg: LegId, why: acd::NotAnswered) {
        let agent = self.take_offer(leg);
        self.drop_leg(now, leg);
        self.wait_on(now);
        if let Some(agent) = agent {
            self.tell_pool(now, acd::Input::NotAnswered { ticket: self.ticket, agent, why });
        }
    }

    fn offer_of(&self, leg: LegId) -> Option<&Offer> {
        self.queueing.as_ref()?.offer.as_ref().filter(|offer| offer.leg == leg)
    }

    fn take_offer(&mut self, leg: LegId) -> Option<acd::AgentId> {
        let offer = self.queueing.as_mut()?.offer.take_if(|offer| offer.leg == leg)?;
        self.note_parted(&offer);
        Some(offer.agent)
    }

    fn note_parted(&mut self, offer: &Offer) {
        if offer.answered {
            // What was played over the conversation is no more of the flow.
            (self.desk, self.showing, self.caption) = (Desk::default(), None, None);
            self.out.push_back(Output::Live(Live::Agent { call: self.facts.call, agent: None }));
        }
    }

    /// Ends the call because the subscriber's side of it is over.
    pub(crate) fn caller_gone(&mut self, now: Now, cause: Cause) {
        if let Some(leg) = self.leg(CALLER) {
            leg.dialog = None;
        }
        if !self.goes_on_without_caller(now, cause) {
            self.end(now, cause);
        }
    }
}

/// What a telephone is called as.
struct Wanted {
    /// What the terminal towards a 3G phone is made of; any other phone has none.
    terminals: Option<Arc<h324m::Config>>,
    /// It is to answer by itself.
    auto_answer: bool,
}

/// Asks a telephone to answer by itself: by RFC 5373 §3, and by what telephones knew before that.
fn answered_at_once(mut invite: sip::Invite) -> sip::Invite {
    let host = &invite.from.uri.host;
    let (info, alert) =
        (format!("<sip:{host}>;answer-after=0"), format!("<http://{host}>;info=alert-autoanswer;delay=0"));
    invite.headers.push("Answer-Mode", "Auto");
    invite.headers.push("Call-Info", info);
    invite.headers.push("Alert-Info", alert);
    invite
}

/// Where a SIP URI with a numeric host is reached over UDP; names are not looked up on the call path.
pub(crate) fn numeric_address(uri: &Uri) -> Option<SocketAddr> {
    Some(SocketAddr::new(uri.host.ip()?, uri.port.unwrap_or(5060)))
}
