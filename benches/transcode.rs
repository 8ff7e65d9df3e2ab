//! What a bridge between two codecs costs over the codecs' own time: a frame through [`codec::transcode`], beside
//! the bare libraries doing the same work in the same run.

use std::hint::black_box;
use std::time::Duration;

use codec::transcode::{AudioTranscoder, Load, VideoTranscoder};
use codec::{amr, audio, opus, video};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use media::{AudioFormat, Codec, Frame, Picture, Size, VideoFormat};

const FRAME: Duration = Duration::from_millis(20);

/// Ten seconds of something like a voice.
fn voice(codec: Codec) -> Vec<Frame> {
    let mut encoder = audio::Encoder::new(AudioFormat::new(codec)).expect("an encoder");
    let (rate, len) = (f64::from(encoder.sample_rate()), encoder.frame_samples());
    let sample = |at: usize| {
        let time = at as f64 / rate;
        let pitch = 120.0 + 20.0 * (2.0 * time).sin();
        let voiced: f64 =
            (1..12).map(|n| (std::f64::consts::TAU * pitch * f64::from(n) * time).sin() / f64::from(n)).sum();
        (3_000.0 * voiced * (3.0 * time).sin().abs()) as i16
    };
    (0..500u32)
        .map(|n| {
            let block: Vec<i16> = (0..len).map(|at| sample(n as usize * len + at)).collect();
            encoder.encode(&block, FRAME * n)
        })
        .collect()
}

fn sound(c: &mut Criterion) {
    let mut group = c.benchmark_group("sound, 20 ms");
    for (from, to) in [
        (Codec::Amr, Codec::Opus),
        (Codec::Opus, Codec::Amr),
        (Codec::Amr, Codec::Pcmu),
        (Codec::AmrWb, Codec::Opus),
        (Codec::Opus, Codec::Pcmu),
        (Codec::AmrWb, Codec::Pcmu),
    ] {
        let frames = voice(from);
        let mut transcoder = AudioTranscoder::new(from, AudioFormat::new(to)).expect("a transcoder");
        let (mut out, mut n) = (Vec::new(), 0u32);
        group.bench_function(BenchmarkId::new("transcoder", format!("{from} to {to}")), |bench| {
            bench.iter(|| {
                let mut frame = frames[n as usize % frames.len()].clone();
                frame.pts = FRAME * n;
                n += 1;
                out.clear();
                transcoder.push(black_box(&frame), &mut out).expect("goes through");
            });
        });
    }
    let frames = voice(Codec::Amr);
    let (mut decoder, mut encoder) =
        (amr::Decoder::new().expect("one"), opus::Encoder::new(8_000).expect("one"));
    let mut n = 0;
    group.bench_function("bare/AMR to opus", |bench| {
        bench.iter(|| {
            n += 1;
            encoder.encode(&decoder.decode(&frames[n % frames.len()].data)).expect("is encoded")
        });
    });
    let frames = voice(Codec::Opus);
    let (mut decoder, mut encoder) =
        (opus::Decoder::new(8_000).expect("one"), amr::Encoder::new().expect("one"));
    group.bench_function("bare/opus to AMR", |bench| {
        bench.iter(|| {
            n += 1;
            let samples = decoder.decode(&frames[n % frames.len()].data).expect("is decoded");
            encoder.encode(amr::MODE_MAX, samples.try_into().expect("20 ms"))
        });
    });
    group.finish();
}

fn scene(n: usize) -> Picture {
    let mut picture = Picture::black(Size::QCIF);
    for (at, luma) in picture.y.iter_mut().enumerate() {
        let (x, y) = (at % 176, at / 176);
        *luma = (60 + (x + n) % 40 * 3 + y / 4) as u8;
    }
    picture
}

fn format(codec: Codec) -> VideoFormat {
    VideoFormat { rate_bps: 64_000, ..VideoFormat::prompt(codec, Size::QCIF) }
}

fn pictures(c: &mut Criterion) {
    let mut group = c.benchmark_group("pictures, QCIF");
    let period = Duration::from_secs(1) / 15;
    for (from, to) in [
        (Codec::H263, Codec::H264),
        (Codec::H264, Codec::H263),
        (Codec::H263, Codec::Vp8),
        (Codec::Vp8, Codec::H263),
        (Codec::Mpeg4, Codec::H264),
    ] {
        let mut source = video::Encoder::new(format(from)).expect("an encoder");
        let frames: Vec<Frame> = (0..150u32)
            .map(|n| source.encode(&scene(n as usize), period * n, n == 0).expect("a frame"))
            .collect();
        let mut transcoder = VideoTranscoder::new(from, Size::QCIF, format(to)).expect("a transcoder");
        let mut n = 0u32;
        group.bench_function(BenchmarkId::new("transcoder", format!("{from} to {to}")), |bench| {
            bench.iter(|| {
                let mut frame = frames[n as usize % frames.len()].clone();
                // A second apart: the bucket is always empty and every picture is encoded, as in the bare run.
                frame.pts = Duration::from_secs(1) * n;
                n += 1;
                transcoder.push(black_box(&frame), Load::Normal).expect("goes through")
            });
        });
        let mut decoder = video::Decoder::new(from).expect("a decoder").expecting(Size::QCIF);
        let mut encoder = video::Encoder::new(format(to)).expect("an encoder");
        let mut n = 0u32;
        group.bench_function(BenchmarkId::new("codecs alone", format!("{from} to {to}")), |bench| {
            bench.iter(|| {
                let picture =
                    decoder.decode(&frames[n as usize % frames.len()]).expect("decodes").expect("one");
                n += 1;
                encoder.encode(&picture, Duration::from_secs(1) * n, false).expect("is encoded")
            });
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).measurement_time(Duration::from_secs(2));
    targets = sound, pictures
}
criterion_main!(benches);
