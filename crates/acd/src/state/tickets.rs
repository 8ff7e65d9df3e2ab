//! Tickets, from entry to end.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::{State, index_of};
use crate::agent::{State as Doing, rest_after};
use crate::event::{AgentId, Caller, NotAnswered, Outcome, Priority, TicketId};
use crate::figures::How;
use crate::limits;
use crate::line::Standing;
use crate::queue::{CallBack, Stage, Ticket, Tried};

impl State {
    pub(super) fn entered(
        &mut self,
        at: Duration,
        id: TicketId,
        name: &str,
        priority: Priority,
        caller: &Caller,
    ) {
        let Some(queue) = self.queues.get(name) else { return };
        self.order += 1;
        let ticket = Ticket {
            queue: name.to_owned(),
            caller: caller.clone(),
            standing: Standing::new(priority, self.order, at),
            entered: at,
            moved: at,
            deadline: at + queue.config.wait_max.min(limits::DURATION_MAX),
            stage: Stage::Waiting,
            tried: BTreeMap::new(),
            visited: BTreeSet::from([name.to_owned()]),
            overflow: 0,
            call_back: None,
            counts: true,
        };
        self.tickets.insert(id, ticket);
        self.wait(id);
    }

    pub(super) fn moved(&mut self, at: Duration, id: TicketId, name: &str) {
        let Some(queue) = self.queues.get(name) else { return };
        let deadline = at + queue.config.wait_max.min(limits::DURATION_MAX);
        self.out_of_line(id);
        let Some(ticket) = self.tickets.get_mut(&id) else { return };
        name.clone_into(&mut ticket.queue);
        (ticket.moved, ticket.deadline, ticket.overflow) = (at, deadline, 0);
        ticket.visited.insert(name.to_owned());
        self.wait(id);
    }

    pub(super) fn not_moved(&mut self, id: TicketId) {
        self.stop_waiting(id);
        let Some(ticket) = self.tickets.get_mut(&id) else { return };
        let Some(queue) = self.queues.get(&ticket.queue) else { return };
        if let Some((step, _)) = ticket.overflow_due(queue) {
            ticket.overflow = step + 1;
        }
        self.wait(id);
    }

    pub(super) fn offered(&mut self, at: Duration, id: TicketId, agent: AgentId) {
        if index_of(agent) >= self.agents.len() {
            return;
        }
        self.stop_waiting(id);
        let Some(ticket) = self.tickets.get_mut(&id) else { return };
        let Some(queue) = self.queues.get_mut(&ticket.queue) else { return };
        match &mut ticket.stage {
            Stage::Ringing(ring) => {
                ring.insert(agent);
            }
            Stage::Waiting | Stage::Dialling(_) => ticket.stage = Stage::Ringing(BTreeSet::from([agent])),
            Stage::Talking(..) => return,
        }
        queue.offered_last = Some(agent);
        let until = at + queue.config.ring_timeout.min(limits::DURATION_MAX);
        self.agents[index_of(agent)].state = Doing::Ringing { ticket: id, until };
    }

    pub(super) fn withdrawn(&mut self, at: Duration, id: TicketId, agent_id: AgentId) {
        if let Some(agent) = self.agent_mut(agent_id) {
            agent.state = if agent.is_reserved_for(id) {
                Doing::Idle
            } else {
                Doing::Settling { until: at + limits::SETTLE }
            };
        }
        self.rings_no_longer(id, agent_id);
    }

    pub(super) fn not_taken(&mut self, at: Duration, id: TicketId, agent_id: AgentId, why: NotAnswered) {
        let Some(agent) = self.agent_mut(agent_id) else { return };
        agent.unanswered += u32::from(why == NotAnswered::NoAnswer);
        agent.state = match why {
            NotAnswered::Unfit => Doing::Idle,
            NotAnswered::Rejected | NotAnswered::Busy | NotAnswered::NoAnswer | NotAnswered::Unreachable => {
                Doing::Resting { until: at + rest_after(why) }
            }
        };
        let Some(ticket) = self.tickets.get_mut(&id) else { return };
        if let (Stage::Talking(_, since), true) = (&ticket.stage, ticket.counts)
            && let Some(queue) = self.queues.get_mut(&ticket.queue)
        {
            queue.figures.not_answered(*since);
        }
        match why {
            NotAnswered::Unreachable | NotAnswered::Unfit => {
                ticket.tried.insert(agent_id, Tried::Unreachable);
            }
            NotAnswered::Rejected | NotAnswered::Busy | NotAnswered::NoAnswer => ticket.try_again(agent_id),
        }
        self.rings_no_longer(id, agent_id);
    }

