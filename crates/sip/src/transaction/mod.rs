//! Transactions (RFC 3261 §17, RFC 6026): four state machines that know no message, the keys that match
//! messages to them, and the table that runs them.
//!
//! Start at [`Table`]. The machines say what to do as [`Action`]s; the table knows the octets to send.

mod client;
mod invite_client;
mod invite_server;
pub(crate) mod key;
mod server;
mod table;

use std::time::Duration;

use rsip::StatusCode;

pub(crate) use table::{Ack, Delivery, Outgoing, Server, Table, from_invite, head, is_stranger};

use crate::timer::Timer;

/// Name of a transaction, unique in its table. A server transaction's number is also its `RequestId`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct TransactionId(pub(crate) u64);

/// What a transaction distinguishes in a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// 1xx
    Provisional,
    /// 2xx
    Success,
    /// 3xx to 6xx
    Failure,
}

impl Class {
    pub(crate) fn of(status: &StatusCode) -> Self {
        match status.code() {
            ..200 => Class::Provisional,
            200..300 => Class::Success,
            300.. => Class::Failure,
        }
    }
}

/// What a machine wants done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Send the request, or the last response, (again).
    Send,
    /// Send the ACK of a failure response (again) (§17.1.1.3).
    Acknowledge,
    /// Hand the message to the user.
    Deliver,
    /// Tell the user that nobody answered.
    TimedOut,
    /// Start a timer.
    Set(Timer, Duration),
    /// Stop a timer.
    Clear(Timer),
    /// Forget the transaction.
    Terminate,
}

/// What a client machine reacts to, that of INVITE and the other alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClientEvent {
    /// The user wants the request sent.
    Start,
    /// A response that matches came in.
    Response(Class),
    /// A timer that the machine set fired.
    Timer(Timer),
}

/// Starts the timer for whose time copies of a message are absorbed; on a reliable transport there are none
/// and the transaction ends at once. Answers whether it lives on.
fn linger(timer: Timer, reliable: bool, out: &mut Vec<Action>) -> bool {
    let wait = timer.first(reliable);
    out.push(wait.map_or(Action::Terminate, |wait| Action::Set(timer, wait)));
    wait.is_some()
}
