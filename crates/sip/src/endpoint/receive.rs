//! What comes in: datagram to message, message to transaction, request to the part that serves it.

use std::net::SocketAddr;
use std::time::Instant;

use bytes::Bytes;
use rsip::StatusCode;

use super::stateless::note_source;
use super::{Body, DialogId, Endpoint, Event, LocalId, Reply, RequestId};
use crate::dialog::PORT;
use crate::transaction::{Server, TransactionId, is_stranger, key};
use crate::wire::{self, Reject};
use crate::{HeaderError, Message, Method, Request, Response, limits};

/// A request on its way to whoever serves it.
pub(super) struct Incoming {
    pub(super) request: Request,
    /// Its server transaction.
    pub(super) id: TransactionId,
    pub(super) local: LocalId,
    pub(super) from: SocketAddr,
}

impl Endpoint {
    pub(super) fn receive(&mut self, now: Instant, local: LocalId, from: SocketAddr, data: &Bytes) {
        let outcome = match wire::parse_datagram(data) {
            Ok(Message::Request(request)) => self.receive_request(now, local, from, request, data.len()),
            Ok(Message::Response(response)) => self.receive_response(now, &response),
            Err(Reject::Drop { why }) => {
                tracing::trace!(%from, why, "dropped a datagram");
                Ok(())
            }
            // An ACK is never answered (RFC 3261 §17): its refusal would be acknowledged by nobody.
            Err(Reject::Answer { .. }) if data.starts_with(b"ACK ") => Ok(()),
            Err(Reject::Answer { status, reason, headers, why }) => {
                tracing::debug!(%from, why, "refused a datagram");
                self.answer_unreadable(now, (local, from), status, reason, headers);
                Ok(())
            }
        };
        if let Err(error) = outcome {
            tracing::debug!(%from, %error, "dropped a message");
        }
    }

    /// Responses that match no request of ours are dropped (§18.1.2), as are those with a second Via, which
    /// were meant for somebody else (§8.1.3.3).
    fn receive_response(&mut self, now: Instant, response: &Response) -> Result<(), HeaderError> {
        let via = response.headers.via()?;
        let port = via.port.unwrap_or(PORT);
        let ours = self.sent_by.iter().any(|(host, at)| *at == port && host.same(&via.host));
        if !ours || response.headers.get_all("Via").nth(1).is_some() {
            return Ok(());
        }
        let Some(key) = key::of_response(response, &via) else { return Ok(()) };
        let Some(delivery) = self.table.response(&mut self.io, now, &key, response) else { return Ok(()) };
        self.deliver(now, delivery, response)
    }

    fn receive_request(
        &mut self,
        now: Instant,
        local: LocalId,
        from: SocketAddr,
        mut request: Request,
        len: usize,
    ) -> Result<(), HeaderError> {
        let mut via = request.headers.via()?;
        let key = key::server(&request, &via, request.method)?;
        if request.method == Method::Ack {
            return self.receive_ack(now, &key, &request);
        }
        if let Some(id) = self.table.find(&key) {
            self.table.repeated(&mut self.io, now, id);
            return Ok(());
        }
        let invite_key = match request.method {
            Method::Cancel => Some(key::server(&request, &via, Method::Invite)?),
            _ => None,
        };
        let reply_to = note_source(&mut via, from);
        request.headers.set_first("Via", via.to_string());
        if self.is_full(now, local, reply_to, &request) {
            return Ok(());
        }
        let merged = key::merged(&request)?;
        let new_tag = merged.is_some().then(|| self.new_tag());
        if let Some(invite_key) = invite_key {
            let server = Server::new(key, None, &request, (local, reply_to), new_tag);
            self.receive_cancel(now, server, &invite_key);
            return Ok(());
        }
        let is_merged = merged.as_ref().is_some_and(|merged| self.table.is_merged(merged));
        let merged = merged.filter(|_| !is_merged);
        let server = Server::new(key, merged, &request, (local, reply_to), new_tag);
        let id = self.table.accept(&mut self.io, now, server);
        let refusal =
            self.inspect(&request, len).or_else(|| is_merged.then(|| Reply::new(StatusCode::LoopDetected)));
        match refusal {
            Some(reply) => self.answer(now, id, reply),
            None => self.serve(now, Incoming { request, id, local, from })?,
        }
        Ok(())
    }

