//! The end of a call, from either side and in every state (RFC 3261 §15, §9.1).

use std::time::Instant;

use rsip::StatusCode;

use super::io::{Owner, Purpose};
use super::{DialogId, Ended, Endpoint, Event, HangUp, Reply};
use crate::dialog::session::{Activity, Attempt, State};
use crate::transaction::{Class, TransactionId};
use crate::{Method, Request};

impl Endpoint {
    /// Ends a call, whatever its state: an incoming one is refused with `cause.status`; an outgoing one is
    /// cancelled, as soon as a first response allows it, and `Event::Failed` follows; an established one gets
    /// BYE, after the ACK of our 2xx if that is still missing, and no event follows. Does nothing when the
    /// call is gone or hung up already.
    pub fn hang_up(&mut self, now: Instant, dialog: DialogId, cause: HangUp) {
        let Some(session) = self.sessions.get_mut(&dialog) else { return };
        match &mut session.state {
            State::Ringing { invite, .. } => {
                let invite = *invite;
                self.answer_pending(now, dialog);
                // Gone is impossible here: a ringing call's INVITE is unanswered.
                let _ = self.respond_to_invite(now, dialog, invite, refusal(cause));
            }
            State::Calling(calling) => match calling.attempt {
                Attempt::Trying => calling.attempt = Attempt::HeldBack(cause),
                Attempt::Proceeding => self.send_cancel(now, dialog, cause),
                Attempt::HeldBack(_) | Attempt::Cancelled => {}
            },
            State::Established(call) => match &mut call.activity {
                Activity::Accepted(accepted) => {
                    accepted.then.get_or_insert(cause);
                    self.answer_pending(now, dialog);
                }
                Activity::Unacknowledged { invite, number } => {
                    let (invite, number, made) = (*invite, *number, call.dialog.clone());
                    self.acknowledge(invite, &made, number, None);
                    self.end(now, dialog, cause);
                }
                Activity::Idle | Activity::Theirs { .. } | Activity::Ours { .. } => {
                    self.end(now, dialog, cause);
                }
            },
            State::Ending(_) => {}
        }
    }

    fn end(&mut self, now: Instant, dialog: DialogId, cause: HangUp) {
        self.answer_pending(now, dialog);
        self.send_bye(now, dialog, cause.reason);
    }

    /// BYE; the call stays as `Ending` until it is answered or times out.
    pub(super) fn send_bye(&mut self, now: Instant, dialog: DialogId, reason: Option<String>) {
        self.io.timers.clear_all(Owner::Call(dialog));
        let Some(session) = self.sessions.get_mut(&dialog) else { return };
        let mut last = match &session.state {
            State::Established(call) => call.dialog.clone(),
            State::Ending(ending) => ending.as_ref().clone(),
            State::Ringing { .. } | State::Calling(_) => return,
        };
        let number = last.next_number();
        let (mut request, to) = last.request(Method::Bye, number);
        let local = last.socket();
        session.state = State::Ending(Box::new(last));
        if let Some(reason) = reason {
            request.headers.push("Reason", reason);
        }
        if !self.config.user_agent.is_empty() {
            request.headers.push("User-Agent", self.config.user_agent.as_str());
        }
        self.start(now, request, (local, to), Purpose::Bye(dialog));
    }

    /// The call is ending: the peer's requests that nobody answered yet get 487 (§15.1.2), and a re-INVITE
    /// of ours is not waited for beyond 64*T1.
    pub(super) fn answer_pending(&mut self, now: Instant, dialog: DialogId) {
        let Some(session) = self.sessions.get_mut(&dialog) else { return };
        let mut pending: Vec<TransactionId> = std::mem::take(&mut session.pending);
        if let State::Established(call) = &mut session.state {
            match &call.activity {
                Activity::Theirs { transaction, .. } => {
                    pending.push(*transaction);
                    call.activity = Activity::Idle;
                }
                Activity::Ours { transaction, .. } => {
                    self.table.give_up(&mut self.io, now, *transaction);
                }
                Activity::Idle | Activity::Accepted(_) | Activity::Unacknowledged { .. } => {}
            }
        }
        for id in pending {
            self.send_response(now, id, Reply::new(StatusCode::RequestTerminated), None);
        }
    }

    /// BYE of the peer: 200 in every state, 487 to what still waits, and the call is over (§15.1.2).
    pub(super) fn serve_bye(
        &mut self,
        now: Instant,
        dialog: DialogId,
        id: TransactionId,
        reason: Option<String>,
    ) {
        self.answer(now, id, Reply::new(StatusCode::OK));
        self.answer_pending(now, dialog);
        let Some(session) = self.sessions.get(&dialog) else { return };
        let told = session.is_hung_up();
        match &session.state {
            State::Ringing { invite, .. } => {
                let invite = *invite;
                self.send_response(now, invite, Reply::new(StatusCode::RequestTerminated), None);
                self.remove_session(dialog);
            }
            // A called party must not send BYE before its 2xx; if ours got lost, the INVITE is over as well.
            State::Calling(_) => {
                return self.hang_up(now, dialog, HangUp::new(StatusCode::RequestTerminated));
            }
            State::Established(_) => drop(self.remove_session(dialog)),
            State::Ending(_) => {} // both sides hung up at once: our own BYE is still to be answered
        }
        if !told {
            self.io.event(Event::Ended { dialog, by: Ended::Bye { reason } });
        }
    }
}

/// The final response of a call that the user does not take.
fn refusal(cause: HangUp) -> Reply {
    let HangUp { status, reason, retry_after } = cause;
    let is_failure = Class::of(&status) == Class::Failure;
    let mut reply = Reply::new(if is_failure { status } else { StatusCode::TemporarilyUnavailable });
    if let Some(reason) = reason {
        reply = reply.with_header("Reason", reason);
    }
    if let Some(wait) = retry_after {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        reply = reply.with_header("Retry-After", seconds.to_string());
    }
    reply
}

/// The Reason header of a request (RFC 3326).
pub(super) fn reason_of(request: &Request) -> Option<String> {
    request.headers.get("Reason").map(str::to_owned)
}
