//! Queues and agents as the operator wrote them.

use std::time::Duration;

/// The whole pool.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// Queues; of two with one name the first counts.
    pub queues: Vec<QueueConfig>,
    /// Agents; of two with one name the first counts.
    pub agents: Vec<AgentConfig>,
}

/// One queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueConfig {
    /// Its name in the dialplan.
    pub name: String,
    /// Names of the agents that serve it; unknown names are skipped.
    pub agents: Vec<String>,
    /// How long one agent rings.
    pub ring_timeout: Duration,
    /// How long a caller waits at most. Ringing that has begun by then is let run. Zero takes the caller
    /// only if an agent is free at once.
    pub wait_max: Duration,
    /// Callers that may wait at once, those whose agent rings included.
    pub capacity: u32,
    /// Rest of an agent after a conversation.
    pub wrap_up: Duration,
}

/// One agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentConfig {
    /// Unique name.
    pub name: String,
    /// Where the agent is called.
    pub address: Address,
}

/// Where an agent is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// At a SIP URI.
    Sip(String),
    /// At the session that signed in last, if one is signed in; else the agent is as good as absent.
    Browser,
}
