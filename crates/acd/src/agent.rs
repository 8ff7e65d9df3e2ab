//! One agent: whether it takes calls, and what it is doing.

use std::time::Instant;

use crate::event::{AgentState, NotAnswered, TicketId};
use crate::{Address, limits};

/// One agent.
#[derive(Debug)]
pub(crate) struct Agent {
    pub(crate) name: String,
    pub(crate) address: Address,
    pub(crate) presence: Presence,
    pub(crate) state: State,
    /// Order of becoming idle: the smallest has been idle longest.
    pub(crate) idle_since: u64,
    /// Of a browser agent: who is signed in.
    pub(crate) session: Option<u64>,
    /// What that session was told last.
    pub(crate) told: Option<AgentState>,
}

/// Whether the agent takes calls.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    Ready,
    /// With the agent's reason.
    Away(String),
    /// No longer configured; a conversation in progress goes on.
    Retired,
}

/// What the agent is doing.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum State {
    Idle,
    /// Offered; nobody else may offer it.
    Ringing {
        ticket: TicketId,
        until: Instant,
    },
    Talking {
        ticket: TicketId,
    },
    /// After a conversation or a call not taken. Counts as idle anew when it is over.
    Resting {
        until: Instant,
    },
    /// After ringing that was called off. Counts as idle all along.
    Settling {
        until: Instant,
    },
}

impl Agent {
    pub(crate) fn is_available(&self) -> bool {
        self.presence == Presence::Ready && self.state == State::Idle && self.is_present()
    }

    pub(crate) fn is_retired(&self) -> bool {
        self.presence == Presence::Retired
    }

    pub(crate) fn is_browser(&self) -> bool {
        self.address == Address::Browser
    }

    /// False for a browser agent who is not signed in. A SIP phone is believed to be there.
    pub(crate) fn is_present(&self) -> bool {
        match self.address {
            Address::Sip(_) => true,
            Address::Browser => self.session.is_some(),
        }
    }

    /// The state as the agent sees it.
    pub(crate) fn shown(&self) -> AgentState {
        match (&self.state, &self.presence) {
            (State::Ringing { until, .. }, _) => AgentState::Ringing { until: *until },
            (State::Talking { .. }, _) => AgentState::Talking,
            (State::Resting { until }, Presence::Ready) => AgentState::WrapUp { until: *until },
            (State::Idle | State::Settling { .. }, Presence::Ready) => AgentState::Ready,
            (
                State::Idle | State::Settling { .. } | State::Resting { .. },
                Presence::Away(_) | Presence::Retired,
            ) => AgentState::NotReady,
        }
    }

    /// When the state ends by itself.
    pub(crate) fn until(&self) -> Option<Instant> {
        match self.state {
            State::Ringing { until, .. } | State::Resting { until } | State::Settling { until } => {
                Some(until)
            }
            State::Idle | State::Talking { .. } => None,
        }
    }

    pub(crate) fn rings_for(&self, wanted: TicketId) -> bool {
        match self.state {
            State::Ringing { ticket, .. } => ticket == wanted,
            State::Idle | State::Talking { .. } | State::Resting { .. } | State::Settling { .. } => false,
        }
    }

    pub(crate) fn talks_with(&self, wanted: TicketId) -> bool {
        self.state == State::Talking { ticket: wanted }
    }
}

/// How long an agent is left alone after a call that it did not take.
pub(crate) fn rest_after(why: NotAnswered) -> std::time::Duration {
    match why {
        NotAnswered::Rejected => limits::REJECTED_REST,
        NotAnswered::Busy => limits::BUSY_REST,
        NotAnswered::NoAnswer => limits::NO_ANSWER_REST,
        NotAnswered::Unreachable => limits::UNREACHABLE_REST,
        NotAnswered::Unfit => std::time::Duration::ZERO,
    }
}
