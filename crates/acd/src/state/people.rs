//! Agents: signing in and out, taking calls or not, resting.

use std::time::Duration;

use super::{State, id_of};
use crate::agent::{Presence, State as Doing, rest_after};
use crate::event::{AgentId, NotAnswered, TicketId};
use crate::queue::Stage;

impl State {
    /// The agent goes behind those who have been idle, and has rested.
    pub(super) fn signed_in(&mut self, id: AgentId, session: u64) {
        self.order += 1;
        let order = self.order;
        let Some(agent) = self.agent_mut(id) else { return };
        agent.session = Some(session);
        agent.presence = Presence::Ready;
        agent.idle_since = order;
        (agent.calls, agent.unanswered) = (0, 0);
        if matches!(agent.state, Doing::Resting { .. }) {
            agent.state = Doing::Idle;
        }
    }

    /// Ringing ends; an agent who has signed in again may be offered to the same caller again.
    pub(super) fn signed_out(&mut self, id: AgentId) {
        let Some(agent) = self.agent_mut(id) else { return };
        agent.session = None;
        if let Doing::Ringing { ticket, .. } = agent.state {
            agent.state = Doing::Idle;
            if let Some(ticket) = self.tickets.get_mut(&ticket) {
                ticket.try_again(id);
            }
            self.rings_no_longer(ticket, id);
        }
    }

    pub(super) fn ready(&mut self, id: AgentId) {
        self.order += 1;
        let order = self.order;
        let Some(agent) = self.agent_mut(id).filter(|agent| !agent.is_retired()) else { return };
        let rested = matches!(agent.state, Doing::Resting { .. });
        if rested {
            agent.state = Doing::Idle;
        }
        if rested || agent.presence != Presence::Ready {
            agent.idle_since = order;
        }
        agent.presence = Presence::Ready;
        agent.unanswered = 0;
    }

    pub(super) fn paused(&mut self, id: AgentId, reason: &str) {
        if let Some(agent) = self.agent_mut(id).filter(|agent| !agent.is_retired()) {
            agent.presence = Presence::Away(reason.to_owned());
        }
    }

    pub(super) fn rested(&mut self, id: AgentId) {
        let order = self.order + 1;
        let Some(agent) = self.agent_mut(id) else { return };
        match agent.state {
            Doing::Resting { .. } => {
                agent.state = Doing::Idle;
                agent.idle_since = order;
                self.order = order;
            }
            Doing::Settling { .. } => agent.state = Doing::Idle,
            Doing::Idle | Doing::Reserved { .. } | Doing::Ringing { .. } | Doing::Talking { .. } => {}
        }
    }

    pub(super) fn held(&mut self, id: AgentId, on: bool) {
        if let Some(agent) = self.agent_mut(id)
            && let Doing::Talking { on_hold, .. } = &mut agent.state
        {
            *on_hold = on;
        }
    }

    /// The wrap-up is for who talked; this phone has to come back first.
    pub(super) fn lost(&mut self, at: Duration, id: AgentId) {
        if let Some(agent) = self.agent_mut(id) {
            agent.state = Doing::Resting { until: at + rest_after(NotAnswered::Unreachable) };
        }
    }

    /// Browsers sign in anew; who talked has ended before this.
    pub(super) fn restarted(&mut self) {
        for index in 0..self.agents.len() {
            let agent = &mut self.agents[index];
            agent.session = None;
            let engaged = match agent.state {
                Doing::Ringing { ticket, .. } | Doing::Reserved { ticket, .. } => Some(ticket),
                Doing::Idle | Doing::Talking { .. } | Doing::Resting { .. } | Doing::Settling { .. } => None,
            };
            agent.state = Doing::Idle;
            if let Some(ticket) = engaged {
                self.rings_no_longer(ticket, id_of(index));
            }
        }
    }

    /// The ticket waits again when nobody else rings for it.
    pub(super) fn rings_no_longer(&mut self, id: TicketId, agent: AgentId) {
        let Some(ticket) = self.tickets.get_mut(&id) else { return };
        let waits = match &mut ticket.stage {
            Stage::Ringing(ring) => ring.remove(&agent) && ring.is_empty(),
            Stage::Dialling(kept) => *kept == agent,
            Stage::Talking(other, _) => *other == agent,
            Stage::Waiting => false,
        };
        if waits {
            self.wait(id);
        }
    }
}
