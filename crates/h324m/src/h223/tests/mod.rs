//! Tests of the multiplex as a whole; what belongs to one file is tested there.

mod layers;
mod levels;
mod recordings;
mod retransmission;
mod robustness;
mod scheduling;

use bytes::Bytes;

use super::*;

const AUDIO: u16 = 6;
const VIDEO: u16 = 7;
const AL2: AdaptationLayer = AdaptationLayer::Al2 { sequence_numbers: true };

const LEVELS: [Level; 5] = [
    Level::Zero,
    Level::One { double_flag: false },
    Level::One { double_flag: true },
    Level::Two { optional_header: false },
    Level::Two { optional_header: true },
];

/// Both ends of one direction, with audio and video on AL2 as the phones have them.
struct Line {
    sender: Multiplexer,
    receiver: Demultiplexer,
}

impl Line {
    fn new(level: Level) -> Self {
        Self::with(level, AL2)
    }

    fn with(level: Level, video: AdaptationLayer) -> Self {
        let mut line = Self { sender: Multiplexer::new(level), receiver: Demultiplexer::new(level) };
        line.sender.open(AUDIO, AL2, false, Class::Audio);
        line.sender.open(VIDEO, video, true, Class::Video);
        line.receiver.open(AUDIO, AL2, false);
        line.receiver.open(VIDEO, video, true);
        for channel in [AUDIO, VIDEO] {
            line.sender.set_entry(channel as u8, Some(MultiplexEntry::single(channel)));
            line.receiver.set_entry(channel as u8, Some(MultiplexEntry::single(channel)));
        }
        line
    }

    /// What goes out in one tick of so many octets.
    fn tick(&mut self, octets: usize) -> Vec<u8> {
        let mut line = vec![0; octets];
        self.sender.fill(&mut line);
        line
    }

    /// Runs ticks of 160 octets, without errors, until nothing waits any more.
    fn drain(&mut self) -> Vec<Received> {
        let (mut ticks, mut after) = (0, 0);
        while after < 6 {
            let octets = self.tick(160);
            self.receiver.push(&octets);
            let waiting = [CONTROL, AUDIO, VIDEO].iter().any(|channel| self.sender.queued(*channel) > 0);
            after = if waiting { 0 } else { after + 1 };
            ticks += 1;
            assert!(ticks < 100_000, "the queue never gets empty");
        }
        received(&mut self.receiver)
    }
}

fn received(receiver: &mut Demultiplexer) -> Vec<Received> {
    std::iter::from_fn(|| receiver.poll()).collect()
}

/// The right SDUs of a channel.
fn sdus(received: &[Received], wanted: u16) -> Vec<Bytes> {
    let right = |received: &Received| match received {
        Received::Sdu { channel, data, damaged: false, .. } if *channel == wanted => Some(data.clone()),
        Received::Sdu { .. } | Received::RetransmissionWanted { .. } | Received::Srej { .. } => None,
    };
    received.iter().filter_map(right).collect()
}

/// Numbers that look like noise, the same every time.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    fn octets(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next() as u8).collect()
    }

    /// Flips each bit with a probability of one in `every`.
    fn damage(&mut self, octets: &mut [u8], every: u64) -> usize {
        let mut count = 0;
        for octet in octets {
            for bit in 0..8 {
                if self.next().is_multiple_of(every) {
                    *octet ^= 1 << bit;
                    count += 1;
                }
            }
        }
        count
    }
}
