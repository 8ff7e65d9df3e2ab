//! Octets to messages and back (H.245 §6: aligned PER, one message after the other in a control SDU).

use bytes::Bytes;
use rasn::aper;
use thiserror::Error;

use super::types::MultimediaSystemControlMessage;
use super::types::open::Open;
use super::{View, names, read};
use crate::limits;

/// One control message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message(pub(super) Open<MultimediaSystemControlMessage>);

impl Message {
    /// Kind and choice by their names in the module, `request.terminalCapabilitySet` say.
    #[must_use]
    pub fn name(&self) -> &'static str {
        names::of(&self.0)
    }

    /// What it says.
    #[must_use]
    pub fn view(&self) -> View {
        read::message(&self.0)
    }
}

/// Octets that are no message.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("no H.245 message at octet {offset}: {what}")]
pub struct Error {
    /// Where the message begins that cannot be read.
    pub offset: usize,
    /// What is wrong.
    pub what: String,
}

/// The octets of a message.
///
/// # Panics
/// Never for a message that was built or decoded here: neither lets a value out of its range.
#[must_use]
pub fn encode(message: &Message) -> Bytes {
    aper::encode(&message.0).expect("builders and the decoder keep every value in its range").into()
}

/// The messages of a control SDU, and what is wrong with the first one that is none; the rest of the SDU is
/// lost with it. An SDU longer than [`CONTROL_SDU_MAX`](limits::CONTROL_SDU_MAX) is not read at all.
#[must_use]
pub fn decode(octets: &[u8]) -> (Vec<Message>, Option<Error>) {
    let mut messages = Vec::new();
    if octets.len() > limits::CONTROL_SDU_MAX {
        return (messages, Some(Error { offset: 0, what: format!("{} octets are too many", octets.len()) }));
    }
    let mut rest = octets;
    while !rest.is_empty() {
        match aper::decode_with_remainder(rest) {
            Ok((message, after)) => {
                messages.push(Message(message));
                rest = after;
            }
            Err(error) => {
                let offset = octets.len() - rest.len();
                return (messages, Some(Error { offset, what: error.to_string() }));
            }
        }
    }
    (messages, None)
}
