//! Messages to octets (RFC 3261 §7).
//!
//! Content-Length is always written by this module from the body's real length (§20.14); whatever the header
//! list says about it is left out. A line break inside a value would let its author add headers, so each
//! CR or LF in one is written as a space. Start at [`Message::to_bytes`].

use bytes::Bytes;

use crate::{Headers, Message, Request, Response, grammar, vocabulary};

/// Room for the start line and Content-Length beyond the values themselves.
const START_LINE_ROOM: usize = 128;

impl Message {
    /// The message as it goes on the wire.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        match self {
            Message::Request(request) => request.to_bytes(),
            Message::Response(response) => response.to_bytes(),
        }
    }
}

impl Request {
    /// The request as it goes on the wire.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        let mut out = buffer(&self.headers, &self.body);
        out.push_str(vocabulary::method_name(self.method));
        out.push(' ');
        push_line(&mut out, &self.uri.to_string());
        out.push_str(" SIP/2.0\r\n");
        finish(out, &self.headers, &self.body)
    }
}

impl Response {
    /// The response as it goes on the wire.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        let mut out = buffer(&self.headers, &self.body);
        out.push_str("SIP/2.0 ");
        push_number(&mut out, usize::from(self.status.code()));
        out.push(' ');
        push_line(&mut out, &self.reason);
        out.push_str("\r\n");
        finish(out, &self.headers, &self.body)
    }
}

fn buffer(headers: &Headers, body: &Bytes) -> String {
    let fields: usize = headers.iter().map(|(name, value)| name.len() + value.len() + 4).sum();
    String::with_capacity(START_LINE_ROOM + fields + body.len())
}

fn finish(mut out: String, headers: &Headers, body: &Bytes) -> Bytes {
    for (name, value) in headers.iter().filter(|(name, _)| *name != "Content-Length") {
        push_line(&mut out, name);
        out.push_str(": ");
        push_line(&mut out, value);
        out.push_str("\r\n");
    }
    out.push_str("Content-Length: ");
    push_number(&mut out, body.len());
    out.push_str("\r\n\r\n");
    let mut out = out.into_bytes();
    out.extend_from_slice(body);
    Bytes::from(out)
}

fn push_number(out: &mut String, number: usize) {
    use std::fmt::Write;
    write!(out, "{number}").expect("writing to a string never fails");
}

/// Appends a text without its line breaks.
fn push_line(out: &mut String, text: &str) {
    match grammar::find_control(text.as_bytes()) {
        Some(_) => out.extend(text.chars().map(|c| if c == '\r' || c == '\n' { ' ' } else { c })),
        None => out.push_str(text),
    }
}
