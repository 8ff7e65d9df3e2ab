//! What happens when a timer of a call fires; those of transactions are handed to their table.

use std::time::Instant;

use rsip::StatusCode;

use super::io::Owner;
use super::{DialogId, Ended, Endpoint, Event};
use crate::dialog::session::{Activity, State};
use crate::timer::{Timer, backed_off};

impl Endpoint {
    /// Fires all timers whose time has come.
    pub(super) fn fire(&mut self, now: Instant) {
        while let Some((owner, timer)) = self.io.timers.pop(now) {
            match owner {
                Owner::Transaction(id) => {
                    if let Some(delivery) = self.table.timer(&mut self.io, now, id, timer) {
                        self.unanswered(now, delivery);
                    }
                }
                Owner::Call(dialog) => self.fire_call(now, dialog, timer),
            }
        }
    }

    fn fire_call(&mut self, now: Instant, dialog: DialogId, timer: Timer) {
        match timer {
            Timer::Accept => self.repeat_2xx(now, dialog),
            Timer::Acknowledge => self.not_acknowledged(now, dialog),
            Timer::Provisional => self.repeat_provisional(now, dialog),
            Timer::Expires => self.expired(now, dialog),
            Timer::Cancelled => self.cancel_unanswered(dialog),
            Timer::Glare => self.retry_reinvite(now, dialog),
            Timer::A
            | Timer::B
            | Timer::D
            | Timer::E
            | Timer::F
            | Timer::G
            | Timer::H
            | Timer::I
            | Timer::J
            | Timer::K
            | Timer::L
            | Timer::M
            | Timer::Unanswered => {} // run by transactions only
        }
    }

    /// The ACK is late (RFC 3261 §13.3.1.4).
    fn repeat_2xx(&mut self, now: Instant, dialog: DialogId) {
        let Some(State::Established(call)) = self.sessions.get_mut(&dialog).map(|s| &mut s.state) else {
            return;
        };
        if let Activity::Accepted(accepted) = &mut call.activity {
            accepted.interval = backed_off(accepted.interval);
            self.io.timers.set(Owner::Call(dialog), Timer::Accept, now + accepted.interval);
            self.table.repeat_response(&mut self.io, accepted.invite);
        }
    }

    /// No ACK came: BYE (RFC 3261 §13.3.1.4).
    fn not_acknowledged(&mut self, now: Instant, dialog: DialogId) {
        let Some(session) = self.sessions.get_mut(&dialog) else { return };
        let told = session.is_hung_up();
        let State::Established(call) = &mut session.state else { return };
        let reason = match std::mem::replace(&mut call.activity, Activity::Idle) {
            Activity::Accepted(accepted) => accepted.then.and_then(|cause| cause.reason),
            Activity::Idle
            | Activity::Theirs { .. }
            | Activity::Ours { .. }
            | Activity::Unacknowledged { .. } => None,
        };
        self.send_bye(now, dialog, reason);
        if !told {
            self.io.event(Event::Ended { dialog, by: Ended::AckTimeout });
        }
    }

    /// The caller and the proxies between are told that the call is still alive (RFC 3261 §13.3.1.1).
    fn repeat_provisional(&mut self, now: Instant, dialog: DialogId) {
        let invite = match self.sessions.get(&dialog).map(|session| &session.state) {
            Some(State::Ringing { invite, .. }) => *invite,
            Some(State::Established(call)) => match &call.activity {
                Activity::Theirs { transaction, .. } => *transaction,
                Activity::Idle
                | Activity::Accepted(_)
                | Activity::Ours { .. }
                | Activity::Unacknowledged { .. } => return,
            },
            Some(State::Calling(_) | State::Ending(_)) | None => return,
        };
        self.table.repeat_response(&mut self.io, invite);
        let wait = Timer::Provisional.row().unreliable;
        self.io.timers.set(Owner::Call(dialog), Timer::Provisional, now + wait);
    }

    /// The time that the caller gave in Expires is over (RFC 3261 §13.3.1).
    fn expired(&mut self, now: Instant, dialog: DialogId) {
        if let Some(State::Ringing { invite, .. }) = self.sessions.get(&dialog).map(|session| &session.state)
        {
            let invite = *invite;
            self.terminate_invite(now, dialog, invite);
        }
    }

    /// Nobody answered the cancelled INVITE: it is taken as cancelled (RFC 3261 §9.1).
    fn cancel_unanswered(&mut self, dialog: DialogId) {
        if let Some(State::Calling(calling)) = self.sessions.get(&dialog).map(|session| &session.state) {
            self.table.forget(&mut self.io, calling.invite);
            self.remove_session(dialog);
            let status = StatusCode::RequestTerminated;
            self.io.event(Event::Failed { dialog, status, message: None });
        }
    }
}
