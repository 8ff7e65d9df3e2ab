//! Clear mode: the octets of a 64 kbit/s circuit, 8000 a second (RFC 4040 §3).
//!
//! What comes out of [`Depacketizer`] is one unbroken line: where packets are missing, as many zero octets
//! as the timestamps say, in frames marked `damaged`. Only where the line cannot be joined (another source,
//! a jump of more than [`limits::CIRCUIT_JUMP`]) does a frame say `lost_before`. Sending is cutting into
//! packets of one length, as for G.711.
//!
//! Deviation: a peer whose timestamps contradict its sequence numbers three times in a row is taken by its
//! sequence numbers alone, until the two agree again.

use std::ops::RangeInclusive;
use std::time::Duration;

use bytes::Bytes;

use super::{Assembled, Malformed, Part};
use crate::limits;

/// Octets of the circuit in a millisecond, and timestamp units too.
const OCTETS_MS: usize = 8;
/// Octets that are made up for missing ones at most.
const ERASURE_MAX: usize = limits::CIRCUIT_JUMP.as_millis() as usize * OCTETS_MS;
/// What stands for octets that did not come.
static ERASED: [u8; ERASURE_MAX] = [0; ERASURE_MAX];
/// Packets in a row that have to disagree (agree) for timestamps to be mistrusted (trusted again).
const DISAGREEMENTS: u8 = 3;
const AGREEMENTS: u8 = 50;

/// Octets of a packet sent that lasts about `packet`: 5..=60 ms.
#[must_use]
pub fn packet_len(packet: Duration) -> usize {
    let range: RangeInclusive<Duration> = limits::CIRCUIT_PACKET_SENT_MIN..=limits::AUDIO_PACKET_MAX;
    packet.clamp(*range.start(), *range.end()).as_millis() as usize * OCTETS_MS
}

/// Joins packets to a line.
#[derive(Clone, Debug, Default)]
pub struct Depacketizer {
    joint: Option<Joint>,
    /// Where our own line stands: it goes on whatever timestamps do.
    position: u32,
    trust: Trust,
    /// The line was broken off: the next packet begins another one.
    broken: bool,
}

/// Where the next packet joins.
#[derive(Clone, Copy, Debug)]
struct Joint {
    /// Its timestamp.
    timestamp: u32,
    /// Octets of the last packet.
    len: usize,
}

#[derive(Clone, Copy, Debug)]
enum Trust {
    /// Timestamps tell what is missing; so many packets in a row have disagreed.
    Timestamps { against: u8 },
    /// Sequence numbers do; so many packets in a row have agreed.
    Sequence { agreed: u8 },
}

impl Default for Trust {
    fn default() -> Self {
        Trust::Timestamps { against: 0 }
    }
}

/// How a packet stands to the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Join {
    /// After so many octets that are missing.
    After(usize),
    /// Its first octets, so many, were there already.
    Overlap(usize),
    /// Not at all.
    Anew,
}

impl Depacketizer {
    /// Takes a packet before which `missing` ones were given up; appends what it adds to the line.
    ///
    /// # Errors
    /// [`Malformed`] for a packet that is empty or too long; the next one makes up for it.
    pub fn push(&mut self, part: &Part, missing: u32, out: &mut Vec<Assembled>) -> Result<(), Malformed> {
        let len = part.payload.len();
        if !(1..=limits::CIRCUIT_PACKET_MAX).contains(&len) {
            return Err(Malformed);
        }
        match self.join(part, missing) {
            Join::After(0) => self.add(part.payload.clone(), out),
            Join::After(octets) => {
                self.erase(octets, out);
                self.add(part.payload.clone(), out);
            }
            Join::Overlap(octets) if octets >= len => return Ok(()),
            Join::Overlap(octets) => self.add(part.payload.slice(octets..), out),
            Join::Anew => self.begin(part.payload.clone(), out),
        }
        self.joint = Some(Joint { timestamp: part.timestamp.wrapping_add(len as u32), len });
        Ok(())
    }

