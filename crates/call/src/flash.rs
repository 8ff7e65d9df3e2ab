//! Calls that ring and are never answered: the flow begins with the INVITE, and goes on when the subscriber has gone.
//!
//! Such a call has one leg without media. Once that is gone the call lives on without any, until its flow ends.

use media::Now;
use sip::StatusCode;

use crate::call::Call;
use crate::cdr::Cause;
use crate::leg::CALLER;
use crate::{limits, web};

impl Call {
    /// The phone rings: the flow begins.
    pub(crate) fn start_flash(&mut self, now: Now) {
        self.run.early = None;
        if let Some(leg) = self.leg(CALLER) {
            leg.connect_due = None;
        }
        self.advance(now, dialplan::Event::Start);
    }

    fn is_flash(&self) -> bool {
        let run = &self.run.run;
        run.service().flow_for(&self.facts.called).is_some_and(dialplan::Flow::is_flash)
    }

    /// The subscriber hung up; true when the flow has something to do without them.
    pub(crate) fn goes_on_without_caller(&mut self, now: Now, cause: Cause) -> bool {
        if !self.is_flash() || self.ended || self.epilogue.is_some() {
            return false;
        }
        self.epilogue = Some((now.mono + limits::EPILOGUE_LONGEST, cause));
        self.drop_leg(now, CALLER);
        self.advance(now, dialplan::Event::HungUp);
        true
    }

    /// The ringing is over: the subscriber is told why it is not answered.
    pub(crate) fn decline_caller(&mut self, now: Now, why: dialplan::Decline) {
        // ITU-T Q.850 §2.2.7, in SIP by RFC 3398 §7.2.4.1 and RFC 3326.
        let (status, reason) = match why {
            dialplan::Decline::Busy => (StatusCode::BusyHere, "Q.850;cause=17;text=\"User busy\""),
            dialplan::Decline::NoAnswer => {
                (StatusCode::TemporarilyUnavailable, "Q.850;cause=19;text=\"No answer from user\"")
            }
            dialplan::Decline::Rejected => (StatusCode::Decline, "Q.850;cause=21;text=\"Call rejected\""),
        };
        self.epilogue = Some((now.mono + limits::EPILOGUE_LONGEST, Cause::Completed));
        if let Some(at) = self.legs.iter().position(|leg| leg.id == CALLER) {
            let mut leg = self.legs.remove(at);
            leg.last_words.ended = web::Ended::Over;
            self.release_leg(now, leg, &status, Some(reason));
        }
    }
}
