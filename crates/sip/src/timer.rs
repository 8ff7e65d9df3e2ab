//! The timers of the core in one table (RFC 3261 §17 and Table 4, RFC 6026), and the queue they wait in.
//!
//! UDP needs all of them. A reliable transport runs no retransmission and waits for no stray copies, so
//! the transport's reliability is a parameter of every duration. Start at [`Timer`]; [`Queue`] is a sorted
//! set: the next deadline is its first entry, setting and clearing cost O(log n).

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::time::{Duration, Instant};

use crate::number::ByNumber;

/// Estimate of the round trip time (RFC 3261 §17.1.1.1).
pub const T1: Duration = Duration::from_millis(500);
/// Longest interval between retransmissions of a non-INVITE request or an INVITE response (§17.1.2.2).
pub const T2: Duration = Duration::from_secs(4);
/// Longest time that a message stays in the network (§17.1.2.2).
pub const T4: Duration = Duration::from_secs(5);
/// How long a transaction tries: 64*T1.
pub const TRY: Duration = Duration::from_secs(32);

/// Every timer of the crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Timer {
    /// INVITE request retransmission, doubling without a cap; unreliable transports only (§17.1.1.2).
    A,
    /// INVITE client transaction time-out (§17.1.1.2).
    B,
    /// Wait for copies of a final INVITE response, at least 32 s on unreliable transports (§17.1.1.2).
    D,
    /// Non-INVITE request retransmission, doubling up to T2; unreliable transports only (§17.1.2.2).
    E,
    /// Non-INVITE client transaction time-out (§17.1.2.2).
    F,
    /// INVITE failure response retransmission, doubling up to T2; unreliable transports only (§17.2.1).
    G,
    /// Wait for the ACK of a failure response (§17.2.1).
    H,
    /// Wait for copies of an ACK, T4 on unreliable transports (§17.2.1).
    I,
    /// Wait for copies of a non-INVITE request, 64*T1 on unreliable transports (§17.2.2).
    J,
    /// Wait for copies of a non-INVITE response, T4 on unreliable transports (§17.1.2.2).
    K,
    /// Wait for copies of an accepted INVITE, on every transport (RFC 6026 §8.7).
    L,
    /// Wait for copies and forks of a 2xx, on every transport (RFC 6026 §8.4).
    M,
    /// A non-INVITE request that nobody answered is forgotten: its client has given up (RFC 4320 §4.2).
    Unanswered,
    /// 2xx retransmission by the user agent, doubling up to T2, on every transport (§13.3.1.4).
    Accept,
    /// Wait for the ACK of a 2xx, then BYE (§13.3.1.4).
    Acknowledge,
    /// Repetition of the last provisional response while the user takes long (§13.3.1.1).
    Provisional,
    /// The caller's Expires ran out before we answered (§13.3.1).
    Expires,
    /// Wait for a final response to a cancelled INVITE (§9.1).
    Cancelled,
    /// Retry of a re-INVITE that met 491 (§14.1).
    Glare,
}

/// One row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// First duration on an unreliable transport (UDP).
    pub unreliable: Duration,
    /// First duration on a reliable transport; zero: the timer does not run, its state is left at once.
    pub reliable: Duration,
}

impl Timer {
    /// All of them, in the table's order.
    pub const ALL: [Timer; 19] = [
        Timer::A,
        Timer::B,
        Timer::D,
        Timer::E,
        Timer::F,
        Timer::G,
        Timer::H,
        Timer::I,
        Timer::J,
        Timer::K,
        Timer::L,
        Timer::M,
        Timer::Unanswered,
        Timer::Accept,
        Timer::Acknowledge,
        Timer::Provisional,
        Timer::Expires,
        Timer::Cancelled,
        Timer::Glare,
    ];

    /// The row of this timer: RFC 3261 Table 4 with the values of RFC 6026. Expires and Glare start from
    /// values that messages and chance give; their rows hold the upper bounds used here.
    #[must_use]
    pub const fn row(self) -> Row {
        const fn both(duration: Duration) -> Row {
            Row { unreliable: duration, reliable: duration }
        }
        const fn unreliable(duration: Duration) -> Row {
            Row { unreliable: duration, reliable: Duration::ZERO }
        }
        match self {
            Timer::A | Timer::E | Timer::G => unreliable(T1),
            Timer::D | Timer::J => unreliable(TRY),
            Timer::I | Timer::K => unreliable(T4),
            Timer::B | Timer::F | Timer::H | Timer::L | Timer::M => both(TRY),
            Timer::Unanswered | Timer::Acknowledge | Timer::Cancelled => both(TRY),
            Timer::Accept => both(T1),
            Timer::Provisional => both(Duration::from_secs(60)),
            Timer::Expires => both(Duration::from_secs(3600)),
            Timer::Glare => both(T2),
        }
    }

    /// First duration on this kind of transport; `None`: it does not run there.
    #[must_use]
    pub const fn first(self, reliable: bool) -> Option<Duration> {
        let duration = if reliable { self.row().reliable } else { self.row().unreliable };
        if duration.is_zero() { None } else { Some(duration) }
    }
}

/// The interval after `interval`: doubled, but not above T2 (§17.1.2.2, §17.2.1, §13.3.1.4).
#[must_use]
pub(crate) fn backed_off(interval: Duration) -> Duration {
    (interval * 2).min(T2)
}

