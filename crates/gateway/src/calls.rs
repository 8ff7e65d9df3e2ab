//! `Calls`: the calls in progress, for a page that lists them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use call::{CallId, Live};

/// One call in progress.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallNow {
    /// Its number; never used twice.
    pub id: u64,
    /// The caller's number or name; `None` when withheld.
    pub caller: Option<String>,
    /// The number that was called.
    pub number: String,
    /// Name of the flow that it is in.
    pub flow: String,
    /// Version of the service that it keeps.
    pub version: u64,
    /// Where in the flow it is; `None` before the first node.
    pub node: Option<String>,
    /// When it came there, since 1970-01-01T00:00:00Z.
    pub since: Duration,
    /// When it began, since 1970-01-01T00:00:00Z.
    pub began: Duration,
    /// The agent it talks to.
    pub agent: Option<String>,
}

/// All calls in progress, for anyone to read at any time; kept by the shards' threads.
#[derive(Clone, Debug, Default)]
pub struct Calls(Arc<Mutex<BTreeMap<CallId, CallNow>>>);

impl Calls {
    /// The calls by number, which is the order they began in.
    #[must_use]
    pub fn list(&self) -> Vec<CallNow> {
        self.with(|calls| calls.values().cloned().collect())
    }

    /// Takes a word of a shard. The table is as large as the number of calls in progress.
    pub(crate) fn note(&self, word: Live) {
        self.with(|calls| match word {
            Live::Began { call, caller, called, flow, version, at } => {
                let now = CallNow {
                    id: call.0,
                    caller,
                    number: called,
                    flow,
                    version,
                    node: None,
                    since: at,
                    began: at,
                    agent: None,
                };
                calls.insert(call, now);
            }
            Live::Node { call, flow, node, at } => {
                if let Some(now) = calls.get_mut(&call) {
                    (now.flow, now.node, now.since) = (flow, Some(node), at);
                }
            }
            Live::Agent { call, agent } => {
                if let Some(now) = calls.get_mut(&call) {
                    now.agent = agent;
                }
            }
            Live::Ended { call } => {
                calls.remove(&call);
            }
        });
    }

    fn with<T>(&self, act: impl FnOnce(&mut BTreeMap<CallId, CallNow>) -> T) -> T {
        // Nothing is done under this lock that could panic half way.
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_holds_what_is_in_progress() {
        let (calls, at) = (Calls::default(), Duration::from_secs(9));
        for number in [2, 1] {
            calls.note(Live::Began {
                call: CallId(number),
                caller: None,
                called: "1008621".into(),
                flow: "hotline".into(),
                version: 3,
                at,
            });
        }
        calls.note(Live::Node { call: CallId(1), flow: "part".into(), node: "menu".into(), at: at * 2 });
        calls.note(Live::Agent { call: CallId(1), agent: Some("ann".into()) });
        calls.note(Live::Ended { call: CallId(2) });
        calls.note(Live::Node { call: CallId(2), flow: "part".into(), node: "late".into(), at });
        let list = calls.list();
        assert_eq!(list.len(), 1);
        assert_eq!((list[0].id, list[0].node.as_deref(), list[0].since), (1, Some("menu"), at * 2));
        assert_eq!((list[0].flow.as_str(), list[0].agent.as_deref()), ("part", Some("ann")));
        calls.note(Live::Agent { call: CallId(1), agent: None });
        assert_eq!(calls.list()[0].agent, None);
    }
}
