//! The fold of the log: what the pool is, after what was decided. Nothing is decided here.
//!
//! A log that does not fit (an unknown ticket, an agent that is not there) changes nothing where it does not fit.

mod configure;
mod people;
mod tickets;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use crate::agent::Agent;
use crate::event::{AgentId, TicketId};
use crate::log::{Event, What};
use crate::queue::{CallBack, Queue, Stage, Ticket};
use crate::{Skills, limits};

/// Queues, agents and tickets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) queues: BTreeMap<String, Queue>,
    /// [`AgentId`] is the index; agents are never removed, only retired.
    pub(crate) agents: Vec<Agent>,
    pub(crate) tickets: BTreeMap<TicketId, Ticket>,
    /// Deadlines of the tickets that wait.
    pub(crate) deadlines: BTreeSet<(Duration, TicketId)>,
    /// When tickets that wait overflow.
    pub(crate) overflows: BTreeSet<(Duration, TicketId)>,
    /// When callers may be called back again.
    pub(crate) retries: BTreeSet<(Duration, TicketId)>,
    /// Who talked with whom last, and when that ended; by caller.
    pub(crate) last_talks: BTreeMap<String, (AgentId, Duration)>,
    /// Those callers, in order of being remembered.
    remembered: VecDeque<String>,
    /// Counts entries and becoming idle, to put them in order.
    pub(crate) order: u64,
    /// Time of the event folded last.
    pub(crate) at: Duration,
}

impl State {
    /// The only thing that changes the state.
    pub(crate) fn apply(&mut self, event: &Event) {
        let at = event.at;
        self.at = at;
        match &event.what {
            What::Configured { config } => self.configure(config),
            What::Entered { ticket, queue, priority, caller } => {
                self.entered(at, *ticket, queue, *priority, caller);
            }
            What::Refused { .. } => {}
            What::Moved { ticket, queue } => self.moved(at, *ticket, queue),
            What::NotMoved { ticket } => self.not_moved(*ticket),
            What::Offered { ticket, agent } => self.offered(at, *ticket, *agent),
            What::Withdrawn { ticket, agent } => self.withdrawn(at, *ticket, *agent),
            What::NotTaken { ticket, agent, why } => self.not_taken(at, *ticket, *agent, *why),
            What::Connected { ticket, agent } => self.connected(at, *ticket, *agent),
            // What follows from it has events of its own.
            What::Abused { .. } => {}
            What::Held { agent, on } => self.held(*agent, *on),
            What::Ended { ticket, outcome } => self.ended(at, *ticket, *outcome),
            What::Lost { agent } => self.lost(at, *agent),
            What::CallBack { ticket } => self.call_back(at, *ticket),
            What::Dialled { ticket, agent } => self.dialled(at, *ticket, *agent),
            What::Reached { ticket } => self.reached(at, *ticket),
            What::NotReached { ticket } => self.not_reached(at, *ticket),
            What::SignedIn { agent, session } => self.signed_in(*agent, *session),
            What::SignedOut { agent } => self.signed_out(*agent),
            What::Ready { agent } => self.ready(*agent),
            What::Paused { agent, reason } => self.paused(*agent, reason),
            What::Rested { agent } => self.rested(*agent),
            What::Doors { queue, doors } => {
                if let Some(queue) = self.queues.get_mut(queue) {
                    queue.doors = *doors;
                }
            }
            What::Restarted => self.restarted(),
        }
    }

    pub(crate) fn agent(&self, id: AgentId) -> Option<&Agent> {
        self.agents.get(index_of(id))
    }

    pub(crate) fn agent_mut(&mut self, id: AgentId) -> Option<&mut Agent> {
        self.agents.get_mut(index_of(id))
    }

    pub(crate) fn known(&self, name: &str) -> Option<AgentId> {
        let is_it = |agent: &Agent| agent.config.name == name && !agent.is_retired();
        self.agents.iter().position(is_it).map(id_of)
    }

