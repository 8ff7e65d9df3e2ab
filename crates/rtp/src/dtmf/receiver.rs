//! Telephone events that arrive: each key once, whatever is lost or repeated (RFC 4733 §2.5.2).

use std::time::{Duration, Instant};

use super::{CLOCK_RATE, Digit, EventPayload};
use crate::limits;
use crate::source::ticks;

/// A key goes down or up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// The first packet of an event that arrives, be it the first sent or an end packet.
    Down(Digit),
    /// The first end packet, or the sign that all of them were lost.
    Up(Digit, Duration),
}

/// The state of one source's events. An event is known by its timestamp.
#[derive(Clone, Copy, Debug)]
pub struct Receiver {
    rate: u32,
    current: Option<Current>,
}

impl Default for Receiver {
    /// At 8000 Hz.
    fn default() -> Self {
        Receiver::new(CLOCK_RATE)
    }
}

#[derive(Clone, Copy, Debug)]
struct Current {
    rate: u32,
    digit: Digit,
    timestamp: u32,
    /// Units of the segments before this one (§2.5.1.3).
    before: u32,
    duration: u16,
    ended: bool,
    last: Instant,
}

impl Receiver {
    /// Events whose timestamps and durations count `rate` Hz.
    #[must_use]
    pub fn new(rate: u32) -> Self {
        Receiver { rate, current: None }
    }

    /// Takes an event payload; the keys that it moves, in order.
    pub fn push(&mut self, now: Instant, timestamp: u32, payload: EventPayload) -> [Option<Key>; 3] {
        let Some(digit) = Digit::from_event(payload.event) else {
            return [None; 3];
        };
        let Some(current) = self.current.as_mut() else {
            return self.begin(now, timestamp, digit, payload, None);
        };
        if current.is(timestamp, digit) || current.goes_on_at(timestamp, digit) {
            return [current.refresh(now, timestamp, payload), None, None];
        }
        if current.is_before(timestamp) {
            return [None; 3];
        }
        let up = (!current.ended).then(|| current.end());
        self.begin(now, timestamp, digit, payload, up)
    }

    fn begin(
        &mut self,
        now: Instant,
        timestamp: u32,
        digit: Digit,
        payload: EventPayload,
        up: Option<Key>,
    ) -> [Option<Key>; 3] {
        let EventPayload { duration, end, .. } = payload;
        let rate = self.rate;
        let mut current = Current { rate, digit, timestamp, before: 0, duration, ended: false, last: now };
        let ended = end.then(|| current.end());
        self.current = Some(current);
        [up, Some(Key::Down(digit)), ended]
    }

    /// When [`Receiver::expire`] is to be called.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.current.filter(|current| !current.ended).map(|current| current.last + limits::DIGIT_SILENCE)
    }

    /// Ends a key whose packets have stopped without an end.
    pub fn expire(&mut self, now: Instant) -> Option<Key> {
        let due = self.deadline().is_some_and(|at| at <= now);
        self.current.as_mut().filter(|_| due).map(Current::end)
    }
}

impl Current {
    fn is(&self, timestamp: u32, digit: Digit) -> bool {
        self.timestamp == timestamp && self.digit == digit
    }

    /// A key held for longer than 16 bits go on counts in segments, each with the timestamp where the one
    /// before it ends (§2.5.1.3).
    fn goes_on_at(&self, timestamp: u32, digit: Digit) -> bool {
        !self.ended && self.digit == digit && timestamp.wrapping_sub(self.timestamp) == u32::from(u16::MAX)
    }

    /// A packet of an event before this one, late. Much older ones are of a peer whose clock began anew.
    fn is_before(&self, timestamp: u32) -> bool {
        let older = self.timestamp.wrapping_sub(timestamp);
        older != 0 && u64::from(older) < ticks(limits::TIMESTAMP_JUMP, self.rate)
    }

