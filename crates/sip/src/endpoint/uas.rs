//! The called side: new calls, their answers, CANCEL and ACK (RFC 3261 §9.2, §13.3).

use std::time::{Duration, Instant};

use rsip::StatusCode;

use super::io::Owner;
use super::receive::Incoming;
use super::{DialogId, Endpoint, Event, Gone, Reply, RequestId};
use crate::dialog::Dialog;
use crate::dialog::session::{Accepted, Activity, Established, Session, State};
use crate::timer::{T1, Timer};
use crate::transaction::{Class, Server, TransactionId};
use crate::{HeaderError, Request};

impl Endpoint {
    /// An INVITE outside any dialog.
    pub(super) fn serve_invite(&mut self, now: Instant, incoming: Incoming) {
        if self.draining {
            let reply = self.unavailable();
            return self.answer(now, incoming.id, reply);
        }
        let Incoming { request, id, local, from } = incoming;
        let dialog = self.new_dialog_id();
        let Some(session) = self.ring(&request, id, (local, from), dialog) else {
            return self.answer(now, id, Reply::new(StatusCode::BadRequest));
        };
        self.insert_session(dialog, session);
        if let Some(seconds) = request.headers.expires() {
            let at = now + Duration::from_secs(seconds.into()).min(Timer::Expires.row().unreliable);
            self.io.timers.set(Owner::Call(dialog), Timer::Expires, at);
        }
        self.answer_trying(now, id, &request);
        let message = Box::new(request);
        self.io.event(Event::Invite { dialog, request: RequestId(id.0), message, local, from });
    }

    /// The session of a new call; `None` if its headers make no dialog.
    fn ring(
        &mut self,
        request: &Request,
        id: TransactionId,
        (local, from): (super::LocalId, std::net::SocketAddr),
        dialog: DialogId,
    ) -> Option<Session> {
        let server = self.table.server(id)?;
        server.dialog = Some(dialog);
        let tag = server.new_tag.clone()?;
        let to = format!("{};tag={tag}", request.headers.get("To")?);
        let contact = self.contact(request.uri.user.as_deref(), local);
        let dialog = Box::new(Dialog::uas(request, to, contact, local, from).ok()?);
        Some(Session { tag, pending: Vec::new(), state: State::Ringing { invite: id, dialog } })
    }

    /// The user answers an INVITE or re-INVITE.
    pub(super) fn respond_to_invite(
        &mut self,
        now: Instant,
        dialog: DialogId,
        id: TransactionId,
        reply: Reply,
    ) -> Result<(), Gone> {
        let class = Class::of(&reply.status);
        let session = self.sessions.get_mut(&dialog).ok_or(Gone)?;
        let contact = match (&session.state, class) {
            (State::Ringing { dialog, .. }, Class::Provisional | Class::Success) => Some(dialog.contact()),
            (State::Established(call), Class::Provisional | Class::Success) => Some(call.dialog.contact()),
            (State::Calling(_) | State::Ending(_), _) | (_, Class::Failure) => None,
        };
        let contact = contact.map(str::to_owned);
        self.send_response(now, id, reply, contact.as_deref()).ok_or(Gone)?;
        let owner = Owner::Call(dialog);
        self.io.timers.clear(owner, Timer::Provisional);
        match class {
            Class::Provisional => {
                self.io.timers.set(owner, Timer::Provisional, now + Timer::Provisional.row().unreliable);
            }
            Class::Success => self.await_ack(now, dialog, id),
            Class::Failure => self.refused(dialog),
        }
        Ok(())
    }

    /// A 2xx went out: it is repeated until its ACK comes (§13.3.1.4).
    fn await_ack(&mut self, now: Instant, dialog: DialogId, id: TransactionId) {
        let Some(session) = self.sessions.get_mut(&dialog) else { return };
        let number = match &mut session.state {
            State::Established(call) => call.take_their_reinvite(),
            State::Ringing { .. } | State::Calling(_) | State::Ending(_) => None,
        };
        let number = number.or_else(|| {
            self.table.server(id).and_then(|server| server.head.cseq().ok()).map(|cseq| cseq.number)
        });
        let accepted = Accepted { invite: id, number: number.unwrap_or_default(), interval: T1, then: None };
        session.accept(accepted);
        let owner = Owner::Call(dialog);
        self.io.timers.clear(owner, Timer::Expires);
        self.io.timers.set(owner, Timer::Accept, now + Timer::Accept.row().unreliable);
        self.io.timers.set(owner, Timer::Acknowledge, now + Timer::Acknowledge.row().unreliable);
    }

