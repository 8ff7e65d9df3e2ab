//! The calling side: INVITE, its responses and forks, ACK and CANCEL (RFC 3261 §8.1, §9.1, §13.2).

use std::net::SocketAddr;
use std::time::Instant;

use rand::Rng;
use rsip::StatusCode;

use super::io::{Owner, Purpose};
use super::{Body, DialogId, Endpoint, Event, HangUp, Invite, LocalId, Refused};
use crate::dialog::session::{Activity, Attempt, Calling, Established, Session, State};
use crate::dialog::{Dialog, MAX_FORWARDS};
use crate::timer::Timer;
use crate::transaction::{Ack, Class, Delivery, Outgoing, TransactionId, from_invite};
use crate::{HeaderError, Headers, Method, Request, Response, limits};

impl Endpoint {
    /// Calls somebody. Every call that is started ends in exactly one of `Event::Failed`, `Event::Ended` or,
    /// once it is answered, `hang_up`. There is no ring time-out here: the user hangs up.
    ///
    /// # Errors
    /// [`Refused::Limit`] when too much is under way; [`Refused::Invalid`] when `local` is unknown or the
    /// INVITE does not fit into a datagram.
    pub fn invite(&mut self, now: Instant, invite: Invite) -> Result<DialogId, Refused> {
        let (local, to) = (invite.local, invite.destination);
        if usize::from(local.0) >= self.config.locals.len() {
            return Err(Refused::Invalid);
        }
        if self.table.len() >= self.config.transactions_max || self.sessions.len() >= self.config.dialogs_max
        {
            return Err(Refused::Limit);
        }
        let tag = self.new_tag();
        let (branch, via) = self.new_via(local);
        let request = self.first_invite(invite, &tag, &via);
        if request.to_bytes().len() > limits::DATAGRAM_LEN_MAX {
            return Err(Refused::Invalid);
        }
        let dialog = self.new_dialog_id();
        let purpose = Purpose::Invite(dialog);
        let outgoing = Outgoing { request, branch, local, to, purpose };
        let invite = self.table.start(&mut self.io, now, outgoing);
        let state = State::Calling(Calling { invite, attempt: Attempt::Trying, early: Vec::new() });
        self.insert_session(dialog, Session { tag, pending: Vec::new(), state });
        Ok(dialog)
    }

    fn first_invite(&mut self, invite: Invite, tag: &str, via: &str) -> Request {
        let Invite { local, uri, from, to, headers: more, body, .. } = invite;
        let contact = self.contact(from.uri.user.as_deref().filter(|_| from.uri.is_sip()), local);
        let call_id = format!("{:016x}{:016x}", self.rng.random::<u64>(), self.rng.random::<u64>());
        let mut request = Request::new(Method::Invite, uri);
        let headers = &mut request.headers;
        headers.push("Via", via);
        headers.push("Max-Forwards", MAX_FORWARDS);
        headers.push("From", from.with_tag(tag).to_string());
        headers.push("To", to.to_string());
        headers.push("Call-ID", call_id);
        headers.push("CSeq", "1 INVITE");
        headers.push("Contact", contact);
        self.complete(&mut request, &more, body);
        request
    }

    /// Adds what the user gave, our abilities and our name.
    pub(super) fn complete(&self, request: &mut Request, more: &Headers, body: Option<Body>) {
        let headers = &mut request.headers;
        for single in ["Contact", "Max-Forwards"] {
            if let Some(theirs) = more.get(single) {
                headers.set(single, theirs);
            }
        }
        for (name, value) in more.iter().filter(|(name, _)| !is_ours(name)) {
            headers.push(name, value);
        }
        if request.method == Method::Invite {
            self.push_abilities(headers);
        }
        if !self.config.user_agent.is_empty() && !headers.contains("User-Agent") {
            headers.push("User-Agent", self.config.user_agent.as_str());
        }
        if let Some(body) = body {
            headers.set("Content-Type", body.content_type);
            request.body = body.data;
        }
    }

    /// A response is for the user of this transaction.
    pub(super) fn deliver(
        &mut self,
        now: Instant,
        delivery: Delivery,
        response: &Response,
    ) -> Result<(), HeaderError> {
        let class = Class::of(&response.status);
        match (delivery.purpose, class) {
            (Purpose::Invite(dialog), Class::Provisional) => {
                self.progress(now, dialog, delivery.id, response);
            }
            (Purpose::Invite(dialog), Class::Success) => self.answered(now, dialog, delivery.id, response)?,
            (Purpose::Invite(dialog), Class::Failure) => self.failed(dialog, response),
            (Purpose::Reinvite(dialog), Class::Success) => {
                self.reinvite_accepted(dialog, delivery.id, response)?;
            }
            (Purpose::Reinvite(dialog), Class::Failure) => {
                self.reinvite_refused(now, dialog, delivery.id, response);
            }
            (Purpose::Request(dialog, request), Class::Success | Class::Failure) => {
                self.request_answered(now, dialog, request, response);
            }
            (Purpose::Bye(dialog), Class::Success | Class::Failure) => drop(self.remove_session(dialog)),
            (Purpose::Outside(request), Class::Success | Class::Failure) => {
                self.outside_answered(request, response);
            }
            (
                Purpose::Reinvite(_) | Purpose::Request(..) | Purpose::Bye(_) | Purpose::Outside(_),
                Class::Provisional,
            )
            | (Purpose::Nobody, _) => {}
        }
        Ok(())
    }

