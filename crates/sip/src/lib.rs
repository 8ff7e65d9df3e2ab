//! A SIP user-agent core without input or output (RFC 3261 and the extensions named in each module).
//!
//! Two halves. The *wire* half turns one datagram into a [`Message`] or into the answer it deserves
//! ([`wire::parse_datagram`]), prints messages, and reads header values into types ([`Headers`], [`Uri`],
//! [`NameAddr`], [`Via`] ...). The *core* half keeps transactions and dialogs.
//!
//! Pure: no socket, clock or thread; a body is octets (this crate knows no SDP). `rsip` lends the
//! vocabulary ([`Method`], [`StatusCode`]) and never sees bytes from the network.
//! Start at [`wire::parse_datagram`] for what comes in and at [`Message::to_bytes`] for what goes out.

mod class;
mod dialog;
pub mod digest;
mod endpoint;
mod error;
mod grammar;
pub mod headers;
pub mod limits;
mod message;
mod number;
pub mod registrar;
mod serialize;
pub mod timer;
mod transaction;
mod uri;
pub mod vocabulary;
pub mod wire;

pub use endpoint::{
    Body, Config, DialogId, Ended, Endpoint, Event, Gone, HangUp, Input, Invite, Local, LocalId, Output,
    Outside, Refused, Reply, RequestId,
};
pub use error::{HeaderError, Syntax};
pub use headers::{
    AccessNetworkInfo, CSeq, ChargingVector, ContentType, Diversion, Headers, HistoryInfo, NameAddr, Params,
    Privacy, RAck, Reason, RetryAfter, SessionExpires, Transport, Via, Warning,
};
pub use message::{Message, Request, Response};
pub use rsip::{Method, StatusCode};
pub use uri::{Host, Scheme, Uri};
