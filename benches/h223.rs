//! What one second of a 3G call costs in the multiplex: 50 ticks of 160 octets with speech and pictures,
//! written and read again (goal: 0.25 ms at level 2).

use std::hint::black_box;

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use h324m::h223::{AdaptationLayer, BitOrder, Class, Demultiplexer, Level, MultiplexEntry, Multiplexer};

const AUDIO: u16 = 1;
const VIDEO: u16 = 2;
const AL2: AdaptationLayer = AdaptationLayer::Al2 { sequence_numbers: true };
/// Octets of an AMR 12.2 frame in IF2.
const SPEECH: usize = 31;
/// Octets of a video SDU.
const PICTURE_PART: usize = 250;

/// Both ends, and the octets of the line between them.
struct Ends {
    sender: Multiplexer,
    receiver: Demultiplexer,
    line: Vec<u8>,
    speech: Bytes,
    part: Bytes,
}

impl Ends {
    fn new(level: Level) -> Self {
        let mut noise = 1_u32;
        let mut octet = || {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (noise >> 24) as u8
        };
        let speech = (0..SPEECH).map(|_| octet()).collect();
        let part = (0..PICTURE_PART).map(|_| octet()).collect();
        let (sender, receiver) = (Multiplexer::new(level), Demultiplexer::new(level));
        let mut ends = Self { sender, receiver, line: vec![0; 8_000], speech, part };
        ends.sender.open(AUDIO, AL2, false, Class::Audio);
        ends.sender.open(VIDEO, AL2, true, Class::Video);
        ends.receiver.open(AUDIO, AL2, false);
        ends.receiver.open(VIDEO, AL2, true);
        for (code, channel) in [(1, AUDIO), (2, VIDEO)] {
            ends.sender.set_entry(code, Some(MultiplexEntry::single(channel)));
            ends.receiver.set_entry(code, Some(MultiplexEntry::single(channel)));
        }
        ends
    }

    fn send_second(&mut self) {
        for tick in self.line.chunks_mut(160) {
            self.sender.push(AUDIO, self.speech.clone()).expect("one frame a tick fits");
            while self.sender.queued(VIDEO) < 300 {
                self.sender.push(VIDEO, self.part.clone()).expect("the queue is short");
            }
            self.sender.fill(tick);
            BitOrder::Msb.convert(tick);
        }
    }

    fn receive_second(&mut self) -> usize {
        let mut sdus = 0;
        for tick in self.line.chunks_mut(160) {
            BitOrder::Msb.convert(tick);
            self.receiver.push(tick);
            while let Some(received) = self.receiver.poll() {
                black_box(received);
                sdus += 1;
            }
        }
        sdus
    }
}

fn call_second(c: &mut Criterion) {
    let levels = [
        ("level 0", Level::Zero),
        ("level 1", Level::One { double_flag: false }),
        ("level 2", Level::Two { optional_header: false }),
        ("level 2 with optional header", Level::Two { optional_header: true }),
    ];
    for (name, level) in levels {
        let mut group = c.benchmark_group(format!("h223 call-second, {name}"));
        group.throughput(Throughput::Bytes(8_000));
        let mut ends = Ends::new(level);
        group.bench_function("mux + demux", |b| {
            b.iter(|| {
                ends.send_second();
                ends.receive_second()
            });
        });
        group.bench_function("mux", |b| b.iter(|| ends.send_second()));
        group.finish();
    }
}

criterion_group!(benches, call_second);
criterion_main!(benches);
