//! What was decided: the pool's log. The state is the fold of these events, and nothing else changes it.
//!
//! Names and fields are stable, since logs outlive the program that wrote them: a new field has a default, a changed
//! meaning is a new name and a new [`VERSION`]. What follows from the configuration in force (when ringing
//! ends, how long an agent rests) is not repeated: the configuration is in the log too.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Config;
use crate::event::{AgentId, Caller, Doors, NotAnswered, Outcome, Priority, TicketId};

/// Of the events that this program writes.
pub const VERSION: u16 = 1;

/// One decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// [`VERSION`] of the program that wrote it.
    pub version: u16,
    /// Since the beginning of the log; never less than that of the event before.
    pub at: Duration,
    /// What was decided.
    pub what: What,
}

/// What was decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum What {
    /// Queues and agents are these from now on. The first event of each log.
    Configured {
        /// What the operator wrote.
        config: Config,
    },
    /// The ticket waits.
    Entered {
        /// Whose.
        ticket: TicketId,
        /// Which queue took it, which need not be the one called for.
        queue: String,
        /// Among those who wait.
        priority: Priority,
        /// Who.
        caller: Caller,
    },
    /// The ticket was not taken.
    Refused {
        /// Whose.
        ticket: TicketId,
        /// The queue called for.
        queue: String,
        /// What the caller was told.
        outcome: Outcome,
    },
    /// The ticket waits in another queue, with its points.
    Moved {
        /// Whose.
        ticket: TicketId,
        /// Where to.
        queue: String,
    },
    /// The queue that the ticket should have overflowed to would not take it.
    NotMoved {
        /// Whose.
        ticket: TicketId,
    },
    /// The agent rings.
    Offered {
        /// Whose.
        ticket: TicketId,
        /// Who.
        agent: AgentId,
    },
    /// Ringing was called off, or an agent who was kept free is no longer.
    Withdrawn {
        /// Whose.
        ticket: TicketId,
        /// Who.
        agent: AgentId,
    },
    /// The agent did not take the call, or was never joined.
    NotTaken {
        /// Whose.
        ticket: TicketId,
        /// Who.
        agent: AgentId,
        /// Why not.
        why: NotAnswered,
    },
    /// They talk.
    Connected {
        /// Whose.
        ticket: TicketId,
        /// Who.
        agent: AgentId,
    },
    /// Talking goes on with the caller on hold, or no longer.
    Held {
        /// Who.
        agent: AgentId,
        /// Whether from now on.
        on: bool,
    },
    /// The agent is insulted or threatened by the caller; a pause follows.
    Abused {
        /// By whom.
        ticket: TicketId,
        /// Who.
        agent: AgentId,
    },
    /// The ticket has ended; an agent who talked rests.
    Ended {
        /// Whose.
        ticket: TicketId,
        /// How.
        outcome: Outcome,
    },
    /// The agent was lost in mid-conversation; follows the ticket's end.
    Lost {
        /// Who.
        agent: AgentId,
    },
    /// The caller is to be called back.
    CallBack {
        /// Whose.
        ticket: TicketId,
    },
    /// The caller is called back; this agent is kept free.
    Dialled {
        /// Whose.
        ticket: TicketId,
        /// Who.
        agent: AgentId,
    },
    /// The caller is back on the line.
    Reached {
        /// Whose.
        ticket: TicketId,
    },
    /// The caller did not answer.
    NotReached {
        /// Whose.
        ticket: TicketId,
    },
    /// A browser's session is this agent.
    SignedIn {
        /// Who.
        agent: AgentId,
        /// By which session.
        session: u64,
    },
    /// The agent's session is gone; ringing has ended.
    SignedOut {
        /// Who.
        agent: AgentId,
    },
    /// The agent takes calls.
    Ready {
        /// Who.
        agent: AgentId,
    },
    /// The agent takes no calls, for this reason.
    Paused {
        /// Who.
        agent: AgentId,
        /// In the agent's words, or the pool's.
        reason: String,
    },
    /// The agent's rest, or the pause after ringing that was called off, is over.
    Rested {
        /// Who.
        agent: AgentId,
    },
    /// The queue opens or closes.
    Doors {
        /// Which.
        queue: String,
        /// From now on.
        doors: Doors,
    },
    /// The process began anew: nobody is signed in, nothing rings.
    Restarted,
}

impl What {
    /// Whose stay in a queue it is about, if about one.
    #[must_use]
    pub fn ticket(&self) -> Option<TicketId> {
        match self {
            What::Entered { ticket, .. }
            | What::Refused { ticket, .. }
            | What::Moved { ticket, .. }
            | What::NotMoved { ticket }
            | What::Offered { ticket, .. }
            | What::Withdrawn { ticket, .. }
            | What::NotTaken { ticket, .. }
            | What::Connected { ticket, .. }
            | What::Abused { ticket, .. }
            | What::Ended { ticket, .. }
            | What::CallBack { ticket }
            | What::Dialled { ticket, .. }
            | What::Reached { ticket }
            | What::NotReached { ticket } => Some(*ticket),
            What::Configured { .. }
            | What::Held { .. }
            | What::Lost { .. }
            | What::SignedIn { .. }
            | What::SignedOut { .. }
            | What::Ready { .. }
            | What::Paused { .. }
            | What::Rested { .. }
            | What::Doors { .. }
            | What::Restarted => None,
        }
    }

    /// Which agent it is about, if about one.
    #[must_use]
    pub fn agent(&self) -> Option<AgentId> {
        match self {
            What::Offered { agent, .. }
            | What::Withdrawn { agent, .. }
            | What::NotTaken { agent, .. }
            | What::Connected { agent, .. }
            | What::Held { agent, .. }
            | What::Abused { agent, .. }
            | What::Lost { agent }
            | What::Dialled { agent, .. }
            | What::SignedIn { agent, .. }
            | What::SignedOut { agent }
            | What::Ready { agent }
            | What::Paused { agent, .. }
            | What::Rested { agent } => Some(*agent),
            What::Configured { .. }
            | What::Entered { .. }
            | What::Refused { .. }
            | What::Moved { .. }
            | What::NotMoved { .. }
            | What::Ended { .. }
            | What::CallBack { .. }
            | What::Reached { .. }
            | What::NotReached { .. }
            | What::Doors { .. }
            | What::Restarted => None,
        }
    }
}
