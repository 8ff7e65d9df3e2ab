//! What a call knows at this moment, for whoever watches it: the simulator.

use std::collections::BTreeMap;

use minijinja::value::Value;

use super::Run;
use super::stage::Variables;
use crate::{Flow, FlowId};

impl Run {
    /// The call's variables as a person reads them; empty for one that has no value yet. Those of a flow that is run by
    /// another have its name before theirs, `ask_pin.times`. Facts, such as the caller's number, are not among them, and
    /// of a secret there is only that it has one.
    pub(crate) fn values(&self) -> BTreeMap<String, String> {
        let below = self.frames.iter().map(|frame| (frame.flow, &frame.variables));
        let all = below.chain([(self.flow, self.memory.variables())]);
        all.enumerate().flat_map(|(depth, (flow, variables))| self.shown(depth, flow, variables)).collect()
    }

    fn shown(&self, depth: usize, flow: FlowId, variables: &Variables) -> Vec<(String, String)> {
        let Some(flow) = self.service.flow(flow) else { return Vec::new() };
        let shown = |(name, value): (&String, &Value)| {
            let shown = match value.is_none() {
                true => String::new(),
                false if self.is_secret(flow, name) => "***".to_owned(),
                false => value.to_string(),
            };
            let name = if depth == 0 { name.clone() } else { format!("{}.{name}", flow.name()) };
            (name, shown)
        };
        variables.iter().map(shown).collect()
    }

    fn is_secret(&self, flow: &Flow, name: &str) -> bool {
        let variable = flow.body.variables.get(name).is_some_and(|variable| variable.ty.is_secret());
        let answers = flow.body.asks().filter(|ask| ask.into.value == name);
        variable || { answers }.any(|ask| ask.answer(self.service.connectors()).0.is_secret())
    }
}
