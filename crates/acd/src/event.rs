//! What the pool is told and what it asks for.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::config::Skills;

/// One caller's stay in a queue; the caller's side chooses it and never uses one twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TicketId(pub u64);

/// An agent; stays the same over reloads as long as the name does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AgentId(pub u32);

/// How soon it is a caller's turn: who has the most points is next, and of equals who came first.
///
/// Where all gain equally fast, nobody is overtaken by a caller who comes later than the difference of their points
/// takes to be gained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Priority {
    /// Points at entry.
    pub base: i32,
    /// Points that each minute of waiting adds, at most [`limits::PER_MINUTE_MAX`](crate::limits::PER_MINUTE_MAX).
    pub per_minute: u32,
}

impl Default for Priority {
    /// In order of entry.
    fn default() -> Self {
        Priority { base: 0, per_minute: 10 }
    }
}

/// Who waits, as far as the choice of an agent needs it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// What tells this caller from others, such as the calling number: for [`QueueConfig::sticky`](crate::QueueConfig)
    /// and to call back. Longer than [`limits::CALLER_MAX`](crate::limits::CALLER_MAX) octets is as none.
    pub number: Option<String>,
    /// Skills that are needed beyond those of the queue.
    pub needs: Skills,
}

/// Whether a queue takes callers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doors {
    /// Takes callers.
    #[default]
    Open,
    /// Takes nobody new; who waits is still served.
    Closing,
    /// Who waits is let go as well, but for those who are to be called back.
    Closed,
}

/// What happened outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A caller enters a queue.
    Enter {
        /// New.
        ticket: TicketId,
        /// Name of the queue.
        queue: String,
        /// Among those who wait.
        priority: Priority,
        /// Who.
        caller: Caller,
    },
    /// The caller hung up or chose another way; allowed at any time. Ignored for a caller who is to be called
    /// back: that one has hung up by intention, see [`Input::EndCallBack`].
    Leave {
        /// Whose.
        ticket: TicketId,
    },
    /// The agent that was offered took the call.
    Answered {
        /// For whom.
        ticket: TicketId,
        /// Who.
        agent: AgentId,
    },
    /// The agent that was offered did not take the call. After `Answered` it means that the two were never
    /// joined: the caller goes back to its place.
    NotAnswered {
        /// For whom.
        ticket: TicketId,
        /// Who.
        agent: AgentId,
        /// Why.
        why: NotAnswered,
    },
    /// The conversation is over. While the agent still rings: its leg died, the next agent is tried.
    AgentLeft {
        /// With whom.
        ticket: TicketId,
        /// Who.
        agent: AgentId,
    },
    /// The conversation broke off: the agent's phone is not there any more. The ticket ends as
    /// [`Outcome::Failed`], and the agent is left alone like one who cannot be reached. While the agent
    /// still rings: as `AgentLeft`.
    AgentLost {
        /// With whom.
        ticket: TicketId,
        /// Who.
        agent: AgentId,
    },
    /// A browser says who sits in front of it, or a telephone has registered. Answered by [`Output::Agent`] or [`Output::NotSignedIn`].
    SignIn {
        /// The agent's name.
        agent: String,
        /// The session; never used twice.
        session: u64,
        /// Takes calls at once; otherwise from [`Input::SetReady`] on.
        ready: bool,
    },
    /// The agent signs out, or the session is lost. Ringing goes to the next agent; a conversation ends
    /// by its own words.
    SignOut {
        /// Whose.
        session: u64,
    },
    /// The agent who is signed in by this session starts or stops taking calls, as `SetAgentReady`.
    SetReady {
        /// Whose.
        session: u64,
        /// Takes calls from now on.
        ready: bool,
        /// Why not, in the agent's words.
        reason: String,
    },
    /// The agent starts or stops taking calls. A call or ringing in progress goes on; `ready` ends a rest.
    SetAgentReady {
        /// Who.
        agent: AgentId,
        /// Takes calls from now on.
        ready: bool,
        /// Why not, in the agent's words.
        reason: String,
    },
    /// The caller is on hold in a conversation, or no longer.
    Hold {
        /// With whom.
        ticket: TicketId,
        /// Who.
        agent: AgentId,
        /// Whether from now on.
        on: bool,
    },
    /// The agent is insulted or threatened: somebody has to know of it, and the agent rests until they say they are ready.
    Abused {
        /// By whom.
        ticket: TicketId,
        /// Who.
        agent: AgentId,
    },
    /// The caller, who waits and has a number, is to be called back: the ticket keeps its place without a call, for
    /// [`limits::DURATION_MAX`](crate::limits::DURATION_MAX) at most.
    CallBack {
        /// Whose.
        ticket: TicketId,
    },
    /// The caller of [`Output::Dial`] has answered: is offered to the reserved agent now and waits like others
    /// from here on.
    CallerReached {
        /// Whose.
        ticket: TicketId,
    },
    /// The caller of [`Output::Dial`] did not answer, and is tried again later.
    CallerNotReached {
        /// Whose.
        ticket: TicketId,
    },
    /// The caller no longer wants to be called back.
    EndCallBack {
        /// Whose.
        ticket: TicketId,
    },
    /// Opening hours, or a supervisor's word.
    SetDoors {
        /// Which queue.
        queue: String,
        /// From now on.
        doors: Doors,
    },
    /// The time of [`Output::Timeout`] has come; harmless when early.
    Timeout,
}

