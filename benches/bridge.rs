//! What a bridge between two codecs costs beyond the codecs' own time: one second of a conversation through
//! [`codec::transcode`], both ways, beside the same decoders and encoders alone, in the same run.
//!
//! `cargo bench -p codec --bench bridge`. The two take turns, each [`SECONDS`] of media at a time; printed are the
//! medians of [`ROUNDS`] such turns and of their ratios. CPU time of this thread is measured, not time that passes, so
//! that a busy machine does no harm.

use std::hint::black_box;
use std::time::Duration;

use codec::transcode::{AudioTranscoder, Load, VideoTranscoder};
use codec::{audio, video};
use media::{AudioFormat, Codec, Frame, Picture, Size, VideoFormat};

const ROUNDS: usize = 15;
const SECONDS: u32 = 10;
const FPS: u32 = 15;
const PACKETS: u32 = 50;

/// CPU time of this thread in nanoseconds (the kernel's `sched-stats`: the first number of `schedstat`).
fn cpu() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("a kernel with schedstat");
    text.split(' ').next().and_then(|number| number.parse().ok()).expect("a number")
}

/// Octets go in, frames go on; how it is done is measured.
type Turn = Box<dyn FnMut(&[Frame])>;

/// One direction of one stream.
struct Way {
    name: String,
    frames: Vec<Frame>,
    bare: Turn,
    transcoder: Turn,
    /// Microseconds of CPU for a second of media: bare and through the transcoder.
    rounds: Vec<[f64; 2]>,
}

impl Way {
    fn measure(&mut self) {
        let timed = |turn: &mut Turn| {
            let before = cpu();
            turn(&self.frames);
            (cpu() - before) as f64 / 1_000.0 / f64::from(SECONDS)
        };
        let round = [timed(&mut self.bare), timed(&mut self.transcoder)];
        self.rounds.push(round);
    }
}

fn sound(from: Codec, to: Codec) -> Way {
    let mut source = audio::Encoder::at(AudioFormat::new(from), 8_000).expect("an encoder");
    let (rate, each) = (f64::from(source.sample_rate()), source.frame_samples());
    let sample = |at: usize| {
        let time = at as f64 / rate;
        let pitch = 120.0 + 20.0 * (2.0 * time).sin();
        let wave = |n: i32| (std::f64::consts::TAU * pitch * f64::from(n) * time).sin() / f64::from(n);
        (3_000.0 * (1..12).map(wave).sum::<f64>() * (3.0 * time).sin().abs()) as i16
    };
    let frames = (0..SECONDS * PACKETS).map(|n| {
        let pcm: Vec<i16> = (0..each).map(|at| sample(n as usize * each + at)).collect();
        source.encode(&pcm, Duration::from_millis(20) * n)
    });
    let mut decoder = audio::Decoder::at(from, 8_000).expect("a decoder");
    let mut encoder = audio::Encoder::at(AudioFormat::new(to), 8_000).expect("an encoder");
    let bare = move |frames: &[Frame]| {
        for frame in frames {
            let pcm = decoder.decode(black_box(frame)).expect("sound");
            black_box(encoder.encode(&pcm, frame.pts));
        }
    };
    let mut transcoder = AudioTranscoder::new(from, AudioFormat::new(to)).expect("a transcoder");
    let (mut out, mut turn) = (Vec::new(), 0);
    let through = move |frames: &[Frame]| {
        for frame in frames {
            let frame = Frame { pts: frame.pts + Duration::from_secs(1) * SECONDS * turn, ..frame.clone() };
            transcoder.push(black_box(&frame), &mut out).expect("goes through");
            out.drain(..).for_each(|frame| drop(black_box(frame)));
        }
        turn += 1;
    };
    Way {
        name: format!("{from} to {to}"),
        frames: frames.collect(),
        bare: Box::new(bare),
        transcoder: Box::new(through),
        rounds: Vec::new(),
    }
}

