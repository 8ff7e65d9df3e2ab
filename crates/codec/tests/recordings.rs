//! Recordings of every pair of codecs, read back, and by ffprobe where it is there.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use codec::file::{Recorder, read};
use codec::{audio, compare, video};
use media::{AudioFormat, Codec, Frame, Picture, Size, VideoFormat};

const SOUND: [Codec; 6] = [Codec::Pcmu, Codec::Pcma, Codec::Amr, Codec::AmrWb, Codec::Opus, Codec::G722];
const PICTURES: [Codec; 5] = [Codec::H263, Codec::H263p, Codec::Mpeg4, Codec::H264, Codec::Vp8];

/// A file that goes away with the test.
struct Made(PathBuf);

impl Made {
    fn new(name: &str) -> Self {
        Made(Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{name}.mkv", std::process::id())))
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn scene() -> Picture {
    let mut picture = Picture::black(Size::QCIF);
    for (at, luma) in picture.y.iter_mut().enumerate() {
        *luma = if at % 176 / 22 % 2 == 0 { 60 } else { 190 };
    }
    picture
}

/// Two seconds of both, in order of time, beginning at `begin`.
fn frames(sound: Codec, pictures: Codec, begin: Duration) -> Vec<Frame> {
    let mut audio = audio::Encoder::new(AudioFormat::new(sound)).expect("an encoder");
    let mut video = video::Encoder::new(VideoFormat::prompt(pictures, Size::QCIF)).expect("an encoder");
    let step = 440.0 * std::f64::consts::TAU / f64::from(audio.sample_rate());
    let len = audio.frame_samples();
    let block = |n: usize| -> Vec<i16> {
        (n * len..(n + 1) * len).map(|at| (8_000.0 * (step * at as f64).sin()) as i16).collect()
    };
    let mut all: Vec<Frame> = (0..100u32)
        .map(|n| audio.encode(&block(n as usize), begin + Duration::from_millis(20) * n))
        .collect();
    let period = Duration::from_secs(1) / 15;
    all.extend((0..30u32).map(|n| video.encode(&scene(), begin + period * n, false).expect("a frame")));
    all.sort_by_key(|frame| frame.pts);
    all
}

fn probed(path: &Path) -> Option<String> {
    let arguments = ["-v", "error", "-count_packets", "-show_entries", "stream=codec_name,nb_read_packets"];
    let output = Command::new("ffprobe").args(arguments).args(["-of", "csv=p=0"]).arg(path).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(text)
}

fn name(codec: Codec) -> &'static str {
    match codec {
        Codec::Pcmu => "pcm_mulaw",
        Codec::Pcma => "pcm_alaw",
        Codec::Amr => "amr_nb",
        Codec::AmrWb => "amr_wb",
        Codec::G722 => "adpcm_g722",
        Codec::Opus => "opus",
        Codec::Clearmode => "none",
        Codec::H263 | Codec::H263p => "h263",
        Codec::H264 => "h264",
        Codec::Mpeg4 => "mpeg4",
        Codec::Vp8 => "vp8",
    }
}

#[test]
fn every_pair_of_codecs_is_recorded_as_it_is() {
    for sound in SOUND {
        for pictures in PICTURES {
            let made = Made::new(&format!("{sound}-{pictures}"));
            let mut recorder =
                Recorder::create(&made.0, Some(sound), Some((pictures, Size::QCIF))).expect("a file");
            for frame in frames(sound, pictures, Duration::from_secs(77)) {
                recorder.push(&frame).expect("is written");
            }
            recorder.finish().expect("its end");
            match probed(&made.0) {
                Some(text) => {
                    assert_eq!(
                        text,
                        format!("{},100 {},30", name(sound), name(pictures)),
                        "{sound} {pictures}"
                    );
                }
                None => println!("ffprobe is not there: {sound} and {pictures} not looked at by it"),
            }
            let clip = read(&made.0).expect("is read");
            assert!(
                clip.duration.abs_diff(Duration::from_secs(2)) < Duration::from_millis(120),
                "{sound} {pictures}"
            );
            assert!(clip.pictures.len() >= 29, "{sound} {pictures}: {} pictures", clip.pictures.len());
            let alike = compare::ssim(&clip.pictures[20].1, &scene()).expect("of one size");
            assert!(alike > 0.8, "{sound} {pictures}: SSIM {alike:.3}");
            let power = clip.pcm.iter().map(|&s| f64::from(s).powi(2)).sum::<f64>() / clip.pcm.len() as f64;
            assert!((3_500.0..7_000.0).contains(&power.sqrt()), "{sound} {pictures}: {}", power.sqrt());
        }
    }
}

#[test]
fn sound_before_the_first_key_picture_is_kept() {
    let made = Made::new("late");
    let mut recorder =
        Recorder::create(&made.0, Some(Codec::Pcmu), Some((Codec::H264, Size::QCIF))).expect("a file");
    let all = frames(Codec::Pcmu, Codec::H264, Duration::ZERO);
    let (pictures, sound): (Vec<_>, Vec<_>) = all.iter().partition(|frame| frame.codec == Codec::H264);
    sound.iter().for_each(|frame| recorder.push(frame).expect("is kept"));
    pictures.iter().for_each(|frame| recorder.push(frame).expect("is written"));
    recorder.finish().expect("its end");
    assert_eq!(read(&made.0).expect("is read").pcm.len() / 1_600, 10);
}

#[test]
fn what_cannot_be_recorded_is_an_error() {
    let made = Made::new("none");
    assert!(Recorder::create(&made.0, Some(Codec::Clearmode), None).is_err());
    assert!(Recorder::create(&made.0, Some(Codec::H264), None).is_err());
    assert!(Recorder::create(&made.0, None, None).is_err());
    let empty =
        Recorder::create(&made.0, Some(Codec::Pcmu), Some((Codec::H264, Size::QCIF))).expect("a file");
    assert!(empty.finish().is_err());
}