    /// A failure response went out: a new call is gone, an established one goes on as it was (§14.2).
    fn refused(&mut self, dialog: DialogId) {
        match self.sessions.get_mut(&dialog).map(|session| &mut session.state) {
            Some(State::Established(call)) => call.activity = Activity::Idle,
            Some(State::Ringing { .. }) => drop(self.remove_session(dialog)),
            Some(State::Calling(_) | State::Ending(_)) | None => {}
        }
    }

    /// CANCEL: answered 200 if its INVITE is known, which is then answered 487 unless it has its final
    /// response already (§9.2).
    pub(super) fn receive_cancel(&mut self, now: Instant, mut server: Server, invite_key: &str) {
        let invite = self.table.find(invite_key);
        let target = invite.and_then(|id| self.table.server(id));
        let mut dialog = None;
        let mut status = StatusCode::CallTransactionDoesNotExist;
        if let Some(target) = target {
            status = StatusCode::OK;
            if server.new_tag.is_some() && target.new_tag.is_some() {
                server.new_tag.clone_from(&target.new_tag);
            }
            if !target.is_answered() {
                dialog = target.dialog;
            }
        }
        let id = self.table.accept(&mut self.io, now, server);
        self.answer(now, id, Reply::new(status));
        if let (Some(dialog), Some(invite)) = (dialog, invite) {
            self.terminate_invite(now, dialog, invite);
        }
    }

    /// 487 to an INVITE that the caller gave up; a re-INVITE leaves its call as it was.
    pub(super) fn terminate_invite(&mut self, now: Instant, dialog: DialogId, invite: TransactionId) {
        self.send_response(now, invite, Reply::new(StatusCode::RequestTerminated), None);
        let is_call =
            matches!(self.sessions.get(&dialog).map(|session| &session.state), Some(State::Ringing { .. }));
        self.refused(dialog);
        self.io.timers.clear(Owner::Call(dialog), Timer::Provisional);
        if is_call {
            self.io.event(Event::Cancelled { dialog });
        }
    }

    /// ACK: ends the repetition of a failure response in its transaction, or of a 2xx in its call. Never
    /// answered.
    pub(super) fn receive_ack(&mut self, now: Instant, key: &str, ack: &Request) -> Result<(), HeaderError> {
        let to_tag = ack.headers.tag_of_to()?;
        if let Some(id) = self.table.find(key)
            && !self.table.acknowledged(&mut self.io, now, id, to_tag)
        {
            return Ok(());
        }
        let Some(dialog) = to_tag.map(|tag| self.find_dialog(ack, tag)).transpose()?.flatten() else {
            return Ok(());
        };
        let number = ack.headers.cseq()?.number;
        let Some(State::Established(call)) = self.sessions.get_mut(&dialog).map(|s| &mut s.state) else {
            return Ok(());
        };
        let then = match &mut call.activity {
            Activity::Accepted(accepted) if accepted.number == number => accepted.then.take(),
            Activity::Accepted(_)
            | Activity::Idle
            | Activity::Theirs { .. }
            | Activity::Ours { .. }
            | Activity::Unacknowledged { .. } => return Ok(()),
        };
        call.activity = Activity::Idle;
        self.io.timers.clear(Owner::Call(dialog), Timer::Accept);
        self.io.timers.clear(Owner::Call(dialog), Timer::Acknowledge);
        match then {
            Some(cause) => self.send_bye(now, dialog, cause.reason),
            None => self.io.event(Event::Acked { dialog, body: Self::body_of(ack) }),
        }
        Ok(())
    }
}

impl Session {
    /// The call is established by our 2xx, or goes on with it.
    fn accept(&mut self, accepted: Accepted) {
        match &mut self.state {
            State::Ringing { dialog, .. } => {
                let dialog = dialog.as_ref().clone();
                let activity = Activity::Accepted(accepted);
                self.state = State::Established(Box::new(Established { dialog, activity, glare: None }));
            }
            State::Established(call) => call.activity = Activity::Accepted(accepted),
            State::Calling(_) | State::Ending(_) => {}
        }
    }
}

impl Established {
    /// The peer's re-INVITE is accepted: its Contact is the new target (§12.2.2). Answers its number.
    fn take_their_reinvite(&mut self) -> Option<u32> {
        match std::mem::replace(&mut self.activity, Activity::Idle) {
            Activity::Theirs { number, contact, .. } => {
                self.dialog.refresh(contact);
                Some(number)
            }
            other @ (Activity::Idle
            | Activity::Accepted(_)
            | Activity::Ours { .. }
            | Activity::Unacknowledged { .. }) => {
                self.activity = other;
                None
            }
        }
    }
}
