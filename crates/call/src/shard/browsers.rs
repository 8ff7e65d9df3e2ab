//! Browsers' sessions of a shard: which call each is a party of.
//!
//! A session belongs to a call from the word that begins its leg (`Accepted`, `Ring`) to the one that ends
//! it (`Ended`, `StopRinging`), and those two come in any case, also when the call is lost to a fault.

use media::Now;
use sip::StatusCode;
use tracing::{info, info_span};

use super::{Casualty, Output, Shard};
use crate::call::{self, Call};
use crate::web::{self, FromBrowser, SessionId, StopRinging, ToBrowser};
use crate::web_legs::{self, Visit};
use crate::{CallId, LegId};

/// The one leg of a session.
#[derive(Clone, Copy, Debug)]
pub(super) struct Berth {
    call: CallId,
    leg: LegId,
    /// A desk that has not been joined yet.
    rings: bool,
}

impl Shard {
    pub(super) fn on_web(&mut self, now: Now, session: SessionId, word: FromBrowser) {
        match (self.by_session.get(&session).copied(), word) {
            (None, FromBrowser::Call { number, name, media }) => {
                self.on_visit(now, session, number, name, *media);
            }
            (None, FromBrowser::Listen(listen)) => match self.calls.contains_key(&listen.call) {
                true => self.tell(now, listen.call, call::Input::Listen(session, listen)),
                false => self.turn_away(session, &StatusCode::NotFound),
            },
            (Some(_), FromBrowser::Call { .. } | FromBrowser::Listen(_)) => {
                self.turn_away(session, &StatusCode::BusyHere);
            }
            (Some(Berth { call, leg, .. }), word) => self.tell(now, call, call::Input::Web(leg, word)),
            // A word about a leg that has just ended.
            (None, _) => {}
        }
    }

    fn on_visit(&mut self, now: Now, session: SessionId, number: String, name: String, media: web::Media) {
        if let Err(status) = self.may_begin(&number) {
            info!(number, session = session.0, %status, "refused");
            return self.turn_away(session, &status);
        }
        let flow = self.service.flow_for(&number).map(dialplan::Flow::id);
        let usable = media.audio.as_ref().is_some_and(web_legs::carries);
        let Some(flow) = flow.filter(|_| usable) else {
            return self.turn_away(session, &StatusCode::NotAcceptableHere);
        };
        let (id, seed, ticket) = self.draw_call();
        let span = info_span!("call", id = id.0, called = number);
        let (service, notice) = (std::sync::Arc::clone(&self.service), self.notice.clone());
        let visit = Visit { id, session, name, media, called: number, flow, service, notice, seed, ticket };
        let call = span.in_scope(|| Call::of_visitor(now, visit));
        let facts = call.facts.clone();
        let casualty =
            Casualty { dialogs: Vec::new(), ports: Vec::new(), sessions: Vec::new(), ticket: None, facts };
        self.install(now, call, casualty, span);
        self.tell(now, id, call::Input::Timeout);
    }

    fn turn_away(&mut self, session: SessionId, status: &StatusCode) {
        self.usage.refused += 1;
        let temporary = matches!(status.code(), 500 | 503);
        let word = ToBrowser::Refused {
            status: status.code(),
            reason: reason(status).to_owned(),
            retry_after: temporary.then_some(self.config.retry_after),
        };
        self.out.push_back(Output::Web { session, word });
    }

    /// Whether a desk may ring: a session has one leg at a time.
    pub(super) fn is_engaged(&self, session: SessionId) -> bool {
        self.by_session.contains_key(&session)
    }

    /// Passes a call's word on, and keeps the book of who is where.
    pub(super) fn grant_web(&mut self, id: CallId, session: SessionId, word: ToBrowser) {
        match &word {
            ToBrowser::Accepted { .. } => self.own_session(id, session, false),
            ToBrowser::Ring { .. } => self.own_session(id, session, true),
            ToBrowser::Talking { .. } => {
                if let Some(berth) = self.by_session.get_mut(&session) {
                    berth.rings = false;
                }
            }
            ToBrowser::Ended { .. } | ToBrowser::StopRinging { .. } => self.forget_session(session),
            ToBrowser::Refused { .. }
            | ToBrowser::Waiting { .. }
            | ToBrowser::Desk(_)
            | ToBrowser::Part(_)
            | ToBrowser::Text { .. }
            | ToBrowser::Showing { .. }
            | ToBrowser::SourceChanged { .. }
            | ToBrowser::Age { .. }
            | ToBrowser::RateLimit { .. }
            | ToBrowser::Frame { .. }
            | ToBrowser::KeyPictureWanted => {}
        }
        self.out.push_back(Output::Web { session, word });
    }

    fn own_session(&mut self, call: CallId, session: SessionId, rings: bool) {
        let Some(slot) = self.calls.get_mut(&call) else { return };
        // A leg that has ended within the same input says so next.
        if let Some(leg) = slot.call.leg_of(session) {
            slot.casualty.sessions.push(session);
            self.by_session.insert(session, Berth { call, leg, rings });
        }
    }

    fn forget_session(&mut self, session: SessionId) {
        if let Some(Berth { call, .. }) = self.by_session.remove(&session)
            && let Some(slot) = self.calls.get_mut(&call)
        {
            slot.casualty.sessions.retain(|own| *own != session);
        }
    }

    /// The call of these sessions was lost to a fault.
    pub(super) fn bury_sessions(&mut self, sessions: Vec<SessionId>) {
        for session in sessions {
            let Some(Berth { call, rings, .. }) = self.by_session.remove(&session) else { continue };
            let word = match rings {
                true => ToBrowser::StopRinging { call, why: StopRinging::Fault },
                false => ToBrowser::Ended { why: web::Ended::Fault },
            };
            self.out.push_back(Output::Web { session, word });
        }
    }
}

fn reason(status: &StatusCode) -> &'static str {
    match status.code() {
        404 => "nobody answers under this number",
        486 => "this page is in a call already",
        488 => "the browser and the gateway have no format in common",
        500 => "too many calls at once",
        _ => "the gateway is stopping",
    }
}
