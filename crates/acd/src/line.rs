//! Who is before whom in a queue: points at entry, and what waiting adds to them.
//!
//! Among callers who gain equally fast the order never changes, so it is kept in one sorted lane for each pace; lanes
//! are compared at one instant, by their first few. Nobody's points are counted again because time passes.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::event::{Priority, TicketId};
use crate::limits;

/// Tickets that wait or whose agent rings, by points a minute.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Line {
    lanes: BTreeMap<u32, BTreeSet<(Turn, TicketId)>>,
    len: usize,
}

/// A ticket's standing from its entry to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    per_minute: u32,
    turn: Turn,
}

/// Within a lane the smallest is next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Turn {
    /// By how much the points, in 60,000ths, would be below zero at the start of the pool's time.
    behind: i64,
    /// Order of entry over all queues.
    entry: u64,
}

/// Where a ticket stands at one instant; the smallest is next.
pub(crate) type Rank = (Reverse<i64>, u64);

/// 60,000ths, so that points a minute are whole numbers for each millisecond.
const PARTS: i64 = 60_000;

impl Standing {
    /// Of a ticket that enters as the `entry`th, so long after the start of the pool's time.
    pub(crate) fn new(priority: Priority, entry: u64, at: Duration) -> Self {
        let per_minute = priority.per_minute.min(limits::PER_MINUTE_MAX);
        let behind = gained(per_minute, at) - i64::from(priority.base) * PARTS;
        Standing { per_minute, turn: Turn { behind, entry } }
    }

    pub(crate) fn rank(&self, at: Duration) -> Rank {
        (Reverse(gained(self.per_minute, at) - self.turn.behind), self.turn.entry)
    }
}

impl Line {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// False when it was there.
    pub(crate) fn insert(&mut self, standing: Standing, id: TicketId) -> bool {
        let is_new = self.lanes.entry(standing.per_minute).or_default().insert((standing.turn, id));
        self.len += usize::from(is_new);
        is_new
    }

    /// False when it was not there.
    pub(crate) fn remove(&mut self, standing: Standing, id: TicketId) -> bool {
        let Some(lane) = self.lanes.get_mut(&standing.per_minute) else { return false };
        let was_there = lane.remove(&(standing.turn, id));
        if lane.is_empty() {
            self.lanes.remove(&standing.per_minute);
        }
        self.len -= usize::from(was_there);
        was_there
    }

    /// Everybody, in no particular order.
    pub(crate) fn all(&self) -> impl Iterator<Item = TicketId> {
        self.lanes.values().flatten().map(|(_, id)| *id)
    }

    /// Everybody in lanes, of which each is in order.
    pub(crate) fn lanes(&self, at: Duration) -> impl Iterator<Item = impl Iterator<Item = (Rank, TicketId)>> {
        self.lanes.iter().map(move |(per_minute, lane)| ranked(*per_minute, lane, at))
    }

    /// The next `count`, in order.
    pub(crate) fn first(&self, count: usize, at: Duration) -> Vec<TicketId> {
        let heads =
            self.lanes.iter().flat_map(|(per_minute, lane)| ranked(*per_minute, lane, at).take(count));
        let mut heads: Vec<_> = heads.collect();
        heads.sort_unstable();
        heads.into_iter().take(count).map(|(_, id)| id).collect()
    }

    /// 1 is next. Counts from the end, where newcomers mostly are.
    pub(crate) fn place(&self, standing: Standing, id: TicketId, at: Duration) -> usize {
        let (Reverse(points), entry) = standing.rank(at);
        let from_here_on = self.lanes.iter().map(|(per_minute, lane)| {
            let turn = Turn { behind: gained(*per_minute, at) - points, entry };
            lane.range((turn, id)..).count()
        });
        self.len + 1 - from_here_on.sum::<usize>()
    }
}

fn ranked(
    per_minute: u32,
    lane: &BTreeSet<(Turn, TicketId)>,
    at: Duration,
) -> impl Iterator<Item = (Rank, TicketId)> {
    lane.iter().map(move |(turn, id)| (Standing { per_minute, turn: *turn }.rank(at), *id))
}

/// What is gained in this time, in 60,000ths of a point.
fn gained(per_minute: u32, time: Duration) -> i64 {
    i64::from(per_minute).saturating_mul(i64::try_from(time.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn lanes_overtake_each_other_as_time_passes() {
        let mut line = Line::default();
        let slow = Standing::new(Priority { base: 30, per_minute: 1 }, 1, at(0));
        let fast = Standing::new(Priority { base: 0, per_minute: 11 }, 2, at(0));
        line.insert(slow, TicketId(1));
        line.insert(fast, TicketId(2));
        let order = |seconds| line.first(9, at(seconds)).iter().map(|id| id.0).collect::<Vec<_>>();
        assert_eq!((order(179), order(181)), (vec![1, 2], vec![2, 1]));
        assert_eq!(order(180), [1, 2], "with equal points who came first");
        for seconds in [0, 179, 180, 181] {
            let places = [(slow, TicketId(1)), (fast, TicketId(2))]
                .map(|(own, id)| (line.place(own, id, at(seconds)), id.0));
            let told: BTreeMap<usize, u64> = places.into_iter().collect();
            assert_eq!(told.into_values().collect::<Vec<_>>(), order(seconds), "after {seconds} s");
        }
    }

    #[test]
    fn extremes_are_told_apart() {
        let years = Duration::from_secs(50 * 365 * 24 * 3_600);
        let most = Standing::new(Priority { base: i32::MAX, per_minute: u32::MAX }, 2, years);
        let least = Standing::new(Priority { base: i32::MIN, per_minute: u32::MAX }, 1, Duration::ZERO);
        assert!(least.rank(years) < most.rank(years), "fifty years of a thousand points a minute");
        let mut line = Line::default();
        assert!(line.insert(most, TicketId(7)) && !line.insert(most, TicketId(7)));
        assert_eq!(
            (line.len(), line.remove(least, TicketId(1)), line.remove(most, TicketId(7))),
            (1, false, true)
        );
        assert_eq!((line.len(), line.lanes.len()), (0, 0));
    }
}
