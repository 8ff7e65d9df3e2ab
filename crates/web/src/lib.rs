//! What a browser or a monitor sees of a gateway: pages, their WebSocket, status as JSON, and a health check.
//!
//! Knows a gateway by its counts, its calls and its hub of browsers; what happens in a call is decided there.
//! Start at [`Server::bind`].

mod api;
mod assets;
mod auth;
mod board;
mod connection;
mod limits;
mod pages;
mod routes;
mod server;
#[cfg(test)]
mod testing;
mod tls;
mod ws;
mod ws_gate;
mod ws_limits;
mod ws_wire;

pub use board::{Agent, Board, Edition, Sheet};
pub use routes::Site;
pub use server::{Server, ServerError, Serving};
pub use tls::{Certificate, TlsError};
