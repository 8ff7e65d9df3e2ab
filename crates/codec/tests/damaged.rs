//! Real streams of every codec, damaged in every way that a network and a bad peer know, through every decoder and
//! transcoder: nothing crashes or hangs, no picture of a size that was not agreed on comes out, nobody writes to stderr,
//! memory stays flat, and with the next key picture all is well again.
//!
//! Each test runs itself once more in a process of its own, so that its memory and its stderr are its own.

use std::f64::consts::TAU;
use std::process::Command;
use std::time::Duration;

use codec::transcode::{AudioTranscoder, Load, VideoTranscoder};
use codec::{Error, audio, compare, limits, video};
use media::{AudioFormat, Codec, Frame, Picture, Size, VideoFormat};

const SOUND: [Codec; 6] = [Codec::Pcmu, Codec::Pcma, Codec::Amr, Codec::AmrWb, Codec::Opus, Codec::G722];
const PICTURES: [Codec; 5] = [Codec::H263, Codec::H263p, Codec::Mpeg4, Codec::H264, Codec::Vp8];
const AGREED: Size = Size::QCIF;
const PERIOD: Duration = Duration::from_millis(66);
const PACKET: Duration = Duration::from_millis(20);
const TONE_HZ: f64 = 440.0;

/// Frames of each codec before memory is looked at for the first time: whatever a library keeps, it has by then.
const WARM_UP: u32 = 2_000;
/// Frames of each codec after that.
const FRAMES: u32 = 10_000;
/// A leak of one small picture in ten frames would be 38 MB.
const GROWTH_MAX: usize = 8 << 20;
/// Set in the process that does the work.
const ALONE: &str = "VIREO_DAMAGED_ALONE";

/// Does `work` in a process that does nothing else, which must succeed and leave stderr empty.
fn alone(test: &str, work: fn()) {
    if std::env::var_os(ALONE).is_some() {
        return work();
    }
    let program = std::env::current_exe().expect("a test has a program");
    let output = Command::new(program).args(["--exact", test, "--nocapture"]).env(ALONE, "1").output();
    let output = output.expect("it can be started once more");
    let [out, err] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    println!("{out}");
    assert!(output.status.success(), "{}\n{err}", output.status);
    assert_eq!(err, "", "somebody wrote to stderr");
    assert!(out.contains("1 passed"), "{test} is the name of a test");
}

/// Memory in use, in octets (proc(5): `statm` counts pages of 4 KiB).
fn memory() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("there is /proc");
    let resident = statm.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok());
    resident.expect("a number of pages") * 4_096
}

/// Numbers that are the same in each run.
struct Random(u64);

impl Random {
    /// 0 to `end` - 1; 0 when that is empty.
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end.max(1)
    }

    fn octets(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.below(256) as u8).collect()
    }
}

/// A stream that is damaged on its way; it goes round without end.
struct Damaged {
    frames: Vec<Frame>,
    /// Frames that have no business here: of other sizes or modes.
    foreign: Vec<Frame>,
    random: Random,
    next: usize,
    /// Overtaken by the frame after it.
    late: Option<Frame>,
    lost: bool,
    period: Duration,
    sent: u32,
}

impl Damaged {
    fn new(frames: Vec<Frame>, foreign: Vec<Frame>, period: Duration, seed: u64) -> Self {
        let random = Random(seed);
        Damaged { frames, foreign, random, next: 0, late: None, lost: false, period, sent: 0 }
    }

    fn next(&mut self) -> Frame {
        let mut frame = loop {
            if let Some(late) = self.late.take_if(|_| self.random.below(2) == 0) {
                break late;
            }
            let frame = self.frames[self.next % self.frames.len()].clone();
            self.next += 1;
            match self.random.below(32) {
                0..=5 => break self.flipped(&frame),
                6..=8 => break self.truncated(&frame),
                // Lost.
                9 => self.lost = true,
                // Comes twice.
                10 => {
                    self.next -= 1;
                    break frame;
                }
                11 | 12 => self.late = Some(frame),
                13 => {
                    let which = self.random.below(self.foreign.len());
                    break self.foreign[which].clone();
                }
                14 => {
                    let len = self.random.below(frame.data.len() + 50);
                    break Frame { data: self.random.octets(len).into(), ..frame };
                }
                // The head of one and the tail of another, as when packets between were lost.
                15 => break self.spliced(&frame),
                16 => break Frame { data: Vec::new().into(), ..frame },
                _ => break frame,
            }
        };
        frame.pts = self.period * self.sent;
        frame.lost_before = std::mem::take(&mut self.lost);
        self.sent += 1;
        frame
    }

    fn flipped(&mut self, frame: &Frame) -> Frame {
        let mut data = frame.data.to_vec();
        for _ in 0..=self.random.below(20) {
            let at = self.random.below(data.len());
            data[at] ^= 1 << self.random.below(8);
        }
        Frame { data: data.into(), damaged: self.random.below(4) == 0, ..frame.clone() }
    }

