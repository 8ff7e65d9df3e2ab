//! Opus (RFC 7587 §4): a packet is a frame, nothing around it. Its timestamp counts 48 kHz whatever it was
//! sampled at, and its marker begins a talk spurt. Silence that is not sent leaves a gap in the timestamps.

use std::time::Duration;

use bytes::Bytes;
use media::opus;
use thiserror::Error;

use super::{Assembled, Malformed, Part, Payload, Prefix};

/// A frame this close to where the last one ended follows it, in 1/48000 s: 5 ms.
const GAP_TOLERATED: u64 = 240;

/// The octets are no Opus packet; nothing was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("no Opus packet")]
pub struct NoPacket;

/// Sends frames as they are.
#[derive(Clone, Debug, Default)]
pub struct Packetizer {
    /// Timestamp after the last frame.
    end: u64,
}

impl Packetizer {
    /// Appends the packet of `frame`, whose first sample is at `timestamp`, to `out`. After a gap, or where
    /// something new begins (`fresh`), it gets the marker.
    ///
    /// # Errors
    /// [`NoPacket`]: the frame is left out.
    pub fn packetize(
        &mut self,
        timestamp: u64,
        fresh: bool,
        frame: &Bytes,
        out: &mut Vec<(u64, Payload)>,
    ) -> Result<(), NoPacket> {
        let lasts = opus::duration(frame).ok_or(NoPacket)?;
        let marker = fresh || timestamp.abs_diff(self.end) > GAP_TOLERATED;
        let timestamp = if marker { timestamp } else { self.end };
        self.end = timestamp + ticks(lasts);
        out.push((timestamp, Payload { prefix: Prefix::default(), body: frame.clone(), marker }));
        Ok(())
    }
}

/// The frame of a packet.
///
/// # Errors
/// [`Malformed`]: it is no Opus packet.
pub fn depacketize(part: &Part) -> Result<Assembled, Malformed> {
    opus::duration(&part.payload).ok_or(Malformed)?;
    Ok(Assembled {
        timestamp: part.timestamp,
        keyframe: true,
        damaged: false,
        lost_before: part.lost_before,
        data: part.payload.clone(),
    })
}

fn ticks(lasts: Duration) -> u64 {
    crate::source::ticks(lasts, media::Codec::Opus.clock_rate())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn part(payload: &[u8]) -> Part {
        Part { timestamp: 7, marker: false, lost_before: true, payload: Bytes::copy_from_slice(payload) }
    }

    #[test]
    fn a_talk_spurt_is_marked_and_small_unsteadiness_smoothed() {
        let (mut packetizer, mut out) = (Packetizer::default(), Vec::new());
        let frame = Bytes::from_static(&[1 << 3, 1, 2]);
        for (at, fresh) in [(1_000, true), (1_970, false), (2_920, false), (9_000, false), (9_960, true)] {
            packetizer.packetize(at, fresh, &frame, &mut out).unwrap();
        }
        let seen: Vec<_> = out.iter().map(|(at, payload)| (*at, payload.marker)).collect();
        assert_eq!(seen, [(1_000, true), (1_960, false), (2_920, false), (9_000, true), (9_960, true)]);
        assert_eq!(packetizer.packetize(0, false, &Bytes::new(), &mut out), Err(NoPacket));
    }

    #[test]
    fn what_is_no_packet_is_malformed() {
        for octets in [&[][..], &[1 << 3 | 3, 0], &[1 << 3 | 1, 9]] {
            assert_eq!(depacketize(&part(octets)), Err(Malformed));
        }
    }

    proptest! {
        #[test]
        fn frames_pass_as_they_are(frame in proptest::collection::vec(any::<u8>(), 0..200)) {
            let (frame, mut out) = (Bytes::from(frame), Vec::new());
            let sent = Packetizer::default().packetize(0, true, &frame, &mut out);
            prop_assert_eq!(sent.is_ok(), depacketize(&part(&frame)).is_ok());
            for (_, payload) in out {
                prop_assert_eq!(depacketize(&part(&payload.to_bytes())).unwrap().data, frame.clone());
            }
        }
    }
}
