//! What a call knows at this moment, for whoever watches it: the simulator.

use std::collections::BTreeMap;

use minijinja::value::Value;

use super::Run;
use crate::expression::FACTS;

impl Run {
    /// The call's variables as a person reads them; empty for one that has no value yet. Facts, such as the caller's
    /// number, are not among them, and of a secret there is only that it has one.
    pub(crate) fn values(&self) -> BTreeMap<String, String> {
        let scope = self.memory.scope();
        let own = scope.into_iter().filter(|(name, _)| !FACTS.iter().any(|(fact, _)| fact == name));
        let shown = |(name, value): (String, Value)| {
            let shown = match value.is_none() {
                true => String::new(),
                false if self.is_secret(&name) => "***".to_owned(),
                false => value.to_string(),
            };
            (name, shown)
        };
        own.map(shown).collect()
    }

    fn is_secret(&self, name: &str) -> bool {
        let Some(flow) = self.service.flow(self.flow) else { return true };
        let variable = flow.body.variables.get(name).is_some_and(|variable| variable.ty.is_secret());
        let answers = flow.body.asks().filter(|ask| ask.into.value == name);
        variable || { answers }.any(|ask| ask.answer(self.service.connectors()).0.is_secret())
    }
}
