//! What a call knows at this moment, for whoever watches it: the simulator.

use std::collections::BTreeMap;

use super::Run;
use crate::expression::FACTS;

impl Run {
    /// The call's variables as a person reads them; empty for one that has no value yet. Facts, such as the caller's
    /// number, are not among them.
    pub(crate) fn values(&self) -> BTreeMap<String, String> {
        let scope = self.memory.scope();
        let own = scope.into_iter().filter(|(name, _)| !FACTS.iter().any(|(fact, _)| fact == name));
        own.map(|(name, value)| (name, if value.is_none() { String::new() } else { value.to_string() }))
            .collect()
    }
}
