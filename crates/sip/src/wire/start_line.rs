//! Request-Line and Status-Line (RFC 3261 §7.1, §7.2).

use super::fault::Fault;
use crate::grammar;

/// The first line of a message.
pub(super) enum StartLine<'a> {
    Request(RequestLine<'a>),
    Response { code: u16, reason: &'a str },
}

/// A line that means to be a Request-Line; [`RequestLine::sound`] says whether it is one.
pub(super) struct RequestLine<'a> {
    pub(super) method: &'a str,
    pub(super) uri: &'a str,
    fault: Option<Fault>,
}

impl RequestLine<'_> {
    pub(super) fn sound(&self) -> Result<(), Fault> {
        self.fault.map_or(Ok(()), Err)
    }
}

/// Tells requests, responses and what is no SIP apart; only the last is an error, and so is a bad response.
pub(super) fn read(line: &str) -> Result<StartLine<'_>, Fault> {
    if line.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("SIP/")) {
        return status_line(line);
    }
    let version = grammar::trim(line).rsplit([' ', '\t']).next().unwrap_or_default();
    if !version.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("SIP/")) {
        return Err(Fault::bad("no SIP"));
    }
    Ok(StartLine::Request(request_line(line, version)))
}

/// `Method SP Request-URI SP SIP-Version`: single spaces and nothing else.
fn request_line<'a>(line: &'a str, version: &str) -> RequestLine<'a> {
    let mut parts = line.split(' ');
    let method = parts.next().unwrap_or_default();
    let uri = parts.next().unwrap_or_default();
    let shaped = parts.next().is_some_and(|last| last == version) && parts.next().is_none();
    let fault = if is_other_version(version) {
        Some(Fault::unknown_version())
    } else if !shaped || uri.is_empty() || !version.eq_ignore_ascii_case("SIP/2.0") {
        Some(Fault::bad("request line is not method, URI and version with single spaces"))
    } else if !grammar::is_token_text(method) {
        Some(Fault::bad("method is no token"))
    } else {
        None
    };
    RequestLine { method, uri, fault }
}

/// `SIP/1*DIGIT.1*DIGIT` other than 2.0.
fn is_other_version(version: &str) -> bool {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let numbers = version.get(4..).and_then(|numbers| grammar::cut(numbers, b'.'));
    numbers.is_some_and(|(major, minor)| number(major) && number(minor) && (major, minor) != ("2", "0"))
}

/// `SIP/2.0 SP 3DIGIT SP reason`; the reason may be empty, its space may not be missing.
fn status_line(line: &str) -> Result<StartLine<'_>, Fault> {
    const BAD: &str = "bad status line";
    let (version, rest) = grammar::cut(line, b' ').ok_or(Fault::bad(BAD))?;
    let (digits, reason) = grammar::cut(rest, b' ').ok_or(Fault::bad(BAD))?;
    let code: u16 = digits.parse().map_err(|_| Fault::bad(BAD))?;
    let shaped =
        digits.len() == 3 && (100..700).contains(&code) && !reason.bytes().any(|b| b < 0x20 && b != b'\t');
    match shaped && version.eq_ignore_ascii_case("SIP/2.0") {
        true => Ok(StartLine::Response { code, reason }),
        false => Err(Fault::bad(BAD)),
    }
}
