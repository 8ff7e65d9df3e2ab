//! Callers who are called back: they keep their place without a call, see [`Input::CallBack`](crate::Input).

use super::Pool;
use crate::agent::Agent;
use crate::event::{Outcome, TicketId};
use crate::limits;
use crate::log::What;
use crate::queue::Stage;

impl Pool {
    /// An agent who rings by now is called off: the caller is about to hang up.
    pub(super) fn call_back(&mut self, id: TicketId) {
        let Some(ticket) = self.state.tickets.get(&id) else { return };
        let asked_already = ticket.call_back.is_some() || ticket.caller.number.is_none();
        if asked_already || matches!(ticket.stage, Stage::Talking(..)) {
            return;
        }
        for agent in self.engaged(id) {
            self.decide(What::Withdrawn { ticket: id, agent });
        }
        self.decide(What::CallBack { ticket: id });
    }

    /// The agent who was kept free may have left by now; then the next one is offered.
    pub(super) fn caller_reached(&mut self, id: TicketId) {
        let Some(agent) = self.dialled(id) else { return };
        self.decide(What::Reached { ticket: id });
        if self.state.agent(agent).is_some_and(Agent::takes_calls) {
            self.decide(What::Offered { ticket: id, agent });
        } else {
            self.decide(What::Withdrawn { ticket: id, agent });
        }
        self.keep_or_end(id);
    }

    pub(super) fn caller_not_reached(&mut self, id: TicketId) {
        if self.dialled(id).is_none() {
            return;
        }
        self.decide(What::NotReached { ticket: id });
        let call_back = self.state.tickets.get(&id).and_then(|ticket| ticket.call_back);
        if call_back.is_some_and(|call_back| call_back.times >= limits::DIALS_MAX) {
            self.end(id, Outcome::NotReached);
        }
    }

    pub(super) fn end_call_back(&mut self, id: TicketId) {
        if self.state.tickets.get(&id).is_some_and(|ticket| ticket.call_back.is_some()) {
            self.end(id, Outcome::Left);
        }
    }

    /// The agent who is kept free for this caller.
    fn dialled(&self, id: TicketId) -> Option<crate::AgentId> {
        match self.state.tickets.get(&id)?.stage {
            Stage::Dialling(agent) => Some(agent),
            Stage::Waiting | Stage::Ringing(_) | Stage::Talking(..) => None,
        }
    }
}