/// Why an offered agent did not take the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotAnswered {
    /// Pressed reject (603 or 480 by hand).
    Rejected,
    /// Is on another call (486).
    Busy,
    /// Rang too long.
    NoAnswer,
    /// No phone there, or its leg failed.
    Unreachable,
    /// The agent's phone or browser cannot be joined with this caller's. Says nothing against the agent.
    Unfit,
}

/// Where an offered agent is to be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OfferTo {
    /// At a SIP URI.
    Sip(String),
    /// At the session of a browser, or of a telephone that has registered.
    Session(u64),
}

/// What an agent is doing, as shown to the agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AgentState {
    /// Takes no calls.
    NotReady,
    /// Takes calls and waits for one.
    Ready,
    /// Is offered to a caller.
    Ringing {
        /// Until then, unless it is answered.
        until: Instant,
    },
    /// Has answered a caller.
    Talking,
    /// Rests after a conversation, or after a call that was not taken.
    WrapUp {
        /// Until then; `Ready` ends it at once.
        until: Instant,
    },
}

/// Why a session is not signed in (any more).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NotSignedIn {
    /// There is no such agent, or it is called at a SIP address.
    Unknown,
    /// Another session is signed in as this agent.
    Taken,
    /// This session is signed in as another agent.
    SignedInAlready,
    /// The agent is no longer configured.
    Retired,
}

/// An agent as others see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentStatus {
    /// The agent's name.
    pub name: String,
    /// Signs in by a browser.
    pub browser: bool,
    /// `None` for a browser agent who is not signed in.
    pub state: Option<AgentState>,
    /// Talks, and keeps the caller on hold.
    pub on_hold: bool,
    /// Why the agent takes no calls, in the agent's words.
    pub reason: Option<String>,
}

/// A queue as others see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueStatus {
    /// Its name.
    pub name: String,
    /// Whether it takes callers.
    pub doors: Doors,
    /// Callers that wait or whose agent rings.
    pub waiting: u32,
    /// How long the one of them has waited who came first; counted from the first queue.
    pub longest: Option<Duration>,
    /// Waiting that still counts as served in time.
    pub service_level: Duration,
}

/// What is to be done outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Call this agent for this caller.
    Offer {
        /// For whom.
        ticket: TicketId,
        /// Who.
        agent: AgentId,
        /// Where.
        address: OfferTo,
        /// The agent's name.
        name: String,
        /// The desk is to take the call by itself.
        auto_answer: bool,
    },
    /// Call the caller back: it is their turn, and an agent is kept free for them for
    /// [`limits::DIAL_MAX`](crate::limits::DIAL_MAX). Answered by [`Input::CallerReached`] or
    /// [`Input::CallerNotReached`].
    Dial {
        /// Whose turn.
        ticket: TicketId,
        /// Their number.
        number: String,
    },
    /// Stop calling this agent.
    Withdraw {
        /// For whom.
        ticket: TicketId,
        /// Who.
        agent: AgentId,
    },
    /// Join the two.
    Connected {
        /// Whom.
        ticket: TicketId,
        /// With whom.
        agent: AgentId,
    },
    /// The ticket has ended; nothing more is said about it.
    Done {
        /// Which.
        ticket: TicketId,
        /// How.
        outcome: Outcome,
    },
    /// The caller's place: told on entry, and again with each change into, within or out of the first
    /// [`limits::PLACES_TOLD`](crate::limits::PLACES_TOLD).
    Place {
        /// Whose.
        ticket: TicketId,
        /// 1 is next.
        place: u32,
        /// Callers in this queue that wait or whose agent rings.
        waiting: u32,
    },
    /// A browser agent's state has changed, or is told for the first time after signing in.
    Agent {
        /// Whose.
        session: u64,
        /// The agent's name.
        agent: String,
        /// What the agent is doing.
        state: AgentState,
    },
    /// The session is not signed in; nothing more is said to it.
    NotSignedIn {
        /// Whose.
        session: u64,
        /// Why.
        why: NotSignedIn,
    },
    /// Nothing more now; wake me then. `None`: nothing is scheduled.
    Timeout(Option<Instant>),
}

/// How a ticket ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Talked with an agent, whoever hung up.
    Served,
    /// Waited `wait_max`, or overflowed to nowhere.
    Timeout,
    /// The queue had `capacity` callers on entry.
    Full,
    /// The queue is closed, or was taken out of the configuration while the caller waited.
    Closed,
    /// The pool did not take the ticket: it knows no queue of that name, or holds
    /// [`limits::TICKETS_MAX`](crate::limits::TICKETS_MAX) tickets. Or the agent was lost in mid-conversation.
    Failed,
    /// The queue has no agents, or each of them was unreachable for this caller or is not signed in.
    NoAgents,
    /// The caller left before being served.
    Left,
    /// Called back [`limits::DIALS_MAX`](crate::limits::DIALS_MAX) times in vain.
    NotReached,
    /// Was lost with the process that had the call.
    NodeLost,
}
