//! Agents who work in a browser: signing in and out, and what they are told of themselves.

use super::{Doing, Pool, id_of};
use crate::agent::{Agent, Presence};
use crate::event::{AgentId, AgentStatus, NotSignedIn, Output, TicketId};
use crate::log::What;

impl Pool {
    /// All configured agents in order of their names.
    #[must_use]
    pub fn agents(&self) -> Vec<AgentStatus> {
        let status = |agent: &Agent| AgentStatus {
            name: agent.config.name.clone(),
            browser: agent.is_browser(),
            state: agent.is_present().then(|| agent.shown(&self.clock)),
            on_hold: matches!(agent.state, Doing::Talking { on_hold: true, .. }),
            reason: match &agent.presence {
                Presence::Away(reason) => Some(reason.clone()),
                Presence::Ready | Presence::Retired => None,
            },
        };
        let configured = self.state.agents.iter().filter(|agent| !agent.is_retired());
        let mut all: Vec<_> = configured.map(status).collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }

    /// A session takes an agent's place; one that has it already is told its state once more.
    pub(super) fn sign_in(&mut self, name: &str, session: u64, ready: bool) {
        match self.may_sign_in(name, session) {
            Err(why) => self.out.push_back(Output::NotSignedIn { session, why }),
            Ok(agent) => {
                self.told.remove(&session);
                if self.state.agent(agent).is_some_and(|agent| agent.session.is_none()) {
                    self.decide(What::SignedIn { agent, session });
                    if !ready {
                        self.decide(What::Paused { agent, reason: String::new() });
                    }
                }
            }
        }
    }

    fn may_sign_in(&self, name: &str, session: u64) -> Result<AgentId, NotSignedIn> {
        let id = self.state.known(name).ok_or(NotSignedIn::Unknown)?;
        let agent = self.state.agent(id).filter(|agent| agent.signs_in()).ok_or(NotSignedIn::Unknown)?;
        if self.signed_in(session).is_some_and(|other| other != id) {
            return Err(NotSignedIn::SignedInAlready);
        }
        match agent.session {
            Some(other) if other != session => Err(NotSignedIn::Taken),
            Some(_) | None => Ok(id),
        }
    }

    /// The agent is gone: ringing goes to the next one, a conversation ends by its own words.
    pub(super) fn sign_out(&mut self, session: u64) {
        if let Some(id) = self.signed_in(session) {
            self.leave_place(id, session);
            self.end_without_agents();
        }
    }

    /// Sessions whose agent is no longer configured, or is called at a SIP address from now on.
    pub(super) fn sign_out_strangers(&mut self) {
        for index in 0..self.state.agents.len() {
            let agent = &self.state.agents[index];
            let Some(session) = agent.session.filter(|_| agent.is_retired() || !agent.signs_in()) else {
                continue;
            };
            self.leave_place(id_of(index), session);
            self.out.push_back(Output::NotSignedIn { session, why: NotSignedIn::Retired });
        }
    }

    fn leave_place(&mut self, id: AgentId, session: u64) {
        self.told.remove(&session);
        let rang_for = match self.state.agent(id).map(|agent| &agent.state) {
            Some(Doing::Ringing { ticket, .. }) => Some(*ticket),
            Some(
                Doing::Idle
                | Doing::Reserved { .. }
                | Doing::Talking { .. }
                | Doing::Resting { .. }
                | Doing::Settling { .. },
            )
            | None => None,
        };
        self.decide(What::SignedOut { agent: id });
        if let Some(ticket) = rang_for {
            self.keep_or_end(ticket);
        }
    }

    /// The agent of a session.
    pub(super) fn signed_in(&self, session: u64) -> Option<AgentId> {
        self.state.agents.iter().position(|agent| agent.session == Some(session)).map(id_of)
    }

    /// A queue whose last agent is gone lets its callers go.
    pub(super) fn end_without_agents(&mut self) {
        let waiting: Vec<TicketId> = self.state.deadlines.iter().map(|(_, id)| *id).collect();
        for id in waiting {
            self.keep_or_end(id);
        }
    }

    /// Tells every session what has changed for its agent.
    pub(super) fn tell_sessions(&mut self) {
        for agent in &self.state.agents {
            let (Some(session), state) = (agent.session, agent.shown(&self.clock)) else { continue };
            if self.told.insert(session, state) != Some(state) {
                let agent = agent.config.name.clone();
                self.out.push_back(Output::Agent { session, agent, state });
            }
        }
    }
}
