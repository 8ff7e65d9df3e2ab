//! Responses: made from the request's own headers (RFC 3261 §8.2.6) and a [`Reply`].

use std::time::Instant;

use bytes::Bytes;
use rsip::StatusCode;

use super::{Endpoint, Gone, Reply, RequestId};
use crate::transaction::{Server, TransactionId};
use crate::{Headers, Method, Request, Response, vocabulary};

impl Endpoint {
    /// Answers a request event. An INVITE may get several provisional responses before its final one; Contact,
    /// Record-Route and the To tag are added here, and a 2xx is repeated until its ACK comes. 100 is sent
    /// by the endpoint; sending it again does nothing.
    ///
    /// # Errors
    /// [`Gone`] if the request was answered finally, cancelled, or its call has ended.
    pub fn respond(&mut self, now: Instant, request: RequestId, reply: Reply) -> Result<(), Gone> {
        let id = TransactionId(request.0);
        let server = self.table.server(id).filter(|server| !server.is_answered()).ok_or(Gone)?;
        let (method, dialog) = (server.method, server.dialog);
        if reply.status.code() <= 100 {
            return Ok(());
        }
        match dialog {
            Some(dialog) if method == Method::Invite => self.respond_to_invite(now, dialog, id, reply),
            Some(_) | None => {
                self.answer(now, id, reply);
                Ok(())
            }
        }
    }

    /// Sends a response in a server transaction and forgets that it was waited for.
    pub(super) fn answer(&mut self, now: Instant, id: TransactionId, reply: Reply) {
        let is_final = reply.status.code() >= 200;
        let Some(dialog) = self.send_response(now, id, reply, None) else { return };
        if is_final && let Some(session) = dialog.and_then(|dialog| self.sessions.get_mut(&dialog)) {
            session.pending.retain(|pending| *pending != id);
        }
    }

    /// Sends a response, with `contact` if it makes or refreshes a dialog. `None`: there is nothing to
    /// answer any more; else the call it belongs to, if any.
    pub(super) fn send_response(
        &mut self,
        now: Instant,
        id: TransactionId,
        reply: Reply,
        contact: Option<&str>,
    ) -> Option<Option<super::DialogId>> {
        let server = self.table.server(id)?;
        let dialog = server.dialog;
        let mut response = response(server, reply, contact);
        let headers = &mut response.headers;
        if server.method == Method::Invite && response.status.code() / 100 == 2 {
            self.push_abilities(headers);
        }
        self.push_server(headers);
        self.table.respond(&mut self.io, now, id, &response).then_some(dialog)
    }

    /// 100 to an INVITE, at once, with the caller's Timestamp (§8.2.6.1).
    pub(super) fn answer_trying(&mut self, now: Instant, id: TransactionId, invite: &Request) {
        let Some(server) = self.table.server(id) else { return };
        let mut trying = Response::new(StatusCode::Trying);
        trying.headers = server.head.clone();
        if let Some(stamp) = invite.headers.get("Timestamp") {
            trying.headers.push("Timestamp", stamp);
        }
        self.table.respond(&mut self.io, now, id, &trying);
    }

    /// OPTIONS outside a call is answered as an INVITE would be: 200, or 503 while draining (§11.2).
    pub(super) fn answer_options(&mut self, now: Instant, id: TransactionId) {
        let reply = if self.draining { self.unavailable() } else { Reply::new(StatusCode::OK) };
        self.answer_abilities(now, id, reply);
    }

    /// Says what we can; calls that are established are alive even while draining.
    pub(super) fn answer_abilities(&mut self, now: Instant, id: TransactionId, mut reply: Reply) {
        self.push_abilities(&mut reply.headers);
        for accepted in &self.config.accept {
            reply.headers.push("Accept", accepted.as_str());
        }
        self.answer(now, id, reply);
    }

    /// 503 with Retry-After.
    pub(super) fn unavailable(&self) -> Reply {
        let seconds = self.config.retry_after.as_secs().max(1).to_string();
        Reply::new(StatusCode::ServiceUnavailable).with_header("Retry-After", seconds)
    }

    /// Allow and Supported, unless the user gave its own.
    pub(super) fn push_abilities(&self, headers: &mut Headers) {
        if !headers.contains("Allow") {
            headers.push("Allow", self.allow.as_str());
        }
        if !headers.contains("Supported") {
            for tag in &self.config.supported {
                headers.push("Supported", tag.as_str());
            }
        }
    }

    pub(super) fn push_server(&self, headers: &mut Headers) {
        if !self.config.user_agent.is_empty() && !headers.contains("Server") {
            headers.push("Server", self.config.user_agent.as_str());
        }
    }
}

fn response(server: &Server, reply: Reply, contact: Option<&str>) -> Response {
    let Reply { status, reason, headers: more, body } = reply;
    let mut headers = server.head.clone();
    if let (Some(tag), Some(to)) = (&server.new_tag, server.head.get("To")) {
        headers.set("To", format!("{to};tag={tag}"));
    }
    if let Some(contact) = contact {
        for route in &server.record_routes {
            headers.push("Record-Route", route.as_str());
        }
        if !more.contains("Contact") {
            headers.push("Contact", contact);
        }
    }
    headers.append(more);
    let mut data = Bytes::new();
    if let Some(body) = body {
        headers.set("Content-Type", body.content_type);
        data = body.data;
    }
    let reason = reason.unwrap_or_else(|| vocabulary::reason_phrase(&status).to_owned());
    Response { status, reason, headers, body: data }
}