    /// The line is broken off here.
    pub fn interrupt(&mut self) {
        self.broken |= self.joint.is_some();
        self.joint = None;
        self.trust = Trust::default();
    }

    fn join(&mut self, part: &Part, missing: u32) -> Join {
        let Some(joint) = self.joint else {
            return Join::Anew;
        };
        let step = i64::from(part.timestamp.wrapping_sub(joint.timestamp) as i32);
        // A packet is missing, or one was not readable: only then is a step no contradiction.
        let told = missing > 0 || part.lost_before;
        self.trust = self.trust.after(step == 0, told);
        let gap = match self.trust {
            Trust::Timestamps { .. } => step,
            Trust::Sequence { .. } => i64::from(missing) * joint.len as i64,
        };
        match usize::try_from(gap.unsigned_abs()) {
            Ok(octets) if octets <= ERASURE_MAX && gap >= 0 => Join::After(octets),
            Ok(octets) if octets <= ERASURE_MAX => Join::Overlap(octets),
            Ok(_) | Err(_) => Join::Anew,
        }
    }

    fn begin(&mut self, octets: Bytes, out: &mut Vec<Assembled>) {
        let broken = self.broken || self.joint.is_some();
        self.broken = false;
        self.put(octets, false, broken, out);
    }

    fn add(&mut self, octets: Bytes, out: &mut Vec<Assembled>) {
        self.put(octets, false, false, out);
    }

    fn erase(&mut self, octets: usize, out: &mut Vec<Assembled>) {
        self.put(Bytes::from_static(&ERASED[..octets]), true, false, out);
    }

    fn put(&mut self, data: Bytes, damaged: bool, lost_before: bool, out: &mut Vec<Assembled>) {
        let timestamp = self.position;
        self.position = timestamp.wrapping_add(data.len() as u32);
        out.push(Assembled { timestamp, keyframe: true, damaged, lost_before, data });
    }
}

