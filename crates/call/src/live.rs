//! Small words about calls in progress, for a live list.

use std::time::Duration;

use crate::CallId;

/// Something about a call has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Live {
    /// A call was taken.
    Began {
        /// The call on its shard.
        call: CallId,
        /// The caller's number or name; `None` when withheld.
        caller: Option<String>,
        /// The number that was called.
        called: String,
        /// Name of the flow that serves it.
        flow: String,
        /// Edition of the service (`dialplan::Service::version`).
        version: u64,
        /// Since 1970-01-01T00:00:00Z.
        at: Duration,
    },
    /// The call is in another node.
    Node {
        /// The call.
        call: CallId,
        /// The flow that the node is of.
        flow: String,
        /// The node's name.
        node: String,
        /// Since when, since 1970-01-01T00:00:00Z.
        at: Duration,
    },
    /// The caller talks to an agent, or no longer does.
    Agent {
        /// The call.
        call: CallId,
        /// The agent's name.
        agent: Option<String>,
    },
    /// The call is over; also told by its record.
    Ended {
        /// The call.
        call: CallId,
    },
}