    /// Whether somebody who is there serves this queue and can do this.
    pub(crate) fn is_served(&self, queue: &Queue, needs: &Skills) -> bool {
        let serves =
            |id: &AgentId| self.agent(*id).is_some_and(|agent| agent.is_present() && agent.can(needs));
        queue.members.iter().any(serves)
    }

    /// Whether a queue has nobody left who could be offered to this caller.
    pub(crate) fn is_deserted(&self, queue: &Queue, ticket: &Ticket) -> bool {
        let needs = ticket.needs(queue);
        queue.members.iter().all(|&id| {
            let agent = &self.agents[index_of(id)];
            ticket.tries(id).is_none() || !agent.is_present() || !agent.can(&needs)
        })
    }

    /// When time alone has something to do next, after `at`, at which everything was done that could be.
    pub(crate) fn next_timeout(&self, at: Duration) -> Option<Duration> {
        let agents = self.agents.iter().filter_map(Agent::until).min();
        let tickets = [&self.deadlines, &self.overflows].into_iter().filter_map(|set| Some(set.first()?.0));
        // A caller whose pause is over waits for an agent like others; nothing is due.
        let retries = self.retries.range((at, TicketId(u64::MAX))..).next().map(|(due, _)| *due);
        tickets.chain(agents).chain(retries).min()
    }

    /// The caller's agent of last time, when the queue wants it.
    pub(crate) fn sticky(&self, at: Duration, queue: &Queue, ticket: &Ticket) -> Option<AgentId> {
        let (agent, since) = self.last_talks.get(ticket.caller.number.as_ref()?)?;
        let wanted = !queue.config.sticky.is_zero() && at.saturating_sub(*since) <= queue.config.sticky;
        wanted.then_some(*agent)
    }

    fn remember(&mut self, caller: &str, agent: AgentId, at: Duration) {
        if self.last_talks.insert(caller.to_owned(), (agent, at)).is_none() {
            self.remembered.push_back(caller.to_owned());
        }
        if self.remembered.len() > limits::REMEMBERED_MAX
            && let Some(oldest) = self.remembered.pop_front()
        {
            self.last_talks.remove(&oldest);
        }
    }

    /// A ticket begins to wait: from now on time works against it.
    fn wait(&mut self, id: TicketId) {
        let Some(ticket) = self.tickets.get_mut(&id) else { return };
        ticket.stage = Stage::Waiting;
        let Some(queue) = self.queues.get_mut(&ticket.queue) else { return };
        queue.line.insert(ticket.standing, id);
        self.deadlines.insert((ticket.deadline, id));
        match ticket.call_back {
            Some(CallBack { not_before, .. }) if not_before > self.at => {
                self.retries.insert((not_before, id));
            }
            Some(_) => {}
            None => self.overflows.extend(ticket.overflow_due(queue).map(|(_, due)| (due, id))),
        }
    }

    /// Time does not matter while somebody rings or talks.
    fn stop_waiting(&mut self, id: TicketId) {
        let Some(ticket) = self.tickets.get(&id) else { return };
        self.deadlines.remove(&(ticket.deadline, id));
        if let Some(call_back) = ticket.call_back {
            self.retries.remove(&(call_back.not_before, id));
        }
        if let Some(queue) = self.queues.get(&ticket.queue)
            && let Some((_, due)) = ticket.overflow_due(queue)
        {
            self.overflows.remove(&(due, id));
        }
    }

    fn out_of_line(&mut self, id: TicketId) {
        self.stop_waiting(id);
        let Some(ticket) = self.tickets.get(&id) else { return };
        if let Some(queue) = self.queues.get_mut(&ticket.queue) {
            queue.line.remove(ticket.standing, id);
        }
    }
}

pub(crate) fn id_of(index: usize) -> AgentId {
    AgentId(u32::try_from(index).expect("limits::AGENTS_MAX fits"))
}

pub(crate) fn index_of(id: AgentId) -> usize {
    id.0 as usize
}
