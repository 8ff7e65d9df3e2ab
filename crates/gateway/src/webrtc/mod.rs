//! WebRTC legs: browsers that call, and agents who answer in one.
//!
//! A browser's socket (`web`) talks to a [`Session`] in [`Command`]s and [`Event`]s; the session's task owns a
//! peer connection of the `webrtc` crate, which does ICE, DTLS and SRTP, and nothing else: our own `sdp`
//! decides what is agreed, our own `rtp` makes and reads packets, so that a browser is a leg like a phone.
//! Towards the call only frames and words cross. Start at [`Hub`], then `session.rs` and `talk.rs`.
//!
//! Not done: transcoding (what cannot be bridged as it is is refused before it rings), transport-wide
//! congestion control, more than one call in a session.

mod config;
mod hub;
mod lane;
pub mod limits;
mod line;
mod negotiation;
mod peer;
mod session;
mod talk;
mod tap;
#[cfg(test)]
mod tests;
mod word;

pub use config::IceServer;
pub use hub::{Busy, Hub, Session};
pub use word::{
    AgentNow, AgentState, Candidate, Command, Event, Message, Part, PartNow, Pictures, Ring, Role, Showing,
    State, Waiting,
};

pub(crate) use config::Config;
pub(crate) use hub::Threads;
pub(crate) use lane::{Delivered, Underway};
