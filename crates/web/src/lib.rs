//! What a browser or a monitor sees of a gateway: a status page, the same as JSON, and a health check.
//!
//! Knows a gateway by its counts and its service only. Not here yet: the softphone, the agent's desk, the
//! wallboard. Start at [`Server::bind`].

mod page;
mod server;

pub use page::About;
pub use server::{Server, ServerError, Serving};
