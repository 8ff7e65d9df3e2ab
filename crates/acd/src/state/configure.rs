//! A configuration taken over: agents and queues are matched by name.

use std::collections::BTreeSet;

use super::State;
use crate::agent::{Agent, Presence};
use crate::event::{AgentId, TicketId};
use crate::queue::{Queue, Stage};
use crate::{AgentConfig, Config, limits};

impl State {
    /// Agents and queues as `config` has them, conversations untouched.
    pub(super) fn configure(&mut self, config: &Config) {
        let waiting: Vec<TicketId> = self.deadlines.iter().map(|(_, id)| *id).collect();
        waiting.iter().for_each(|id| self.stop_waiting(*id));
        let wanted: BTreeSet<&str> = config.agents.iter().map(|agent| agent.name.as_str()).collect();
        for agent in self.agents.iter_mut().filter(|agent| !wanted.contains(agent.config.name.as_str())) {
            agent.presence = Presence::Retired;
        }
        let mut named = BTreeSet::new();
        for wanted in config.agents.iter().filter(|agent| named.insert(agent.name.as_str())) {
            self.configure_agent(wanted);
        }
        self.queues.retain(|name, _| config.queues.iter().any(|queue| queue.name == *name));
        let mut named = BTreeSet::new();
        for wanted in config.queues.iter().filter(|queue| named.insert(queue.name.as_str())) {
            let members: BTreeSet<AgentId> =
                wanted.agents.iter().filter_map(|name| self.known(name)).collect();
            let queue = self.queues.entry(wanted.name.clone()).or_insert_with(|| Queue::new(wanted.clone()));
            queue.config.clone_from(wanted);
            queue.members = members.into_iter().collect();
        }
        // Ways out may have changed: those that are due are counted anew from the first.
        for id in waiting {
            self.begin_overflow(id);
        }
    }

    fn begin_overflow(&mut self, id: TicketId) {
        if let Some(ticket) = self.tickets.get_mut(&id).filter(|ticket| ticket.stage == Stage::Waiting) {
            ticket.overflow = 0;
            self.wait(id);
        }
    }

    fn configure_agent(&mut self, wanted: &AgentConfig) {
        self.order += 1;
        if let Some(agent) = self.agents.iter_mut().find(|agent| agent.config.name == wanted.name) {
            agent.config.clone_from(wanted);
            if agent.is_retired() {
                agent.presence = Presence::Ready;
                agent.idle_since = self.order;
            }
        } else if self.agents.len() < limits::AGENTS_MAX {
            self.agents.push(Agent::new(wanted.clone(), self.order));
        }
    }
}
