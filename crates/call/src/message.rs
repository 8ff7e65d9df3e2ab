//! What a flow writes: MESSAGE (RFC 3428) to a SIP phone, and the record of what was ordered.

use std::net::SocketAddr;
use std::time::Duration;

use media::Now;
use sip::{Body, Headers, Method, NameAddr, Outside, Uri};
use tracing::{info, warn};

use crate::agent_leg::numeric_address;
use crate::call::{Call, Output};

/// What a MESSAGE carries: RFC 3428 §10 wants text in UTF-8 to say so.
const PLAIN: &str = "text/plain;charset=UTF-8";

/// What a caller ordered, for the audit. Secrets that were sent with it are not in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderRecord {
    /// When its outcome was known, since 1970-01-01T00:00:00Z.
    pub at: Duration,
    /// As in the call's [`Cdr`](crate::Cdr).
    pub sip_call_id: String,
    /// The subscriber's number or address; `None` when withheld.
    pub caller: Option<String>,
    /// The number that was dialled.
    pub called: String,
    /// What, and what came of it.
    pub ordered: dialplan::Ordered,
}

impl Call {
    /// Writes to a SIP address, or to a number behind whatever the call came from.
    pub(crate) fn write(&mut self, now: Now, to: &str, text: String) {
        match self.message(to, text) {
            Some(message) => self.out.push_back(Output::Message(Box::new(message))),
            None => {
                warn!("there is no SIP address to write to");
                self.advance(now, dialplan::Event::Notified(false));
            }
        }
    }

    fn message(&self, to: &str, text: String) -> Option<Outside> {
        let uri = match to.starts_with("sip:") {
            true => to.parse().ok()?,
            false => behind(self.origin?, to)?,
        };
        let from = Uri::sip(&self.facts.called, self.address.into(), None);
        Some(Outside {
            local: self.local(),
            method: Method::Message,
            destination: numeric_address(&uri)?,
            from: NameAddr::new(from),
            to: NameAddr::new(uri.clone()),
            uri,
            headers: Headers::new(),
            body: Some(Body::new(PLAIN, text)),
        })
    }

    /// An order goes to the record at once: what comes after it may be lost.
    pub(crate) fn note_order(&mut self, now: Now, ordered: dialplan::Ordered) {
        let confirmed: Vec<String> =
            ordered.confirmed.iter().map(|(name, value)| format!("{name}={value}")).collect();
        info!(
            target: "vireo::audit",
            sip_call_id = self.facts.sip_call_id,
            caller = self.facts.caller.as_deref().unwrap_or("withheld"),
            called = self.facts.called,
            order = ordered.call,
            confirmed = confirmed.join(" "),
            code_by = ordered.code_by,
            key = ordered.key,
            outcome = ordered.outcome,
            "order"
        );
        self.out.push_back(Output::Ordered(Box::new(OrderRecord {
            at: now.wall,
            sip_call_id: self.facts.sip_call_id.clone(),
            caller: self.facts.caller.clone(),
            called: self.facts.called.clone(),
            ordered,
        })));
    }
}

/// A number where the call came from.
fn behind(origin: SocketAddr, number: &str) -> Option<Uri> {
    let is_number = !number.is_empty() && number.chars().all(|c| c.is_ascii_digit() || "+*#".contains(c));
    is_number.then(|| Uri::sip(number, origin.ip().into(), Some(origin.port())))
}
