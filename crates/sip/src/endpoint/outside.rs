//! Requests of ours outside any call, such as MESSAGE (RFC 3428; RFC 3261 §8.1).

use std::net::SocketAddr;
use std::time::Instant;

use rand::Rng;
use rsip::StatusCode;

use super::io::Purpose;
use super::{Body, Endpoint, Event, LocalId, Refused, RequestId};
use crate::dialog::MAX_FORWARDS;
use crate::transaction::Outgoing;
use crate::vocabulary::method_name;
use crate::{Headers, Method, NameAddr, Request, Response, Uri, limits};

/// A request that belongs to no call.
#[derive(Clone, Debug)]
pub struct Outside {
    /// The socket to send from; its advertised address goes into Via.
    pub local: LocalId,
    /// MESSAGE, OPTIONS, NOTIFY ...; INVITE, ACK, BYE and CANCEL are about calls.
    pub method: Method,
    /// Request-URI.
    pub uri: Uri,
    /// Where to send it; names are not resolved here.
    pub destination: SocketAddr,
    /// From, without tag.
    pub from: NameAddr,
    /// To.
    pub to: NameAddr,
    /// More headers.
    pub headers: Headers,
    /// The body. That of a MESSAGE is at most 1,300 octets with its headers (RFC 3428 §8).
    pub body: Option<Body>,
}

/// Largest request outside a call (RFC 3428 §8: 1,300 octets unless the path is known to take more).
const REQUEST_LEN_MAX: usize = 1_300;

impl Endpoint {
    /// Sends a request outside any call. Its final answer is `Event::Answer`, exactly once; 408 when none came.
    ///
    /// # Errors
    /// [`Refused::Limit`] when too much is under way, [`Refused::Method`] for a method that is about calls,
    /// [`Refused::Invalid`] when `local` is unknown or the request is larger than 1,300 octets.
    pub fn send(&mut self, now: Instant, outside: Outside) -> Result<RequestId, Refused> {
        let Outside { local, method, uri, destination, from, to, headers, body } = outside;
        if matches!(method, Method::Invite | Method::Ack | Method::Bye | Method::Cancel) {
            return Err(Refused::Method);
        }
        if usize::from(local.0) >= self.config.locals.len() {
            return Err(Refused::Invalid);
        }
        if self.table.len() >= self.config.transactions_max {
            return Err(Refused::Limit);
        }
        let tag = self.new_tag();
        let (branch, via) = self.new_via(local);
        let call_id = format!("{:016x}{:016x}", self.rng.random::<u64>(), self.rng.random::<u64>());
        let mut request = Request::new(method, uri);
        request.headers.push("Via", via);
        request.headers.push("Max-Forwards", MAX_FORWARDS);
        request.headers.push("From", from.with_tag(&tag).to_string());
        request.headers.push("To", to.to_string());
        request.headers.push("Call-ID", call_id);
        request.headers.push("CSeq", format!("1 {}", method_name(method)));
        self.complete(&mut request, &headers, body);
        if request.to_bytes().len() > REQUEST_LEN_MAX.min(limits::DATAGRAM_LEN_MAX) {
            return Err(Refused::Invalid);
        }
        let id = RequestId(self.table.next_id().0);
        let purpose = Purpose::Outside(id);
        self.table.start(&mut self.io, now, Outgoing { request, branch, local, to: destination, purpose });
        Ok(id)
    }

    /// What came of a request outside any call.
    pub(super) fn outside_answered(&mut self, request: RequestId, response: &Response) {
        let (status, message) = (response.status.clone(), Some(Box::new(response.clone())));
        self.io.event(Event::Answer { request, status, message });
    }

    pub(super) fn outside_unanswered(&mut self, request: RequestId) {
        self.io.event(Event::Answer { request, status: StatusCode::RequestTimeout, message: None });
    }
}
