//! Agents who work in a browser: signing in and out, and what they are told of themselves.

use super::{Pool, id_of};
use crate::agent::{Agent, Presence, State};
use crate::event::{AgentId, AgentStatus, NotSignedIn, Output, TicketId};
use crate::queue::{Stage, Tried};

impl Pool {
    /// All configured agents in order of their names.
    #[must_use]
    pub fn agents(&self) -> Vec<AgentStatus> {
        let status = |agent: &Agent| AgentStatus {
            name: agent.name.clone(),
            browser: agent.is_browser(),
            state: agent.is_present().then(|| agent.shown()),
        };
        let configured = self.agents.iter().filter(|agent| !agent.is_retired());
        let mut all: Vec<_> = configured.map(status).collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }

    /// A session takes an agent's place, ready for calls. It goes behind those who have been idle.
    pub(super) fn sign_in(&mut self, name: &str, session: u64) {
        if let Err(why) = self.may_sign_in(name, session) {
            return self.out.push_back(Output::NotSignedIn { session, why });
        }
        self.order += 1;
        let order = self.order;
        let Some(agent) = self.agents.iter_mut().find(|agent| agent.name == name) else { return };
        agent.told = None;
        if agent.session.is_none() {
            agent.session = Some(session);
            agent.presence = Presence::Ready;
            agent.idle_since = order;
            // Whoever comes back has rested.
            if matches!(agent.state, State::Resting { .. }) {
                agent.state = State::Idle;
            }
        }
    }

    fn may_sign_in(&self, name: &str, session: u64) -> Result<(), NotSignedIn> {
        let agent = self.agents.iter().find(|agent| agent.name == name && !agent.is_retired());
        let agent = agent.filter(|agent| agent.is_browser()).ok_or(NotSignedIn::Unknown)?;
        match self.signed_in(session) {
            Some(id) if self.agent(name) != Some(id) => return Err(NotSignedIn::SignedInAlready),
            Some(_) | None => {}
        }
        match agent.session {
            Some(other) if other != session => Err(NotSignedIn::Taken),
            Some(_) | None => Ok(()),
        }
    }

    /// The agent is gone: ringing goes to the next one, a conversation ends by its own words.
    pub(super) fn sign_out(&mut self, session: u64) {
        if let Some(id) = self.signed_in(session) {
            self.leave_place(id);
            self.end_without_agents();
        }
    }

    /// Sessions whose agent is no longer configured, or is called at a SIP address from now on.
    pub(super) fn sign_out_strangers(&mut self) {
        for index in 0..self.agents.len() {
            let agent = &self.agents[index];
            let Some(session) = agent.session.filter(|_| agent.is_retired() || !agent.is_browser()) else {
                continue;
            };
            self.leave_place(id_of(index));
            self.out.push_back(Output::NotSignedIn { session, why: NotSignedIn::Retired });
        }
    }

    fn leave_place(&mut self, id: AgentId) {
        let Some(agent) = self.agent_mut(id) else { return };
        agent.session = None;
        agent.told = None;
        if let State::Ringing { ticket, .. } = agent.state {
            agent.state = State::Idle;
            self.out.push_back(Output::Withdraw { ticket, agent: id });
            self.try_next(ticket, id);
        }
    }

    /// An agent who has signed in again may be offered to the same caller again.
    fn try_next(&mut self, id: TicketId, agent: AgentId) {
        let ticket = self.ticket_mut(id);
        let times = ticket.tries(agent).unwrap_or(0);
        ticket.tried.insert(agent, Tried::Times(times + 1));
        self.back_in_line(id);
    }

    /// The agent of a session.
    pub(super) fn signed_in(&self, session: u64) -> Option<AgentId> {
        self.agents.iter().position(|agent| agent.session == Some(session)).map(id_of)
    }

    /// A queue whose last agent is gone lets its callers go.
    pub(super) fn end_without_agents(&mut self) {
        let is_hopeless = |id: &TicketId| {
            let ticket = &self.tickets[id];
            let queue = self.queues.get(&ticket.queue);
            ticket.stage == Stage::Waiting && queue.is_some_and(|queue| self.is_deserted(queue, ticket))
        };
        let hopeless: Vec<TicketId> = self.tickets.keys().copied().filter(is_hopeless).collect();
        for id in hopeless {
            self.back_in_line(id);
        }
    }

    /// Tells every session what has changed for its agent.
    pub(super) fn tell_sessions(&mut self) {
        for agent in &mut self.agents {
            let (Some(session), state) = (agent.session, agent.shown()) else { continue };
            if agent.told != Some(state) {
                agent.told = Some(state);
                self.out.push_back(Output::Agent { session, agent: agent.name.clone(), state });
            }
        }
    }
}
