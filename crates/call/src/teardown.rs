//! The one way out. Whatever ends a call, it ends here, once: agent released, dialogs ended, streams said
//! goodbye to, ports given back, record written.

use dialplan::Action;
use media::Now;
use sip::{HangUp, StatusCode};
use tracing::debug;

use crate::call::{Call, Output};
use crate::cdr::{Cause, Cdr};
use crate::leg::{Bearer, CALLER, Leg, LegId, Phase};
use crate::limits;
use crate::web::{self, SessionId, ToBrowser};

impl Call {
    /// Ends the call. Later calls of this do nothing.
    pub(crate) fn end(&mut self, now: Now, cause: Cause) {
        if self.ended || self.part_from_terminal(now, cause) {
            return;
        }
        let gone = self.parting.take().or(self.epilogue.take());
        let cause = gone.map_or(cause, |(_, cause)| cause);
        // The record, which follows, says it aloud.
        debug!(%cause, "ended");
        self.note_skew();
        self.ask_at_the_end(now);
        let talking = self.agent().is_some();
        self.leave_queue(now);
        while let Some(mut leg) = self.legs.pop() {
            if leg.id == CALLER {
                leg.last_words.ended = ended_for(cause, leg.connect_due.is_some());
            }
            self.release_leg(now, leg, &status_for(cause), reason_for(cause));
        }
        self.showing = None;
        self.run_due = None;
        self.ended = true;
        let run = &self.run.run;
        let (version, journal) = (run.version(), run.journal().clone());
        let cdr = Cdr { version, journal, talking, ..self.facts.clone().into_cdr(now.wall, cause) };
        self.out.push_back(Output::Ended(Box::new(cdr)));
    }

    /// What the flow asks connectors when a call is over, whoever ended it. Nobody waits for the answers.
    fn ask_at_the_end(&mut self, now: Now) {
        if !self.run.has_begun() {
            return;
        }
        // One that has ended the call itself has asked already, and says nothing.
        self.run.run.handle_input(now.mono, dialplan::Event::HungUp);
        for _ in 0..limits::ACTIONS_PER_EVENT {
            match self.run.run.poll_output() {
                Action::Ask(question) => {
                    let service = self.run.run.service().clone();
                    self.out.push_back(Output::Ask { service, question });
                }
                Action::Ordered(ordered) => self.note_order(now, ordered),
                Action::Timeout(_) => return,
                Action::Enter { .. }
                | Action::Play(_)
                | Action::Queue { .. }
                | Action::Transfer { .. }
                | Action::Ring
                | Action::Notify { .. }
                | Action::Decline(_)
                | Action::Hold { .. }
                | Action::LeaveQueue
                | Action::Wind(_)
                | Action::Echo
                | Action::EndEcho
                | Action::CallBack { .. }
                | Action::Doubt { .. }
                | Action::Hangup => {}
            }
        }
    }

    /// Ends one leg that is not the subscriber's and leaves the call as it is otherwise.
    pub(crate) fn drop_leg(&mut self, now: Now, id: LegId) {
        self.note_skew();
        if let Some(at) = self.legs.iter().position(|leg| leg.id == id) {
            let leg = self.legs.remove(at);
            self.release_leg(now, leg, &StatusCode::TemporarilyUnavailable, None);
        }
    }

    /// Ends the streams whose line or channel is gone while their leg lives on.
    pub(crate) fn end_streams(&mut self, now: Now) {
        for mut stream in self.legs.iter_mut().flat_map(|leg| leg.over.drain(..)) {
            self.facts.count(&stream.end(now, &mut self.out));
        }
    }

    pub(crate) fn release_leg(&mut self, now: Now, mut leg: Leg, status: &StatusCode, reason: Option<&str>) {
        let mut over = std::mem::take(&mut leg.over);
        for stream in leg.streams().chain(&mut over) {
            self.facts.count(&stream.end(now, &mut self.out));
        }
        if let Some(circuit) = &mut leg.circuit {
            if leg.id != CALLER {
                circuit.hang_up_at_once(now);
            }
            self.facts.count(&circuit.end(now, &mut self.out));
            if leg.id == CALLER {
                self.facts.terminal = Some(circuit.record());
            }
        }
        if let Some(dialog) = leg.dialog {
            let cause = HangUp { reason: reason.map(str::to_owned), ..HangUp::new(status.clone()) };
            self.out.push_back(Output::HangUp { dialog, cause });
        }
        match leg.bearer {
            Bearer::Rtp(ports) => self.out.push_back(Output::Release(ports)),
            Bearer::WebRtc(session) => self.dismiss(session, &leg),
        }
    }

    /// The last word to a browser about its leg.
    fn dismiss(&mut self, session: SessionId, leg: &Leg) {
        let call = self.facts.call;
        let word = if leg.id == CALLER || leg.phase == Phase::Up || leg.listens {
            ToBrowser::Ended { why: leg.last_words.ended }
        } else {
            ToBrowser::StopRinging { call, why: leg.last_words.stop }
        };
        self.out.push_back(Output::Web { session, word });
    }
}

/// The final answer for a subscriber whose INVITE has not been answered yet.
fn status_for(cause: Cause) -> StatusCode {
    match cause {
        Cause::Shutdown => StatusCode::ServiceUnavailable,
        Cause::NotAcceptable => StatusCode::NotAcceptableHere,
        Cause::Fault => StatusCode::ServerInternalError,
        Cause::CallerHungUp
        | Cause::Cancelled
        | Cause::Completed
        | Cause::CallerLost
        | Cause::NoH324
        | Cause::SetupFailed
        | Cause::TooLong => StatusCode::TemporarilyUnavailable,
    }
}

/// The Reason header for the switch behind a SIP trunk (RFC 3326, ITU-T Q.850 §2.2.7).
fn reason_for(cause: Cause) -> Option<&'static str> {
    match cause {
        Cause::NoH324 => Some("Q.850;cause=88;text=\"Incompatible destination\""),
        Cause::SetupFailed => Some("Q.850;cause=41;text=\"Temporary failure\""),
        Cause::CallerHungUp
        | Cause::Cancelled
        | Cause::Completed
        | Cause::CallerLost
        | Cause::NotAcceptable
        | Cause::TooLong
        | Cause::Shutdown
        | Cause::Fault => None,
    }
}

/// What a visitor's browser is told; `connecting` while no media has flowed.
fn ended_for(cause: Cause, connecting: bool) -> web::Ended {
    match cause {
        Cause::CallerHungUp | Cause::Cancelled => web::Ended::HungUp,
        Cause::Completed | Cause::NotAcceptable | Cause::NoH324 | Cause::SetupFailed => web::Ended::Over,
        Cause::CallerLost if connecting => web::Ended::NotConnected,
        Cause::CallerLost => web::Ended::Lost,
        Cause::TooLong => web::Ended::TooLong,
        Cause::Shutdown => web::Ended::Shutdown,
        Cause::Fault => web::Ended::Fault,
    }
}
