//! Reason: why a request was sent, above all BYE and CANCEL (RFC 3326 §2).

use std::fmt;
use std::str::FromStr;

use super::params::{Params, Style};
use crate::class::Class;
use crate::error::Syntax;
use crate::grammar;

/// One Reason value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reason {
    /// `SIP`, `Q.850`, ... as written.
    pub protocol: String,
    /// `cause`, `text` and others.
    pub params: Params,
}

impl Reason {
    /// A reason of our own.
    #[must_use]
    pub fn new(protocol: &str, cause: u16, text: &str) -> Self {
        let mut params = Params::default();
        params.set("cause", Some(&cause.to_string()));
        let mut quoted = String::with_capacity(text.len() + 2);
        grammar::push_quoted(&mut quoted, text).expect("writing to a string never fails");
        params.set("text", Some(&quoted));
        Reason { protocol: protocol.to_owned(), params }
    }

    /// The cause in the protocol's own numbering: a status code, or a Q.850 value.
    #[must_use]
    pub fn cause(&self) -> Option<u16> {
        self.params.get("cause").flatten()?.parse().ok()
    }
}

impl FromStr for Reason {
    type Err = Syntax;

    fn from_str(value: &str) -> Result<Self, Syntax> {
        let (protocol, params) = grammar::take_while(grammar::trim(value), Class::TOKEN);
        if protocol.is_empty() {
            return Err(Syntax("no protocol"));
        }
        Ok(Reason { protocol: protocol.to_owned(), params: Params::read(params, Style::Loose)? })
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.protocol, self.params)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cause_and_text_are_read() {
        let reason: Reason = "Q.850 ;cause=16 ;text=\"Terminated, really\"".parse().expect("well formed");
        assert_eq!((reason.protocol.as_str(), reason.cause()), ("Q.850", Some(16)));
        assert_eq!(reason.params.text("text").as_deref(), Some("Terminated, really"));
    }

    #[test]
    fn our_own_reason_reads_back() {
        let reason = Reason::new("SIP", 480, "No agent");
        assert_eq!(reason.to_string(), "SIP;cause=480;text=\"No agent\"");
        assert_eq!(reason.to_string().parse(), Ok(reason));
    }
}