    pub(super) fn connected(&mut self, at: Duration, id: TicketId, agent_id: AgentId) {
        self.out_of_line(id);
        let Some(ticket) = self.tickets.get_mut(&id) else { return };
        ticket.stage = Stage::Talking(agent_id, at);
        let waited = at.saturating_sub(ticket.entered);
        if let Some(queue) = self.queues.get_mut(&ticket.queue).filter(|_| ticket.counts) {
            queue.figures.ended(at, waited, How::Answered);
        }
        if let Some(agent) = self.agent_mut(agent_id) {
            agent.state = Doing::Talking { ticket: id, on_hold: false };
            (agent.calls, agent.unanswered) = (agent.calls + 1, 0);
        }
    }

    pub(super) fn ended(&mut self, at: Duration, id: TicketId, outcome: Outcome) {
        self.out_of_line(id);
        let Some(ticket) = self.tickets.remove(&id) else { return };
        let queue = self.queues.get_mut(&ticket.queue);
        let Stage::Talking(agent_id, since) = ticket.stage else {
            let how = if outcome == Outcome::Left { How::Abandoned } else { How::LetGo };
            if let Some(queue) = queue.filter(|_| ticket.counts) {
                queue.figures.ended(at, at.saturating_sub(ticket.entered), how);
            }
            return;
        };
        let wrap_up = queue.as_ref().map_or(Duration::ZERO, |queue| queue.config.wrap_up);
        let wrap_up = wrap_up.min(limits::DURATION_MAX);
        if let Some(queue) = queue {
            queue.figures.handled(at.saturating_sub(since) + wrap_up);
        }
        if let Some(agent) = self.agent_mut(agent_id) {
            agent.state = Doing::Resting { until: at + wrap_up };
        }
        if let Some(caller) = &ticket.caller.number {
            self.remember(caller, agent_id, at);
        }
    }

    pub(super) fn call_back(&mut self, at: Duration, id: TicketId) {
        self.stop_waiting(id);
        let Some(ticket) = self.tickets.get_mut(&id) else { return };
        ticket.call_back = Some(CallBack { times: 0, not_before: at });
        ticket.counts = false;
        ticket.deadline = at + limits::DURATION_MAX;
        self.wait(id);
    }

    pub(super) fn dialled(&mut self, at: Duration, id: TicketId, agent_id: AgentId) {
        self.stop_waiting(id);
        let Some(ticket) = self.tickets.get_mut(&id) else { return };
        ticket.stage = Stage::Dialling(agent_id);
        if let Some(agent) = self.agent_mut(agent_id) {
            agent.state = Doing::Reserved { ticket: id, until: at + limits::DIAL_MAX };
        }
    }

    /// Waits like others from here on, for as long as the queue allows.
    pub(super) fn reached(&mut self, at: Duration, id: TicketId) {
        self.stop_waiting(id);
        let Some(ticket) = self.tickets.get_mut(&id) else { return };
        let Some(queue) = self.queues.get(&ticket.queue) else { return };
        ticket.call_back = None;
        ticket.moved = at;
        ticket.deadline = at + queue.config.wait_max.min(limits::DURATION_MAX);
    }

    pub(super) fn not_reached(&mut self, at: Duration, id: TicketId) {
        let Some(ticket) = self.tickets.get_mut(&id) else { return };
        let Stage::Dialling(agent_id) = ticket.stage else { return };
        if let Some(call_back) = &mut ticket.call_back {
            call_back.times += 1;
            call_back.not_before = at + limits::DIAL_AGAIN;
        }
        if let Some(agent) = self.agent_mut(agent_id) {
            agent.state = Doing::Idle;
        }
        self.rings_no_longer(id, agent_id);
    }
}
