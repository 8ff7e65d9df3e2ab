//! Octets to messages and back (H.245 §6: aligned PER, one message after the other in a control SDU).

use bytes::Bytes;
use thiserror::Error;

use super::View;

/// One control message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {}

impl Message {
    /// Kind and choice by their names in the module, `request.terminalCapabilitySet` say.
    #[must_use]
    pub fn name(&self) -> &'static str {
        ""
    }

    /// What it says.
    #[must_use]
    pub fn view(&self) -> View {
        View::Other
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
#[must_use]
pub fn encode(message: &Message) -> Bytes {
    let _ = message;
    Bytes::new()
}

/// The messages of a control SDU, and what is wrong with the first one that is none; the rest of the SDU is
/// lost with it.
#[must_use]
pub fn decode(octets: &[u8]) -> (Vec<Message>, Option<Error>) {
    let _ = octets;
    (Vec::new(), None)
}
