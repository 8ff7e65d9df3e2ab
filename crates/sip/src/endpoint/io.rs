//! The way out of an endpoint: running timers and what waits to be polled.

use std::collections::VecDeque;
use std::net::SocketAddr;

use bytes::Bytes;

use super::{DialogId, Event, LocalId, Output, RequestId};
use crate::timer::Queue;
use crate::transaction::TransactionId;

/// Who runs a timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Owner {
    /// A transaction of the table.
    Transaction(TransactionId),
    /// A call.
    Call(DialogId),
}

/// Whom the responses to a request of ours are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The first INVITE of a call.
    Invite(DialogId),
    /// A re-INVITE.
    Reinvite(DialogId),
    /// Another request inside a call.
    Request(DialogId, RequestId),
    /// The BYE that ends a call.
    Bye(DialogId),
    /// A request outside any call.
    Outside(RequestId),
    /// Nobody: CANCEL, and the BYE of a superfluous fork.
    Nobody,
}

/// Timers and outputs, handed to whoever needs them.
#[derive(Debug)]
pub(crate) struct Io {
    /// All timers of the endpoint.
    pub(crate) timers: Queue<Owner>,
    /// Filled by one `handle_input` or call, emptied by `poll_output`.
    pub(crate) out: VecDeque<Output>,
}

impl Io {
    pub(crate) fn new() -> Self {
        Io { timers: Queue::new(), out: VecDeque::new() }
    }

    pub(crate) fn send(&mut self, local: LocalId, to: SocketAddr, data: Bytes) {
        self.out.push_back(Output::Send { local, to, data });
    }

    pub(crate) fn event(&mut self, event: Event) {
        self.out.push_back(Output::Event(event));
    }
}
