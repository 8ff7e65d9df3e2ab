//! A pool out of its log.

use std::time::{Duration, Instant};

use super::Pool;
use crate::event::{Outcome, TicketId};
use crate::log::{Event, What};

/// Two pools are equal when the folds of their logs are.
impl PartialEq for Pool {
    fn eq(&self, other: &Pool) -> bool {
        self.state == other.state
    }
}

impl Pool {
    /// The pool as it stood after these events. Asks for nothing; to go on with it there is [`Pool::restore`].
    #[must_use]
    pub fn fold<'a>(log: impl IntoIterator<Item = &'a Event>) -> Self {
        let mut pool = Pool::empty();
        log.into_iter().for_each(|event| pool.apply(event));
        pool.at = pool.state.at;
        pool
    }

    /// The pool that wrote these events, after a restart that it did not survive, `away` after the last of them.
    /// Callers who are to be called back keep their places; all others were lost with their calls and end as
    /// [`Outcome::NodeLost`], which is in the log only: there is nobody left to be told. Nobody is signed in. What was
    /// decided here comes with the first input.
    #[must_use]
    pub fn restore<'a>(now: Instant, away: Duration, log: impl IntoIterator<Item = &'a Event>) -> Self {
        let mut pool = Pool::fold(log);
        pool.at += away;
        pool.clock.begin(now, pool.at);
        let live = pool.state.tickets.iter().filter(|(_, ticket)| ticket.call_back.is_none());
        let live: Vec<TicketId> = live.map(|(id, _)| *id).collect();
        for id in live {
            pool.end(id, Outcome::NodeLost);
        }
        pool.decide(What::Restarted);
        pool.out.clear();
        pool
    }
}
