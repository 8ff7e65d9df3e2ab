//! What is wrong with a message, and the status that says so.

use std::fmt;

use crate::error::Syntax;

/// One fault.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fault {
    /// Status code that a request gets for it.
    pub(super) status: u16,
    /// The header or part it is in; empty when it has no name.
    place: &'static str,
    why: &'static str,
}

impl Fault {
    /// Bad Request.
    pub(super) fn bad(why: &'static str) -> Self {
        Fault::of("", why)
    }

    /// Bad Request because of one header.
    pub(super) fn of(place: &'static str, why: &'static str) -> Self {
        Fault { status: 400, place, why }
    }

    /// Bad Request because a header does not follow its grammar.
    pub(super) fn syntax(place: &'static str, why: Syntax) -> Self {
        Fault::of(place, why.0)
    }

    /// RFC 3261 §21.5.2.
    pub(super) fn unknown_method() -> Self {
        Fault { status: 501, place: "", why: "unknown method" }
    }

    /// RFC 3261 §21.4.14.
    pub(super) fn unknown_scheme() -> Self {
        Fault { status: 416, place: "Request-URI", why: "unknown scheme" }
    }

    /// RFC 3261 §21.5.6.
    pub(super) fn unknown_version() -> Self {
        Fault { status: 505, place: "", why: "only SIP/2.0" }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place.is_empty() {
            true => f.write_str(self.why),
            false => write!(f, "{}: {}", self.place, self.why),
        }
    }
}
