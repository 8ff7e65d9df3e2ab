//! Telephone events that we send: a packet every 20 ms, three at the end (RFC 4733 §2.5.1).

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::{CLOCK_RATE, Digit, EventPayload};
use crate::limits;
use crate::source::ticks;

/// Between packets.
const PACKET: Duration = Duration::from_millis(20);
/// How often the end is said (§2.5.1.4).
const END_PACKETS: u8 = 3;
/// -10 dBm0, as telephones send.
const VOLUME: u8 = 10;

/// A packet to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// First packet of an event (§2.5.1.1); the timestamp of all its packets is taken at this one.
    pub first: bool,
    /// The payload.
    pub payload: EventPayload,
    /// How long the whole event lasts.
    pub event_lasts: Duration,
}

/// Digits that wait, and the one being sent.
#[derive(Clone, Debug)]
pub struct Sender {
    rate: u32,
    waiting: VecDeque<(Digit, Duration)>,
    current: Option<Current>,
    /// When the next packet, or the next digit after its pause, is due.
    next: Option<Instant>,
}

#[derive(Clone, Copy, Debug)]
struct Current {
    rate: u32,
    digit: Digit,
    lasts: Duration,
    sent: Duration,
    ends: u8,
}

impl Default for Sender {
    /// At 8000 Hz.
    fn default() -> Self {
        Sender::new(CLOCK_RATE)
    }
}

impl Sender {
    /// Events whose durations count `rate` Hz, at least 1.
    #[must_use]
    pub fn new(rate: u32) -> Self {
        Sender { rate: rate.max(1), waiting: VecDeque::new(), current: None, next: None }
    }

    /// Queues a digit; its duration is brought into what this side sends. Whether there was room.
    pub fn push(&mut self, now: Instant, digit: Digit, lasts: Duration) -> bool {
        if self.waiting.len() >= limits::DIGITS_MAX {
            return false;
        }
        // The duration has 16 bits (§2.3.5), which at 48 kHz are 1.3 s.
        let most = crate::clock::duration(u64::from(u16::MAX), self.rate).min(limits::DIGIT_SENT_MAX);
        self.waiting.push_back((digit, lasts.clamp(limits::DIGIT_MIN, most.max(limits::DIGIT_MIN))));
        self.next = self.next.or(Some(now));
        true
    }

    /// Whether a digit is on its way, its pause included; audio is held back meanwhile.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.current.is_some() || !self.waiting.is_empty()
    }

    /// When [`Sender::pop`] has the next packet.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.next
    }

    /// The packet that is due, if one is.
    pub fn pop(&mut self, now: Instant) -> Option<Outgoing> {
        let due = self.next.filter(|at| *at <= now)?;
        let Some(current) = self.current.as_mut() else {
            return self.begin(due);
        };
        current.sent = (current.sent + PACKET).min(current.lasts);
        let end = current.sent == current.lasts;
        let payload = current.payload(end);
        let outgoing = Outgoing { first: false, payload, event_lasts: current.lasts };
        current.ends += u8::from(end);
        if current.ends == END_PACKETS {
            self.current = None;
            self.next = Some(due + limits::DIGIT_PAUSE);
        } else {
            self.next = Some(due + PACKET);
        }
        Some(outgoing)
    }

    fn begin(&mut self, due: Instant) -> Option<Outgoing> {
        let Some((digit, lasts)) = self.waiting.pop_front() else {
            self.next = None;
            return None;
        };
        let current = Current { rate: self.rate, digit, lasts, sent: PACKET, ends: 0 };
        self.current = Some(current);
        self.next = Some(due + PACKET);
        Some(Outgoing { first: true, payload: current.payload(false), event_lasts: lasts })
    }
}

impl Current {
    fn payload(&self, end: bool) -> EventPayload {
        let duration = ticks(self.sent, self.rate).min(u64::from(u16::MAX)) as u16;
        EventPayload { event: self.digit.event(), end, volume: VOLUME, duration }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::testing::start;

    #[test]
    fn packets_are_paced_and_the_end_is_said_three_times() {
        let mut sender = Sender::default();
        let digit = Digit::try_from('3').expect("a key");
        assert!(sender.push(start(), digit, Duration::from_millis(100)));
        let mut seen = Vec::new();
        while let Some(at) = sender.deadline() {
            if let Some(Outgoing { first, payload, .. }) = sender.pop(at) {
                seen.push(((at - start()).as_millis(), first, payload.end, payload.duration));
                assert_eq!(sender.pop(at), None, "one packet at a time");
            }
        }
        let expected = [
            (0, true, false, 160),
            (20, false, false, 320),
            (40, false, false, 480),
            (60, false, false, 640),
            (80, false, true, 800),
            (100, false, true, 800),
            (120, false, true, 800),
        ];
        assert_eq!(seen, expected);
        assert!(!sender.is_active());
    }

    #[test]
    fn digits_wait_for_each_other_and_have_a_limit() {
        let mut sender = Sender::default();
        let digit = Digit::try_from('3').expect("a key");
        let pushed =
            (0..limits::DIGITS_MAX + 2).filter(|_| sender.push(start(), digit, Duration::ZERO)).count();
        assert_eq!(pushed, limits::DIGITS_MAX);
        let mut firsts = Vec::new();
        while let Some(at) = sender.deadline() {
            firsts.extend(sender.pop(at).filter(|packet| packet.first).map(|_| at));
        }
        assert_eq!(firsts.len(), limits::DIGITS_MAX);
        assert!(firsts.windows(2).all(|pair| pair[1] - pair[0] >= limits::DIGIT_MIN + limits::DIGIT_PAUSE));
    }
}