    fn refresh(&mut self, now: Instant, timestamp: u32, payload: EventPayload) -> Option<Key> {
        if self.ended {
            return None;
        }
        if timestamp != self.timestamp {
            self.before += u32::from(u16::MAX);
            (self.timestamp, self.duration) = (timestamp, 0);
        }
        self.last = now;
        self.duration = self.duration.max(payload.duration);
        payload.end.then(|| self.end())
    }

    fn end(&mut self) -> Key {
        self.ended = true;
        let units = self.before + u32::from(self.duration);
        Key::Up(self.digit, crate::clock::duration(u64::from(units), self.rate))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::testing::start;

    fn digit(key: char) -> Digit {
        Digit::try_from(key).expect("a key")
    }

    fn push(receiver: &mut Receiver, timestamp: u32, key: char, end: bool, duration: u16) -> Vec<Key> {
        let payload = EventPayload { event: digit(key).event(), end, volume: 10, duration };
        receiver.push(start(), timestamp, payload).into_iter().flatten().collect()
    }

    fn up(key: char, ms: u64) -> Key {
        Key::Up(digit(key), Duration::from_millis(ms))
    }

    #[test]
    fn the_first_packet_acts_and_repeated_ends_are_one() {
        let mut receiver = Receiver::default();
        assert_eq!(push(&mut receiver, 800, '5', false, 160), [Key::Down(digit('5'))]);
        assert_eq!(push(&mut receiver, 800, '5', false, 320), []);
        assert_eq!(push(&mut receiver, 800, '5', true, 800), [up('5', 100)]);
        assert_eq!(push(&mut receiver, 800, '5', true, 800), []);
        assert_eq!(push(&mut receiver, 800, '5', false, 640), [], "late");
    }

    #[test]
    fn an_end_alone_is_a_key() {
        let mut receiver = Receiver::default();
        assert_eq!(push(&mut receiver, 800, '#', true, 800), [Key::Down(digit('#')), up('#', 100)]);
        assert_eq!(push(&mut receiver, 800, '#', true, 800), []);
    }

    #[test]
    fn the_same_key_at_another_time_is_a_second_one() {
        let mut receiver = Receiver::default();
        push(&mut receiver, 800, '1', true, 400);
        assert_eq!(push(&mut receiver, 2_400, '1', false, 160), [Key::Down(digit('1'))]);
        assert_eq!(push(&mut receiver, 800, '1', true, 400), [], "an end of the first one, late");
        let both = push(&mut receiver, 4_000, '1', false, 160);
        assert_eq!(both, [up('1', 20), Key::Down(digit('1'))], "all ends of the second one were lost");
    }

    #[test]
    fn a_key_whose_ends_are_lost_goes_up_by_itself() {
        let mut receiver = Receiver::default();
        push(&mut receiver, 800, '7', false, 480);
        let deadline = receiver.deadline().expect("down");
        assert_eq!(receiver.expire(start()), None);
        assert_eq!(receiver.expire(deadline), Some(up('7', 60)));
        assert_eq!((receiver.expire(deadline), receiver.deadline()), (None, None));
        assert_eq!(push(&mut receiver, 800, '7', true, 800), []);
    }

    #[test]
    fn a_long_key_in_segments_is_one() {
        let mut receiver = Receiver::default();
        push(&mut receiver, 800, '9', false, u16::MAX);
        assert_eq!(push(&mut receiver, 800 + 65_535, '9', false, 160), []);
        assert_eq!(push(&mut receiver, 800 + 65_535, '9', true, 465), [up('9', 8_250)]);
    }

    #[test]
    fn events_that_are_no_keys_are_read_past() {
        let payload = EventPayload { event: 16, end: false, volume: 0, duration: 160 };
        assert_eq!(Receiver::default().push(start(), 1, payload), [None; 3]);
        assert_eq!(
            EventPayload::parse(&[1, 0x8A, 3, 0x20]).map(EventPayload::to_bytes),
            Some([1, 0x8A, 3, 0x20])
        );
        assert_eq!(EventPayload::parse(&[1, 2, 3]), None);
        assert_eq!(EventPayload::parse(&[1, 2, 3, 4, 5]), None);
    }
}
