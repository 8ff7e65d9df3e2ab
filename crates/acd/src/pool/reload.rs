//! A new configuration: agents and queues are matched by name.

use std::time::Instant;

use super::{Pool, id_of};
use crate::Config;
use crate::agent::State as Doing;
use crate::event::{NotAnswered, Outcome, TicketId};
use crate::log::{Event, What};

impl Pool {
    /// Takes a new configuration over, and returns what was decided. Agents and queues are known by their names:
    /// conversations go on, callers keep their places. An agent that is gone stops ringing; a queue that is gone ends
    /// its callers as [`Outcome::Closed`].
    pub fn reload(&mut self, now: Instant, config: &Config) -> Vec<Event> {
        self.at = self.clock.at(now);
        self.close_queues(config);
        self.decide(What::Configured { config: config.clone() });
        self.stop_retired();
        self.sign_out_strangers();
        self.end_without_agents();
        self.settle();
        std::mem::take(&mut self.events)
    }

    /// Ends the callers of queues that are gone; those who talk go on.
    fn close_queues(&mut self, config: &Config) {
        let is_kept = |name: &String| config.queues.iter().any(|queue| queue.name == *name);
        let closed = self.state.queues.iter().filter(|(name, _)| !is_kept(name));
        let line: Vec<TicketId> = closed.flat_map(|(_, queue)| queue.line.all()).collect();
        for id in line {
            self.end(id, Outcome::Closed);
        }
    }

    fn stop_retired(&mut self) {
        for index in 0..self.state.agents.len() {
            let agent = &self.state.agents[index];
            if !agent.is_retired() {
                continue;
            }
            // Who is kept free for a caller being called stays so: who answers is offered to the next agent.
            if let Doing::Ringing { ticket, .. } = agent.state {
                self.withdraw(ticket, id_of(index));
                self.not_answered(ticket, id_of(index), NotAnswered::Unreachable);
            }
        }
    }
}
