//! Queues and the tickets in them.

use std::collections::BTreeMap;
use std::time::Instant;

use crate::QueueConfig;
use crate::event::{AgentId, TicketId};
use crate::line::{Line, Standing};

/// One queue.
#[derive(Debug)]
pub(crate) struct Queue {
    pub(crate) config: QueueConfig,
    /// The agents that serve it, without those that are retired.
    pub(crate) members: Vec<AgentId>,
    /// Tickets that wait or whose agent rings; at most `config.capacity`.
    pub(crate) line: Line,
    /// Who has just entered and was told no place yet.
    pub(crate) newcomer: Option<TicketId>,
    /// Places are to be told again.
    pub(crate) moved: bool,
}

/// One caller's stay.
#[derive(Debug)]
pub(crate) struct Ticket {
    /// Name of the queue.
    pub(crate) queue: String,
    /// Among those of its queue.
    pub(crate) standing: Standing,
    /// When waiting ends.
    pub(crate) deadline: Instant,
    pub(crate) stage: Stage,
    /// Agents that did not take this call, at most as many as the queue has had.
    pub(crate) tried: BTreeMap<AgentId, Tried>,
    /// The place last told; 0 before the first.
    pub(crate) place: u32,
}

/// Where a ticket stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Waiting,
    Ringing(AgentId),
    Talking(AgentId),
}

/// What came of offering an agent to a ticket before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tried {
    /// So many times not taken; others come first.
    Times(u32),
    /// No phone there: not offered to this ticket again.
    Unreachable,
}

impl Queue {
    pub(crate) fn new(config: QueueConfig) -> Self {
        Queue { config, members: Vec::new(), line: Line::default(), newcomer: None, moved: false }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.line.len() >= self.config.capacity as usize
    }
}

impl Ticket {
    /// How often this agent was offered in vain; `None` when it is not to be offered again.
    pub(crate) fn tries(&self, agent: AgentId) -> Option<u32> {
        match self.tried.get(&agent) {
            None => Some(0),
            Some(Tried::Times(times)) => Some(*times),
            Some(Tried::Unreachable) => None,
        }
    }
}
