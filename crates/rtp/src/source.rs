//! What a receiver keeps of a source: sequence validity, loss, jitter (RFC 3550 §A.1, §A.3, §A.8).
//!
//! The probation of a new source is in [`crate::latch`]; a source that is kept here has passed it.

use std::time::{Duration, Instant};

use media::Now;

use crate::limits;
use crate::rtcp::ReportBlock;

/// What a sequence number says about its packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// In order, reordered or after some loss.
    Expected,
    /// Second packet in a row after a jump: the peer began again, and counting begins again with it.
    Restarted,
    /// Far from all others: to be dropped unless the next one follows it.
    Jumped,
}

/// Statistics of one remote source since it was first seen.
#[derive(Clone, Debug)]
pub struct Source {
    ssrc: u32,
    rate: u32,
    sequence_max: u16,
    cycles: u32,
    sequence_base: u32,
    jumped_to: Option<u16>,
    received: u32,
    lost_before_restart: u64,
    prior: (u32, u32),
    transit: Option<(Instant, u32)>,
    jitter: u32,
    report: Option<(u32, Instant)>,
    /// NTP time and timestamp that its last sender report holds for the same moment.
    synchronised: Option<(u64, u32)>,
    /// From capture by its clock to arrival by ours, in 2^-32 s, smoothed.
    age: Option<i64>,
}

/// Ages are smoothed over so many pictures or packets of sound.
const AGE_SMOOTHED_OVER: i64 = 16;
/// An age that is off by more than this (half a second, in 2^-32 s) is of a clock that was set: it counts at once.
const AGE_LEAP: u64 = 1 << 31;

impl Source {
    /// A source whose first valid packet is `sequence`, with timestamps of `rate` Hz.
    #[must_use]
    pub fn new(ssrc: u32, rate: u32, sequence: u16) -> Self {
        Source {
            ssrc,
            rate,
            sequence_max: sequence.wrapping_sub(1),
            cycles: if sequence == 0 { 0u32.wrapping_sub(1 << 16) } else { 0 },
            sequence_base: u32::from(sequence),
            jumped_to: None,
            received: 0,
            lost_before_restart: 0,
            prior: (0, 0),
            transit: None,
            jitter: 0,
            report: None,
            synchronised: None,
            age: None,
        }
    }

    /// Its synchronisation source identifier.
    #[must_use]
    pub fn ssrc(&self) -> u32 {
        self.ssrc
    }

    /// Takes note of a packet's sequence number (§A.1).
    pub fn arrived(&mut self, sequence: u16) -> Arrival {
        let ahead = sequence.wrapping_sub(self.sequence_max);
        let mut arrival = Arrival::Expected;
        if ahead < limits::DROPOUT_MAX {
            if sequence < self.sequence_max {
                self.cycles = self.cycles.wrapping_add(1 << 16);
            }
            self.sequence_max = sequence;
            self.jumped_to = None;
        } else if ahead <= 0u16.wrapping_sub(limits::MISORDER_MAX) {
            if self.jumped_to != Some(sequence) {
                self.jumped_to = Some(sequence.wrapping_add(1));
                return Arrival::Jumped;
            }
            self.restart(sequence);
            arrival = Arrival::Restarted;
        }
        self.received = self.received.wrapping_add(1);
        arrival
    }

    fn restart(&mut self, sequence: u16) {
        self.lost_before_restart = self.lost();
        self.sequence_max = sequence;
        self.sequence_base = u32::from(sequence);
        self.cycles = 0;
        self.jumped_to = None;
        self.received = 0;
        self.prior = (0, 0);
        self.transit = None;
        self.synchronised = None;
        self.age = None;
    }

    /// Takes note of a packet's arrival time; packets of one picture share a timestamp and count as their
    /// arrivals differ, as §A.8 has it.
    pub fn timed(&mut self, now: Now, timestamp: u32) {
        if self.transit.is_none_or(|(_, before)| before != timestamp) {
            self.note_age(now, timestamp);
        }
        let now = now.mono;
        if let Some((before, timestamp_before)) = self.transit {
            let arrival = ticks(now.saturating_duration_since(before), self.rate);
            let difference = (arrival as u32).wrapping_sub(timestamp.wrapping_sub(timestamp_before)) as i32;
            // Jitter is kept times sixteen, as §A.8 does for rounding.
            let smoothed = i64::from(self.jitter) + i64::from(difference.unsigned_abs())
                - ((i64::from(self.jitter) + 8) >> 4);
            self.jitter = smoothed.clamp(0, i64::from(u32::MAX)) as u32;
        }
        self.transit = Some((now, timestamp));
    }

