//! The pool: matches tickets and agents. One `match` for what happens, then one pass that lets expire, moves,
//! offers, ends and tells.
//!
//! Nothing here changes the state but [`Pool::apply`]; each decision goes through [`Pool::decide`].

mod call_back;
mod dispatch;
mod overflow;
mod reload;
mod restore;
mod sessions;
mod tell;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use crate::agent::{Presence, State as Doing};
use crate::clock::Clock;
use crate::event::{
    AgentId, AgentState, Caller, Doors, Input, NotAnswered, Outcome, Output, Priority, TicketId,
};
use crate::log::{Event, VERSION, What};
use crate::queue::{Stage, needs};
use crate::state::{State, id_of};
use crate::{Config, limits};

/// Why an agent rests who was insulted or threatened.
const ABUSED: &str = "abuse";

/// The agent pool of a gateway.
#[derive(Debug)]
pub struct Pool {
    state: State,
    clock: Clock,
    /// The time of the input that is being handled.
    at: Duration,
    /// Decided, and not handed out yet.
    events: Vec<Event>,
    out: VecDeque<Output>,
    /// Queues whose places are to be told again.
    moved: BTreeSet<String>,
    /// Who has just come into a queue and was told no place of it yet.
    newcomers: BTreeMap<String, TicketId>,
    /// The places last told.
    places: BTreeMap<TicketId, u32>,
    /// What sessions were told last.
    told: BTreeMap<u64, AgentState>,
}

