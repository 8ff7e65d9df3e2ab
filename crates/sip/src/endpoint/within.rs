//! Requests inside a call, both ways (RFC 3261 §12.2, §14).

use std::time::{Duration, Instant};

use rand::Rng;
use rsip::StatusCode;

use super::hang_up::reason_of;
use super::io::{Owner, Purpose};
use super::receive::Incoming;
use super::{Body, DialogId, Ended, Endpoint, Event, Refused, Reply, RequestId};
use crate::dialog::session::{Activity, Established, Reinvite, Session, State};
use crate::timer::Timer;
use crate::transaction::TransactionId;
use crate::{HeaderError, Headers, Method, NameAddr, Response, limits};

/// Longest Retry-After in a 500 to a second INVITE, in seconds; it is chosen at random (§14.2).
const RETRY_SECONDS_MAX: u32 = 10;

impl Endpoint {
    /// Sends a request inside an established call: re-INVITE, INFO, OPTIONS, MESSAGE ... Its final answer is
    /// `Event::Response`. A re-INVITE that meets 491 is tried again by itself (§14.1).
    ///
    /// # Errors
    /// [`Refused::Gone`], [`Refused::Early`] and [`Refused::Pending`] say what the call is not ready for,
    /// [`Refused::Limit`] that too much is under way, [`Refused::Method`] that the endpoint sends it itself.
    pub fn request(
        &mut self,
        now: Instant,
        dialog: DialogId,
        method: Method,
        headers: Headers,
        body: Option<Body>,
    ) -> Result<RequestId, Refused> {
        if matches!(method, Method::Ack | Method::Bye | Method::Cancel) {
            return Err(Refused::Method);
        }
        let session = self.sessions.get_mut(&dialog).ok_or(Refused::Gone)?;
        if session.is_hung_up() {
            return Err(Refused::Gone);
        }
        let call = session.established().ok_or(Refused::Early)?;
        let free = matches!(call.activity, Activity::Idle) && call.glare.is_none();
        if method == Method::Invite && !free {
            return Err(Refused::Pending);
        }
        if self.table.len() >= self.config.transactions_max {
            return Err(Refused::Limit);
        }
        let request = RequestId(self.table.next_id().0);
        if method == Method::Invite {
            let retries = limits::GLARE_RETRIES_MAX;
            self.send_reinvite(now, dialog, Reinvite { request, headers, body, retries });
        } else {
            self.send_within(now, dialog, (method, headers, body), Purpose::Request(dialog, request));
        }
        Ok(request)
    }

    fn send_within(
        &mut self,
        now: Instant,
        dialog: DialogId,
        (method, more, body): (Method, Headers, Option<Body>),
        purpose: Purpose,
    ) -> Option<TransactionId> {
        let call = self.sessions.get_mut(&dialog).and_then(Session::established)?;
        let number = call.dialog.next_number();
        let (mut request, to) = call.dialog.request(method, number);
        let local = call.dialog.socket();
        self.complete(&mut request, &more, body);
        Some(self.start(now, request, (local, to), purpose))
    }

    fn send_reinvite(&mut self, now: Instant, dialog: DialogId, reinvite: Reinvite) {
        let parts = (Method::Invite, reinvite.headers.clone(), reinvite.body.clone());
        let Some(transaction) = self.send_within(now, dialog, parts, Purpose::Reinvite(dialog)) else {
            return;
        };
        if let Some(call) = self.sessions.get_mut(&dialog).and_then(Session::established) {
            call.activity = Activity::Ours { transaction, reinvite };
        }
    }

    /// 2xx to our re-INVITE: the target may have moved; ACK (§14.1).
    pub(super) fn reinvite_accepted(
        &mut self,
        dialog: DialogId,
        id: TransactionId,
        response: &Response,
    ) -> Result<(), HeaderError> {
        if self.repeat_ack(id, response)? {
            return Ok(());
        }
        let number = response.headers.cseq()?.number;
        let contact = response.headers.contact().ok().flatten();
        let Some(session) = self.sessions.get_mut(&dialog) else { return Ok(()) };
        if let State::Ending(ending) = &session.state {
            let ending = ending.as_ref().clone();
            self.acknowledge(id, &ending, number, None);
            return Ok(());
        }
        let Some(call) = session.established() else { return Ok(()) };
        let Some(reinvite) = call.take_our_reinvite(id, contact) else { return Ok(()) };
        if reinvite.body.is_none() {
            call.activity = Activity::Unacknowledged { invite: id, number };
        } else {
            let made = call.dialog.clone();
            self.acknowledge(id, &made, number, None);
        }
        self.report(dialog, reinvite.request, response);
        Ok(())
    }

