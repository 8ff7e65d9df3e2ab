//! The subscriber sees and hears themselves: each stream's source is their own leg. What comes is measured meanwhile.
//!
//! Frames go the way of those of any two legs: unchanged, or through a transcoder where the phone sends what it does
//! not take.

use std::time::{Duration, Instant};

use dialplan::Quality;
use media::{Frame, Kind, Now};

use crate::call::Call;
use crate::leg::CALLER;
use crate::stream::Source;

/// What the subscriber has sent since the echo began.
pub(crate) struct Echo {
    began: Instant,
    octets: u64,
    pictures: u64,
    /// As the streams had counted them when it began.
    packets: Packets,
    /// What was sent last.
    sound: Option<media::Codec>,
    picture: Option<media::Codec>,
}

/// RTP packets of a leg, and how unevenly those of its sound come.
#[derive(Clone, Copy, Default)]
struct Packets {
    received: u64,
    lost: u64,
    jitter: Duration,
}

impl Echo {
    /// A frame of the subscriber.
    pub(crate) fn count(&mut self, frame: &Frame) {
        self.octets += frame.data.len() as u64;
        match frame.codec.kind() {
            Kind::Audio => self.sound = Some(frame.codec),
            Kind::Video => {
                self.pictures += 1;
                self.picture = Some(frame.codec);
            }
        }
    }

    fn quality(&self, now: Instant, packets: Packets) -> Quality {
        let ms =
            u64::try_from(now.saturating_duration_since(self.began).as_millis()).unwrap_or(u64::MAX).max(1);
        let lost = packets.lost.saturating_sub(self.packets.lost);
        let expected = packets.received.saturating_sub(self.packets.received) + lost;
        let small = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        let name = |codec: Option<media::Codec>| codec.map(|codec| codec.to_string()).unwrap_or_default();
        Quality {
            loss_permille: small(lost * 1_000 / expected.max(1)),
            jitter_ms: small(packets.jitter.as_millis() as u64),
            kbps: small(self.octets * 8 / ms),
            fps_tenths: small(self.pictures * 10_000 / ms),
            sound: name(self.sound),
            picture: name(self.picture),
        }
    }
}

impl Call {
    /// Begins to send back what comes; false when no sound of the subscriber's can be sent back to them.
    pub(crate) fn begin_echo(&mut self, now: Now) -> bool {
        self.showing = None;
        self.join(now, CALLER, CALLER);
        let audio = self.leg(CALLER).and_then(|leg| leg.audio.as_ref());
        if !audio.is_some_and(|audio| matches!(audio.source, Source::Leg { .. })) {
            self.silence(now);
            return false;
        }
        let packets = self.packets();
        let began = now.mono;
        self.echo = Some(Echo { began, octets: 0, pictures: 0, packets, sound: None, picture: None });
        true
    }

    /// Ends it; what was measured, or none when there was no echo.
    pub(crate) fn end_echo(&mut self, now: Now) -> Option<Quality> {
        let echo = self.echo.take()?;
        self.silence(now);
        Some(echo.quality(now.mono, self.packets()))
    }

    fn packets(&mut self) -> Packets {
        let mut all = Packets::default();
        for stream in self.leg(CALLER).into_iter().flat_map(|leg| leg.streams()) {
            let counted = stream.carrier.statistics();
            all.received += counted.received;
            all.lost += counted.lost;
            // Packets of a large picture leave one after the other with one time stamp, which would count as jitter.
            if stream.kind == Kind::Audio {
                all.jitter = counted.jitter;
            }
        }
        all
    }
}
