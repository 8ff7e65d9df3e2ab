//! Timestamps of RTP and the time lines of frames, both ways (RFC 3550 §5.1).
//!
//! Start at [`ReceiveClock`] for packets that arrive and [`SendClock`] for frames to send.

use std::time::{Duration, Instant};

use crate::limits;
use crate::source::ticks;

/// A 32-bit timestamp starts here on the 64-bit line, so that earlier ones have room.
const LINE_START: u64 = 1 << 32;

/// Maps the timestamps of one stream to [`media::Frame::pts`].
///
/// The first timestamp is taken as it is. When the peer's timestamps jump ([`limits::TIMESTAMP_JUMP`]) or
/// another source takes over, the line goes on by the real time that went by.
#[derive(Clone, Copy, Debug)]
pub struct ReceiveClock {
    rate: u32,
    last: Option<Received>,
    new_source: bool,
}

#[derive(Clone, Copy, Debug)]
struct Received {
    timestamp: u32,
    line: u64,
    at: Instant,
}

impl ReceiveClock {
    /// Timestamps count `rate` Hz.
    #[must_use]
    pub fn new(rate: u32) -> Self {
        ReceiveClock { rate: rate.max(1), last: None, new_source: false }
    }

    /// The next timestamp belongs to another source.
    pub fn source_changed(&mut self) {
        self.new_source = true;
    }

    /// The presentation time of `timestamp`, which came at `now`.
    pub fn pts(&mut self, now: Instant, timestamp: u32) -> Duration {
        let line = match self.last {
            None => LINE_START + u64::from(timestamp),
            Some(last) => self.follow(last, now, timestamp),
        };
        self.new_source = false;
        self.last = Some(Received { timestamp, line, at: now });
        duration(line, self.rate)
    }

    fn follow(&self, last: Received, now: Instant, timestamp: u32) -> u64 {
        let step = i64::from(timestamp.wrapping_sub(last.timestamp) as i32);
        let elapsed = ticks(now.saturating_duration_since(last.at), self.rate);
        let off = step.saturating_sub_unsigned(elapsed).unsigned_abs();
        if self.new_source || off > ticks(limits::TIMESTAMP_JUMP, self.rate) {
            last.line.saturating_add(elapsed.max(1))
        } else {
            last.line.saturating_add_signed(step)
        }
    }
}

/// Maps [`media::Frame::pts`] of changing sources to one line of RTP timestamps.
#[derive(Clone, Copy, Debug)]
pub struct SendClock {
    rate: u32,
    start: u32,
    last: Option<Sent>,
    /// Where the present source stands: its `pts` in ticks and the timestamp that stands for it.
    source: Option<(u64, u64)>,
}

#[derive(Clone, Copy, Debug)]
struct Sent {
    timestamp: u64,
    lasts: u64,
    at: Instant,
}

/// The timestamp of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Unwrapped; its lower half goes on the wire.
    pub timestamp: u64,
    /// The frame does not follow from the one before it: first of a source, or after a jump of `pts`.
    pub rebased: bool,
}

impl SendClock {
    /// Counts `rate` Hz from `start`.
    #[must_use]
    pub fn new(rate: u32, start: u32) -> Self {
        SendClock { rate: rate.max(1), start, last: None, source: None }
    }

    /// Ticks a second.
    pub(crate) fn rate(&self) -> u32 {
        self.rate
    }

    /// The next frame begins a new time line of its own.
    pub fn source_changed(&mut self) {
        self.source = None;
    }

    /// The timestamp of a frame that is sent `now`. Never less than the one before; equal only for frames
    /// with the same `pts`. A `pts` that goes back (a track that is looped), or is further ahead of real
    /// time than [`limits::TIMESTAMP_JUMP`], starts a new line.
    pub fn stamp(&mut self, now: Instant, pts: Duration, lasts: Duration) -> Stamp {
        let pts = ticks(pts, self.rate);
        let followed = self.source.and_then(|source| self.follow(source, now, pts));
        let timestamp = followed.unwrap_or_else(|| self.resume(now));
        if followed.is_none() {
            self.source = Some((pts, timestamp));
        }
        self.last = Some(Sent { timestamp, lasts: ticks(lasts, self.rate), at: now });
        Stamp { timestamp, rebased: followed.is_none() }
    }

    fn follow(&self, (pts_start, timestamp_start): (u64, u64), now: Instant, pts: u64) -> Option<u64> {
        let last = self.last?;
        let timestamp = timestamp_start.checked_add(pts.checked_sub(pts_start)?)?;
        let elapsed = ticks(now.saturating_duration_since(last.at), self.rate);
        let ahead = timestamp.checked_sub(last.timestamp)?.saturating_sub(elapsed);
        (ahead <= ticks(limits::TIMESTAMP_JUMP, self.rate)).then_some(timestamp)
    }

