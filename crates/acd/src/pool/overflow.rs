//! Callers who find a queue too long, or wait too long in it, and go on to another.

use super::Pool;
use crate::When;
use crate::event::{Caller, Outcome, TicketId};
use crate::limits;
use crate::log::What;
use crate::queue::Stage;

impl Pool {
    /// The queue that takes a new caller: the one called for, or one that it overflows to at once.
    pub(super) fn way_in(&self, name: String, caller: &Caller) -> Result<String, (String, Outcome)> {
        if self.state.tickets.len() >= limits::TICKETS_MAX {
            let known = self.state.queues.contains_key(&name);
            let refusal = self.refusal(&name, caller).filter(|_| known);
            return Err((name, refusal.unwrap_or(Outcome::Failed)));
        }
        let Some(queue) = self.state.queues.get(&name) else { return Err((name, Outcome::Failed)) };
        let waiting = queue.line.len();
        let refusal = self.refusal(&name, caller);
        for (_, way) in queue.overflows() {
            let When::Longer(longer) = way.when else { continue };
            if waiting <= longer as usize {
                continue;
            }
            match &way.to {
                None => return Err((name, Outcome::Full)),
                Some(to) if *to != name && self.refusal(to, caller).is_none() => return Ok(to.clone()),
                Some(_) => {}
            }
        }
        match refusal {
            Some(outcome) => Err((name, outcome)),
            None => Ok(name),
        }
    }

    /// Moves those whose time in their queue has come.
    pub(super) fn overflow(&mut self) {
        while let Some(&(due, id)) = self.state.overflows.first() {
            if due > self.at {
                break;
            }
            self.overflow_one(id);
        }
    }

    fn overflow_one(&mut self, id: TicketId) {
        let ticket = self.state.tickets.get(&id).filter(|ticket| ticket.stage == Stage::Waiting);
        let ticket = ticket.expect("only who waits has a time to overflow");
        let queue = &self.state.queues[&ticket.queue];
        let (step, _) = ticket.overflow_due(queue).expect("it was due by the same rule");
        match &queue.config.overflow[step].to {
            None => self.end(id, Outcome::Timeout),
            Some(to) if !ticket.visited.contains(to) && self.refusal(to, &ticket.caller).is_none() => {
                self.decide(What::Moved { ticket: id, queue: to.clone() });
            }
            Some(_) => self.decide(What::NotMoved { ticket: id }),
        }
    }
}
