//! RTP and RTCP without sockets: one [`Session`] is one m-line of one leg, both ways (RFC 3550, RFC 3551).
//!
//! A session is handed datagrams and frames together with the time, and gives datagrams and events back.
//! It reorders but does not delay: there is no play-out buffer here. Not done: SRTP, NACK, mixers and
//! translators (a packet's contributing sources are read past), more than one remote source at a time.
//! Real-time text is apart from sessions, a [`T140Sender`] and a [`T140Receiver`].
//! A 64 kbit/s circuit, whose octets go out by a clock, is a [`circuit::Circuit`] around a session.
//! Start at [`Session`]; the wire formats are in [`packet`], [`rtcp`], [`dtmf`] and [`payload`].

pub mod circuit;
pub mod clock;
pub mod dtmf;
pub mod latch;
pub mod limits;
pub mod orientation;
pub mod packet;
pub mod payload;
pub mod reorder;
pub mod rtcp;
mod session;
pub mod source;

pub use dtmf::Digit;
pub use payload::h264::Mode as H264Mode;
pub use payload::t140::{Receiver as T140Receiver, Sender as T140Sender, TextEvent};
pub use session::{
    Config, Event, Feedback, Input, Output, RateLimitBy, SendFormat, Session, Sound, Statistics,
};