impl Pool {
    /// A pool with all agents ready; at the start the first of the list counts as longest idle.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let mut pool = Pool::empty();
        pool.decide(What::Configured { config: config.clone() });
        pool
    }

    fn empty() -> Self {
        Pool {
            state: State::default(),
            clock: Clock::default(),
            at: Duration::ZERO,
            events: Vec::new(),
            out: VecDeque::new(),
            moved: BTreeSet::new(),
            newcomers: BTreeMap::new(),
            places: BTreeMap::new(),
            told: BTreeMap::new(),
        }
    }

    /// Takes one input in, and returns what was decided, for a log; the first time with the configuration that the pool
    /// began with. Inputs that come too late (for a ticket that has ended, an offer that was withdrawn) decide nothing.
    pub fn handle_input(&mut self, now: Instant, input: Input) -> Vec<Event> {
        self.at = self.clock.at(now);
        match input {
            Input::Enter { ticket, queue, priority, caller } => self.enter(ticket, queue, priority, caller),
            Input::Leave { ticket } => self.leave(ticket),
            Input::Answered { ticket, agent } => self.answered(ticket, agent),
            Input::NotAnswered { ticket, agent, why } => self.not_answered(ticket, agent, why),
            Input::AgentLeft { ticket, agent } => self.agent_left(ticket, agent),
            Input::AgentLost { ticket, agent } => self.agent_lost(ticket, agent),
            Input::Hold { ticket, agent, on } => self.hold(ticket, agent, on),
            Input::Abused { ticket, agent } => self.abused(ticket, agent),
            Input::SignIn { agent, session, ready } => self.sign_in(&agent, session, ready),
            Input::SignOut { session } => self.sign_out(session),
            Input::SetReady { session, ready, reason } => {
                if let Some(agent) = self.signed_in(session) {
                    self.set_ready(agent, ready, reason);
                }
            }
            Input::SetAgentReady { agent, ready, reason } => self.set_ready(agent, ready, reason),
            Input::CallBack { ticket } => self.call_back(ticket),
            Input::CallerReached { ticket } => self.caller_reached(ticket),
            Input::CallerNotReached { ticket } => self.caller_not_reached(ticket),
            Input::EndCallBack { ticket } => self.end_call_back(ticket),
            Input::SetDoors { queue, doors } => self.set_doors(queue, doors),
            Input::Timeout => {}
        }
        self.settle();
        std::mem::take(&mut self.events)
    }

    /// The next thing to do, until [`Output::Timeout`].
    pub fn poll_output(&mut self) -> Output {
        self.out.pop_front().unwrap_or_else(|| {
            let due = self.state.next_timeout(self.at);
            Output::Timeout(due.and_then(|due| self.clock.instant(due)))
        })
    }

    /// The agent of that name, when it is configured.
    #[must_use]
    pub fn agent(&self, name: &str) -> Option<AgentId> {
        self.state.known(name)
    }

    /// The name of an agent, also of one who is no longer configured.
    #[must_use]
    pub fn agent_name(&self, agent: AgentId) -> Option<&str> {
        self.state.agent(agent).map(|agent| agent.config.name.as_str())
    }

    /// Folds an event in.
    fn apply(&mut self, event: &Event) {
        self.state.apply(event);
    }

    /// Writes a decision down, and does what follows from it.
    fn decide(&mut self, what: What) {
        self.tell(&what);
        let event = Event { version: VERSION, at: self.at, what };
        self.apply(&event);
        self.events.push(event);
    }

    fn enter(&mut self, ticket: TicketId, queue: String, priority: Priority, mut caller: Caller) {
        if self.state.tickets.contains_key(&ticket) {
            return;
        }
        caller.number = caller.number.filter(|number| number.len() <= limits::CALLER_MAX);
        caller.needs = caller.needs.into_iter().take(limits::NEEDS_MAX).collect();
        match self.way_in(queue, &caller) {
            Ok(queue) => self.decide(What::Entered { ticket, queue, priority, caller }),
            Err((queue, outcome)) => self.decide(What::Refused { ticket, queue, outcome }),
        }
    }

    /// Why a queue does not take this caller.
    fn refusal(&self, name: &str, caller: &Caller) -> Option<Outcome> {
        let Some(queue) = self.state.queues.get(name) else { return Some(Outcome::Failed) };
        if queue.doors != Doors::Open {
            return Some(Outcome::Closed);
        }
        if !self.state.is_served(queue, &needs(caller, queue)) {
            return Some(Outcome::NoAgents);
        }
        queue.is_full().then_some(Outcome::Full)
    }

    fn leave(&mut self, ticket: TicketId) {
        let Some(known) = self.state.tickets.get(&ticket).filter(|known| known.call_back.is_none()) else {
            return;
        };
        let outcome = match known.stage {
            Stage::Waiting | Stage::Dialling(_) | Stage::Ringing(_) => Outcome::Left,
            Stage::Talking(..) => Outcome::Served,
        };
        self.end(ticket, outcome);
    }

    /// Of several who ring, the first to answer has the caller.
    fn answered(&mut self, ticket: TicketId, agent: AgentId) {
        if !self.state.agent(agent).is_some_and(|agent| agent.rings_for(ticket)) {
            return;
        }
        for other in self.engaged(ticket).into_iter().filter(|other| *other != agent) {
            self.decide(What::Withdrawn { ticket, agent: other });
        }
        self.decide(What::Connected { ticket, agent });
    }

    fn not_answered(&mut self, ticket: TicketId, id: AgentId, why: NotAnswered) {
        let engaged =
            self.state.agent(id).is_some_and(|agent| agent.rings_for(ticket) || agent.talks_with(ticket));
        if engaged {
            self.decide(What::NotTaken { ticket, agent: id, why });
            self.pause_who_never_answers(ticket, id);
            self.keep_or_end(ticket);
        }
    }

    /// After so many calls in a row that a queue allows; a telephone has no button to come back with.
    fn pause_who_never_answers(&mut self, ticket: TicketId, id: AgentId) {
        let queue = self.state.tickets.get(&ticket).and_then(|ticket| self.state.queues.get(&ticket.queue));
        let allowed = queue.map_or(0, |queue| queue.config.pause_after);
        let Some(agent) = self.state.agent(id).filter(|agent| agent.is_browser() && !agent.is_retired())
        else {
            return;
        };
        if allowed > 0 && agent.unanswered >= allowed {
            self.decide(What::Paused { agent: id, reason: "not answered".to_owned() });
        }
    }

    /// A ticket whose agent is gone waits on, unless the queue has closed or nobody is left to be tried.
    fn keep_or_end(&mut self, id: TicketId) {
        let Some(ticket) = self.state.tickets.get(&id).filter(|ticket| ticket.stage == Stage::Waiting) else {
            return;
        };
        match self.state.queues.get(&ticket.queue) {
            None => self.decide(What::Ended { ticket: id, outcome: Outcome::Closed }),
            Some(queue) if ticket.call_back.is_none() && self.state.is_deserted(queue, ticket) => {
                self.decide(What::Ended { ticket: id, outcome: Outcome::NoAgents });
            }
            Some(_) => {}
        }
    }

    fn agent_left(&mut self, ticket: TicketId, id: AgentId) {
        if self.state.agent(id).is_some_and(|agent| agent.talks_with(ticket)) {
            self.end(ticket, Outcome::Served);
        } else {
            self.not_answered(ticket, id, NotAnswered::Unreachable);
        }
    }

    fn agent_lost(&mut self, ticket: TicketId, id: AgentId) {
        if !self.state.agent(id).is_some_and(|agent| agent.talks_with(ticket)) {
            return self.agent_left(ticket, id);
        }
        self.end(ticket, Outcome::Failed);
        self.decide(What::Lost { agent: id });
    }

    fn hold(&mut self, ticket: TicketId, id: AgentId, on: bool) {
        let before = Doing::Talking { ticket, on_hold: !on };
        if self.state.agent(id).is_some_and(|agent| agent.state == before) {
            self.decide(What::Held { agent: id, on });
        }
    }

    /// Once for each conversation: an agent who is away for that reason has said so.
    fn abused(&mut self, ticket: TicketId, id: AgentId) {
        let agent = self.state.agent(id).filter(|agent| agent.talks_with(ticket));
        if agent.is_some_and(|agent| agent.presence != Presence::Away(ABUSED.to_owned())) {
            self.decide(What::Abused { ticket, agent: id });
            self.set_ready(id, false, ABUSED.to_owned());
        }
    }

    fn set_ready(&mut self, id: AgentId, ready: bool, mut reason: String) {
        if self.state.agent(id).is_none_or(|agent| agent.is_retired()) {
            return;
        }
        if ready {
            return self.decide(What::Ready { agent: id });
        }
        while reason.len() > limits::REASON_MAX {
            reason.pop();
        }
        self.decide(What::Paused { agent: id, reason });
    }

    fn set_doors(&mut self, name: String, doors: Doors) {
        let Some(queue) = self.state.queues.get(&name).filter(|queue| queue.doors != doors) else { return };
        let line: Vec<TicketId> = queue.line.all().collect();
        self.decide(What::Doors { queue: name, doors });
        if doors != Doors::Closed {
            return;
        }
        for id in line {
            if self.state.tickets.get(&id).is_some_and(|ticket| ticket.call_back.is_none()) {
                self.end(id, Outcome::Closed);
            }
        }
    }

    /// Everything that follows from the time and from what has just happened.
    fn settle(&mut self) {
        self.expire();
        self.overflow();
        self.offer();
        self.time_out();
        self.tell_places();
        self.tell_sessions();
    }

    fn expire(&mut self) {
        for index in 0..self.state.agents.len() {
            let agent = &self.state.agents[index];
            if agent.until().is_none_or(|until| until > self.at) {
                continue;
            }
            let id = id_of(index);
            match agent.state {
                Doing::Ringing { ticket, .. } => {
                    self.withdraw(ticket, id);
                    self.not_answered(ticket, id, NotAnswered::NoAnswer);
                }
                Doing::Reserved { ticket, .. } => self.caller_not_reached(ticket),
                Doing::Resting { .. } | Doing::Settling { .. } => self.decide(What::Rested { agent: id }),
                Doing::Idle | Doing::Talking { .. } => {}
            }
        }
    }

    /// Ends the tickets that have waited too long.
    fn time_out(&mut self) {
        while let Some(&(deadline, id)) = self.state.deadlines.first() {
            if deadline > self.at {
                break;
            }
            self.end(id, Outcome::Timeout);
        }
    }

    /// The one end of every ticket that got in.
    fn end(&mut self, ticket: TicketId, outcome: Outcome) {
        if !self.is_talking(ticket) {
            for agent in self.engaged(ticket) {
                self.decide(What::Withdrawn { ticket, agent });
            }
        }
        self.decide(What::Ended { ticket, outcome });
    }

    fn is_talking(&self, ticket: TicketId) -> bool {
        self.state.tickets.get(&ticket).is_some_and(|ticket| matches!(ticket.stage, Stage::Talking(..)))
    }

    /// The agents who ring, are kept free or talk for this ticket.
    fn engaged(&self, ticket: TicketId) -> Vec<AgentId> {
        match self.state.tickets.get(&ticket).map(|ticket| &ticket.stage) {
            Some(Stage::Ringing(ring)) => ring.iter().copied().collect(),
            Some(Stage::Dialling(agent) | Stage::Talking(agent, _)) => vec![*agent],
            Some(Stage::Waiting) | None => Vec::new(),
        }
    }
}