/// Waves that move, with a block that stands still.
fn scene(n: u32) -> Picture {
    let mut picture = Picture::black(Size::QCIF);
    for (at, luma) in picture.y.iter_mut().enumerate() {
        let (x, y) = (at % 176, at / 176);
        let still = x < 60 && y < 60;
        *luma = if still { 90 } else { (60 + (x + n as usize) % 40 * 3 + y / 4) as u8 };
    }
    picture
}

fn format(codec: Codec) -> VideoFormat {
    VideoFormat { rate_bps: 64_000, ..VideoFormat::prompt(codec, Size::QCIF) }
}

fn pictures(from: Codec, to: Codec) -> Way {
    let mut source = video::Encoder::new(format(from)).expect("an encoder");
    let encode = |n: u32| source.encode(&scene(n), Duration::from_secs(1) * n / FPS, n == 0);
    let frames = (0..SECONDS * FPS).map(encode).collect::<Result<Vec<_>, _>>().expect("frames");
    let mut decoder = video::Decoder::new(from).expect("a decoder").expecting(Size::QCIF);
    let mut encoder = video::Encoder::new(format(to)).expect("an encoder");
    // A second apart, as for the transcoder.
    let mut time = Duration::ZERO;
    let bare = move |frames: &[Frame]| {
        for frame in frames {
            let picture = decoder.decode(black_box(frame)).expect("decodes").expect("a picture");
            time += Duration::from_secs(1);
            black_box(encoder.encode(&picture, time, false).expect("a frame"));
        }
    };
    let mut transcoder = VideoTranscoder::new(from, Size::QCIF, format(to)).expect("a transcoder");
    let mut time = Duration::ZERO;
    let through = move |frames: &[Frame]| {
        for frame in frames {
            // A second apart: the bearer is never full, and every picture is encoded, as in the bare run.
            time += Duration::from_secs(1);
            let frame = Frame { pts: time, ..frame.clone() };
            let made = transcoder.push(black_box(&frame), Load::Normal).expect("goes through");
            black_box(made.expect("each is encoded"));
        }
    };
    Way {
        name: format!("{from} to {to}, QCIF"),
        frames,
        bare: Box::new(bare),
        transcoder: Box::new(through),
        rounds: Vec::new(),
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// One line: what `ways` come to together.
fn print(name: &str, ways: &[&Way]) {
    let sums: Vec<[f64; 2]> = (0..ROUNDS)
        .map(|round| [0, 1].map(|which| ways.iter().map(|way| way.rounds[round][which]).sum()))
        .collect();
    let [bare, through] = [0, 1].map(|which| median(sums.iter().map(|sum| sum[which])));
    let over = median(sums.iter().map(|sum| sum[1] / sum[0]));
    // Microseconds in a second are millionths of a core.
    println!(
        "{name:<36} {:>8.3} % {:>8.3} % {:>+8.1} %",
        bare / 10_000.0,
        through / 10_000.0,
        (over - 1.0) * 100.0
    );
}

fn main() {
    let mut ways = [
        pictures(Codec::H263, Codec::H264),
        pictures(Codec::H264, Codec::H263),
        sound(Codec::Amr, Codec::Opus),
        sound(Codec::Opus, Codec::Amr),
        pictures(Codec::H263, Codec::Vp8),
        pictures(Codec::Vp8, Codec::H263),
        sound(Codec::Amr, Codec::Pcmu),
        sound(Codec::Pcmu, Codec::Amr),
    ];
    // The first turn fills caches and is thrown away.
    ways.iter_mut().for_each(Way::measure);
    ways.iter_mut().for_each(|way| way.rounds.clear());
    for _ in 0..ROUNDS {
        ways.iter_mut().for_each(Way::measure);
    }
    println!("{:<36} {:>10} {:>10} {:>10}", "share of one core", "codecs", "bridge", "over");
    ways.iter().for_each(|way| print(&way.name, &[way]));
    let all: Vec<&Way> = ways.iter().collect();
    print("H263 <-> H264 + AMR <-> opus", &all[..4]);
    print("H263 <-> VP8", &all[4..6]);
    print("H263 <-> VP8 + AMR <-> opus", &[all[2], all[3], all[4], all[5]]);
    print("H263 <-> H264 + AMR <-> PCMU", &[all[0], all[1], all[6], all[7]]);
}