    /// Nobody answered a request of ours within 64*T1: the same as 408 (§8.1.3.1).
    pub(super) fn unanswered(&mut self, now: Instant, delivery: Delivery) {
        match delivery.purpose {
            Purpose::Invite(dialog) => {
                let Some(session) = self.remove_session(dialog) else { return };
                let status = match session.is_hung_up() {
                    true => StatusCode::RequestTerminated,
                    false => StatusCode::RequestTimeout,
                };
                self.io.event(Event::Failed { dialog, status, message: None });
            }
            Purpose::Reinvite(dialog) => self.reinvite_unanswered(now, dialog, delivery.id),
            Purpose::Request(dialog, request) => self.request_unanswered(now, dialog, request),
            Purpose::Bye(dialog) => drop(self.remove_session(dialog)),
            Purpose::Outside(request) => self.outside_unanswered(request),
            Purpose::Nobody => {}
        }
    }

    /// 1xx: an early dialog for each To tag (§13.2.2.1), and the moment for a CANCEL that was held back.
    fn progress(&mut self, now: Instant, dialog: DialogId, id: TransactionId, response: &Response) {
        let Some(State::Calling(calling)) = self.sessions.get_mut(&dialog).map(|s| &mut s.state) else {
            return;
        };
        if let Some(client) = self.table.client(id)
            && let Some(invite) = &client.invite
        {
            calling.keep_early(Dialog::uac(invite, response, client.local, client.to));
        }
        match std::mem::replace(&mut calling.attempt, Attempt::Proceeding) {
            Attempt::HeldBack(cause) => self.send_cancel(now, dialog, cause),
            Attempt::Cancelled => calling.attempt = Attempt::Cancelled,
            Attempt::Trying | Attempt::Proceeding if response.status.code() > 100 => {
                let (status, message) = (response.status.clone(), Box::new(response.clone()));
                self.io.event(Event::Progress { dialog, status, message });
            }
            Attempt::Trying | Attempt::Proceeding => {}
        }
    }

    /// 2xx: the first one makes the call; copies get their ACK again; forks, and answers that cross our
    /// CANCEL, are acknowledged and ended (§13.2.2.4, §9.1).
    fn answered(
        &mut self,
        now: Instant,
        dialog: DialogId,
        id: TransactionId,
        response: &Response,
    ) -> Result<(), HeaderError> {
        if self.repeat_ack(id, response)? {
            return Ok(());
        }
        let Some(client) = self.table.client(id) else { return Ok(()) };
        let Some(invite) = &client.invite else { return Ok(()) };
        let made = Dialog::uac(invite, response, client.local, client.to);
        let (late_offer, number) = (invite.body.is_empty(), invite.headers.cseq()?.number);
        let Some(session) = self.sessions.get_mut(&dialog) else {
            self.end_fork(now, id, made, number);
            return Ok(());
        };
        match &session.state {
            State::Calling(calling) if calling.attempt.is_hung_up() => {
                session.state = State::Ending(Box::new(made.clone()));
                self.acknowledge(id, &made, number, None);
                self.send_bye(now, dialog, None);
                let status = StatusCode::RequestTerminated;
                self.io.event(Event::Failed { dialog, status, message: None });
            }
            State::Calling(_) => {
                let mut activity = Activity::Idle;
                if late_offer {
                    activity = Activity::Unacknowledged { invite: id, number };
                } else {
                    self.acknowledge(id, &made, number, None);
                }
                self.establish(dialog, made, activity);
                self.io.event(Event::Answered { dialog, message: Box::new(response.clone()) });
            }
            State::Established(call) if call.awaits_ack_of(id, made.remote_tag()) => {}
            State::Established(_) | State::Ending(_) | State::Ringing { .. } => {
                self.end_fork(now, id, made, number);
            }
        }
        Ok(())
    }

    fn establish(&mut self, dialog: DialogId, made: Dialog, activity: Activity) {
        if let Some(session) = self.sessions.get_mut(&dialog) {
            let call = Established { dialog: made, activity, glare: None };
            session.state = State::Established(Box::new(call));
        }
    }

    /// A second party answered: ACK, then BYE (§13.2.2.4).
    fn end_fork(&mut self, now: Instant, id: TransactionId, mut fork: Dialog, number: u32) {
        if self.table.client(id).is_none_or(|client| client.acks.len() >= limits::FORKS_MAX) {
            return;
        }
        self.acknowledge(id, &fork, number, None);
        let number = fork.next_number();
        let (request, to) = fork.request(Method::Bye, number);
        self.start(now, request, (fork.socket(), to), Purpose::Nobody);
    }

