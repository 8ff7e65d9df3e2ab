//! Warning and Retry-After: why and for how long something was refused (RFC 3261 §20.43, §20.33).

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::params::{Params, Style};
use crate::class::Class;
use crate::error::Syntax;
use crate::grammar;

/// One Warning value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Warning {
    /// Three digits, 300..=399 for SIP.
    pub code: u16,
    /// Host or pseudonym of who warns.
    pub agent: String,
    /// The text, quotes and escapes removed.
    pub text: String,
}

/// When to try again.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RetryAfter {
    /// Whole seconds on the wire.
    pub delay: Duration,
    /// The comment in parentheses, without them.
    pub comment: Option<String>,
    /// `duration` and others.
    pub params: Params,
}

impl RetryAfter {
    /// Only a delay; parts of a second are rounded up so that nobody comes back too early.
    #[must_use]
    pub fn new(delay: Duration) -> Self {
        let seconds = delay.as_secs() + u64::from(delay.subsec_nanos() > 0);
        RetryAfter { delay: Duration::from_secs(seconds), comment: None, params: Params::default() }
    }
}

impl FromStr for Warning {
    type Err = Syntax;

    fn from_str(value: &str) -> Result<Self, Syntax> {
        const SHAPE: Syntax = Syntax("not code, agent and text");
        let (code, rest) = grammar::cut(grammar::trim(value), b' ').ok_or(SHAPE)?;
        let (agent, rest) = grammar::cut(grammar::trim_start(rest), b' ').ok_or(SHAPE)?;
        let (text, rest) = grammar::take_quoted(grammar::trim_start(rest)).ok_or(SHAPE)?;
        if code.len() != 3 || agent.is_empty() || !rest.is_empty() {
            return Err(SHAPE);
        }
        let code = u16::try_from(grammar::number(code)?).map_err(|_| SHAPE)?;
        Ok(Warning { code, agent: agent.to_owned(), text: grammar::unquote(text).into_owned() })
    }
}

impl FromStr for RetryAfter {
    type Err = Syntax;

    fn from_str(value: &str) -> Result<Self, Syntax> {
        let (seconds, rest) = grammar::take_while(grammar::trim(value), Class::DIGIT);
        let seconds = grammar::number_u32(seconds)?;
        let rest = grammar::trim_start(rest);
        let (comment, params) = match rest.strip_prefix('(') {
            Some(inner) => {
                grammar::cut(inner, b')').map(|(c, r)| (Some(c), r)).ok_or(Syntax("open comment"))?
            }
            None => (None, rest),
        };
        Ok(RetryAfter {
            delay: Duration::from_secs(u64::from(seconds)),
            comment: comment.map(str::to_owned),
            params: Params::read(params, Style::Strict)?,
        })
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ", self.code, self.agent)?;
        grammar::push_quoted(f, &self.text)
    }
}

impl fmt::Display for RetryAfter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.delay.as_secs())?;
        if let Some(comment) = &self.comment {
            write!(f, " ({comment})")?;
        }
        write!(f, "{}", self.params)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_read_back() {
        let text = "304 isi.edu \"Media type \\\"x\\\" not available\"";
        let warning: Warning = text.parse().expect("well formed");
        assert_eq!((warning.code, warning.agent.as_str()), (304, "isi.edu"));
        assert_eq!(warning.to_string(), text);
        assert!("1812 overture \"In Progress\"".parse::<Warning>().is_err());
        assert!("304 isi.edu open".parse::<Warning>().is_err());
    }

    #[test]
    fn delays_read_back_and_round_up() {
        let text = "18000 (in a meeting);duration=3600";
        let retry: RetryAfter = text.parse().expect("well formed");
        assert_eq!(retry.delay, Duration::from_secs(18000));
        assert_eq!(retry.to_string(), text);
        assert_eq!(RetryAfter::new(Duration::from_millis(1500)).to_string(), "2");
        assert!("949302838503028349304023988".parse::<RetryAfter>().is_err());
    }
}