    /// Takes note of a sender report: an NTP timestamp, and the RTP timestamp of the same moment.
    pub fn reported(&mut self, now: Instant, ntp: u64, timestamp: u32) {
        self.report = Some(((ntp >> 16) as u32, now));
        // Zero is said by who has no clock (§6.4.1).
        self.synchronised = (ntp != 0).then_some((ntp, timestamp));
    }

    fn note_age(&mut self, now: Now, timestamp: u32) {
        let Some((ntp, reported)) = self.synchronised else { return };
        let since = i64::from(timestamp.wrapping_sub(reported) as i32) << 32;
        let captured = ntp.wrapping_add_signed(since / i64::from(self.rate));
        let age = now.ntp().wrapping_sub(captured) as i64;
        self.age = Some(match self.age {
            Some(before) if before.abs_diff(age) < AGE_LEAP => before + (age - before) / AGE_SMOOTHED_OVER,
            Some(_) | None => age,
        });
    }

    /// From capture by the clock of its sender reports to arrival by ours, in nanoseconds. Two clocks differ by as much
    /// as they like: the ages of two streams of one sender can be compared, and nothing else (RFC 3550 §6.4.1).
    #[must_use]
    pub fn age(&self) -> Option<i64> {
        self.age.map(|age| ((i128::from(age) * 1_000_000_000) >> 32) as i64)
    }

    fn extended_max(&self) -> u32 {
        self.cycles.wrapping_add(u32::from(self.sequence_max))
    }

    fn expected(&self) -> u32 {
        self.extended_max().wrapping_sub(self.sequence_base).wrapping_add(1)
    }

    /// Packets that were expected and did not come; duplicates make up for losses (§A.3).
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost_before_restart + u64::from(self.expected().saturating_sub(self.received))
    }

    /// Interarrival jitter (§6.4.1).
    #[must_use]
    pub fn jitter(&self) -> Duration {
        Duration::from_secs_f64(f64::from(self.jitter >> 4) / f64::from(self.rate.max(1)))
    }

    /// The report block about this source; begins a new interval for the fraction lost (§A.3).
    pub fn report_block(&mut self, now: Instant) -> ReportBlock {
        let (expected, received) = (self.expected(), self.received);
        let in_interval = expected.wrapping_sub(self.prior.0);
        let lost = i64::from(in_interval) - i64::from(received.wrapping_sub(self.prior.1));
        self.prior = (expected, received);
        let fraction =
            if in_interval == 0 || lost <= 0 { 0 } else { ((lost << 8) / i64::from(in_interval)).min(255) };
        let cumulative = i64::from(expected) - i64::from(received) + self.lost_before_restart as i64;
        let (last_report, delay) = match self.report {
            Some((ntp, at)) => (ntp, ticks(now.saturating_duration_since(at), 1 << 16) as u32),
            None => (0, 0),
        };
        ReportBlock {
            ssrc: self.ssrc,
            fraction_lost: fraction as u8,
            cumulative_lost: cumulative.clamp(-0x80_0000, 0x7F_FFFF) as i32,
            highest_sequence: self.extended_max(),
            jitter: self.jitter >> 4,
            last_sender_report: last_report,
            delay_since_last_sender_report: delay,
        }
    }
}

