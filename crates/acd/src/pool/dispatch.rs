//! Which agent is called for whom: first who is next, then who suits them best.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::time::Duration;

use super::Pool;
use crate::event::{AgentId, TicketId};
use crate::log::What;
use crate::queue::{Queue, Stage, Ticket};
use crate::state::{State, index_of};
use crate::{Skills, Strategy};

impl Pool {
    /// Offers every free agent that somebody waits for.
    pub(super) fn offer(&mut self) {
        for (ticket, agents) in Dispatch::new(&self.state, self.at).pairs() {
            if self.state.tickets.get(&ticket).is_some_and(|ticket| ticket.call_back.is_some()) {
                self.decide(What::Dialled { ticket, agent: agents[0] });
                continue;
            }
            for agent in agents {
                self.decide(What::Offered { ticket, agent });
            }
        }
    }
}

/// One pass over those who wait and those who are free.
struct Dispatch<'a> {
    state: &'a State,
    at: Duration,
    /// The free agents of each queue that has one.
    free: BTreeMap<&'a str, Vec<AgentId>>,
    /// Who was offered last in this pass, by queue.
    offered_last: BTreeMap<&'a str, AgentId>,
    /// For whom nobody is free who was never tried, by queue and needs: nor is for the next like them.
    in_vain: BTreeSet<(&'a str, &'a Skills)>,
}

impl<'a> Dispatch<'a> {
    fn new(state: &'a State, at: Duration) -> Self {
        let mut free: BTreeMap<&str, Vec<AgentId>> = BTreeMap::new();
        for (name, queue) in state.queues.iter().filter(|(_, queue)| queue.line.len() > 0) {
            let is_free = |id: &&AgentId| state.agents[index_of(**id)].is_available();
            let agents: Vec<_> = queue.members.iter().filter(is_free).copied().collect();
            if !agents.is_empty() {
                free.insert(name, agents);
            }
        }
        Dispatch { state, at, free, offered_last: BTreeMap::new(), in_vain: BTreeSet::new() }
    }

    /// Callers in order of their points over all queues, each with whom to offer; the lanes of the queues are merged
    /// as far as free agents last.
    fn pairs(mut self) -> Vec<(TicketId, Vec<AgentId>)> {
        let (state, at) = (self.state, self.at);
        let mut lanes: Vec<_> = Vec::new();
        for name in self.free.keys() {
            lanes.extend(state.queues[*name].line.lanes(at));
        }
        let mut heads = BinaryHeap::new();
        for (lane, callers) in lanes.iter_mut().enumerate() {
            heads.extend(callers.next().map(|head| Reverse((head, lane))));
        }
        let mut pairs = Vec::new();
        while let Some(Reverse(((_, id), lane))) = heads.pop() {
            heads.extend(lanes[lane].next().map(|head| Reverse((head, lane))));
            let agents = self.choose(&state.tickets[&id]);
            if agents.is_empty() {
                continue;
            }
            for free in self.free.values_mut() {
                free.retain(|agent| !agents.contains(agent));
            }
            pairs.push((id, agents));
            self.free.retain(|_, free| !free.is_empty());
            if self.free.is_empty() {
                break;
            }
        }
        pairs
    }

    fn choose(&mut self, ticket: &'a Ticket) -> Vec<AgentId> {
        let is_pausing = ticket.call_back.is_some_and(|call_back| call_back.not_before > self.at);
        if ticket.stage != Stage::Waiting || ticket.deadline < self.at || is_pausing {
            return Vec::new();
        }
        let name = ticket.queue.as_str();
        let (queue, kind) = (&self.state.queues[name], (name, &ticket.caller.needs));
        let Some(free) = self.free.get(name).filter(|_| !self.in_vain.contains(&kind)) else {
            return Vec::new();
        };
        let needs = ticket.needs(queue);
        let able = free.iter().filter(|id| self.state.agents[index_of(**id)].can(&needs));
        let able: Vec<AgentId> = able.filter(|id| ticket.tries(**id).is_some()).copied().collect();
        if able.is_empty() && ticket.tried.is_empty() {
            self.in_vain.insert(kind);
        }
        if queue.config.strategy == Strategy::RingAll && ticket.call_back.is_none() {
            return able;
        }
        let sticky = self.state.sticky(self.at, queue, ticket);
        let last = self.offered_last.get(name).copied().or(queue.offered_last);
        let best = able.into_iter().min_by_key(|id| {
            let agent = &self.state.agents[index_of(*id)];
            let tries = ticket.tries(*id).unwrap_or(0);
            (
                tries,
                sticky != Some(*id),
                !agent.signs_in(),
                self.cost(*id, queue, &needs, last),
                agent.idle_since,
            )
        });
        if let Some(agent) = best {
            self.offered_last.insert(name, agent);
        }
        best.into_iter().collect()
    }

    /// The smallest is called.
    fn cost(&self, id: AgentId, queue: &Queue, needs: &Skills, last: Option<AgentId>) -> u32 {
        let agent = &self.state.agents[index_of(id)];
        match queue.config.strategy {
            Strategy::LongestIdle | Strategy::RingAll => 0,
            // Those after the last one first; the subtraction turns over.
            Strategy::RoundRobin => last.map_or(id.0, |last| id.0.wrapping_sub(last.0 + 1)),
            Strategy::FewestCalls => agent.calls,
            Strategy::SkillLevel => u32::MAX - agent.level(needs),
        }
    }
}
