//! The pool: matches tickets and agents. One `match` for what happens, then one pass that lets expire,
//! offers, ends and tells.

mod reload;
mod sessions;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use crate::agent::{Agent, Presence, State, rest_after};
use crate::event::{AgentId, Input, NotAnswered, OfferTo, Outcome, Output, Priority, TicketId};
use crate::limits::PLACES_TOLD;
use crate::line::{Rank, Standing};
use crate::queue::{Queue, Stage, Ticket, Tried};
use crate::{Address, Config, limits};

/// The agent pool of a gateway.
#[derive(Debug)]
pub struct Pool {
    queues: BTreeMap<String, Queue>,
    /// [`AgentId`] is the index; agents are never removed, only retired.
    agents: Vec<Agent>,
    tickets: BTreeMap<TicketId, Ticket>,
    /// Deadlines of the tickets that wait.
    deadlines: BTreeSet<(Instant, TicketId)>,
    /// Counts entries and becoming idle, to put them in order.
    order: u64,
    /// Where the pool's time begins: the first entry.
    epoch: Option<Instant>,
    out: VecDeque<Output>,
}

impl Pool {
    /// A pool with all agents ready; at the start the first of the list counts as longest idle.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let mut pool = Pool {
            queues: BTreeMap::new(),
            agents: Vec::new(),
            tickets: BTreeMap::new(),
            deadlines: BTreeSet::new(),
            order: 0,
            epoch: None,
            out: VecDeque::new(),
        };
        pool.configure(config);
        pool
    }

    /// Takes one event in. Events that come too late (for a ticket that has ended, an offer that was
    /// withdrawn) change nothing.
    pub fn handle_input(&mut self, now: Instant, input: Input) {
        match input {
            Input::Enter { ticket, queue, priority } => self.enter(now, ticket, queue, priority),
            Input::Leave { ticket } => self.leave(now, ticket),
            Input::Answered { ticket, agent } => self.answered(ticket, agent),
            Input::NotAnswered { ticket, agent, why } => self.not_answered(now, ticket, agent, why),
            Input::AgentLeft { ticket, agent } => self.agent_left(now, ticket, agent),
            Input::AgentLost { ticket, agent } => self.agent_lost(now, ticket, agent),
            Input::SignIn { agent, session } => self.sign_in(&agent, session),
            Input::SignOut { session } => self.sign_out(session),
            Input::SetReady { session, ready, reason } => {
                if let Some(agent) = self.signed_in(session) {
                    self.set_ready(agent, ready, reason);
                }
            }
            Input::SetAgentReady { agent, ready, reason } => self.set_ready(agent, ready, reason),
            Input::Timeout => {}
        }
        self.settle(now);
    }

    /// The next thing to do, until [`Output::Timeout`].
    pub fn poll_output(&mut self) -> Output {
        self.out.pop_front().unwrap_or_else(|| Output::Timeout(self.next_timeout()))
    }

    /// The agent of that name, when it is configured.
    #[must_use]
    pub fn agent(&self, name: &str) -> Option<AgentId> {
        let index = self.agents.iter().position(|agent| agent.name == name && !agent.is_retired())?;
        Some(id_of(index))
    }

    fn next_timeout(&self) -> Option<Instant> {
        let agents = self.agents.iter().filter_map(Agent::until).min();
        let tickets = self.deadlines.first().map(|&(deadline, _)| deadline);
        [agents, tickets].into_iter().flatten().min()
    }

    fn enter(&mut self, now: Instant, id: TicketId, name: String, priority: Priority) {
        if self.tickets.contains_key(&id) {
            return;
        }
        let room = self.tickets.len() < limits::TICKETS_MAX;
        let refusal = match self.queues.get(&name) {
            None => Some(Outcome::Failed),
            Some(queue) if !queue.members.iter().any(|&id| self.is_there(id)) => Some(Outcome::NoAgents),
            Some(queue) if queue.is_full() => Some(Outcome::Full),
            Some(_) if !room => Some(Outcome::Failed),
            Some(_) => None,
        };
        if let Some(outcome) = refusal {
            self.out.push_back(Output::Done { ticket: id, outcome });
            return;
        }
        self.order += 1;
        self.epoch.get_or_insert(now);
        let standing = Standing::new(priority, self.order, self.time(now));
        let queue = self.queues.get_mut(&name).expect("looked up above");
        let deadline = now + queue.config.wait_max.min(limits::DURATION_MAX);
        queue.line.insert(standing, id);
        (queue.moved, queue.newcomer) = (true, Some(id));
        self.deadlines.insert((deadline, id));
        let ticket = Ticket {
            queue: name,
            standing,
            deadline,
            stage: Stage::Waiting,
            tried: BTreeMap::new(),
            place: 0,
        };
        self.tickets.insert(id, ticket);
    }

    fn leave(&mut self, now: Instant, id: TicketId) {
        let Some(ticket) = self.tickets.get(&id) else { return };
        match ticket.stage {
            Stage::Waiting | Stage::Ringing(_) => self.end(now, id, Outcome::Left),
            Stage::Talking(_) => self.end(now, id, Outcome::Served),
        }
    }

    fn answered(&mut self, id: TicketId, agent_id: AgentId) {
        let Some(agent) = self.agent_mut(agent_id).filter(|agent| agent.rings_for(id)) else { return };
        agent.state = State::Talking { ticket: id };
        self.out_of_line(id);
        self.ticket_mut(id).stage = Stage::Talking(agent_id);
        self.out.push_back(Output::Connected { ticket: id, agent: agent_id });
    }

    fn not_answered(&mut self, now: Instant, id: TicketId, agent_id: AgentId, why: NotAnswered) {
        let engaged = |agent: &&mut Agent| agent.rings_for(id) || agent.talks_with(id);
        let Some(agent) = self.agent_mut(agent_id).filter(engaged) else { return };
        agent.state = match why {
            NotAnswered::Unfit => State::Idle,
            NotAnswered::Rejected | NotAnswered::Busy | NotAnswered::NoAnswer | NotAnswered::Unreachable => {
                State::Resting { until: now + rest_after(why) }
            }
        };
        let ticket = self.ticket_mut(id);
        let times = ticket.tries(agent_id).unwrap_or(0);
        let tried = match why {
            NotAnswered::Unreachable | NotAnswered::Unfit => Tried::Unreachable,
            NotAnswered::Rejected | NotAnswered::Busy | NotAnswered::NoAnswer => Tried::Times(times + 1),
        };
        ticket.tried.insert(agent_id, tried);
        self.back_in_line(id);
    }

    fn agent_left(&mut self, now: Instant, id: TicketId, agent_id: AgentId) {
        let Some(agent) = self.agent_mut(agent_id) else { return };
        if agent.talks_with(id) {
            self.end(now, id, Outcome::Served);
        } else {
            self.not_answered(now, id, agent_id, NotAnswered::Unreachable);
        }
    }

    fn agent_lost(&mut self, now: Instant, id: TicketId, agent_id: AgentId) {
        if !self.agent_mut(agent_id).is_some_and(|agent| agent.talks_with(id)) {
            return self.agent_left(now, id, agent_id);
        }
        self.end(now, id, Outcome::Failed);
        // The wrap-up is for who talked; this phone has to come back first.
        let until = now + rest_after(NotAnswered::Unreachable);
        if let Some(agent) = self.agent_mut(agent_id) {
            agent.state = State::Resting { until };
        }
    }

    fn set_ready(&mut self, id: AgentId, ready: bool, reason: String) {
        let turn = self.order + 1;
        let Some(agent) = self.agent_mut(id).filter(|agent| !agent.is_retired()) else { return };
        if !ready {
            agent.presence = Presence::Away(reason);
            return;
        }
        let rested = matches!(agent.state, State::Resting { .. });
        if rested {
            agent.state = State::Idle;
        }
        if rested || agent.presence != Presence::Ready {
            agent.idle_since = turn;
        }
        agent.presence = Presence::Ready;
        self.order = turn;
    }

    /// Everything that follows from the time and from what has just happened.
    fn settle(&mut self, now: Instant) {
        self.expire(now);
        self.offer(now);
        self.time_out(now);
        self.tell_places(now);
        self.tell_sessions();
    }

    fn expire(&mut self, now: Instant) {
        for index in 0..self.agents.len() {
            let agent = &mut self.agents[index];
            match agent.state {
                State::Ringing { ticket, until } if until <= now => {
                    self.out.push_back(Output::Withdraw { ticket, agent: id_of(index) });
                    self.not_answered(now, ticket, id_of(index), NotAnswered::NoAnswer);
                }
                State::Resting { until } if until <= now => {
                    self.order += 1;
                    agent.state = State::Idle;
                    agent.idle_since = self.order;
                }
                State::Settling { until } if until <= now => agent.state = State::Idle,
                State::Idle
                | State::Ringing { .. }
                | State::Talking { .. }
                | State::Resting { .. }
                | State::Settling { .. } => {}
            }
        }
    }

    /// Offers every free agent that somebody waits for: callers in order of their points, each the least tried
    /// and then longest idle of its queue's agents. Who has signed in comes before a SIP phone, which may be
    /// there or not.
    fn offer(&mut self, now: Instant) {
        if !self.agents.iter().any(Agent::is_available) {
            return;
        }
        let mut waiting: Vec<(Rank, TicketId)> = Vec::new();
        for queue in self.queues.values() {
            if queue.members.iter().any(|&id| self.agents[index_of(id)].is_available()) {
                waiting.extend(queue.line.ranked(self.time(now)));
            }
        }
        waiting.sort_unstable();
        for (_, id) in waiting {
            let ticket = &self.tickets[&id];
            if ticket.stage != Stage::Waiting || ticket.deadline < now {
                continue;
            }
            let queue = &self.queues[&ticket.queue];
            if let Some(agent) = self.best_agent(queue, ticket) {
                let until = now + queue.config.ring_timeout.min(limits::DURATION_MAX);
                self.ring(id, agent, until);
            }
        }
    }

    fn best_agent(&self, queue: &Queue, ticket: &Ticket) -> Option<AgentId> {
        let free = queue.members.iter().filter(|&&id| self.agents[index_of(id)].is_available());
        let ranked = free.filter_map(|&id| {
            let tries = ticket.tries(id)?;
            let agent = &self.agents[index_of(id)];
            Some((tries, !agent.is_browser(), agent.idle_since, id))
        });
        ranked.min().map(|(.., id)| id)
    }

    fn ring(&mut self, id: TicketId, agent_id: AgentId, until: Instant) {
        let ticket = self.ticket_mut(id);
        ticket.stage = Stage::Ringing(agent_id);
        let deadline = (ticket.deadline, id);
        self.deadlines.remove(&deadline);
        let agent = &mut self.agents[index_of(agent_id)];
        agent.state = State::Ringing { ticket: id, until };
        let address = match &agent.address {
            Address::Sip(uri) => OfferTo::Sip(uri.clone()),
            Address::Browser => {
                OfferTo::Session(agent.session.expect("only an agent who is there is offered"))
            }
        };
        let name = agent.name.clone();
        self.out.push_back(Output::Offer { ticket: id, agent: agent_id, address, name });
    }

    /// Ends the tickets that have waited too long.
    fn time_out(&mut self, now: Instant) {
        while let Some(&(deadline, id)) = self.deadlines.first() {
            if deadline > now {
                break;
            }
            self.end(now, id, Outcome::Timeout);
        }
    }

    /// Tells the callers whose place matters: the newcomer, and the first few when they have moved. One more is looked
    /// at, who may just have been overtaken.
    fn tell_places(&mut self, now: Instant) {
        let at = self.time(now);
        for queue in self.queues.values_mut().filter(|queue| queue.moved) {
            queue.moved = false;
            let waiting = u32::try_from(queue.line.len()).unwrap_or(u32::MAX);
            let first = (1..).zip(queue.line.first(PLACES_TOLD as usize + 1, at));
            let newcomer = queue.newcomer.take().and_then(|id| {
                let place = queue.line.place(self.tickets.get(&id)?.standing, id, at);
                Some((u32::try_from(place).unwrap_or(u32::MAX), id))
            });
            for (place, id) in first.chain(newcomer.filter(|(place, _)| *place > PLACES_TOLD + 1)) {
                let ticket = self.tickets.get_mut(&id).expect("a ticket in line is alive");
                let matters = ticket.place == 0 || place.min(ticket.place) <= PLACES_TOLD;
                if matters && ticket.place != place {
                    ticket.place = place;
                    self.out.push_back(Output::Place { ticket: id, place, waiting });
                }
            }
        }
    }

    /// The one end of every ticket that got in.
    fn end(&mut self, now: Instant, id: TicketId, outcome: Outcome) {
        self.out_of_line(id);
        let Some(ticket) = self.tickets.remove(&id) else { return };
        match ticket.stage {
            Stage::Waiting => {}
            Stage::Ringing(agent) => {
                self.agents[index_of(agent)].state = State::Settling { until: now + limits::SETTLE };
                self.out.push_back(Output::Withdraw { ticket: id, agent });
            }
            Stage::Talking(agent) => {
                let wrap_up = self.queues.get(&ticket.queue).map(|queue| queue.config.wrap_up);
                let until = now + wrap_up.unwrap_or_default().min(limits::DURATION_MAX);
                self.agents[index_of(agent)].state = State::Resting { until };
            }
        }
        self.out.push_back(Output::Done { ticket: id, outcome });
    }

    fn out_of_line(&mut self, id: TicketId) {
        let Some(ticket) = self.tickets.get(&id) else { return };
        self.deadlines.remove(&(ticket.deadline, id));
        if let Some(queue) = self.queues.get_mut(&ticket.queue) {
            queue.moved |= queue.line.remove(ticket.standing, id);
        }
    }

    /// Back to its place, or to its end when the queue has closed or nobody is left to be tried.
    fn back_in_line(&mut self, id: TicketId) {
        let ticket = self.ticket_mut(id);
        ticket.stage = Stage::Waiting;
        let ticket = &self.tickets[&id];
        let deserted = self.queues.get(&ticket.queue).is_some_and(|queue| self.is_deserted(queue, ticket));
        let outcome = match self.queues.get_mut(&ticket.queue) {
            None => Some(Outcome::Closed),
            Some(_) if deserted => Some(Outcome::NoAgents),
            Some(queue) => {
                queue.moved |= queue.line.insert(ticket.standing, id);
                None
            }
        };
        match outcome {
            None => {
                self.deadlines.insert((ticket.deadline, id));
            }
            Some(outcome) => {
                self.out_of_line(id);
                self.tickets.remove(&id);
                self.out.push_back(Output::Done { ticket: id, outcome });
            }
        }
    }

    /// Whether a queue has nobody left who could be offered to this caller.
    fn is_deserted(&self, queue: &Queue, ticket: &Ticket) -> bool {
        queue.members.iter().all(|&id| ticket.tries(id).is_none() || !self.is_there(id))
    }

    /// Since the first entry.
    fn time(&self, now: Instant) -> Duration {
        self.epoch.map_or(Duration::ZERO, |epoch| now.saturating_duration_since(epoch))
    }

    fn is_there(&self, id: AgentId) -> bool {
        self.agents[index_of(id)].is_present()
    }

    fn agent_mut(&mut self, id: AgentId) -> Option<&mut Agent> {
        self.agents.get_mut(index_of(id))
    }

    fn ticket_mut(&mut self, id: TicketId) -> &mut Ticket {
        self.tickets.get_mut(&id).expect("an engaged agent's ticket is alive")
    }
}

fn id_of(index: usize) -> AgentId {
    AgentId(u32::try_from(index).expect("limits::AGENTS_MAX fits"))
}

fn index_of(id: AgentId) -> usize {
    id.0 as usize
}