/// The timers that are running, of all owners `K`. An owner runs each timer at most once.
#[derive(Debug)]
pub(crate) struct Queue<K> {
    due: BTreeSet<(Instant, K, Timer)>,
    armed: HashMap<K, Vec<(Timer, Instant)>, ByNumber>,
}

impl<K: Copy + Ord + Hash> Queue<K> {
    pub(crate) fn new() -> Self {
        Queue { due: BTreeSet::new(), armed: HashMap::default() }
    }

    /// The earliest deadline.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.due.first().map(|&(at, _, _)| at)
    }

    /// Starts the timer anew, whether or not it runs.
    pub(crate) fn set(&mut self, owner: K, timer: Timer, at: Instant) {
        let armed = self.armed.entry(owner).or_default();
        match armed.iter_mut().find(|(running, _)| *running == timer) {
            Some((_, old)) => {
                self.due.remove(&(*old, owner, timer));
                *old = at;
            }
            None => armed.push((timer, at)),
        }
        self.due.insert((at, owner, timer));
    }

    /// Stops the timer if it runs.
    pub(crate) fn clear(&mut self, owner: K, timer: Timer) {
        let Some(armed) = self.armed.get_mut(&owner) else { return };
        if let Some(index) = armed.iter().position(|(running, _)| *running == timer) {
            let (_, at) = armed.swap_remove(index);
            self.due.remove(&(at, owner, timer));
        }
        if armed.is_empty() {
            self.armed.remove(&owner);
        }
    }

    /// Stops all timers of an owner that is going away.
    pub(crate) fn clear_all(&mut self, owner: K) {
        for (timer, at) in self.armed.remove(&owner).unwrap_or_default() {
            self.due.remove(&(at, owner, timer));
        }
    }

    /// Takes out one timer whose time has come by `now`, the earliest first.
    pub(crate) fn pop(&mut self, now: Instant) -> Option<(K, Timer)> {
        let &(at, owner, timer) = self.due.first()?;
        if at > now {
            return None;
        }
        self.clear(owner, timer);
        Some((owner, timer))
    }

    /// How many timers run.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.due.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[allow(clippy::disallowed_methods)] // one base instant for virtual time
    fn base() -> Instant {
        Instant::now()
    }

    #[test]
    fn table_holds_the_values_of_rfc_3261_table_4() {
        let ms = Duration::from_millis;
        let expected = [
            (Timer::A, Some(ms(500)), None),
            (Timer::B, Some(ms(32_000)), Some(ms(32_000))),
            (Timer::D, Some(ms(32_000)), None),
            (Timer::E, Some(ms(500)), None),
            (Timer::F, Some(ms(32_000)), Some(ms(32_000))),
            (Timer::G, Some(ms(500)), None),
            (Timer::H, Some(ms(32_000)), Some(ms(32_000))),
            (Timer::I, Some(ms(5_000)), None),
            (Timer::J, Some(ms(32_000)), None),
            (Timer::K, Some(ms(5_000)), None),
            (Timer::L, Some(ms(32_000)), Some(ms(32_000))),
            (Timer::M, Some(ms(32_000)), Some(ms(32_000))),
        ];
        for (timer, unreliable, reliable) in expected {
            assert_eq!((timer.first(false), timer.first(true)), (unreliable, reliable), "{timer:?}");
        }
    }

    #[test]
    fn all_lists_every_timer_once_in_order() {
        assert!(Timer::ALL.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(Timer::ALL.iter().all(|timer| timer.first(false).is_some()));
    }

    #[test]
    fn back_off_doubles_up_to_t2() {
        let mut interval = T1;
        let mut seen = Vec::new();
        for _ in 0..5 {
            interval = backed_off(interval);
            seen.push(interval.as_millis());
        }
        assert_eq!(seen, [1000, 2000, 4000, 4000, 4000]);
    }

    #[test]
    fn queue_answers_the_earliest_deadline_and_pops_in_order() {
        let (start, mut queue) = (base(), Queue::new());
        queue.set(1, Timer::B, start + TRY);
        queue.set(1, Timer::A, start + T1);
        queue.set(2, Timer::E, start + T1 * 2);
        assert_eq!(queue.next(), Some(start + T1));
        assert_eq!(queue.pop(start), None);
        assert_eq!(queue.pop(start + TRY), Some((1, Timer::A)));
        assert_eq!(queue.pop(start + TRY), Some((2, Timer::E)));
        assert_eq!(queue.pop(start + TRY), Some((1, Timer::B)));
        assert_eq!((queue.pop(start + TRY), queue.next()), (None, None));
    }

    #[test]
    fn setting_again_moves_and_clearing_leaves_nothing() {
        let (start, mut queue) = (base(), Queue::new());
        queue.set(7, Timer::G, start + T1);
        queue.set(7, Timer::G, start + T2);
        queue.set(7, Timer::H, start + TRY);
        assert_eq!((queue.len(), queue.next()), (2, Some(start + T2)));
        queue.clear(7, Timer::G);
        queue.clear(7, Timer::G);
        assert_eq!(queue.next(), Some(start + TRY));
        queue.clear_all(7);
        assert_eq!((queue.len(), queue.next()), (0, None));
        assert!(queue.armed.is_empty());
    }
}
