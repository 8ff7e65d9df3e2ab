//! The one way out. Whatever ends a call, it ends here, once: agent released, dialogs ended, streams said
//! goodbye to, ports given back, record written.

use media::Now;
use sip::{HangUp, StatusCode};
use tracing::debug;

use crate::call::{Call, Output};
use crate::cdr::Cause;
use crate::leg::{Leg, LegId};

impl Call {
    /// Ends the call. Later calls of this do nothing.
    pub(crate) fn end(&mut self, now: Now, cause: Cause) {
        if self.ended {
            return;
        }
        // The record, which follows, says it aloud.
        debug!(%cause, "ended");
        self.leave_queue(now);
        while let Some(leg) = self.legs.pop() {
            self.release_leg(now, leg, &status_for(cause));
        }
        self.showing = None;
        self.run_due = None;
        self.ended = true;
        let cdr = self.facts.clone().into_cdr(now.wall, cause);
        self.out.push_back(Output::Ended(Box::new(cdr)));
    }

    /// Ends one leg that is not the subscriber's and leaves the call as it is otherwise.
    pub(crate) fn drop_leg(&mut self, now: Now, id: LegId) {
        if let Some(at) = self.legs.iter().position(|leg| leg.id == id) {
            let leg = self.legs.remove(at);
            self.release_leg(now, leg, &StatusCode::TemporarilyUnavailable);
        }
    }

    fn release_leg(&mut self, now: Now, mut leg: Leg, status: &StatusCode) {
        for stream in leg.streams() {
            stream.rtp.goodbye(now);
            // What it still has to say is lost on nobody but us.
            while stream.flush(&mut self.out).is_some() {}
            self.facts.count(&stream.rtp.statistics());
        }
        if let Some(dialog) = leg.dialog {
            let cause = HangUp::new(status.clone());
            self.out.push_back(Output::HangUp { dialog, cause });
        }
        self.out.push_back(Output::Release(leg.ports));
    }
}

/// The final answer for a subscriber whose INVITE has not been answered yet.
fn status_for(cause: Cause) -> StatusCode {
    match cause {
        Cause::Shutdown => StatusCode::ServiceUnavailable,
        Cause::NotAcceptable => StatusCode::NotAcceptableHere,
        Cause::Fault => StatusCode::ServerInternalError,
        Cause::CallerHungUp | Cause::Cancelled | Cause::Completed | Cause::CallerLost | Cause::TooLong => {
            StatusCode::TemporarilyUnavailable
        }
    }
}
