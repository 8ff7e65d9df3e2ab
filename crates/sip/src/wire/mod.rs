//! The strict front end: one datagram to one message, or to the answer it deserves (RFC 3261 §7, §18.3, §25).
//!
//! What RFC 4475 calls invalid is refused here with 400 (bad grammar, missing or doubled headers, a body
//! shorter than Content-Length), 416 (Request-URI of an unknown scheme), 501 (unknown method) or 505; what
//! depends on configuration or state (405, 415, 420, 481 ...) is the endpoint's. Bad responses, bad ACKs and
//! what carries no Via are dropped: there is nobody to answer.
//!
//! Deviations, all towards leniency: names of hosts may hold underscores; display names may hold UTF-8 without
//! quotes; a Call-ID is any run of visible characters; tags, Contact and Max-Forwards may be missing (RFC 2543
//! peers); octets behind Content-Length are ignored (§18.3).
//! Start at [`parse_datagram`].

mod check;
mod fault;
mod section;
mod start_line;

use bytes::Bytes;

use crate::headers::{Layout, check_name_addr, check_via};
use crate::{Headers, Message, Method, Request, Response, Scheme, StatusCode, Uri, vocabulary};
use fault::Fault;
use section::{Line, Section};
use start_line::{RequestLine, StartLine};

/// Why a datagram is no message, and what its sender gets to hear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reject {
    /// Nothing is said.
    Drop {
        /// For the log.
        why: String,
    },
    /// A request that is answered without a transaction, to the address it came from.
    Answer {
        /// 400, 416, 501 or 505.
        status: StatusCode,
        /// Reason phrase that names the fault (§21.4.1).
        reason: String,
        /// Via, From, To, Call-ID and CSeq as far as they could be read (§8.2.6.2).
        headers: Headers,
        /// For the log.
        why: String,
    },
}

impl Reject {
    /// The response to send, if any. `to_tag` is put on To when the request had none there (§8.2.6.2); it must
    /// be the same for a retransmission, so it is best derived from the Call-ID.
    #[must_use]
    pub fn into_response(self, to_tag: &str) -> Option<Response> {
        match self {
            Reject::Drop { .. } => None,
            Reject::Answer { status, reason, mut headers, .. } => {
                if let Some(to) = headers.get("To")
                    && check_name_addr(to).is_ok_and(|(_, tag)| tag.is_none())
                {
                    let tagged = format!("{to};tag={to_tag}");
                    headers.set("To", tagged);
                }
                Some(Response { status, reason, headers, body: Bytes::new() })
            }
        }
    }

    fn drop(why: impl std::fmt::Display) -> Self {
        Reject::Drop { why: why.to_string() }
    }
}

/// Reads one datagram. Its body shares the datagram's memory.
///
/// # Errors
/// [`Reject`] says whether and how the sender is answered.
pub fn parse_datagram(data: &Bytes) -> Result<Message, Reject> {
    let data = skip_empty_lines(data);
    let text = utf8_start(&data);
    let (line, rest) = section::take_line(text).ok_or_else(|| Reject::drop("no line"))?;
    let section = Section::read(rest);
    if section.complete || text.len() == data.len() {
        let body_at = text.len() - rest.len() + section.len;
        return message(line, section, &data, body_at);
    }
    // Octets that are not UTF-8 before the header section ended: read on, for the sake of the answer.
    let text = String::from_utf8_lossy(&data);
    let (line, rest) = section::take_line(&text).ok_or_else(|| Reject::drop("no line"))?;
    let mut section = Section::read(rest);
    section.note(Fault::bad("header section is not UTF-8"));
    message(line, section, &data, data.len())
}

/// Empty lines before the start line are ignored (§7.5); a datagram of nothing else keeps a NAT binding alive.
fn skip_empty_lines(data: &Bytes) -> Bytes {
    let mut start = 0;
    while data[start..].starts_with(b"\r\n") {
        start += 2;
    }
    data.slice(start..)
}

/// The longest start of `data` that is UTF-8; bodies need not be.
fn utf8_start(data: &[u8]) -> &str {
    match std::str::from_utf8(data) {
        Ok(text) => text,
        Err(_) => data.utf8_chunks().next().map_or("", |chunk| chunk.valid()),
    }
}

