//! Requests and responses as values (RFC 3261 §7).

use bytes::Bytes;

use crate::{Headers, Method, StatusCode, Uri, vocabulary};

/// A SIP request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What is asked for.
    pub method: Method,
    /// Request-URI (§8.1.1.1).
    pub uri: Uri,
    /// All header fields except Content-Length, which is derived from `body`.
    pub headers: Headers,
    /// The body's octets, exactly as received or to be sent.
    pub body: Bytes,
}

/// A SIP response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// Status code (§21), 100..=699.
    pub status: StatusCode,
    /// Reason phrase as on the wire; may be empty and may hold any UTF-8 text but line breaks.
    pub reason: String,
    /// All header fields except Content-Length, which is derived from `body`.
    pub headers: Headers,
    /// The body's octets, exactly as received or to be sent.
    pub body: Bytes,
}

/// Either kind of message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Starts with a method.
    Request(Request),
    /// Starts with `SIP/2.0`.
    Response(Response),
}

impl Request {
    /// A request without headers or body.
    #[must_use]
    pub fn new(method: Method, uri: Uri) -> Self {
        Request { method, uri, headers: Headers::new(), body: Bytes::new() }
    }
}

impl Response {
    /// A response without headers or body, with the standard reason phrase of its status.
    #[must_use]
    pub fn new(status: StatusCode) -> Self {
        let reason = vocabulary::reason_phrase(&status).to_owned();
        Response { status, reason, headers: Headers::new(), body: Bytes::new() }
    }
}

impl Message {
    /// The header fields of either kind.
    #[must_use]
    pub fn headers(&self) -> &Headers {
        match self {
            Message::Request(request) => &request.headers,
            Message::Response(response) => &response.headers,
        }
    }

    /// The body of either kind.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        match self {
            Message::Request(request) => &request.body,
            Message::Response(response) => &response.body,
        }
    }
}

impl From<Request> for Message {
    fn from(request: Request) -> Self {
        Message::Request(request)
    }
}

impl From<Response> for Message {
    fn from(response: Response) -> Self {
        Message::Response(response)
    }
}
