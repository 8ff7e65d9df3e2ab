//! The agent pool: who waits in which queue, and which agent is called for whom.
//!
//! Pure: no SIP, no clock, no thread. One pool serves all calls of a gateway; the caller's side enters a
//! ticket, the pool asks for an agent to be called ([`Output::Offer`]) and is told what came of it.
//!
//! **Decisions are events.** [`Pool::handle_input`] looks at the state, decides, and writes each decision down as an
//! [`Event`]; the state is the fold of these events, and nothing else changes it. So a log that was kept gives the
//! same pool again ([`Pool::restore`]): callers who are to be called back keep their places over a restart, calls that
//! were alive end as [`Outcome::NodeLost`]. What the outside is asked to do ([`Output`]) follows from the same events.
//!
//! What it promises, whatever the order of inputs (`tests/pool/property.rs`): every ticket ends in exactly one
//! [`Output::Done`]; an agent is offered to one ticket at a time; no agent stays unavailable after its
//! conversation, rest or ringing is over; of the callers of a queue the one with the most points comes first
//! ([`Priority`]), so that among callers with the same needs nobody who came later than the difference of the points
//! takes to be gained overtakes. Inputs that arrive too late are ignored, so callers need not care who was faster.
//!
//! **Who is called**: an agent of the queue who has the skills that queue and caller need; first those who were offered
//! to this caller less often, then the caller's agent of last time ([`QueueConfig::sticky`]), then those signed in
//! before SIP phones, then by the queue's [`Strategy`], then who has been idle longest.
//!
//! An agent is a SIP address, or a browser's session for as long as one is signed in. One session is one
//! agent and one agent one session: a second one is refused until the first has signed out or is lost.
//! A browser agent who is not signed in is as good as absent; a queue without anybody else lets its
//! callers go.
//!
//! **Being called back**: a ticket without a call keeps its place. When it is its turn, an agent is kept free and the
//! caller is called ([`Output::Dial`]); once reached they wait like others and the agent rings.
//!
//! **The estimate** ([`Pool::estimate`]): place × median handling time ÷ agents at work.
//! **The service level** ([`Pool::level`]): [`Level`] says what is counted, and has the three formulas.
//!
//! Start at [`Pool`]; `state.rs` is the fold, `pool.rs` and below decide.

mod agent;
mod clock;
mod config;
mod event;
mod figures;
pub mod limits;
mod line;
mod log;
mod pool;
mod queue;
mod state;

pub use config::{Address, AgentConfig, Config, Overflow, QueueConfig, Skills, Strategy, When};
pub use event::{
    AgentId, AgentState, AgentStatus, Caller, Doors, Input, NotAnswered, NotSignedIn, OfferTo, Outcome,
    Output, Priority, QueueStatus, TicketId,
};
pub use figures::{ABANDONED_SHORT, Level};
pub use log::{Event, VERSION, What};
pub use pool::Pool;