fn message(line: Line<'_>, mut section: Section, data: &Bytes, body_at: usize) -> Result<Message, Reject> {
    if !line.crlf {
        section.note(Fault::bad("line does not end with CRLF"));
    }
    match start_line::read(line.text).map_err(Reject::drop)? {
        StartLine::Response { code, reason } => {
            let (body, layouts) = judge_response(&section, data, body_at).map_err(Reject::drop)?;
            section.headers.set_layouts(layouts);
            Ok(Message::Response(Response {
                status: StatusCode::from(code),
                reason: reason.to_owned(),
                headers: section.headers,
                body,
            }))
        }
        StartLine::Request(line) => match judge_request(&line, &section, data, body_at) {
            Ok((method, uri, body, layouts)) => {
                section.headers.set_layouts(layouts);
                Ok(Message::Request(Request { method, uri, headers: section.headers, body }))
            }
            Err(fault) => Err(reject(line.method, &section.headers, &fault)),
        },
    }
}

/// How the essential values are cut, each with the index of its field.
type Layouts = Vec<(usize, Layout)>;

fn judge_response(section: &Section, data: &Bytes, body_at: usize) -> Result<(Bytes, Layouts), Fault> {
    section.sound()?;
    let checked = check::headers(section, "")?;
    vocabulary::method(checked.cseq_method).ok_or(Fault::of("CSeq", "unknown method"))?;
    Ok((section.body(data, body_at)?, checked.layouts))
}

/// The order decides which answer a request with several faults gets: version, what could not be read at all,
/// method, scheme, and last what contradicts itself.
fn judge_request(
    line: &RequestLine<'_>,
    section: &Section,
    data: &Bytes,
    body_at: usize,
) -> Result<(Method, Uri, Bytes, Layouts), Fault> {
    line.sound()?;
    section.sound()?;
    let checked = check::headers(section, line.method)?;
    let method = vocabulary::method(line.method).ok_or(Fault::unknown_method())?;
    let uri = request_uri(line.uri)?;
    if checked.cseq_method != line.method {
        return Err(Fault::of("CSeq", "method is not that of the request"));
    }
    Ok((method, uri, section.body(data, body_at)?, checked.layouts))
}

/// The Request-URI; header fields are not allowed in it (§19.1.1, table 1).
fn request_uri(text: &str) -> Result<Uri, Fault> {
    let uri: Uri = text.parse().map_err(|why| Fault::syntax("Request-URI", why))?;
    match uri.scheme {
        Scheme::Other(_) => Err(Fault::unknown_scheme()),
        Scheme::Sip | Scheme::Sips | Scheme::Tel if !uri.headers.is_empty() => {
            Err(Fault::of("Request-URI", "header fields in it"))
        }
        Scheme::Sip | Scheme::Sips | Scheme::Tel => Ok(uri),
    }
}

fn reject(method: &str, received: &Headers, fault: &Fault) -> Reject {
    if method == "ACK" {
        return Reject::drop(format_args!("ACK, which is never answered: {fault}"));
    }
    let mut headers = answer_vias(received);
    if headers.is_empty() {
        return Reject::drop(format_args!("no Via to answer to: {fault}"));
    }
    for name in ["From", "To", "Call-ID", "CSeq"] {
        if let Some(value) = received.get(name) {
            headers.push(name, value);
        }
    }
    let status = StatusCode::from(fault.status);
    let reason = format!("{} ({fault})", vocabulary::reason_phrase(&status));
    Reject::Answer { status, reason, headers, why: fault.to_string() }
}

/// The Vias that can be sent back: those that are well formed, the others without their parameters if that
/// makes them so; when none can, the top one as it came, for its sender may still know it.
fn answer_vias(received: &Headers) -> Headers {
    let mut headers = Headers::new();
    for value in received.get_all("Via") {
        let bare = value.split(';').next().unwrap_or_default();
        let readable = [value, bare].into_iter().find(|text| check_via(text).is_ok());
        if let Some(text) = readable {
            headers.push("Via", text);
        }
    }
    if let (true, Some(top)) = (headers.is_empty(), received.get("Via")) {
        headers.push("Via", top);
    }
    headers
}

#[cfg(test)]
mod tests;
