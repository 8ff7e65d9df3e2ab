//! The call that an INVITE makes (RFC 3261 §13, §14, §15): where it stands and what is under way.

use std::time::Duration;

use super::Dialog;
use crate::endpoint::{Body, HangUp, RequestId};
use crate::transaction::TransactionId;
use crate::{Headers, NameAddr};

/// One call, found by our tag.
#[derive(Debug)]
pub(crate) struct Session {
    /// Our tag in all its dialogs.
    pub(crate) tag: String,
    /// Requests of the peer that wait for the user's answer, its INVITEs aside.
    pub(crate) pending: Vec<TransactionId>,
    pub(crate) state: State,
}

/// Where a call stands.
#[derive(Debug)]
pub(crate) enum State {
    /// Incoming, not answered finally.
    Ringing {
        /// The INVITE.
        invite: TransactionId,
        /// Made by our first provisional response with a tag.
        dialog: Box<Dialog>,
    },
    /// Outgoing, not answered finally.
    Calling(Calling),
    /// Answered with 2xx.
    Established(Box<Established>),
    /// We sent BYE and wait for its answer; the user is done with it.
    Ending(Box<Dialog>),
}

/// An outgoing call that is not answered finally.
#[derive(Debug)]
pub(crate) struct Calling {
    /// The INVITE.
    pub(crate) invite: TransactionId,
    pub(crate) attempt: Attempt,
    /// One dialog for each To tag seen in provisional responses.
    pub(crate) early: Vec<Dialog>,
}

/// How far an outgoing INVITE is, and whether it is being cancelled.
#[derive(Debug)]
pub(crate) enum Attempt {
    /// Nothing heard.
    Trying,
    /// A provisional response came: CANCEL may be sent at once.
    Proceeding,
    /// Hung up before any response: CANCEL is held back until one comes (§9.1).
    HeldBack(HangUp),
    /// CANCEL is sent.
    Cancelled,
}

impl Attempt {
    /// The user has given up this call.
    pub(crate) fn is_hung_up(&self) -> bool {
        match self {
            Attempt::Trying | Attempt::Proceeding => false,
            Attempt::HeldBack(_) | Attempt::Cancelled => true,
        }
    }
}

/// A call that was answered with 2xx.
#[derive(Debug)]
pub(crate) struct Established {
    pub(crate) dialog: Dialog,
    /// At most one INVITE transaction is under way in a dialog (§14).
    pub(crate) activity: Activity,
    /// Our re-INVITE that met 491 and waits for its timer (§14.1).
    pub(crate) glare: Option<Reinvite>,
}

/// The INVITE transaction that is under way in an established call.
#[derive(Debug)]
pub(crate) enum Activity {
    /// None.
    Idle,
    /// Our 2xx waits for its ACK (§13.3.1.4).
    Accepted(Accepted),
    /// A re-INVITE of the peer waits for the user.
    Theirs {
        /// The re-INVITE.
        transaction: TransactionId,
        /// Its sequence number.
        number: u32,
        /// Its Contact: the new target if it is accepted.
        contact: Option<NameAddr>,
    },
    /// A re-INVITE of ours waits for its final response.
    Ours {
        /// The transaction.
        transaction: TransactionId,
        /// What was asked, to be asked again after 491.
        reinvite: Reinvite,
    },
    /// A 2xx to our INVITE without body waits for the user's `ack`.
    Unacknowledged {
        /// The INVITE.
        invite: TransactionId,
        /// Its sequence number.
        number: u32,
    },
}

/// A 2xx of ours that waits for its ACK.
#[derive(Debug)]
pub(crate) struct Accepted {
    /// The INVITE.
    pub(crate) invite: TransactionId,
    /// Its sequence number, which the ACK repeats.
    pub(crate) number: u32,
    /// To the next retransmission.
    pub(crate) interval: Duration,
    /// Hung up meanwhile: BYE follows the ACK (§15).
    pub(crate) then: Option<HangUp>,
}

/// A re-INVITE of ours.
#[derive(Clone, Debug)]
pub(crate) struct Reinvite {
    /// What the user knows it by.
    pub(crate) request: RequestId,
    pub(crate) headers: Headers,
    pub(crate) body: Option<Body>,
    /// How many more times it is tried after 491.
    pub(crate) retries: u8,
}

impl Session {
    /// The dialog of this Call-ID and peer's tag.
    pub(crate) fn dialog(&mut self, call_id: &str, tag: Option<&str>) -> Option<&mut Dialog> {
        let dialog = match &mut self.state {
            State::Ringing { dialog, .. } | State::Ending(dialog) => dialog.as_mut(),
            State::Established(established) => &mut established.dialog,
            State::Calling(calling) => {
                return calling.early.iter_mut().find(|dialog| dialog.matches(call_id, tag));
            }
        };
        dialog.matches(call_id, tag).then_some(dialog)
    }

    /// The established call, unless the user has hung up.
    pub(crate) fn established(&mut self) -> Option<&mut Established> {
        match &mut self.state {
            State::Established(established) if !established.is_hung_up() => Some(established),
            State::Established(_) | State::Ringing { .. } | State::Calling(_) | State::Ending(_) => None,
        }
    }

    /// The user has ended this call and wants to hear no more of it.
    pub(crate) fn is_hung_up(&self) -> bool {
        match &self.state {
            State::Ringing { .. } => false,
            State::Calling(calling) => calling.attempt.is_hung_up(),
            State::Established(established) => established.is_hung_up(),
            State::Ending(_) => true,
        }
    }
}

impl Established {
    /// Hung up while our 2xx waits for its ACK.
    pub(crate) fn is_hung_up(&self) -> bool {
        match &self.activity {
            Activity::Accepted(accepted) => accepted.then.is_some(),
            Activity::Idle
            | Activity::Theirs { .. }
            | Activity::Ours { .. }
            | Activity::Unacknowledged { .. } => false,
        }
    }
}
