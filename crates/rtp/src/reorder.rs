//! Puts packets back into the order they were sent in, and says where one is missing.
//!
//! Nothing is held while packets come in order. Start at [`Buffer::push`], then [`Buffer::pop`].

use std::collections::VecDeque;
use std::time::Instant;

use crate::limits;

/// Packets that wait for one before them.
#[derive(Clone, Debug)]
pub struct Buffer<T> {
    next: Option<u16>,
    /// Ascending from `next`.
    waiting: VecDeque<(u16, Instant, T)>,
}

/// What became of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pushed {
    /// It will be popped.
    Kept,
    /// It was given up already, or was popped already.
    Late,
    /// The same number is waiting.
    Duplicate,
}

/// The next packet in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Popped<T> {
    /// The packet.
    pub item: T,
    /// Sequence numbers between the packet popped before and this one that were given up.
    pub lost: u16,
}

impl<T> Default for Buffer<T> {
    fn default() -> Self {
        Buffer { next: None, waiting: VecDeque::new() }
    }
}

impl<T> Buffer<T> {
    /// Takes a packet that came at `now`. The first one sets where the order begins.
    pub fn push(&mut self, now: Instant, sequence: u16, item: T) -> Pushed {
        let next = *self.next.get_or_insert(sequence);
        let distance = sequence.wrapping_sub(next);
        if distance >= 1 << 15 {
            return Pushed::Late;
        }
        let at = self.waiting.partition_point(|(other, ..)| other.wrapping_sub(next) < distance);
        if self.waiting.get(at).is_some_and(|(other, ..)| *other == sequence) {
            return Pushed::Duplicate;
        }
        self.waiting.insert(at, (sequence, now, item));
        Pushed::Kept
    }

    /// The next packet, when it is there or what is missing before it is given up: after
    /// [`limits::REORDER_HOLD`], or when more than [`limits::REORDER_MAX`] packets wait.
    pub fn pop(&mut self, now: Instant) -> Option<Popped<T>> {
        let next = self.next?;
        let lost = self.waiting.front()?.0.wrapping_sub(next);
        let given_up =
            self.waiting.len() > limits::REORDER_MAX || self.deadline().is_some_and(|at| at <= now);
        if lost != 0 && !given_up {
            return None;
        }
        let (sequence, _, item) = self.waiting.pop_front()?;
        self.next = Some(sequence.wrapping_add(1));
        Some(Popped { item, lost })
    }

    /// When [`Buffer::pop`] will answer next although a packet is missing.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.waiting.iter().map(|(_, came, _)| *came + limits::REORDER_HOLD).min()
    }

    /// Forgets everything; the next packet sets the order anew.
    pub fn reset(&mut self) {
        self.next = None;
        self.waiting.clear();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::clock::testing::start;

    fn pop_all(buffer: &mut Buffer<u16>, now: Instant) -> Vec<(u16, u16)> {
        std::iter::from_fn(|| buffer.pop(now)).map(|popped| (popped.item, popped.lost)).collect()
    }

    #[test]
    fn passes_what_is_in_order_at_once() {
        let mut buffer = Buffer::default();
        for sequence in [65_534, 65_535, 0, 1] {
            assert_eq!(buffer.push(start(), sequence, sequence), Pushed::Kept);
            assert_eq!(pop_all(&mut buffer, start()), [(sequence, 0)]);
        }
        assert_eq!(buffer.deadline(), None);
    }

    #[test]
    fn holds_for_a_late_packet_then_gives_it_up() {
        let mut buffer = Buffer::default();
        for sequence in [1, 3, 4] {
            buffer.push(start(), sequence, sequence);
        }
        assert_eq!(pop_all(&mut buffer, start()), [(1, 0)]);
        let deadline = buffer.deadline().expect("3 and 4 wait");
        assert_eq!(deadline, start() + limits::REORDER_HOLD);
        assert_eq!(pop_all(&mut buffer, deadline), [(3, 1), (4, 0)]);
        assert_eq!(buffer.push(deadline, 2, 2), Pushed::Late);
    }

    #[test]
    fn a_duplicate_is_told() {
        let mut buffer = Buffer::default();
        buffer.push(start(), 1, 1);
        buffer.push(start(), 3, 3);
        assert_eq!(buffer.push(start(), 3, 3), Pushed::Duplicate);
        assert_eq!(pop_all(&mut buffer, start()), [(1, 0)]);
        assert_eq!(buffer.push(start(), 1, 1), Pushed::Late);
    }

    #[test]
    fn does_not_hold_more_than_its_limit() {
        let mut buffer = Buffer::default();
        buffer.push(start(), 0, 0);
        buffer.pop(start());
        for sequence in 2..2 + limits::REORDER_MAX as u16 {
            buffer.push(start(), sequence, sequence);
            assert_eq!(buffer.pop(start()), None);
        }
        let last = 2 + limits::REORDER_MAX as u16;
        buffer.push(start(), last, last);
        assert_eq!(buffer.pop(start()), Some(Popped { item: 2, lost: 1 }));
    }

    proptest! {
        #[test]
        fn any_order_within_the_window_comes_out_sorted(
            base: u16, order in Just((1u16..12).collect::<Vec<_>>()).prop_shuffle(),
        ) {
            let mut buffer = Buffer::default();
            let mut out = Vec::new();
            for step in std::iter::once(0).chain(order) {
                let sequence = base.wrapping_add(step);
                prop_assert_eq!(buffer.push(start(), sequence, sequence), Pushed::Kept);
                out.extend(pop_all(&mut buffer, start()));
            }
            prop_assert_eq!(out, (0..12).map(|step| (base.wrapping_add(step), 0)).collect::<Vec<_>>());
        }
    }
}
