//! One agent: whether it takes calls, and what it is doing.

use std::time::Duration;

use crate::clock::Clock;
use crate::event::{AgentState, NotAnswered, TicketId};
use crate::{Address, AgentConfig, Skills, limits};

/// One agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Agent {
    pub(crate) config: AgentConfig,
    pub(crate) presence: Presence,
    pub(crate) state: State,
    /// Order of becoming idle: the smallest has been idle longest.
    pub(crate) idle_since: u64,
    /// Of an agent who signs in: by what.
    pub(crate) session: Option<u64>,
    /// Conversations since signing in.
    pub(crate) calls: u32,
    /// Calls that rang in vain, in a row.
    pub(crate) unanswered: u32,
}

/// Whether the agent takes calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    Ready,
    /// With the agent's reason.
    Away(String),
    /// No longer configured; a conversation in progress goes on.
    Retired,
}

/// What the agent is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Idle,
    /// Kept free for a caller who is called back.
    Reserved {
        ticket: TicketId,
        until: Duration,
    },
    /// Offered; nobody else may offer it.
    Ringing {
        ticket: TicketId,
        until: Duration,
    },
    Talking {
        ticket: TicketId,
        on_hold: bool,
    },
    /// After a conversation or a call not taken. Counts as idle anew when it is over.
    Resting {
        until: Duration,
    },
    /// After ringing that was called off. Counts as idle all along.
    Settling {
        until: Duration,
    },
}

impl Agent {
    pub(crate) fn new(config: AgentConfig, idle_since: u64) -> Self {
        Agent {
            config,
            presence: Presence::Ready,
            state: State::Idle,
            idle_since,
            session: None,
            calls: 0,
            unanswered: 0,
        }
    }

    pub(crate) fn is_available(&self) -> bool {
        self.state == State::Idle && self.takes_calls()
    }

    /// Is there and ready, whatever else the agent is doing.
    pub(crate) fn takes_calls(&self) -> bool {
        self.presence == Presence::Ready && self.is_present()
    }

    pub(crate) fn is_retired(&self) -> bool {
        self.presence == Presence::Retired
    }

    pub(crate) fn is_browser(&self) -> bool {
        self.config.address == Address::Browser
    }

    /// Is there as long as a session is signed in.
    pub(crate) fn signs_in(&self) -> bool {
        matches!(self.config.address, Address::Browser | Address::Telephone)
    }

    /// False for an agent who signs in and has not. A SIP phone at an address of its own is believed to be there.
    pub(crate) fn is_present(&self) -> bool {
        match self.config.address {
            Address::Sip(_) => true,
            Address::Browser | Address::Telephone => self.session.is_some(),
        }
    }

    /// Has each skill at its level at least.
    pub(crate) fn can(&self, needs: &Skills) -> bool {
        needs.iter().all(|(skill, level)| self.config.skills.get(skill).is_some_and(|own| own >= level))
    }

    /// Sum of the levels of these skills.
    pub(crate) fn level(&self, needs: &Skills) -> u32 {
        needs.keys().filter_map(|skill| self.config.skills.get(skill)).map(|level| u32::from(*level)).sum()
    }

    /// The state as the agent sees it. An agent who is kept free for a caller sees nothing of it.
    pub(crate) fn shown(&self, clock: &Clock) -> AgentState {
        let instant = |at| clock.instant(at).expect("a time was set by an input, which began the clock");
        match (&self.state, &self.presence) {
            (State::Ringing { until, .. }, _) => AgentState::Ringing { until: instant(*until) },
            (State::Talking { .. }, _) => AgentState::Talking,
            (State::Resting { until }, Presence::Ready) => AgentState::WrapUp { until: instant(*until) },
            (State::Idle | State::Settling { .. } | State::Reserved { .. }, Presence::Ready) => {
                AgentState::Ready
            }
            (
                State::Idle | State::Settling { .. } | State::Resting { .. } | State::Reserved { .. },
                Presence::Away(_) | Presence::Retired,
            ) => AgentState::NotReady,
        }
    }

    /// When the state ends by itself.
    pub(crate) fn until(&self) -> Option<Duration> {
        match self.state {
            State::Reserved { until, .. }
            | State::Ringing { until, .. }
            | State::Resting { until }
            | State::Settling { until } => Some(until),
            State::Idle | State::Talking { .. } => None,
        }
    }

    pub(crate) fn rings_for(&self, wanted: TicketId) -> bool {
        matches!(self.state, State::Ringing { ticket, .. } if ticket == wanted)
    }

    pub(crate) fn is_reserved_for(&self, wanted: TicketId) -> bool {
        matches!(self.state, State::Reserved { ticket, .. } if ticket == wanted)
    }

    pub(crate) fn talks_with(&self, wanted: TicketId) -> bool {
        matches!(self.state, State::Talking { ticket, .. } if ticket == wanted)
    }
}

/// How long an agent is left alone after a call that it did not take.
pub(crate) fn rest_after(why: NotAnswered) -> Duration {
    match why {
        NotAnswered::Rejected => limits::REJECTED_REST,
        NotAnswered::Busy => limits::BUSY_REST,
        NotAnswered::NoAnswer => limits::NO_ANSWER_REST,
        NotAnswered::Unreachable => limits::UNREACHABLE_REST,
        NotAnswered::Unfit => Duration::ZERO,
    }
}