    /// A final refusal (§13.2.2.2, §13.2.2.3).
    fn failed(&mut self, dialog: DialogId, response: &Response) {
        if self.remove_session(dialog).is_some() {
            let (status, message) = (response.status.clone(), Some(Box::new(response.clone())));
            self.io.event(Event::Failed { dialog, status, message });
        }
    }

    /// Sends the ACK of a 2xx again if it is known (§13.2.2.4).
    pub(super) fn repeat_ack(&mut self, id: TransactionId, response: &Response) -> Result<bool, HeaderError> {
        let to = response.headers.to()?;
        let Some(client) = self.table.client(id) else { return Ok(false) };
        let local = client.local;
        let Some(ack) = client.acks.iter().find(|ack| ack.tag.as_deref() == to.tag()) else {
            return Ok(false);
        };
        self.io.send(local, ack.to, ack.data.clone());
        Ok(true)
    }

    /// Sends the ACK of a 2xx, a request of its own inside the dialog, and keeps it for copies of the 2xx.
    pub(super) fn acknowledge(
        &mut self,
        id: TransactionId,
        dialog: &Dialog,
        number: u32,
        body: Option<Body>,
    ) {
        let (mut request, to) = dialog.request(Method::Ack, number);
        let (_, via) = self.new_via(dialog.socket());
        request.headers.push_front("Via", via);
        if let Some(body) = body {
            request.headers.push("Content-Type", body.content_type);
            request.body = body.data;
        }
        let data = request.to_bytes();
        self.io.send(dialog.socket(), to, data.clone());
        if let Some(client) = self.table.client(id) {
            client.acks.push(Ack { tag: dialog.remote_tag().map(str::to_owned), to, data });
        }
    }

    /// Sends the ACK that an INVITE or re-INVITE without body waits for after `Event::Answered` or its
    /// `Event::Response`; `body` is the answer to the offer in the 2xx. Does nothing at any other time.
    pub fn ack(&mut self, _now: Instant, dialog: DialogId, body: Option<Body>) {
        let Some(call) = self.sessions.get_mut(&dialog).and_then(Session::established) else { return };
        let Activity::Unacknowledged { invite, number } = call.activity else { return };
        call.activity = Activity::Idle;
        let made = call.dialog.clone();
        self.acknowledge(invite, &made, number, body);
    }

    /// CANCEL takes the INVITE's own hop and branch (§9.1).
    pub(super) fn send_cancel(&mut self, now: Instant, dialog: DialogId, cause: HangUp) {
        let Some(State::Calling(calling)) = self.sessions.get_mut(&dialog).map(|s| &mut s.state) else {
            return;
        };
        calling.attempt = Attempt::Cancelled;
        let Some(client) = self.table.client(calling.invite) else { return };
        let Some(invite) = &client.invite else { return };
        let mut request = from_invite(invite, Method::Cancel);
        if let Some(reason) = cause.reason {
            request.headers.push("Reason", reason);
        }
        let (branch, local, to) = (client.branch.clone(), client.local, client.to);
        let outgoing = Outgoing { request, branch, local, to, purpose: Purpose::Nobody };
        self.table.start(&mut self.io, now, outgoing);
        let wait = Timer::Cancelled.row().unreliable;
        self.io.timers.set(Owner::Call(dialog), Timer::Cancelled, now + wait);
    }

    /// Sends a request made from a dialog in a transaction of its own.
    pub(super) fn start(
        &mut self,
        now: Instant,
        mut request: Request,
        (local, to): (LocalId, SocketAddr),
        purpose: Purpose,
    ) -> TransactionId {
        let (branch, via) = self.new_via(local);
        request.headers.push_front("Via", via);
        self.table.start(&mut self.io, now, Outgoing { request, branch, local, to, purpose })
    }
}

/// Headers that the endpoint writes itself, or that `complete` has dealt with.
fn is_ours(name: &str) -> bool {
    const OURS: [&str; 9] =
        ["Via", "Max-Forwards", "From", "To", "Call-ID", "CSeq", "Contact", "Content-Type", "Content-Length"];
    OURS.iter().any(|ours| ours.eq_ignore_ascii_case(name))
}

impl Calling {
    /// Keeps the newest state of each early dialog; a response without tag makes none.
    fn keep_early(&mut self, early: Dialog) {
        if early.remote_tag().is_none() {
            return;
        }
        let room = self.early.len() < limits::EARLY_DIALOGS_MAX;
        match self.early.iter_mut().find(|known| known.remote_tag() == early.remote_tag()) {
            Some(known) => *known = early,
            None if room => self.early.push(early),
            None => {}
        }
    }
}

impl Established {
    /// The 2xx of this INVITE and tag waits for the user's `ack`.
    fn awaits_ack_of(&self, id: TransactionId, tag: Option<&str>) -> bool {
        match &self.activity {
            Activity::Unacknowledged { invite, .. } => *invite == id && self.dialog.remote_tag() == tag,
            Activity::Idle | Activity::Accepted(_) | Activity::Theirs { .. } | Activity::Ours { .. } => false,
        }
    }
}
