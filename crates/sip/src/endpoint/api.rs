//! The words that an endpoint and its user exchange: inputs, outputs, events, and the errors.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rsip::StatusCode;
use thiserror::Error;

use super::LocalId;
use crate::{Headers, NameAddr, Request, Response, Uri};

/// One call as the user knows it, from INVITE to its end. Early dialogs of one outgoing INVITE share it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DialogId(pub u64);

/// One request, either to be answered with `respond` or sent by `request`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId(pub u64);

/// What happened outside.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// A datagram came in.
    Datagram {
        /// The socket it came to.
        local: LocalId,
        /// Its source address.
        from: SocketAddr,
        /// All of it.
        data: &'a Bytes,
    },
    /// The time of [`Output::Timeout`] has come. Harmless when early.
    Timeout,
}

/// What is to be done.
#[derive(Debug)]
pub enum Output {
    /// Send this datagram.
    Send {
        /// From this socket.
        local: LocalId,
        /// To this address.
        to: SocketAddr,
        /// With this content.
        data: Bytes,
    },
    /// The user of the endpoint must know.
    Event(Event),
    /// Nothing is left to do until then; `None`: until the next datagram.
    Timeout(Option<Instant>),
}

/// What the user of an endpoint must know or decide.
#[derive(Debug)]
pub enum Event {
    /// A new call. 100 Trying is already sent; answer with `respond`.
    Invite {
        /// The call.
        dialog: DialogId,
        /// Its INVITE, for `respond`.
        request: RequestId,
        /// The INVITE as received, with `received` and `rport` filled in the top Via.
        message: Box<Request>,
        /// The socket it came to.
        local: LocalId,
        /// Where it came from.
        from: SocketAddr,
    },
    /// The caller gave up (CANCEL, or Expires ran out): 487 is sent and the call is gone.
    Cancelled {
        /// The call.
        dialog: DialogId,
    },
    /// The first ACK of our 2xx to an INVITE or re-INVITE.
    Acked {
        /// The call.
        dialog: DialogId,
        /// Its body: the answer, when the INVITE had carried no offer.
        body: Option<Body>,
    },
    /// A request to be answered with `respond`: re-INVITE or another method inside a call, or one outside
    /// of any. A re-INVITE that is cancelled meanwhile makes `respond` answer `Gone`.
    Request {
        /// The call it belongs to.
        dialog: Option<DialogId>,
        /// Its name, for `respond`.
        request: RequestId,
        /// The request as received.
        message: Box<Request>,
        /// The socket it came to.
        local: LocalId,
        /// Where it came from.
        from: SocketAddr,
    },
    /// A provisional response (101 to 199) to our INVITE.
    Progress {
        /// The call.
        dialog: DialogId,
        /// Its status.
        status: StatusCode,
        /// The response; To tags differ between branches of a forked call.
        message: Box<Response>,
    },
    /// Our INVITE was accepted. ACK is already sent unless the INVITE had no body: then call `ack`.
    Answered {
        /// The call.
        dialog: DialogId,
        /// The 2xx.
        message: Box<Response>,
    },
    /// Our INVITE came to nothing and the call is gone.
    Failed {
        /// The call.
        dialog: DialogId,
        /// 3xx to 6xx as received; 408 when nobody answered (timer B); 487 after `hang_up`.
        status: StatusCode,
        /// The response, when there was one.
        message: Option<Box<Response>>,
    },
    /// The final answer to a request of ours inside a call. A 2xx to a re-INVITE is already acknowledged
    /// unless the re-INVITE had no body: then call `ack`.
    Response {
        /// The call.
        dialog: DialogId,
        /// What `request` returned.
        request: RequestId,
        /// Its status; 408 when nothing came.
        status: StatusCode,
        /// The response, when there was one.
        message: Option<Box<Response>>,
    },
    /// The final answer to a request of ours outside any call.
    Answer {
        /// What `send` returned.
        request: RequestId,
        /// Its status; 408 when nothing came.
        status: StatusCode,
        /// The response, when there was one.
        message: Option<Box<Response>>,
    },
    /// An established call is over, not by `hang_up`.
    Ended {
        /// The call.
        dialog: DialogId,
        /// Why.
        by: Ended,
    },
}