    /// A refusal of our re-INVITE: the call goes on as it was, but 491 is tried again, and 408 or 481 ends
    /// the call (§14.1).
    pub(super) fn reinvite_refused(
        &mut self,
        now: Instant,
        dialog: DialogId,
        id: TransactionId,
        response: &Response,
    ) {
        let Some(call) = self.sessions.get_mut(&dialog).and_then(Session::established) else { return };
        let Some(mut reinvite) = call.take_our_reinvite(id, None) else { return };
        if response.status == StatusCode::RequestPending && reinvite.retries > 0 {
            reinvite.retries -= 1;
            call.glare = Some(reinvite);
            let owns = call.dialog.owns_call_id;
            return self.wait_for_glare(now, dialog, owns);
        }
        self.request_answered(now, dialog, reinvite.request, response);
    }

    /// 2.1 to 4 s for who made the Call-ID, 0 to 2 s for the other, in steps of 10 ms (§14.1).
    fn wait_for_glare(&mut self, now: Instant, dialog: DialogId, owns_call_id: bool) {
        let steps = if owns_call_id { 210..=400 } else { 0..=200 };
        let wait = Duration::from_millis(10) * self.rng.random_range(steps);
        self.io.timers.set(Owner::Call(dialog), Timer::Glare, now + wait);
    }

    pub(super) fn retry_reinvite(&mut self, now: Instant, dialog: DialogId) {
        let Some(call) = self.sessions.get_mut(&dialog).and_then(Session::established) else { return };
        if !matches!(call.activity, Activity::Idle) {
            let owns = call.dialog.owns_call_id;
            return self.wait_for_glare(now, dialog, owns);
        }
        if let Some(reinvite) = call.glare.take() {
            self.send_reinvite(now, dialog, reinvite);
        }
    }

    pub(super) fn reinvite_unanswered(&mut self, now: Instant, dialog: DialogId, id: TransactionId) {
        let Some(call) = self.sessions.get_mut(&dialog).and_then(Session::established) else { return };
        if let Some(reinvite) = call.take_our_reinvite(id, None) {
            self.request_unanswered(now, dialog, reinvite.request);
        }
    }

    /// The final answer to a request of ours; 408 and 481 end the call (§12.2.1.2).
    pub(super) fn request_answered(
        &mut self,
        now: Instant,
        dialog: DialogId,
        request: RequestId,
        response: &Response,
    ) {
        if self.sessions.get(&dialog).is_none_or(Session::is_hung_up) {
            return;
        }
        self.report(dialog, request, response);
        match response.status {
            StatusCode::RequestTimeout => self.end_unanswered(now, dialog),
            StatusCode::CallTransactionDoesNotExist => {
                self.answer_pending(now, dialog);
                self.remove_session(dialog);
                self.io.event(Event::Ended { dialog, by: Ended::Timeout });
            }
            _ => {}
        }
    }

    pub(super) fn request_unanswered(&mut self, now: Instant, dialog: DialogId, request: RequestId) {
        if self.sessions.get(&dialog).is_none_or(Session::is_hung_up) {
            return;
        }
        let status = StatusCode::RequestTimeout;
        self.io.event(Event::Response { dialog, request, status, message: None });
        self.end_unanswered(now, dialog);
    }

    /// The peer does not answer: BYE, in case it still hears (§12.2.1.2).
    fn end_unanswered(&mut self, now: Instant, dialog: DialogId) {
        self.answer_pending(now, dialog);
        self.send_bye(now, dialog, None);
        self.io.event(Event::Ended { dialog, by: Ended::Timeout });
    }

    fn report(&mut self, dialog: DialogId, request: RequestId, response: &Response) {
        let (status, message) = (response.status.clone(), Some(Box::new(response.clone())));
        self.io.event(Event::Response { dialog, request, status, message });
    }

