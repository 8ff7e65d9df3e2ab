//! Flows that run other flows: what is left behind while a part is on, and taken up again when it returns.
//!
//! Variables, the way back and open questions are the flow's own. The caller's language and the count of nodes without a
//! sign of life are the call's, and go on.

use std::cmp::Ordering;

use super::stage::{Queued, Variables};
use super::{Action, Run};
use crate::check::requires::proves;
use crate::expression::Scope;
use crate::source::Word;
use crate::step::{Next, Part};
use crate::{Flow, FlowId, Service, limits};

/// A flow that waits for a part of it.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) flow: FlowId,
    node: Option<String>,
    pub(super) variables: Variables,
    history: Vec<String>,
    /// The language before the part, for the case that this flow does not speak the one behind it.
    language: String,
}

impl Run {
    /// Goes into another flow; its first node, or none when it cannot be run.
    pub(super) fn go_into<'a>(&mut self, service: &'a Service, part: &Part) -> Option<&'a Word> {
        let flow = service.flows().iter().find(|flow| flow.name() == part.flow.value)?;
        // The checker has seen to it that nothing goes deeper.
        if self.frames.len() >= limits::RUNS_DEEP_MAX {
            return None;
        }
        let given = part.arguments(&flow.body, &self.memory.scope());
        let own: Scope = flow.body.first_values().into_iter().chain(given).collect();
        self.frames.push(Frame {
            flow: std::mem::replace(&mut self.flow, flow.id()),
            node: self.node.take(),
            variables: self.memory.exchange(Variables::new(own)),
            history: std::mem::take(&mut self.history),
            language: self.memory.language.clone(),
        });
        flow.body.start.as_ref()
    }

    /// Returns to the flow that ran this one; where it goes on, or none when there is no such flow.
    pub(super) fn go_back<'a>(&mut self, service: &'a Service, outcome: &str) -> Option<Next<'a>> {
        let frame = self.frames.pop()?;
        let part = service.flow(self.flow).map_or("", Flow::name);
        self.memory.proved.extend(proves(part, outcome).map(str::to_owned));
        self.take_up(frame);
        let step = &service.flow(self.flow)?.body.nodes.get(self.node.as_deref()?)?.step;
        match step.part() {
            Some(part) => part.returns.get(outcome).map(Next::Go),
            None => Some(Next::Again),
        }
    }

    /// Whatever the caller did while waiting in a queue is over; none when they are in no queue.
    pub(super) fn back_to_queue(&mut self) -> Option<&mut Queued> {
        let depth = self.memory.queued.as_ref()?.depth;
        while self.frames.len() > depth {
            let frame = self.frames.pop()?;
            self.take_up(frame);
            self.fetching = None;
            self.memory.clear_waits();
            (self.memory.typed, self.memory.ahead) = (None, None);
        }
        self.memory.queued.as_mut()
    }

    /// Whether the caller waits in a queue and walks another flow meanwhile.
    pub(crate) fn is_aside(&self) -> bool {
        self.memory.queued.as_ref().is_some_and(|queued| self.frames.len() > queued.depth)
    }

    /// A node is about to be entered: unless it is that of the queue, or belongs to what is done while waiting, the
    /// caller waits no more.
    pub(super) fn leave_queue(&mut self, node: &str) {
        let Some(queued) = &self.memory.queued else { return };
        let stays = match self.frames.len().cmp(&queued.depth) {
            Ordering::Greater => true,
            Ordering::Equal => self.node.as_deref() == Some(node),
            Ordering::Less => false,
        };
        if !stays {
            self.memory.queued = None;
            self.memory.out.push_back(Action::LeaveQueue);
        }
    }

    fn take_up(&mut self, frame: Frame) {
        (self.flow, self.node, self.history) = (frame.flow, frame.node, frame.history);
        self.memory.exchange(frame.variables);
        self.memory.failures = 0;
        // What the part has asked, nobody waits for any more.
        let depth = self.frames.len();
        self.asked.retain(|_, (asked_at, _)| *asked_at <= depth);
        let service = self.service.clone();
        let mut languages = service.flow(self.flow).into_iter().flat_map(|flow| flow.languages());
        if !languages.any(|language| language == self.memory.language) {
            self.memory.language = frame.language;
        }
    }
}