/// Why a call ended without `hang_up`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The peer sent BYE; it is answered. Before our final answer to its INVITE this also means 487 was sent.
    Bye {
        /// The Reason header of that BYE (RFC 3326).
        reason: Option<String>,
    },
    /// No ACK came for our 2xx within 64*T1; BYE is sent (RFC 3261 §13.3.1.4).
    AckTimeout,
    /// A request inside the dialog was answered 408 or 481, or not at all (RFC 3261 §12.2.1.2).
    Timeout,
}

/// A message body and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// Value of Content-Type.
    pub content_type: String,
    /// The octets.
    pub data: Bytes,
}

impl Body {
    /// `data` of type `content_type`.
    #[must_use]
    pub fn new(content_type: impl Into<String>, data: impl Into<Bytes>) -> Self {
        Body { content_type: content_type.into(), data: data.into() }
    }

    /// The body of a message, if it has one.
    pub(crate) fn of(headers: &Headers, data: &Bytes) -> Option<Body> {
        if data.is_empty() {
            return None;
        }
        let content_type = headers.get("Content-Type").unwrap_or("application/sdp").to_owned();
        Some(Body { content_type, data: data.clone() })
    }
}

/// A response to a request event.
#[derive(Clone, Debug)]
pub struct Reply {
    /// 101 to 699.
    pub status: StatusCode,
    /// Reason phrase; `None`: the one of the RFC.
    pub reason: Option<String>,
    /// More headers. Contact, if given here, replaces ours.
    pub headers: Headers,
    /// The body.
    pub body: Option<Body>,
}

impl Reply {
    /// A bare response.
    #[must_use]
    pub fn new(status: StatusCode) -> Self {
        Reply { status, reason: None, headers: Headers::new(), body: None }
    }

    /// The same with a body.
    #[must_use]
    pub fn with_body(mut self, body: Body) -> Self {
        self.body = Some(body);
        self
    }

    /// The same with one more header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push(name, value);
        self
    }
}

/// A call to be made.
#[derive(Clone, Debug)]
pub struct Invite {
    /// The socket to send from; its advertised address goes into Via and Contact.
    pub local: LocalId,
    /// Request-URI.
    pub uri: Uri,
    /// Where to send it; names are not resolved here.
    pub destination: SocketAddr,
    /// Caller, without tag.
    pub from: NameAddr,
    /// Called party.
    pub to: NameAddr,
    /// More headers. Contact, if given here, replaces ours.
    pub headers: Headers,
    /// The offer; without it the offer is expected in the 2xx and the answer in `ack`.
    pub body: Option<Body>,
}

/// How to end a call.
#[derive(Clone, Debug)]
pub struct HangUp {
    /// Final status if the call is incoming and not yet answered.
    pub status: StatusCode,
    /// Value of a Reason header in BYE, CANCEL or the final response (RFC 3326).
    pub reason: Option<String>,
    /// Retry-After of the final response (RFC 3261 §20.33); whole seconds, rounded up.
    pub retry_after: Option<Duration>,
}

impl HangUp {
    /// End it with `status` if it was not yet answered.
    #[must_use]
    pub fn new(status: StatusCode) -> Self {
        HangUp { status, reason: None, retry_after: None }
    }
}

/// `respond` came too late: the request was cancelled, answered finally, or its call has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the request is no longer there to be answered")]
pub struct Gone;

/// Why a request was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refused {
    /// A limit of [`Config`](super::Config) is reached; try again later.
    #[error("too many calls or transactions")]
    Limit,
    /// No such call, or it has ended.
    #[error("the call is gone")]
    Gone,
    /// The call is not established yet.
    #[error("the call is not established")]
    Early,
    /// Another INVITE is under way in this dialog (RFC 3261 §14.1); try again later.
    #[error("another INVITE is under way in this call")]
    Pending,
    /// The endpoint sends this method itself: ACK, BYE and CANCEL (`ack`, `hang_up`).
    #[error("this method is sent by the endpoint itself")]
    Method,
    /// No [`Local`](super::Local) of that index, or the message does not fit into a datagram.
    #[error("the request cannot be sent as given")]
    Invalid,
}
