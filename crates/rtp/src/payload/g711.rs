//! PCMU and PCMA: one octet a sample at 8000 Hz (RFC 3551 §4.5.14). G.722 has an octet for two samples at
//! 16 kHz under the same clock (§4.5.2), so that it is cut the same way.
//!
//! Start at [`Packetizer`]. On the way in a packet is a frame: see [`is_valid_len`].

use std::ops::RangeInclusive;

use bytes::{Bytes, BytesMut};

use super::{Payload, Prefix};
use crate::limits;

/// Octets of a G.711 packet sent: 20 ms (RFC 3551 §4.2).
pub const PACKET_LEN: usize = 160;
/// Octets in a millisecond.
const OCTETS_MS: usize = 8;
/// A frame this close to where the last one ended follows it, in samples: 5 ms.
const GAP_TOLERATED: u64 = 40;

const RECEIVED: RangeInclusive<usize> = OCTETS_MS * limits::AUDIO_PACKET_MIN.as_millis() as usize
    ..=OCTETS_MS * limits::AUDIO_PACKET_MAX.as_millis() as usize;

/// Whether a received payload is of a size that is taken: 10..=60 ms.
#[must_use]
pub fn is_valid_len(octets: usize) -> bool {
    RECEIVED.contains(&octets)
}

/// Cuts frames of any length into packets of one length; what is left waits for the next frame. Clear mode,
/// an octet every 125 us too, is sent by this as well.
#[derive(Clone, Debug)]
pub struct Packetizer {
    packet_len: usize,
    pending: BytesMut,
    /// Timestamp after the last sample of `pending`.
    end: u64,
    /// The next packet starts a talk spurt.
    marker: bool,
}

impl Default for Packetizer {
    /// Packets of [`PACKET_LEN`].
    fn default() -> Self {
        Packetizer::new(PACKET_LEN)
    }
}

impl Packetizer {
    /// `packet_len` is the size of each packet in octets, at least 1.
    #[must_use]
    pub fn new(packet_len: usize) -> Self {
        Packetizer { packet_len: packet_len.max(1), pending: BytesMut::new(), end: 0, marker: false }
    }

    /// Appends to `out` each packet that `frame` completes, with its timestamp.
    ///
    /// `timestamp` is that of the frame's first sample. When it is not where the frame before ended, or
    /// the frame starts something new (`fresh`), what was left is given up (less than a packet) and the
    /// first packet gets the marker of a talk spurt (RFC 3551 §4.1).
    pub fn packetize(&mut self, timestamp: u64, fresh: bool, frame: &Bytes, out: &mut Vec<(u64, Payload)>) {
        let gap = fresh || timestamp.abs_diff(self.end) > GAP_TOLERATED;
        if gap {
            self.pending.clear();
        }
        let mut at = if gap { timestamp } else { self.end } - self.pending.len() as u64;
        self.end = at + (self.pending.len() + frame.len()) as u64;
        let mut rest = frame.clone();
        self.marker |= gap;
        while self.pending.len() + rest.len() >= self.packet_len {
            let body = self.next_packet(&mut rest);
            let marker = std::mem::take(&mut self.marker);
            out.push((at, Payload { prefix: Prefix::default(), body, marker }));
            at += self.packet_len as u64;
        }
        self.pending.extend_from_slice(&rest);
    }

    fn next_packet(&mut self, rest: &mut Bytes) -> Bytes {
        if self.pending.is_empty() {
            return rest.split_to(self.packet_len);
        }
        let missing = rest.split_to(self.packet_len - self.pending.len());
        self.pending.extend_from_slice(&missing);
        self.pending.split().freeze()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn packets(frames: &[(u64, bool, usize)]) -> Vec<(u64, usize, bool)> {
        let (mut packetizer, mut out) = (Packetizer::default(), Vec::new());
        for &(timestamp, fresh, len) in frames {
            packetizer.packetize(timestamp, fresh, &vec![0xD5; len].into(), &mut out);
        }
        out.into_iter().map(|(at, payload)| (at, payload.len(), payload.marker)).collect()
    }

    #[test]
    fn a_frame_of_20_ms_is_a_packet() {
        assert_eq!(
            packets(&[(1000, true, 160), (1160, false, 160)]),
            [(1000, 160, true), (1160, 160, false)]
        );
    }

    #[test]
    fn frames_of_30_ms_become_packets_of_20() {
        let sent = packets(&[(1000, true, 240), (1240, false, 240)]);
        assert_eq!(sent, [(1000, 160, true), (1160, 160, false), (1320, 160, false)]);
    }

    #[test]
    fn a_gap_starts_a_talk_spurt_and_gives_up_what_was_left() {
        let sent = packets(&[(1000, true, 240), (9000, false, 160), (5, true, 160)]);
        assert_eq!(sent, [(1000, 160, true), (9000, 160, true), (5, 160, true)]);
    }

    #[test]
    fn sizes_of_10_to_60_ms_are_taken() {
        let taken: Vec<usize> = (0..600).filter(|len| is_valid_len(*len)).collect();
        assert_eq!((taken[0], taken[taken.len() - 1], taken.len()), (80, 480, 401));
    }

    proptest! {
        #[test]
        fn no_octet_is_lost_or_moved(frames in proptest::collection::vec(0usize..900, 1..20)) {
            let (mut packetizer, mut out) = (Packetizer::default(), Vec::new());
            let mut sent = Vec::new();
            for len in frames {
                let frame: Vec<u8> = (sent.len()..sent.len() + len).map(|at| (at % 251) as u8).collect();
                packetizer.packetize(7 + sent.len() as u64, sent.is_empty(), &frame.clone().into(), &mut out);
                sent.extend(frame);
            }
            for (index, (timestamp, payload)) in out.iter().enumerate() {
                prop_assert_eq!(*timestamp, 7 + (index * PACKET_LEN) as u64);
                prop_assert_eq!(&payload.body[..], &sent[index * PACKET_LEN..(index + 1) * PACKET_LEN]);
            }
            prop_assert!(sent.len() - out.len() * PACKET_LEN < PACKET_LEN);
        }
    }
}
