//! What one second of a whole 3G call costs both terminals: speech and pictures both ways through multiplex,
//! control channel and reassembly, in virtual time.

use std::hint::black_box;
use std::time::{Duration, Instant};

use bytes::Bytes;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use h324m::{Config, Input, Output, Session};
use media::{Codec, Frame};

const TICK: Duration = Duration::from_millis(20);
const OCTETS: usize = 160;

#[allow(clippy::disallowed_methods)]
fn base() -> Instant {
    Instant::now()
}

/// Two terminals that are up, and what they say.
struct Call {
    now: Instant,
    ends: [Session; 2],
    ticks: u32,
    speech: Bytes,
    key: Bytes,
    other: Bytes,
}

impl Call {
    fn new() -> Self {
        let now = base();
        let config = |seed| Config { seed, video: vec![Codec::H263], ..Config::default() };
        let mut speech = vec![0x55; 32];
        speech[0] = 7 << 3 | 4;
        let mut call = Call {
            now,
            ends: [1, 2].map(|seed| Session::new(now, config(seed))),
            ticks: 0,
            speech: speech.into(),
            key: picture(true, 2_000),
            other: picture(false, 380),
        };
        for _ in 0..100 {
            call.tick();
        }
        assert!(call.ends.iter().all(|end| end.counters().up_after.is_some()), "the call is not up");
        call
    }

    fn second(&mut self) -> usize {
        (0..50).map(|_| self.tick()).sum()
    }

    /// 20 ms; the frames that came.
    fn tick(&mut self) -> usize {
        self.now += TICK;
        self.ticks += 1;
        let mut frames = 0;
        for at in 0..2 {
            let from = &mut self.ends[at];
            let speech = Frame::new(Codec::Amr, TICK * self.ticks, TICK, true, self.speech.clone());
            from.handle_input(self.now, Input::Frame(speech));
            if self.ticks.is_multiple_of(4) {
                let key = self.ticks % 400 == 120;
                let data = if key { &self.key } else { &self.other }.clone();
                let picture = Frame::new(Codec::H263, TICK * self.ticks, Duration::ZERO, key, data);
                from.handle_input(self.now, Input::Frame(picture));
            }
            let line = from.take_line(self.now, OCTETS);
            self.ends[1 - at].handle_input(self.now, Input::Line(line));
            for end in &mut self.ends {
                frames += drain(end);
            }
        }
        frames
    }
}

fn drain(end: &mut Session) -> usize {
    let mut frames = 0;
    loop {
        match end.poll_output() {
            Output::Frame(frame) => frames += black_box(frame).data.len().min(1),
            Output::Event(_) => {}
            Output::Timeout(_) => return frames,
        }
    }
}

/// A QCIF picture header and nine GOBs of nothing.
fn picture(key: bool, len: usize) -> Bytes {
    let mut data = vec![0, 0, 0x80, 0x02, 0x08, if key { 0x02 } else { 0x12 }, 0x80];
    for gob in 1..9 {
        data.resize(len * gob / 9, 0x55);
        data.extend([0, 0, 0x80 | (gob as u8) << 2]);
    }
    data.resize(len, 0x55);
    data.into()
}

fn call_second(c: &mut Criterion) {
    let mut call = Call::new();
    c.bench_function("h324m: one call-second, both terminals, both ways", |bencher| {
        bencher.iter(|| black_box(call.second()));
    });
}

fn set_up(c: &mut Criterion) {
    c.bench_function("h324m: two terminals from nothing to two seconds of call", |bencher| {
        bencher.iter_batched(|| (), |()| black_box(Call::new().ticks), BatchSize::SmallInput);
    });
}

criterion_group!(benches, call_second, set_up);
criterion_main!(benches);
