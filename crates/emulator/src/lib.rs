//! Terminals of our own for demos, load and tests: a SIP video telephone that calls, is called, walks a
//! menu by keys, and keeps what it saw and heard.
//!
//! It is built on the gateway's own cores, so it proves that they agree with each other, never that they
//! conform: foreign peers do that. Not done: registration, encryption, transports but UDP, many calls at
//! once. Start at [`Phone`], which has no sockets; [`Terminal`] gives it some; [`walk_menu`] is a whole
//! scripted call.

mod caller;
mod error;
pub mod limits;
mod phone;
mod terminal;
mod timeline;
mod walk;

pub use caller::{Page, Report, Trip, walk_menu};
pub use error::Error;
pub use phone::{Config, End, Event, Input, Output, Phone};
pub use terminal::Terminal;
pub use timeline::Timeline;
pub use walk::{Step, Walk};