    /// Whether there is no room for this request: INVITEs are refused at the limit, requests that belong to no call at a
    /// quarter of it; other requests are dropped a quarter above it.
    fn is_full(&mut self, now: Instant, local: LocalId, to: SocketAddr, request: &Request) -> bool {
        let (live, max) = (self.table.len(), self.config.transactions_max);
        let is_invite = request.method == Method::Invite;
        let is_outside = request.headers.tag_of_to().is_ok_and(|tag| tag.is_none());
        let is_new_call = is_invite && is_outside;
        // A flood of them takes no call's place.
        let too_many_strangers =
            is_outside && is_stranger(request.method) && self.table.strangers() >= max / 4;
        let too_many_calls = is_new_call && self.sessions.len() >= self.config.dialogs_max;
        if too_many_calls || too_many_strangers || is_invite && live >= max {
            self.refuse_statelessly(now, local, to, request);
            return true;
        }
        live >= max + max / 4
    }

    fn serve(&mut self, now: Instant, incoming: Incoming) -> Result<(), HeaderError> {
        match incoming.request.headers.tag_of_to()? {
            Some(tag) => match self.find_dialog(&incoming.request, tag)? {
                Some(dialog) => self.serve_within(now, dialog, incoming)?,
                None => self.answer_gone(now, incoming.id),
            },
            None => self.serve_outside(now, incoming),
        }
        Ok(())
    }

    fn serve_outside(&mut self, now: Instant, incoming: Incoming) {
        match incoming.request.method {
            Method::Invite => self.serve_invite(now, incoming),
            Method::Options => self.answer_options(now, incoming.id),
            // These mean nothing outside a dialog (§15.1.2, RFC 3262, RFC 3311, RFC 6086 §4.2.2).
            Method::Bye | Method::Info | Method::PRack | Method::Update | Method::Ack | Method::Cancel => {
                self.answer_gone(now, incoming.id);
            }
            Method::Message
            | Method::Notify
            | Method::Publish
            | Method::Refer
            | Method::Register
            | Method::Subscribe => self.hand_over(None, incoming),
        }
    }

    /// Lets the user answer.
    pub(super) fn hand_over(&mut self, dialog: Option<DialogId>, incoming: Incoming) {
        if let Some(server) = self.table.server(incoming.id) {
            server.dialog = dialog;
        }
        let Incoming { request, id, local, from } = incoming;
        let (request, message) = (RequestId(id.0), Box::new(request));
        self.io.event(Event::Request { dialog, request, message, local, from });
    }

    pub(super) fn answer_gone(&mut self, now: Instant, id: TransactionId) {
        self.answer(now, id, Reply::new(StatusCode::CallTransactionDoesNotExist));
    }

    /// The call that a request with our `tag` in its To belongs to (§12.2.2).
    pub(super) fn find_dialog(
        &mut self,
        request: &Request,
        tag: &str,
    ) -> Result<Option<DialogId>, HeaderError> {
        let Some(&dialog) = self.tags.get(tag) else { return Ok(None) };
        let from_tag = request.headers.tag_of_from()?;
        let call_id = request.headers.call_id()?;
        let session = self.sessions.get_mut(&dialog);
        let found = session.is_some_and(|session| session.dialog(call_id, from_tag).is_some());
        Ok(found.then_some(dialog))
    }

    /// The body of a message, cut to what this crate hands on.
    pub(super) fn body_of(request: &Request) -> Option<Body> {
        let body = request.body.len() <= limits::BODY_LEN_MAX;
        if body { Body::of(&request.headers, &request.body) } else { None }
    }
}
