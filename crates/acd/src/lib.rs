//! The agent pool: who waits in which queue, and which agent is called for whom.
//!
//! Pure: no SIP, no clock, no thread. One pool serves all calls of a gateway; the caller's side enters a
//! ticket, the pool asks for an agent to be called ([`Output::Offer`]) and is told what came of it.
//!
//! What it promises, whatever the order of events (`tests/property.rs`): every ticket ends in exactly one
//! [`Output::Done`]; an agent is offered to one ticket at a time; no agent stays unavailable after its
//! conversation, rest or ringing is over; of the agents of a queue the longest idle comes first, and those
//! signed in before SIP phones; of the callers of a queue the one with the most points comes first
//! ([`Priority`]). Events that arrive too late are ignored, so callers need not care who was
//! faster.
//!
//! An agent is a SIP address, or a browser's session for as long as one is signed in. One session is one
//! agent and one agent one session: a second one is refused until the first has signed out or is lost.
//! A browser agent who is not signed in is as good as absent; a queue without anybody else lets its
//! callers go.
//!
//! Does not do yet: skills, overflow, opening hours, callbacks. Start at [`Pool`].

mod agent;
mod config;
mod event;
pub mod limits;
mod line;
mod pool;
mod queue;

pub use config::{Address, AgentConfig, Config, QueueConfig};
pub use event::{
    AgentId, AgentState, AgentStatus, Input, NotAnswered, NotSignedIn, OfferTo, Outcome, Output, Priority,
    TicketId,
};
pub use pool::Pool;
