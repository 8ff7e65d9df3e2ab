//! What a packet costs: packetise and parse of PCMU and AMR packets, of H.264 access units and MPEG-4
//! pictures, and a second of a circuit both ways.

use std::hint::black_box;
use std::time::{Duration, Instant};

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use media::{Codec, Frame, Kind, Now};
use rtp::circuit::{self, Circuit};
use rtp::payload::h264::{Depacketizer, Packetizer};
use rtp::payload::{Part, Payload};
use rtp::{Config, Feedback, H264Mode, Input, Output, SendFormat, Session, Sound};

const PCMU_FRAME: usize = 160;
/// A CIF picture at 256 kbit/s and 15 pictures a second.
const ACCESS_UNIT: usize = 2_133;

fn config(codec: Codec, ssrc: u32) -> Config {
    let (mode, remote) = (H264Mode::NonInterleaved, ([127, 0, 0, 1], 4000).into());
    Config {
        ssrc: Some(ssrc),
        cname: "bench".into(),
        kind: codec.kind(),
        send: SendFormat { pt: 96, codec, mode },
        receive: vec![(96, codec, mode)],
        sound: Sound::default(),
        dtmf_send: None,
        noise_send: None,
        noise_receive: None,
        dtmf_receive: Vec::new(),
        remote_rtp: remote,
        remote_rtcp: remote,
        rtcp_mux: codec.kind() == Kind::Video,
        feedback: Feedback::default(),
        mtu: 1_200,
        seed: 1,
    }
}

#[allow(clippy::disallowed_methods, reason = "a bench has no other clock")]
fn start() -> Now {
    Now { mono: Instant::now(), wall: Duration::from_secs(1_700_000_000) }
}

fn access_unit() -> Bytes {
    let mut data = vec![0, 0, 0, 1, 0x41, 0x88];
    data.resize(ACCESS_UNIT, 0xA5);
    data.into()
}

fn drain(session: &mut Session) -> usize {
    let mut count = 0;
    while !matches!(black_box(session.poll_output()), Output::Timeout(_)) {
        count += 1;
    }
    count
}

/// A frame through one session into packets, and these through another one into a frame.
fn sessions(c: &mut Criterion, name: &str, codec: Codec, data: &Bytes, step: Duration) {
    let mut group = c.benchmark_group(name);
    group.throughput(Throughput::Elements(1));
    let (mut sender, mut now, mut pts) = (Session::new(config(codec, 1)), start(), Duration::ZERO);
    group.bench_function("send", |b| {
        b.iter(|| {
            (now, pts) = (now.plus(step), pts + step);
            sender.send(now, &Frame::new(codec, pts, step, true, data.clone()));
            drain(&mut sender)
        });
    });
    let mut receiver = Session::new(config(codec, 2));
    group.bench_function("send and receive", |b| {
        b.iter(|| {
            (now, pts) = (now.plus(step), pts + step);
            sender.send(now, &Frame::new(codec, pts, step, true, data.clone()));
            loop {
                match sender.poll_output() {
                    Output::Rtp { to, data } => receiver.handle_input(now, Input::Rtp { from: to, data }),
                    Output::Rtcp { .. } | Output::Event(_) => {}
                    Output::Timeout(_) => break,
                }
            }
            drain(&mut receiver)
        });
    });
    group.finish();
}

/// One second of a circuit: fifty packets each way, and the clock between.
fn circuits(c: &mut Criterion) {
    let (mut ours, mut theirs) =
        (Circuit::new(config(Codec::Clearmode, 1)), Circuit::new(config(Codec::Clearmode, 2)));
    let (mut now, octets) = (start(), Bytes::from(vec![0x55; 160]));
    ours.start(now);
    theirs.start(now);
    let exchange = |now: Now, from: &mut Circuit, to: &mut Circuit| {
        while from.octets_due(now).is_some() {
            from.send(now, octets.clone());
        }
        loop {
            match black_box(from.poll_output()) {
                circuit::Output::Rtp { to: at, data } => to.handle_input(now, Input::Rtp { from: at, data }),
                circuit::Output::Rtcp { .. } | circuit::Output::Event(_) => {}
                circuit::Output::Timeout(_) => break,
            }
        }
    };
    c.bench_function("circuit, a second of two ends", |b| {
        b.iter(|| {
            for _ in 0..50 {
                now = now.plus(Duration::from_millis(20));
                exchange(now, &mut ours, &mut theirs);
                exchange(now, &mut theirs, &mut ours);
            }
        });
    });
}

/// A frame of 12.2 kbit/s in storage format.
fn speech() -> Bytes {
    let mut data = vec![7 << 3 | 4];
    data.resize(32, 0xA0);
    data.into()
}

/// An MPEG-4 picture as large as [`access_unit`].
fn vop() -> Bytes {
    let mut data = vec![0, 0, 1, 0xB6, 0x50];
    data.resize(ACCESS_UNIT, 0xA5);
    data.into()
}

fn payload_format(c: &mut Criterion) {
    let (data, mut payloads, mut out) = (access_unit(), Vec::new(), Vec::new());
    let mut packetizer = Packetizer::new(H264Mode::NonInterleaved, 1_200);
    c.bench_function("h264 packetise", |b| {
        b.iter(|| {
            payloads.clear();
            packetizer.packetize(black_box(&data), &mut payloads)
        });
    });
    let part = |payload: &Payload| Part {
        timestamp: 1,
        marker: payload.marker,
        lost_before: false,
        payload: payload.to_bytes(),
    };
    let parts: Vec<Part> = payloads.iter().map(part).collect();
    let mut depacketizer = Depacketizer::default();
    c.bench_function("h264 depacketise", |b| {
        b.iter(|| {
            out.clear();
            for part in &parts {
                depacketizer.push(black_box(part), &mut out).expect("well-formed");
            }
            out.len()
        });
    });
}

fn all(c: &mut Criterion) {
    sessions(c, "pcmu", Codec::Pcmu, &vec![0xFF; PCMU_FRAME].into(), Duration::from_millis(20));
    sessions(c, "h264", Codec::H264, &access_unit(), Duration::from_millis(66));
    sessions(c, "amr", Codec::Amr, &speech(), Duration::from_millis(20));
    sessions(c, "mpeg4", Codec::Mpeg4, &vop(), Duration::from_millis(66));
    circuits(c);
    payload_format(c);
}

criterion_group!(benches, all);
criterion_main!(benches);
