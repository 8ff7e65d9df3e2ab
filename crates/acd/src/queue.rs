//! Queues and the tickets in them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::event::{AgentId, Caller, Doors};
use crate::figures::Figures;
use crate::line::{Line, Standing};
use crate::{Overflow, QueueConfig, Skills, When, limits};

/// One queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Queue {
    pub(crate) config: QueueConfig,
    /// The agents that serve it, without those that are retired.
    pub(crate) members: Vec<AgentId>,
    /// Tickets that wait or whose agent rings; at most `config.capacity`.
    pub(crate) line: Line,
    pub(crate) doors: Doors,
    /// For [`Strategy::RoundRobin`](crate::Strategy).
    pub(crate) offered_last: Option<AgentId>,
    pub(crate) figures: Figures,
}

/// One caller's stay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ticket {
    /// Name of the queue.
    pub(crate) queue: String,
    pub(crate) caller: Caller,
    /// Among those of its queue.
    pub(crate) standing: Standing,
    pub(crate) entered: Duration,
    /// When this queue was entered.
    pub(crate) moved: Duration,
    /// When waiting ends.
    pub(crate) deadline: Duration,
    pub(crate) stage: Stage,
    /// Agents that did not take this call, at most as many as the queues have had.
    pub(crate) tried: BTreeMap<AgentId, Tried>,
    /// Queues that it has waited in, at most one and [`limits::OVERFLOWS_MAX`] others.
    pub(crate) visited: BTreeSet<String>,
    /// The next of its queue's ways out.
    pub(crate) overflow: usize,
    /// Of a caller who is to be called back.
    pub(crate) call_back: Option<CallBack>,
    /// Part of the queue's figures: has never asked to be called back.
    pub(crate) counts: bool,
}

/// A caller who waits without a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CallBack {
    /// Called in vain so often.
    pub(crate) times: u32,
    /// Not before then.
    pub(crate) not_before: Duration,
}

/// Where a ticket stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Waiting,
    /// The caller is called back, the agent kept free.
    Dialling(AgentId),
    /// These ring; never empty, and one but for `Strategy::RingAll`.
    Ringing(BTreeSet<AgentId>),
    Talking(AgentId, Duration),
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
        Queue {
            config,
            members: Vec::new(),
            line: Line::default(),
            doors: Doors::Open,
            offered_last: None,
            figures: Figures::default(),
        }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.line.len() >= self.config.capacity as usize
    }

    /// Its ways out, numbered.
    pub(crate) fn overflows(&self) -> impl Iterator<Item = (usize, &Overflow)> {
        self.config.overflow.iter().take(limits::OVERFLOWS_MAX).enumerate()
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

    pub(crate) fn try_again(&mut self, agent: AgentId) {
        let times = self.tries(agent).unwrap_or(0);
        self.tried.insert(agent, Tried::Times(times + 1));
    }

    /// What the agent of this ticket must be able to do, at the higher level of caller and queue.
    pub(crate) fn needs(&self, queue: &Queue) -> Skills {
        needs(&self.caller, queue)
    }

    /// The next way out by time, and when it is due.
    pub(crate) fn overflow_due(&self, queue: &Queue) -> Option<(usize, Duration)> {
        let timed = |(step, way): (usize, &Overflow)| match way.when {
            When::After(wait) => Some((step, self.moved + wait.min(limits::DURATION_MAX))),
            When::Longer(_) => None,
        };
        queue.overflows().skip(self.overflow).find_map(timed)
    }
}

pub(crate) fn needs(caller: &Caller, queue: &Queue) -> Skills {
    let mut all = queue.config.needs.clone();
    for (skill, level) in &caller.needs {
        let own = all.entry(skill.clone()).or_default();
        *own = (*own).max(*level);
    }
    all
}