/// `duration` in units of 1/`rate` seconds, rounded.
pub(crate) fn ticks(duration: Duration, rate: u32) -> u64 {
    let nanos = u64::from(duration.subsec_nanos()) * u64::from(rate);
    duration.as_secs().saturating_mul(u64::from(rate)).saturating_add((nanos + 500_000_000) / 1_000_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::testing::start;

    #[test]
    fn counts_loss_over_the_wrap_of_sequence_numbers() {
        let mut source = Source::new(1, 8000, 0xFFFE);
        for sequence in [0xFFFE, 0xFFFF, 0, 3] {
            assert_eq!(source.arrived(sequence), Arrival::Expected);
        }
        let block = source.report_block(start());
        assert_eq!((block.highest_sequence, block.cumulative_lost), (0x1_0003, 2));
        assert_eq!(block.fraction_lost, 85, "2 of 6 lost is 85/256");
        assert_eq!(source.report_block(start()).fraction_lost, 0, "a new interval has begun");
        assert_eq!(source.lost(), 2);
    }

    #[test]
    fn a_source_may_start_at_zero() {
        let mut source = Source::new(1, 8000, 0);
        source.arrived(0);
        source.arrived(1);
        let block = source.report_block(start());
        assert_eq!((block.highest_sequence, block.cumulative_lost), (1, 0));
    }

    #[test]
    fn late_packets_are_not_lost_and_duplicates_are_negative_loss() {
        let mut source = Source::new(1, 8000, 10);
        for sequence in [10, 12, 11, 11] {
            assert_eq!(source.arrived(sequence), Arrival::Expected);
        }
        assert_eq!(source.lost(), 0);
        assert_eq!(source.report_block(start()).cumulative_lost, -1);
    }

    #[test]
    fn a_jump_counts_only_when_it_goes_on() {
        let mut source = Source::new(1, 8000, 10);
        assert_eq!(source.arrived(10), Arrival::Expected);
        assert_eq!(source.arrived(30_000), Arrival::Jumped);
        assert_eq!(source.arrived(11), Arrival::Expected);
        assert_eq!(source.arrived(30_001), Arrival::Jumped, "11 came between");
        assert_eq!(source.arrived(30_002), Arrival::Restarted);
        assert_eq!(source.arrived(30_003), Arrival::Expected);
        assert_eq!(source.lost(), 0);
    }

    #[test]
    fn jitter_is_the_smoothed_change_of_transit_time() {
        let mut source = Source::new(1, 8000, 0);
        let mut at = start();
        for index in 0..200u32 {
            source.timed(wall(at), index * 160);
            let swing = if index % 2 == 0 { 25 } else { 15 }; // 40 ticks off, each time
            at += Duration::from_millis(swing);
        }
        let jitter = source.report_block(at).jitter;
        assert!((38..=40).contains(&jitter), "{jitter} ticks instead of 40");
        assert!(source.jitter() > Duration::from_micros(4_700));
    }

    #[test]
    fn says_when_the_last_sender_report_came() {
        let mut source = Source::new(1, 8000, 0);
        source.reported(start(), 0x1111_ABCD_0123_2222, 0);
        let block = source.report_block(start() + Duration::from_millis(1_500));
        assert_eq!(block.last_sender_report, 0xABCD_0123);
        assert_eq!(block.delay_since_last_sender_report, 0x1_8000, "1.5 s in units of 1/65536 s");
    }

    fn wall(at: Instant) -> Now {
        Now { mono: at, wall: Duration::from_secs(1_800_000_000) + (at - start()) }
    }

    #[test]
    fn ages_of_two_streams_tell_how_far_they_are_apart() {
        let ms = Duration::from_millis;
        let (mut sound, mut pictures) = (Source::new(1, 8_000, 0), Source::new(2, 90_000, 0));
        assert_eq!(sound.age(), None, "nothing was reported");
        // The sender's clock is an hour behind; timestamps wrap.
        let ntp = wall(start()).ntp() - (3_600 << 32);
        sound.reported(start(), ntp, 0xFFFF_FF00);
        pictures.reported(start(), ntp, 90);
        for index in 1..100u32 {
            let captured = start() + ms(40) * index;
            sound.timed(wall(captured + ms(30)), 0xFFFF_FF00u32.wrapping_add(320 * index));
            for packet in 0..3 {
                // Later packets of a picture do not count.
                pictures.timed(wall(captured + ms(110) + ms(5) * packet), 90 + 3_600 * index);
            }
        }
        let apart = pictures.age().expect("reported") - sound.age().expect("reported");
        assert!((79_000_000..=81_000_000).contains(&apart), "{apart}");
        sound.reported(start(), 0, 0);
        let before = sound.age();
        sound.timed(wall(start()), 5);
        assert_eq!(sound.age(), before, "a report without a clock says nothing");
    }

    #[test]
    fn ticks_round_to_the_nearest() {
        assert_eq!(ticks(Duration::from_nanos(33_333_333), 90_000), 3_000);
        assert_eq!(ticks(Duration::from_secs(1 << 40), 90_000), 90_000 << 40);
        assert_eq!(ticks(Duration::MAX, 90_000), u64::MAX);
    }
}