    /// A request of the peer inside a call (§12.2.2).
    pub(super) fn serve_within(
        &mut self,
        now: Instant,
        dialog: DialogId,
        incoming: Incoming,
    ) -> Result<(), HeaderError> {
        let headers = &incoming.request.headers;
        let (number, call_id, from) = (headers.cseq()?.number, headers.call_id()?, headers.from_()?);
        let Some(session) = self.sessions.get_mut(&dialog) else { return Ok(()) };
        let Some(known) = session.dialog(call_id, from.tag()) else { return Ok(()) };
        if !known.take_in(number, incoming.from) {
            self.answer(now, incoming.id, Reply::new(StatusCode::ServerInternalError));
            return Ok(());
        }
        match incoming.request.method {
            Method::Bye => self.serve_bye(now, dialog, incoming.id, reason_of(&incoming.request)),
            Method::Options => self.answer_abilities(now, incoming.id, Reply::new(StatusCode::OK)),
            Method::Invite => self.serve_reinvite(now, dialog, incoming, number)?,
            Method::Ack
            | Method::Cancel
            | Method::Info
            | Method::Message
            | Method::Notify
            | Method::PRack
            | Method::Publish
            | Method::Refer
            | Method::Register
            | Method::Subscribe
            | Method::Update => self.serve_other(now, dialog, incoming),
        }
        Ok(())
    }

    fn serve_other(&mut self, now: Instant, dialog: DialogId, incoming: Incoming) {
        let Some(session) = self.sessions.get_mut(&dialog) else { return };
        if session.is_hung_up() {
            return self.answer_gone(now, incoming.id);
        }
        let table = &mut self.table;
        session.pending.retain(|id| table.server(*id).is_some_and(|server| !server.is_answered()));
        if session.pending.len() >= limits::PENDING_MAX {
            let reply = self.later();
            return self.answer(now, incoming.id, reply);
        }
        session.pending.push(incoming.id);
        self.hand_over(Some(dialog), incoming);
    }

    /// A re-INVITE: 491 while an INVITE of ours is under way, 500 while another of theirs is (§14.2).
    fn serve_reinvite(
        &mut self,
        now: Instant,
        dialog: DialogId,
        incoming: Incoming,
        number: u32,
    ) -> Result<(), HeaderError> {
        let Some(session) = self.sessions.get_mut(&dialog) else { return Ok(()) };
        if session.is_hung_up() {
            self.answer_gone(now, incoming.id);
            return Ok(());
        }
        let refusal = match &session.state {
            State::Ringing { .. } => Some(self.later()),
            State::Calling(_) => Some(Reply::new(StatusCode::RequestPending)),
            State::Ending(_) => Some(Reply::new(StatusCode::CallTransactionDoesNotExist)),
            State::Established(call) => match &call.activity {
                Activity::Idle => None,
                Activity::Theirs { .. } => Some(self.later()),
                // Our 2xx may carry an offer that its ACK still has to answer (RFC 5407 §3.1.4).
                Activity::Accepted(_) | Activity::Ours { .. } | Activity::Unacknowledged { .. } => {
                    Some(Reply::new(StatusCode::RequestPending))
                }
            },
        };
        if let Some(reply) = refusal {
            self.answer(now, incoming.id, reply);
            return Ok(());
        }
        let contact = incoming.request.headers.contact()?;
        if let Some(call) = self.sessions.get_mut(&dialog).and_then(Session::established) {
            call.activity = Activity::Theirs { transaction: incoming.id, number, contact };
        }
        self.answer_trying(now, incoming.id, &incoming.request);
        self.hand_over(Some(dialog), incoming);
        Ok(())
    }

    /// 500 with a random Retry-After (§14.2).
    fn later(&mut self) -> Reply {
        let seconds = self.rng.random_range(0..=RETRY_SECONDS_MAX).to_string();
        Reply::new(StatusCode::ServerInternalError).with_header("Retry-After", seconds)
    }
}

impl Established {
    /// Our re-INVITE `id` is over; `contact` is the peer's new target.
    fn take_our_reinvite(&mut self, id: TransactionId, contact: Option<NameAddr>) -> Option<Reinvite> {
        match std::mem::replace(&mut self.activity, Activity::Idle) {
            Activity::Ours { transaction, reinvite } if transaction == id => {
                self.dialog.refresh(contact);
                Some(reinvite)
            }
            other @ (Activity::Idle
            | Activity::Accepted(_)
            | Activity::Theirs { .. }
            | Activity::Ours { .. }
            | Activity::Unacknowledged { .. }) => {
                self.activity = other;
                None
            }
        }
    }
}
