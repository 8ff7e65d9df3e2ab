//! Putting a subscriber through to a telephone that no pool knows.
//!
//! The telephone is rung and joined as an agent of a pool is (`agent_leg`), but for the pool: what it would be told comes
//! here, and the first thing that goes wrong is the end of it.

use std::time::{Duration, Instant};

use media::Now;
use tracing::info;

use crate::agent_leg::Queueing;
use crate::call::{Call, Output};

/// A telephone is nobody's agent.
pub(crate) const NO_AGENT: acd::AgentId = acd::AgentId(u32::MAX);

/// The ringing of that telephone.
pub(crate) struct Transfer {
    /// When it is given up; none once it was answered.
    rings_until: Option<Instant>,
    /// It is a supervisor who has taken over what began in a queue.
    of_queue: bool,
}

impl Transfer {
    /// A conversation that a supervisor has taken over; `of_queue`: it began in a queue, and not by a transfer.
    pub(crate) fn taken_over(of_queue: bool) -> Self {
        Transfer { rings_until: None, of_queue }
    }

    pub(crate) fn is_of_queue(&self) -> bool {
        self.of_queue
    }
}

impl Call {
    /// Calls a telephone.
    pub(crate) fn begin_transfer(&mut self, now: Now, to: String, ring_timeout: Duration) {
        info!(to, "is put through");
        self.draw_ticket();
        let transfer = Transfer { rings_until: Some(now.mono + ring_timeout), of_queue: false };
        self.queueing = Some(Queueing::of_transfer(to.clone(), transfer));
        self.signs = false;
        self.out.push_back(Output::Transfer { ticket: self.ticket, to });
    }

    /// When the ringing is given up.
    pub(crate) fn transfer_due(&self) -> Option<Instant> {
        self.queueing.as_ref()?.transfer.as_ref()?.rings_until
    }

    pub(crate) fn give_up_on_transfer(&mut self, now: Now) {
        if self.transfer_due().is_some_and(|due| due <= now.mono) {
            self.withdraw(now);
            self.transferred(now, dialplan::TransferOutcome::NoAnswer);
        }
    }

    /// The shard has no way to that telephone.
    pub(crate) fn not_transferred(&mut self, now: Now, ticket: acd::TicketId) {
        if ticket == self.ticket && self.queueing.is_some() {
            self.transferred(now, dialplan::TransferOutcome::Failed);
        }
    }

    /// What a pool would be told.
    pub(crate) fn on_transfer(&mut self, now: Now, word: &acd::Input) {
        use dialplan::TransferOutcome::{Busy, Done, Failed, NoAnswer};
        let outcome = match word {
            acd::Input::Answered { .. } => {
                let transfer = self.queueing.as_mut().and_then(|queueing| queueing.transfer.as_mut());
                if let Some(transfer) = transfer {
                    transfer.rings_until = None;
                }
                return;
            }
            acd::Input::NotAnswered { why, .. } => match why {
                acd::NotAnswered::Busy | acd::NotAnswered::Rejected => Busy,
                acd::NotAnswered::NoAnswer => NoAnswer,
                acd::NotAnswered::Unfit | acd::NotAnswered::Unreachable => Failed,
            },
            acd::Input::AgentLeft { .. } | acd::Input::AgentLost { .. } => Done,
            // Of queues and desks.
            _ => return,
        };
        self.transferred(now, outcome);
    }

    fn transferred(&mut self, now: Now, outcome: dialplan::TransferOutcome) {
        info!(outcome = outcome.word(), "is back from being put through");
        let transfer = self.queueing.take().and_then(|queueing| queueing.transfer);
        let event = match transfer {
            Some(Transfer { of_queue: true, .. }) => dialplan::Event::Queue(dialplan::QueueOutcome::Served),
            _ => dialplan::Event::Transferred(outcome),
        };
        self.advance(now, event);
    }
}
