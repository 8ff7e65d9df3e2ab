//! A new configuration: agents and queues are matched by name.

use std::collections::BTreeSet;
use std::time::Instant;

use super::{Pool, id_of};
use crate::agent::{Agent, Presence, State};
use crate::event::{AgentId, NotAnswered, Outcome, Output};
use crate::queue::Queue;
use crate::{AgentConfig, Config, limits};

impl Pool {
    /// Takes a new configuration over. Agents and queues are known by their names: conversations go on,
    /// callers keep their places. An agent that is gone stops ringing; a queue that is gone ends its
    /// callers as [`Outcome::Closed`].
    pub fn reload(&mut self, now: Instant, config: &Config) {
        self.close_queues(now, config);
        self.configure(config);
        self.stop_retired_ringing(now);
        self.sign_out_strangers();
        self.end_without_agents();
        self.settle(now);
    }

    /// Agents and queues as `config` has them, tickets untouched.
    pub(super) fn configure(&mut self, config: &Config) {
        let wanted: BTreeSet<&str> = config.agents.iter().map(|agent| agent.name.as_str()).collect();
        for agent in self.agents.iter_mut().filter(|agent| !wanted.contains(agent.name.as_str())) {
            agent.presence = Presence::Retired;
        }
        let mut named = BTreeSet::new();
        for wanted in config.agents.iter().filter(|agent| named.insert(agent.name.as_str())) {
            self.configure_agent(wanted);
        }
        let mut named = BTreeSet::new();
        for wanted in config.queues.iter().filter(|queue| named.insert(queue.name.as_str())) {
            let members: BTreeSet<AgentId> =
                wanted.agents.iter().filter_map(|name| self.agent(name)).collect();
            let queue = self.queues.entry(wanted.name.clone()).or_insert_with(|| Queue::new(wanted.clone()));
            queue.config.clone_from(wanted);
            queue.members = members.into_iter().collect();
        }
    }

    fn configure_agent(&mut self, wanted: &AgentConfig) {
        self.order += 1;
        if let Some(agent) = self.agents.iter_mut().find(|agent| agent.name == wanted.name) {
            agent.address.clone_from(&wanted.address);
            if agent.is_retired() {
                agent.presence = Presence::Ready;
                agent.idle_since = self.order;
            }
        } else if self.agents.len() < limits::AGENTS_MAX {
            self.agents.push(Agent {
                name: wanted.name.clone(),
                address: wanted.address.clone(),
                presence: Presence::Ready,
                state: State::Idle,
                idle_since: self.order,
                session: None,
                told: None,
            });
        }
    }

    /// Ends the callers of queues that are gone; those who talk go on.
    fn close_queues(&mut self, now: Instant, config: &Config) {
        let is_kept = |name: &String| config.queues.iter().any(|queue| queue.name == *name);
        let closed: Vec<String> = self.queues.keys().filter(|name| !is_kept(name)).cloned().collect();
        for name in closed {
            let line: Vec<_> = self.queues[&name].line.ranked(self.time(now)).map(|(_, id)| id).collect();
            for id in line {
                self.end(now, id, Outcome::Closed);
            }
            self.queues.remove(&name);
        }
    }

    fn stop_retired_ringing(&mut self, now: Instant) {
        for index in 0..self.agents.len() {
            let agent = &self.agents[index];
            let State::Ringing { ticket, .. } = agent.state else { continue };
            if agent.is_retired() {
                self.out.push_back(Output::Withdraw { ticket, agent: id_of(index) });
                self.not_answered(now, ticket, id_of(index), NotAnswered::Unreachable);
            }
        }
    }
}