    /// Where the line stands for a frame that follows nothing: by real time, past the last frame's end.
    fn resume(&self, now: Instant) -> u64 {
        match self.last {
            None => LINE_START + u64::from(self.start),
            Some(last) => self.at(now).max(last.timestamp + last.lasts.max(1)),
        }
    }

    /// The timestamp that real time has reached (for sender reports and telephone events).
    #[must_use]
    pub fn at(&self, now: Instant) -> u64 {
        match self.last {
            None => LINE_START + u64::from(self.start),
            Some(last) => last.timestamp + ticks(now.saturating_duration_since(last.at), self.rate),
        }
    }

    /// Takes a timestamp off the line for something that is no frame and lasts for `lasts`.
    pub fn take(&mut self, now: Instant, lasts: Duration) -> u64 {
        let timestamp = self.resume(now);
        self.last = Some(Sent { timestamp, lasts: ticks(lasts, self.rate), at: now });
        self.source = None;
        timestamp
    }
}

/// `ticks` of 1/`rate` seconds as a time.
#[must_use]
pub fn duration(ticks: u64, rate: u32) -> Duration {
    let rate = u64::from(rate.max(1));
    Duration::new(ticks / rate, (ticks % rate * 1_000_000_000 / rate) as u32)
}

#[cfg(test)]
pub(crate) mod testing {
    use std::sync::OnceLock;
    use std::time::Instant;

    /// One instant for all tests.
    #[allow(clippy::disallowed_methods)]
    pub(crate) fn start() -> Instant {
        static START: OnceLock<Instant> = OnceLock::new();
        *START.get_or_init(Instant::now)
    }
}

#[cfg(test)]
mod tests {
    use super::testing::start;
    use super::*;

    fn ms(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    #[test]
    fn received_timestamps_unwrap() {
        let mut clock = ReceiveClock::new(8_000);
        let first = clock.pts(start(), 0xFFFF_FFB0);
        let second = clock.pts(start() + ms(20), 0x50);
        assert_eq!(second - first, ms(20));
        assert_eq!(clock.pts(start() + ms(21), 0xFFFF_FFB0), first, "back across the wrap");
    }

    #[test]
    fn a_new_source_goes_on_by_real_time() {
        let mut clock = ReceiveClock::new(90_000);
        let first = clock.pts(start(), 5);
        clock.source_changed();
        let second = clock.pts(start() + ms(40), 4_000_000_000);
        assert_eq!(second - first, ms(40));
        assert_eq!(clock.pts(start() + ms(80), 4_000_003_600) - second, ms(40));
    }

    #[test]
    fn a_jump_of_the_peers_timestamps_is_no_jump_of_the_line() {
        let mut clock = ReceiveClock::new(8_000);
        let first = clock.pts(start(), 1_000);
        assert_eq!(clock.pts(start() + ms(20), 900_000_000) - first, ms(20));
        let long = clock.pts(start() + ms(60_020), 900_480_000);
        assert_eq!(long - first, ms(60_020), "a long silence is no jump");
    }

    #[test]
    fn sent_timestamps_keep_pace_over_a_source_change() {
        let mut clock = SendClock::new(8_000, 100);
        let first = clock.stamp(start(), ms(500), ms(20));
        assert!(first.rebased);
        let second = clock.stamp(start() + ms(20), ms(520), ms(20));
        assert_eq!(second, Stamp { timestamp: first.timestamp + 160, rebased: false });
        clock.source_changed();
        let third = clock.stamp(start() + ms(1_020), ms(77_000_000), ms(20));
        assert_eq!(third, Stamp { timestamp: second.timestamp + 8_000, rebased: true });
        clock.source_changed();
        let fourth = clock.stamp(start() + ms(1_021), ms(0), ms(20));
        assert_eq!(fourth.timestamp, third.timestamp + 160, "not before the last frame ends");
    }

    #[test]
    fn a_looped_track_goes_on() {
        let mut clock = SendClock::new(90_000, 0);
        clock.stamp(start(), ms(0), ms(0));
        let end = clock.stamp(start() + ms(5_000), ms(5_000), ms(0));
        let looped = clock.stamp(start() + ms(5_066), ms(0), ms(0));
        assert_eq!(looped, Stamp { timestamp: end.timestamp + 66 * 90, rebased: true });
        let same = clock.stamp(start() + ms(5_066), ms(0), ms(0));
        assert_eq!(same, Stamp { timestamp: looped.timestamp, rebased: false });
    }

    #[test]
    fn a_far_jump_ahead_starts_a_new_line() {
        let mut clock = SendClock::new(90_000, 0);
        let first = clock.stamp(start(), ms(0), ms(0));
        let second = clock.stamp(start() + ms(40), Duration::from_secs(4_000_000), ms(0));
        assert_eq!(second, Stamp { timestamp: first.timestamp + 3_600, rebased: true });
        clock.stamp(start() + ms(80), Duration::MAX, ms(0));
    }
}
