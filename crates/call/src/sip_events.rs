//! What a call does with the events of its dialogs.

use media::{Kind, Now};
use sip::{Method, Reply, RequestId, StatusCode};
use tracing::debug;

use crate::LegId;
use crate::agent_leg::Parting;
use crate::call::{Call, Output};
use crate::cdr::Cause;
use crate::dtmf;
use crate::leg::{CALLER, Formats, Phase};

impl Call {
    pub(crate) fn on_sip(&mut self, now: Now, leg: LegId, event: sip::Event) {
        let unanswered = matches!(event, sip::Event::Response { message: None, .. });
        self.on_event(now, leg, event);
        if let Some(leg) = self.leg(leg).filter(|leg| leg.phase == Phase::Up && !unanswered) {
            leg.vigil.signalled(now.mono);
        }
    }

    fn on_event(&mut self, now: Now, leg: LegId, event: sip::Event) {
        match event {
            sip::Event::Acked { body, .. } => self.on_ack(now, leg, body.as_ref()),
            sip::Event::Request { request, message, .. } => self.on_request(now, leg, request, &message),
            sip::Event::Cancelled { .. } => self.leg_gone(now, leg, Cause::Cancelled, Parting::HungUp),
            sip::Event::Ended { by, .. } => {
                let (cause, parting) = match by {
                    sip::Ended::Bye { .. } => (Cause::CallerHungUp, Parting::HungUp),
                    sip::Ended::AckTimeout | sip::Ended::Timeout => (Cause::CallerLost, Parting::Lost),
                };
                self.leg_gone(now, leg, cause, parting);
            }
            sip::Event::Answered { message, .. } => self.agent_answered(now, leg, &message),
            sip::Event::Failed { status, .. } => self.agent_failed(now, leg, &status),
            sip::Event::Response { status, message, .. } => {
                self.on_response(leg, &status, message.as_deref());
            }
            // The hold picture and music go on while the agent's phone rings.
            sip::Event::Progress { status, .. } => debug!(%status, "the agent's phone makes progress"),
            // The shard has made a call of it, or sent it.
            sip::Event::Invite { .. } | sip::Event::Answer { .. } => {}
        }
    }

    fn leg_gone(&mut self, now: Now, leg: LegId, cause: Cause, parting: Parting) {
        if leg == CALLER { self.caller_gone(now, cause) } else { self.agent_gone(now, leg, parting) }
    }

    fn on_ack(&mut self, now: Now, id: LegId, body: Option<&sip::Body>) {
        let (cname, seed) = (self.facts.sip_call_id.clone(), self.seed);
        let Some(leg) = self.leg(id) else { return };
        let first = leg.phase == Phase::Answering;
        let before = leg.formats();
        leg.phase = Phase::Up;
        if leg.offer_pending {
            let answer = body.and_then(|body| crate::offer::parse(&body.content_type, &body.data));
            let taken = answer.is_some_and(|answer| crate::offer::accept(leg, now, &answer, &cname, seed));
            if !taken && id == CALLER && first {
                return self.end(now, Cause::NotAcceptable);
            }
        }
        if first && id == CALLER {
            self.facts.answered = Some(now.wall);
            self.begin_run(now);
        } else {
            self.media_changed(now, id, &before);
        }
    }

    fn on_request(&mut self, now: Now, leg: LegId, request: RequestId, message: &sip::Request) {
        let reply = match message.method {
            Method::Invite => self.on_reinvite(now, leg, message),
            Method::Info => self.on_info(now, leg, message),
            _ => Reply::new(StatusCode::MethodNotAllowed),
        };
        self.out.push_back(Output::Respond { request, reply });
    }

    fn on_reinvite(&mut self, now: Now, leg: LegId, message: &sip::Request) -> Reply {
        let (cname, seed) = (self.facts.sip_call_id.clone(), self.seed);
        let Some(leg) = self.leg(leg) else { return Reply::new(StatusCode::CallTransactionDoesNotExist) };
        let (id, before, places) = (leg.id, leg.formats(), leg.places());
        let reply = match crate::offer::answer(leg, now, message, &cname, seed) {
            Ok(body) => Reply::new(StatusCode::OK).with_body(body),
            Err(crate::call::Refusal(reply)) => *reply,
        };
        // Sockets whose peer has moved must listen to anyone again.
        let moved = self.leg(id).map(|leg| leg.places().into_iter().zip(places));
        let moved = moved.into_iter().flatten().filter(|(now, before)| now.1 != before.1);
        self.out.extend(moved.map(|((port, _), _)| Output::Unlatched(port)).collect::<Vec<_>>());
        self.media_changed(now, id, &before);
        if id == CALLER {
            self.start_circuit(now);
        }
        reply
    }

    /// A line that came, went or changed its codec after the answer needs a source that fits.
    pub(crate) fn media_changed(&mut self, now: Now, leg: LegId, before: &Formats) {
        if self.leg(leg).is_none_or(|leg| leg.formats() == *before) {
            return;
        }
        match self.agent() {
            Some(_) => self.arrange(now),
            None if leg == CALLER && self.echo.is_some() => self.join(now, CALLER, CALLER),
            None if leg == CALLER => self.present_again(now),
            None => {}
        }
    }

    fn on_info(&mut self, now: Now, leg: LegId, message: &sip::Request) -> Reply {
        let kind = match message.headers.content_type() {
            Ok(Some(kind)) => format!("{}/{}", kind.kind, kind.subtype).to_ascii_lowercase(),
            Ok(None) | Err(_) => String::new(),
        };
        if kind.is_empty() && message.body.is_empty() {
            // An INFO without a body is a keep-alive of some phones.
            return Reply::new(StatusCode::OK);
        }
        if kind == crate::offer::MEDIA_CONTROL {
            if crate::offer::wants_fast_update(&message.body)
                && let Some(stream) = self.leg(leg).and_then(|leg| leg.stream(Kind::Video))
            {
                stream.keys.want(now.mono);
            }
            return Reply::new(StatusCode::OK);
        }
        match dtmf::parse_info(&kind, &message.body) {
            Some(key) => {
                self.on_digit(now, leg, key, dtmf::Way::SipInfo);
                Reply::new(StatusCode::OK)
            }
            None => {
                Reply::new(StatusCode::UnsupportedMediaType).with_header("Accept", crate::offer::INFO_BODIES)
            }
        }
    }

    /// The answer to an INFO or OPTIONS of ours. Of the latter it counts only that it came (see `vigil`).
    fn on_response(&mut self, leg: LegId, status: &StatusCode, message: Option<&sip::Response>) {
        let method = message.and_then(|message| message.headers.cseq().ok()).map(|cseq| cseq.method);
        let refuses_info = method == Some(Method::Info) && status.code() >= 300;
        if let Some(leg) = self.leg(leg).filter(|_| refuses_info) {
            debug!(?leg.id, %status, "takes no INFO after all");
            leg.takes_info = false;
        }
    }
}
