//! What a queue has achieved: how many were answered in time, and how long a conversation takes.
//!
//! A caller is *offered* when the queue took the ticket and it has come to its end of waiting, counted at that end and
//! in the queue it ended in: *answered* (an agent took the call), *abandoned* (the caller left), or neither (let go
//! at `wait_max`, for want of agents, by closing). Waiting counts from entry into the first queue. Whoever was
//! refused at entry, or has asked to be called back, is not counted.

use std::collections::VecDeque;
use std::time::Duration;

use crate::limits;

/// Leaving so soon is not held against the queue in [`Level::without_short`].
pub const ABANDONED_SHORT: Duration = Duration::from_secs(5);

/// What was counted in a window of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Level {
    /// All.
    pub offered: u32,
    /// Whom an agent answered.
    pub answered: u32,
    /// Of these, after [`QueueConfig::service_level`](crate::QueueConfig::service_level) at most.
    pub in_time: u32,
    /// Who left before.
    pub abandoned: u32,
    /// Of these, after [`ABANDONED_SHORT`] at most.
    pub abandoned_short: u32,
}

impl Level {
    /// Answered in time, of all offered; `None` when there is nothing to divide by.
    #[must_use]
    pub fn of_offered(&self) -> Option<f64> {
        share(self.in_time, self.offered)
    }

    /// Answered in time, of all offered but for those who left within [`ABANDONED_SHORT`].
    #[must_use]
    pub fn without_short(&self) -> Option<f64> {
        share(self.in_time, self.offered - self.abandoned_short)
    }

    /// Answered in time, of all answered.
    #[must_use]
    pub fn of_answered(&self) -> Option<f64> {
        share(self.in_time, self.answered)
    }
}

fn share(part: u32, whole: u32) -> Option<f64> {
    (whole > 0).then(|| f64::from(part) / f64::from(whole))
}

/// A queue's memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Figures {
    /// In order of time; at most [`limits::ENDS_KEPT`].
    ends: VecDeque<End>,
    /// Conversation and rest; at most [`limits::HANDLED_KEPT`].
    handled: VecDeque<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct End {
    at: Duration,
    waited: Duration,
    how: How,
}

/// How waiting came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    Answered,
    Abandoned,
    LetGo,
}

impl Figures {
    pub(crate) fn ended(&mut self, at: Duration, waited: Duration, how: How) {
        if self.ends.len() >= limits::ENDS_KEPT {
            self.ends.pop_front();
        }
        self.ends.push_back(End { at, waited, how });
    }

    /// Who was answered at this time was never joined with the agent, and waits again.
    pub(crate) fn not_answered(&mut self, at: Duration) {
        if let Some(index) = self.ends.iter().rposition(|end| end.at == at && end.how == How::Answered) {
            self.ends.remove(index);
        }
    }

    pub(crate) fn handled(&mut self, time: Duration) {
        if self.handled.len() >= limits::HANDLED_KEPT {
            self.handled.pop_front();
        }
        self.handled.push_back(time);
    }

    /// Median of the last conversations with their rest; `None` before the first.
    pub(crate) fn handling_time(&self) -> Option<Duration> {
        let mut all: Vec<Duration> = self.handled.iter().copied().collect();
        all.sort_unstable();
        all.get(all.len() / 2).copied()
    }

    /// Of the ends after `since`; of all without.
    pub(crate) fn level(&self, since: Option<Duration>, in_time: Duration) -> Level {
        let mut level = Level::default();
        for end in self.ends.iter().rev().take_while(|end| since.is_none_or(|since| end.at > since)) {
            level.offered += 1;
            match end.how {
                How::Answered => {
                    level.answered += 1;
                    level.in_time += u32::from(end.waited <= in_time);
                }
                How::Abandoned => {
                    level.abandoned += 1;
                    level.abandoned_short += u32::from(end.waited <= ABANDONED_SHORT);
                }
                How::LetGo => {}
            }
        }
        level
    }
}
