//! The record of a call, written exactly once when it ends.

use std::fmt;
use std::time::Duration;

use crate::{CallId, limits};

/// What is kept of a call that has ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Cdr {
    /// The call on its shard.
    pub call: CallId,
    /// SIP Call-ID of the subscriber's dialog; of a browser `web-` and the number of its session.
    pub sip_call_id: String,
    /// The subscriber's number or address; `None` when withheld.
    pub caller: Option<String>,
    /// The number that was dialled.
    pub called: String,
    /// When the INVITE or the browser's wish came, since 1970-01-01T00:00:00Z.
    pub started: Duration,
    /// When the subscriber's ACK came, or the browser's media began to flow.
    pub answered: Option<Duration>,
    /// When the call ended.
    pub ended: Duration,
    /// Who or what ended it.
    pub cause: Cause,
    /// Nodes that were entered, in order, the first 200 of them.
    pub path: Vec<String>,
    /// The agent who was talked to last.
    pub agent: Option<String>,
    /// At which number and by which queue the subscriber wants to be called back; the last such wish.
    pub callback: Option<CallBack>,
    /// Keys that were pressed.
    pub digits: u32,
    /// RTP packets of all its streams.
    pub packets: Packets,
    /// Of a conversation that was transcoded: how much later than its sound its pictures came out, in ms, at the
    /// worst of its ends; below zero when they came sooner.
    pub skew_ms: Option<i64>,
    /// Of a 3G phone: how its terminal and ours got on.
    pub terminal: Option<Terminal>,
    /// Edition of the service that served it ([`dialplan::Service::version`]).
    pub version: u64,
    /// What the subscriber did, node by node.
    pub journal: dialplan::Journal,
    /// It ended while the subscriber talked to somebody.
    pub talking: bool,
}

/// A subscriber's wish to be called back instead of waiting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallBack {
    /// Name of the queue.
    pub queue: String,
    /// The subscriber's number.
    pub number: String,
}

/// The session with a 3G phone's terminal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Terminal {
    /// What our terminal counted: time and round trips of the set-up, level, errors and repetitions.
    pub counters: h324m::Counters,
    /// How the session ended; `None` when the call ended over its head.
    pub ended: Option<h324m::EndCause>,
}

/// RTP packets of a call, all legs and streams together. Of a browser's leg each frame counts as one, since
/// its packets are made elsewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Packets {
    /// Sent by us.
    pub sent: u64,
    /// Taken from the peers.
    pub received: u64,
    /// Expected and never seen (RFC 3550 §A.3).
    pub lost: u64,
    /// Seen and thrown away: a payload type that was not agreed on, unreadable or of a wrong size, from a
    /// stranger's address, out of all order.
    pub dropped: u64,
}

/// Why a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The subscriber hung up.
    CallerHungUp,
    /// The subscriber gave up before the answer (CANCEL).
    Cancelled,
    /// The dialplan hung up.
    Completed,
    /// No ACK, no answer to a request within the dialog: the subscriber is out of reach.
    CallerLost,
    /// The offer of the ACK, or a flow, could not be served.
    NotAcceptable,
    /// Nothing of a 3G phone was on the circuit (ITU-T Q.850 cause 88).
    NoH324,
    /// The 3G phone and we did not come to channels for sound.
    SetupFailed,
    /// The call reached the longest time a call may last.
    TooLong,
    /// The gateway is stopping.
    Shutdown,
    /// A fault of ours; only this call was lost.
    Fault,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Cause::CallerHungUp => "caller hung up",
            Cause::Cancelled => "cancelled",
            Cause::Completed => "completed",
            Cause::CallerLost => "caller lost",
            Cause::NotAcceptable => "not acceptable",
            Cause::NoH324 => "no H.324 on the circuit",
            Cause::SetupFailed => "3G set-up failed",
            Cause::TooLong => "too long",
            Cause::Shutdown => "shutdown",
            Cause::Fault => "fault",
        })
    }
}

/// The part of a record that is known when a call begins; it grows with the call.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) call: CallId,
    pub(crate) sip_call_id: String,
    pub(crate) caller: Option<String>,
    pub(crate) called: String,
    pub(crate) started: Duration,
    pub(crate) answered: Option<Duration>,
    pub(crate) path: Vec<String>,
    pub(crate) agent: Option<String>,
    pub(crate) callback: Option<CallBack>,
    pub(crate) digits: u32,
    pub(crate) packets: Packets,
    pub(crate) skew_ms: Option<i64>,
    pub(crate) terminal: Option<Terminal>,
}

impl Facts {
    pub(crate) fn new(
        call: CallId,
        sip_call_id: String,
        caller: Option<String>,
        called: String,
        started: Duration,
    ) -> Self {
        Facts {
            call,
            sip_call_id,
            caller,
            called,
            started,
            answered: None,
            path: Vec::new(),
            agent: None,
            callback: None,
            digits: 0,
            packets: Packets::default(),
            skew_ms: None,
            terminal: None,
        }
    }

    pub(crate) fn enter(&mut self, node: &str) {
        if self.path.len() < limits::PATH_LEN_MAX {
            self.path.push(node.to_owned());
        }
    }

    /// Adds what a stream counted that ends now.
    pub(crate) fn count(&mut self, stream: &rtp::Statistics) {
        self.packets.sent += stream.sent_packets;
        self.packets.received += stream.received;
        self.packets.lost += stream.lost;
        self.packets.dropped +=
            stream.wrong_payload_type + stream.malformed + stream.wrong_source + stream.jumped;
    }

    pub(crate) fn into_cdr(self, ended: Duration, cause: Cause) -> Cdr {
        Cdr {
            call: self.call,
            sip_call_id: self.sip_call_id,
            caller: self.caller,
            called: self.called,
            started: self.started,
            answered: self.answered,
            ended,
            cause,
            path: self.path,
            agent: self.agent,
            callback: self.callback,
            digits: self.digits,
            packets: self.packets,
            skew_ms: self.skew_ms,
            terminal: self.terminal,
            version: 0,
            journal: dialplan::Journal::default(),
            talking: false,
        }
    }
}
