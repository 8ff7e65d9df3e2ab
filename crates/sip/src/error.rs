//! What can be wrong with a piece of SIP text.

use thiserror::Error;

/// The rule of the grammar that a text breaks, in a few words fit for a reason phrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct Syntax(pub &'static str);

/// Why a typed header value cannot be had from a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum HeaderError {
    /// The message has no such header: a mandatory one is missing, or an optional one was asked for as if it were.
    #[error("missing {0}")]
    Missing(&'static str),
    /// The value does not follow its grammar; the caller answers 400 or ignores an optional header.
    #[error("bad {name}: {why}")]
    Invalid {
        /// The header's canonical name.
        name: &'static str,
        /// The broken rule.
        why: Syntax,
    },
}
