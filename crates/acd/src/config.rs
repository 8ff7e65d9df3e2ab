//! Queues and agents as the operator wrote them.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Skills by name with their levels, 1 to 9; of a caller or a queue the levels that are needed at least.
pub type Skills = BTreeMap<String, u8>;

/// The whole pool.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// Queues; of two with one name the first counts.
    pub queues: Vec<QueueConfig>,
    /// Agents; of two with one name the first counts.
    pub agents: Vec<AgentConfig>,
}

/// One queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueConfig {
    /// Its name in the dialplan.
    pub name: String,
    /// Names of the agents that serve it; unknown names are skipped.
    pub agents: Vec<String>,
    /// How long one agent rings.
    pub ring_timeout: Duration,
    /// How long a caller waits at most. Ringing that has begun by then is let run. Zero takes the caller
    /// only if an agent is free at once. Counts anew in a queue that a caller overflows to.
    pub wait_max: Duration,
    /// Callers that may wait at once, those whose agent rings included.
    pub capacity: u32,
    /// Rest of an agent after a conversation.
    pub wrap_up: Duration,
    /// Which of the free agents is called.
    #[serde(default)]
    pub strategy: Strategy,
    /// What an agent needs for this queue.
    #[serde(default)]
    pub needs: Skills,
    /// So long after a conversation its caller is offered first to the same agent, if that one is free.
    /// Zero: never.
    #[serde(default)]
    pub sticky: Duration,
    /// A browser agent who lets so many calls in a row ring in vain is paused; 0: never. A telephone is not: it has
    /// no button to come back with.
    #[serde(default)]
    pub pause_after: u32,
    /// Where callers go who find the queue too long or wait too long; at most
    /// [`limits::OVERFLOWS_MAX`](crate::limits::OVERFLOWS_MAX), tried in this order.
    #[serde(default)]
    pub overflow: Vec<Overflow>,
    /// Waiting that still counts as served in time, see [`Level`](crate::Level).
    #[serde(default = "service_level")]
    pub service_level: Duration,
}

impl Default for QueueConfig {
    /// A queue without a name, agents or room, and nothing beyond the necessary.
    fn default() -> Self {
        QueueConfig {
            name: String::new(),
            agents: Vec::new(),
            ring_timeout: Duration::from_secs(20),
            wait_max: Duration::from_secs(300),
            capacity: 0,
            wrap_up: Duration::from_secs(10),
            strategy: Strategy::default(),
            needs: Skills::new(),
            sticky: Duration::ZERO,
            pause_after: 0,
            overflow: Vec::new(),
            service_level: service_level(),
        }
    }
}

/// The customer's: 85 of 100 calls are answered within so long.
fn service_level() -> Duration {
    Duration::from_secs(15)
}

/// Which free agent is called, after those who were tried less and those who have signed in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// Who has been idle longest.
    #[default]
    LongestIdle,
    /// Who comes after the agent offered last, in the order of the configuration's agents.
    RoundRobin,
    /// Who has had the fewest conversations since signing in, or since the start of the pool.
    FewestCalls,
    /// Whose levels of the needed skills are highest in sum.
    SkillLevel,
    /// All at once; who answers first has the caller.
    RingAll,
}

/// A way out of a queue. No queue takes a caller twice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overflow {
    /// When it is taken.
    pub when: When,
    /// To this queue; a queue that would not take the caller is passed over. `None` ends the waiting: as
    /// [`Outcome::Full`](crate::Outcome::Full) of [`When::Longer`], as
    /// [`Outcome::Timeout`](crate::Outcome::Timeout) of [`When::After`].
    pub to: Option<String>,
}

/// When a caller overflows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// After so long in this queue.
    After(Duration),
    /// At entry, where so many wait already.
    Longer(u32),
}

/// One agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentConfig {
    /// Unique name.
    pub name: String,
    /// Where the agent is called.
    pub address: Address,
    /// What the agent can do, and how well.
    #[serde(default)]
    pub skills: Skills,
    /// The desk is to take calls by itself.
    #[serde(default)]
    pub auto_answer: bool,
}

/// Where an agent is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Address {
    /// At a SIP URI.
    Sip(String),
    /// At the session that signed in last, if one is signed in; else the agent is as good as absent.
    Browser,
    /// As [`Address::Browser`], at a telephone: its session is there for as long as it is registered.
    Telephone,
}