impl Trust {
    /// After a packet whose timestamp does (or does not) follow; `told`: a gap before it was known of.
    fn after(self, follows: bool, told: bool) -> Self {
        match self {
            Trust::Timestamps { .. } if follows => Trust::Timestamps { against: 0 },
            Trust::Timestamps { .. } if told => self,
            Trust::Timestamps { against } if against + 1 < DISAGREEMENTS => {
                Trust::Timestamps { against: against + 1 }
            }
            Trust::Timestamps { .. } => Trust::Sequence { agreed: 0 },
            Trust::Sequence { agreed } if follows && agreed + 1 >= AGREEMENTS => Trust::default(),
            Trust::Sequence { agreed } if follows => Trust::Sequence { agreed: agreed + 1 },
            Trust::Sequence { .. } if told => self,
            Trust::Sequence { .. } => Trust::Sequence { agreed: 0 },
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn part(timestamp: u32, len: usize) -> Part {
        Part { timestamp, marker: false, lost_before: false, payload: vec![7; len].into() }
    }

    /// Octets (positive), erasures (negative) and beginnings (0 before the octets) of packets given as
    /// timestamp, length and packets missing before.
    fn line(packets: &[(u32, usize, u32)]) -> Vec<i64> {
        let (mut depacketizer, mut out) = (Depacketizer::default(), Vec::new());
        for &(timestamp, len, missing) in packets {
            let part = Part { lost_before: missing > 0, ..part(timestamp, len) };
            depacketizer.push(&part, missing, &mut out).unwrap();
        }
        assert!(out.windows(2).all(|two| two[1].timestamp == two[0].timestamp + two[0].data.len() as u32));
        let word = |one: &Assembled| match (one.damaged, one.lost_before) {
            (true, _) => vec![-(one.data.len() as i64)],
            (false, true) => vec![0, one.data.len() as i64],
            (false, false) => vec![one.data.len() as i64],
        };
        out.iter().flat_map(word).collect()
    }

    #[test]
    fn packets_of_any_length_make_one_line() {
        assert_eq!(line(&[(5, 160, 0), (165, 40, 0), (205, 1, 0), (206, 1_600, 0)]), [160, 40, 1, 1_600]);
    }

    #[test]
    fn what_is_missing_is_made_up_for_by_timestamps() {
        assert_eq!(line(&[(0xFFFF_FF60, 160, 0), (160, 160, 1)]), [160, -160, 160]);
        assert_eq!(line(&[(0, 160, 0), (160, 160, 1)]), [160, 160], "a number without octets: a key");
        assert_eq!(line(&[(0, 160, 0), (240, 80, 0)]), [160, -80, 80], "the sender says that it had none");
        assert_eq!(line(&[(0, 160, 0), (16_160, 160, 99)]), [160, -16_000, 160]);
    }

    #[test]
    fn octets_that_come_twice_are_cut_off() {
        assert_eq!(line(&[(0, 160, 0), (0, 160, 0), (160, 160, 0)]), [160, 160]);
        assert_eq!(line(&[(0, 160, 0), (80, 160, 1), (240, 160, 0)]), [160, 80, 160]);
    }

    #[test]
    fn a_jump_begins_another_line() {
        assert_eq!(line(&[(0, 160, 0), (16_161, 160, 0), (16_321, 160, 0)]), [160, 0, 160, 160]);
        assert_eq!(line(&[(50_000, 160, 0), (0, 160, 0), (160, 160, 0)]), [160, 0, 160, 160]);
        let (mut depacketizer, mut out) = (Depacketizer::default(), Vec::new());
        depacketizer.interrupt();
        depacketizer.push(&part(9, 160), 0, &mut out).unwrap();
        depacketizer.interrupt();
        depacketizer.push(&part(169, 160), 0, &mut out).unwrap();
        assert_eq!((out[0].lost_before, out[1].lost_before), (false, true));
    }

    #[test]
    fn timestamps_that_contradict_are_passed_over_until_they_agree() {
        let still: Vec<_> = (0..6).map(|_| (1_000, 160, 0)).collect();
        assert_eq!(line(&still), [160, 160, 160, 160], "two were taken for repetitions");
        let double: Vec<_> = (0..5).map(|index| (index * 320, 160, 0)).collect();
        assert_eq!(line(&double), [160, -160, 160, -160, 160, 160, 160]);
        let mut lossy = double.clone();
        lossy.push((5_000, 160, 2));
        assert_eq!(line(&lossy)[7..], [-320, 160]);
        let healed = (0..60u32).map(|index| (9_000 + index * 160, 160, 0));
        let mut all: Vec<_> = double.into_iter().chain(healed).collect();
        all.push((9_000 + 61 * 160, 160, 1));
        assert_eq!(line(&all).iter().rev().take(2).collect::<Vec<_>>(), [&160, &-160]);
    }

    #[test]
    fn empty_and_giant_packets_are_malformed() {
        let mut depacketizer = Depacketizer::default();
        for len in [0, limits::CIRCUIT_PACKET_MAX + 1] {
            assert_eq!(depacketizer.push(&part(0, len), 0, &mut Vec::new()), Err(Malformed));
        }
    }

    #[test]
    fn packets_sent_last_5_to_60_ms() {
        let len = |ms| packet_len(Duration::from_millis(ms));
        assert_eq!([0, 5, 10, 20, 60, 200].map(len), [40, 40, 80, 160, 480, 480]);
    }

    proptest! {
        #[test]
        fn anything_keeps_the_line_unbroken(
            packets in proptest::collection::vec((any::<u32>(), 1usize..300, 0u32..4, any::<bool>()), 0..60),
        ) {
            let (mut depacketizer, mut out, mut timestamp) = (Depacketizer::default(), Vec::new(), 0u32);
            for (step, len, missing, wild) in packets {
                timestamp = timestamp.wrapping_add(if wild { step } else { step % 400 });
                depacketizer.push(&part(timestamp, len), missing, &mut out).unwrap();
            }
            for two in out.windows(2) {
                prop_assert_eq!(two[1].timestamp, two[0].timestamp.wrapping_add(two[0].data.len() as u32));
            }
            prop_assert!(out.iter().all(|one| one.data.len() <= ERASURE_MAX));
        }
    }
}