    fn truncated(&mut self, frame: &Frame) -> Frame {
        let len = self.random.below(frame.data.len());
        Frame { data: frame.data.slice(..len), damaged: self.random.below(2) == 0, ..frame.clone() }
    }

    fn spliced(&mut self, frame: &Frame) -> Frame {
        let other = &self.frames[self.random.below(self.frames.len())].data;
        let (head, tail) = (self.random.below(frame.data.len()), self.random.below(other.len()));
        Frame { data: [&frame.data[..head], &other[tail..]].concat().into(), ..frame.clone() }
    }
}

/// Runs `frames` through `take`; memory is looked at in between.
fn stays_flat(what: &str, stream: &mut Damaged, mut take: impl FnMut(Frame)) {
    (0..WARM_UP).for_each(|_| take(stream.next()));
    let before = memory();
    (0..FRAMES).for_each(|_| take(stream.next()));
    let grown = memory().saturating_sub(before);
    println!("{what}: {} kB more after {FRAMES} frames", grown / 1_024);
    assert!(grown < GROWTH_MAX, "{what}: {grown} octets more after {FRAMES} frames");
}

/// Stripes and a disc; the stripes move.
fn scene(size: Size, n: usize) -> Picture {
    let mut picture = Picture::black(size);
    let (width, height) = (usize::from(size.width), usize::from(size.height));
    for (y, line) in picture.y.chunks_exact_mut(width).enumerate() {
        for (x, luma) in line.iter_mut().enumerate() {
            let (dx, dy) = (x.abs_diff(width / 2), y.abs_diff(height / 2));
            let disc = dx * dx + dy * dy < height * height / 9;
            let stripe = if ((x + 2 * n) / 24).is_multiple_of(2) { 60 } else { 170 };
            *luma = if disc { 220 - (y * 100 / height) as u8 } else { stripe };
        }
    }
    picture
}

fn format(codec: Codec, size: Size) -> VideoFormat {
    VideoFormat { rate_bps: 128_000, ..VideoFormat::prompt(codec, size) }
}

fn shown(codec: Codec, size: Size, count: usize) -> Vec<Frame> {
    let mut encoder = video::Encoder::new(format(codec, size)).expect("an encoder");
    let encode = |n: usize| encoder.encode(&scene(size, n), PERIOD * n as u32, n.is_multiple_of(12));
    (0..count).map(encode).collect::<Result<_, _>>().expect("frames")
}

fn pictures(codec: Codec) -> Damaged {
    let other = Size { width: 128, height: 96 };
    let foreign = [Size::CIF, other].map(|size| shown(codec, size, 4)).concat();
    Damaged::new(shown(codec, AGREED, 60), foreign, PERIOD, 5 + codec as u64)
}

fn tone(rate: u32, from: usize, count: usize) -> Vec<i16> {
    let step = TONE_HZ * TAU / f64::from(rate);
    (from..from + count).map(|n| (8_000.0 * (step * n as f64).sin()) as i16).collect()
}

fn spoken(codec: Codec, mode: Option<u8>, count: usize) -> Vec<Frame> {
    let mut encoder = audio::Encoder::new(AudioFormat::new(codec)).expect("an encoder");
    if let Some(mode) = mode {
        encoder.set_mode(mode);
    }
    let (rate, each) = (encoder.sample_rate(), encoder.frame_samples());
    (0..count).map(|n| encoder.encode(&tone(rate, n * each, each), PACKET * n as u32)).collect()
}

fn sounds(codec: Codec) -> Damaged {
    let foreign = [spoken(codec, Some(0), 5), spoken(Codec::Opus, None, 2), spoken(Codec::AmrWb, Some(8), 2)];
    let foreign = foreign.concat().into_iter().map(|frame| Frame { codec, ..frame }).collect();
    Damaged::new(spoken(codec, None, 100), foreign, PACKET, 3 + codec as u64)
}

/// Amplitude of the tone.
fn level(samples: &[i16], rate: u32) -> f64 {
    let step = TONE_HZ * TAU / f64::from(rate);
    let (mut re, mut im) = (0.0, 0.0);
    for (n, &sample) in samples.iter().enumerate() {
        let (sin, cos) = (step * n as f64).sin_cos();
        re += f64::from(sample) * cos;
        im += f64::from(sample) * sin;
    }
    2.0 * f64::hypot(re, im) / samples.len() as f64
}

