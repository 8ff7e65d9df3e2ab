//! CSeq (RFC 3261 §20.16) and RAck (RFC 3262 §7.2): numbers with a method behind them.

use std::fmt;
use std::str::FromStr;

use crate::error::Syntax;
use crate::{Method, grammar, vocabulary};

/// A request's place in its dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CSeq {
    /// Sequence number; senders stay below 2^31 (§8.1.1.5).
    pub number: u32,
    /// The request's own method.
    pub method: Method,
}

/// Which reliable provisional response a PRACK acknowledges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RAck {
    /// The response's RSeq.
    pub response: u32,
    /// The response's CSeq.
    pub cseq: CSeq,
}

impl FromStr for CSeq {
    type Err = Syntax;

    /// A method that is not known is a syntax error here; the wire front end has answered it with 501 before.
    fn from_str(value: &str) -> Result<Self, Syntax> {
        let (number, method) = check(value)?;
        Ok(CSeq { number, method: vocabulary::method(method).ok_or(Syntax("unknown method"))? })
    }
}

impl FromStr for RAck {
    type Err = Syntax;

    fn from_str(value: &str) -> Result<Self, Syntax> {
        let (response, cseq) = word(grammar::trim(value))?;
        Ok(RAck { response: grammar::number_u32(response)?, cseq: cseq.parse()? })
    }
}

impl fmt::Display for CSeq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number, vocabulary::method_name(self.method))
    }
}

impl fmt::Display for RAck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.response, self.cseq)
    }
}

/// Number and method token of a CSeq, whatever the method.
pub(crate) fn check(value: &str) -> Result<(u32, &str), Syntax> {
    let (number, method) = word(grammar::trim(value))?;
    if !grammar::is_token_text(method) {
        return Err(Syntax("no method"));
    }
    Ok((grammar::number_u32(number)?, method))
}

fn word(text: &str) -> Result<(&str, &str), Syntax> {
    let (word, rest) = text.split_once([' ', '\t']).ok_or(Syntax("not a number and a method"))?;
    Ok((word, grammar::trim_start(rest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_and_method_are_read_and_printed() {
        let cseq: CSeq = "0009  INVITE".parse().expect("well formed");
        assert_eq!(cseq, CSeq { number: 9, method: Method::Invite });
        assert_eq!(cseq.to_string(), "9 INVITE");
        let rack: RAck = "776656 1 INVITE".parse().expect("well formed");
        assert_eq!(rack.to_string(), "776656 1 INVITE");
    }

    #[test]
    fn numbers_beyond_32_bits_are_refused() {
        assert!("4294967296 INVITE".parse::<CSeq>().is_err());
        assert!("36893488147419103232 REGISTER".parse::<CSeq>().is_err());
        assert!("4294967295 INVITE".parse::<CSeq>().is_ok());
    }

    #[test]
    fn incomplete_values_are_refused() {
        for bad in ["", "1", "INVITE", "1 ", "-1 INVITE", "1 INV ITE", "1 invite"] {
            assert!(bad.parse::<CSeq>().is_err(), "{bad}");
        }
    }
}
