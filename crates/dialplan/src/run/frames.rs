//! Flows that run other flows: what is left behind while a part is on, and taken up again when it returns.
//!
//! Variables, the way back and open questions are the flow's own. The caller's language and the count of nodes without a
//! sign of life are the call's, and go on.

use super::Run;
use super::stage::Variables;
use crate::check::requires::proves;
use crate::expression::Scope;
use crate::source::Word;
use crate::step::Part;
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
    pub(super) fn go_back<'a>(&mut self, service: &'a Service, outcome: &str) -> Option<&'a Word> {
        let frame = self.frames.pop()?;
        let part = service.flow(self.flow).map_or("", Flow::name);
        self.memory.proved.extend(proves(part, outcome).map(str::to_owned));
        (self.flow, self.node, self.history) = (frame.flow, frame.node, frame.history);
        self.memory.exchange(frame.variables);
        self.memory.failures = 0;
        // What the part has asked, nobody waits for any more.
        let depth = self.frames.len();
        self.asked.retain(|_, (asked_at, _)| *asked_at <= depth);
        let flow = service.flow(self.flow)?;
        if !flow.languages().any(|language| language == self.memory.language) {
            self.memory.language = frame.language;
        }
        flow.body.nodes.get(self.node.as_deref()?)?.step.part()?.returns.get(outcome)
    }
}