fn decoders_of_pictures() {
    for codec in PICTURES {
        let mut decoder = video::Decoder::new(codec).expect("a decoder").expecting(AGREED);
        let mut stream = pictures(codec);
        let [mut shown, mut refused, mut broken, mut nothing] = [0u32; 4];
        stays_flat(codec.encoding_name(), &mut stream, |frame| match decoder.decode(&frame) {
            Ok(Some(picture)) => {
                assert_eq!(picture.size, AGREED, "{codec}");
                shown += 1;
            }
            Ok(None) => nothing += 1,
            Err(Error::WrongSize { got, .. }) => {
                assert_ne!(got, AGREED, "{codec}");
                refused += 1;
            }
            Err(Error::Decode { .. }) => broken += 1,
            Err(error) => panic!("{codec}: {error}"),
        });
        println!(
            "{codec}: {shown} shown, {refused} of other sizes, {broken} broken, {nothing} without picture"
        );
        assert!(shown > FRAMES / 3 && refused > FRAMES / 200, "{codec}: {shown} shown, {refused} refused");
        let mut last = None;
        for frame in &stream.frames[..12] {
            last = decoder.decode(frame).ok().flatten().or(last);
        }
        let alike = compare::ssim(&last.expect("a picture"), &scene(AGREED, 11)).expect("of one size");
        assert!(alike > 0.8, "{codec}: SSIM {alike:.3} after the damage");
    }
}

fn decoders_of_sound() {
    for codec in SOUND {
        let mut decoder = audio::Decoder::new(codec).expect("a decoder");
        let most = (limits::CONCEALED_MAX.as_millis() as usize) * decoder.sample_rate() as usize / 1_000;
        // G.711 and G.722 have as many samples as octets say.
        let most = most.max(spoken(codec, None, 1)[0].data.len() * 8);
        let mut stream = sounds(codec);
        let [mut heard, mut broken] = [0u32; 2];
        stays_flat(codec.encoding_name(), &mut stream, |frame| match decoder.decode(&frame) {
            Ok(samples) => {
                assert!(
                    samples.len() <= most,
                    "{codec}: {} samples of {} octets",
                    samples.len(),
                    frame.data.len()
                );
                heard += 1;
            }
            Err(Error::Decode { .. }) => {
                assert!(decoder.conceal(PACKET).len() <= most, "{codec}");
                broken += 1;
            }
            Err(error) => panic!("{codec}: {error}"),
        });
        println!("{codec}: {heard} heard, {broken} broken");
        assert!(heard > FRAMES / 2, "{codec}: {heard} heard");
        let after: Vec<i16> =
            stream.frames.iter().flat_map(|frame| decoder.decode(frame).expect("undamaged")).collect();
        let level = level(&after[after.len() / 2..], decoder.sample_rate());
        assert!((level / 8_000.0 - 1.0).abs() < 0.25, "{codec}: a level of {level} after the damage");
    }
}

fn transcoders() {
    for (from, to) in [
        (Codec::H263, Codec::H264),
        (Codec::H264, Codec::Vp8),
        (Codec::Vp8, Codec::Mpeg4),
        (Codec::Mpeg4, Codec::H263),
        (Codec::H263p, Codec::H263),
    ] {
        let mut transcoder = VideoTranscoder::new(from, AGREED, format(to, AGREED)).expect("a transcoder");
        let mut far = video::Decoder::new(to).expect("a decoder").expecting(AGREED);
        let mut stream = pictures(from);
        stays_flat(&format!("{from} to {to}"), &mut stream, |frame| {
            if let Some(made) = transcoder.push(&frame, Load::Normal).expect("damage is no error") {
                far.decode(&made).expect("what is made is whole");
            }
        });
        let counters = transcoder.counters();
        println!("{from} to {to}: {counters:?}");
        assert_eq!(counters.frames, u64::from(WARM_UP + FRAMES));
        assert!(
            counters.made > u64::from(FRAMES) / 10 && counters.wrong_size > 0,
            "{from} to {to}: {counters:?}"
        );
        assert!(transcoder.take_key_wanted(), "{from} to {to}");
    }
    for from in SOUND {
        let mut transcoder = AudioTranscoder::new(from, AudioFormat::new(Codec::Pcmu)).expect("a transcoder");
        let (mut stream, mut made) = (sounds(from), Vec::new());
        stays_flat(&format!("{from} to PCMU"), &mut stream, |frame| {
            made.clear();
            transcoder.push(&frame, &mut made).expect("damage is no error");
            // A frame of 120 ms and as much made up before it.
            assert!(made.len() <= 13, "{from}: {} packets of one frame", made.len());
        });
        println!("{from} to PCMU: {:?}", transcoder.counters());
        assert_eq!(transcoder.counters().frames, u64::from(WARM_UP + FRAMES));
    }
}

#[test]
fn every_decoder_of_pictures_outlives_damage() {
    alone("every_decoder_of_pictures_outlives_damage", decoders_of_pictures);
}

#[test]
fn every_decoder_of_sound_outlives_damage() {
    alone("every_decoder_of_sound_outlives_damage", decoders_of_sound);
}

#[test]
fn transcoders_outlive_damage() {
    alone("transcoders_outlive_damage", transcoders);
}
