//! Clips and recordings read from files, pictures written to files.

use std::path::{Path, PathBuf};
use std::time::Duration;

use codec::file::{Item, Reader, append_at, read, read_wav, write_wav};
use media::{Picture, Size};

fn temporary(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{name}", std::process::id()))
}

fn clip(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../media/clips").join(name)
}

fn tone(rate: u32, samples: usize) -> Vec<i16> {
    let step = 1_000.0 * std::f64::consts::TAU / f64::from(rate);
    (0..samples).map(|n| (9_000.0 * (n as f64 * step).sin()) as i16).collect()
}

fn rms(pcm: &[i16]) -> f64 {
    (pcm.iter().map(|&s| f64::from(s).powi(2)).sum::<f64>() / pcm.len() as f64).sqrt()
}

#[test]
fn a_wav_file_comes_back_and_other_rates_come_as_eight_kilohertz() {
    let path = temporary("tone.wav");
    let samples = tone(8_000, 8_000);
    write_wav(&path, &samples, 8_000).unwrap();
    assert_eq!(read_wav(&path).unwrap(), samples);
    write_wav(&path, &tone(44_100, 66_150), 44_100).unwrap();
    let pcm = read_wav(&path).unwrap();
    assert!(pcm.len().abs_diff(12_000) <= 8, "{} samples of 1.5 s", pcm.len());
    assert!((rms(&pcm[400..11_600]) / (9_000.0 / 2f64.sqrt()) - 1.0).abs() < 0.02);
    std::fs::remove_file(path).unwrap();
}

#[test]
fn an_mp4_clip_has_pictures_and_sound_on_one_time_line() {
    for (name, seconds) in [("welcome.mp4", 6.2), ("hold.mp4", 12.0)] {
        let clip = read(clip(name)).unwrap();
        assert!((clip.duration.as_secs_f64() - seconds).abs() < 0.1, "{name}: {:?}", clip.duration);
        assert!(
            (clip.pcm.len() as f64 / 8_000.0 - seconds).abs() < 0.1,
            "{name}: {} samples",
            clip.pcm.len()
        );
        assert!(clip.pictures.len() >= (seconds * 10.0) as usize - 1, "{name}: {}", clip.pictures.len());
        assert_eq!(clip.pictures[0].0, Duration::ZERO);
        assert!(clip.pictures.windows(2).all(|pair| pair[0].0 < pair[1].0), "times ascend");
        assert!(clip.pictures.iter().all(|(_, picture)| picture.size == Size::CIF));
        assert!(rms(&clip.pcm) > 300.0, "{name} is heard");
    }
}

#[test]
fn the_words_of_the_welcome_start_when_its_time_line_says() {
    // The chime rings at zero, the voice starts 1.2 s in (media/README.md).
    let clip = read(clip("welcome.mp4")).unwrap();
    let level = |from: usize| rms(&clip.pcm[from * 8..(from + 60) * 8]);
    assert!(level(20) > 500.0, "chime: {}", level(20));
    let voice = (1_000..2_000).step_by(20).find(|ms| level(*ms) > 900.0).expect("a voice");
    assert!((1_150..=1_450).contains(&voice), "the voice starts at {voice} ms");
}

#[test]
fn a_reader_gives_pieces_in_order_and_ends() {
    let mut reader = Reader::open(clip("hold.mp4")).unwrap();
    assert!(reader.has_pictures() && reader.has_sound());
    let (mut pictures, mut samples, mut last) = (0, 0, Duration::ZERO);
    while let Some(item) = reader.next_item().unwrap() {
        match item {
            Item::Picture { .. } => pictures += 1,
            Item::Sound { pts, pcm } => {
                assert!(pts >= last);
                last = pts;
                samples += pcm.len();
            }
        }
    }
    assert_eq!(pictures, 120);
    assert!(samples.abs_diff(96_000) < 800, "{samples}");
    assert_eq!(reader.next_item().unwrap(), None);
}

#[test]
fn files_that_are_missing_or_no_clips_are_errors_that_name_them() {
    let text = temporary("text.mp4");
    std::fs::write(&text, "this is no clip").unwrap();
    for path in [text.clone(), temporary("nowhere.mp4")] {
        let error = read(&path).unwrap_err().to_string();
        assert!(error.contains(&*path.file_name().unwrap().to_string_lossy()), "{error}");
    }
    std::fs::remove_file(text).unwrap();
}

#[test]
fn a_truncated_clip_gives_what_is_there_or_an_error_but_no_panic() {
    let whole = std::fs::read(clip("welcome.mp4")).unwrap();
    let path = temporary("cut.mp4");
    for part in 1..8 {
        std::fs::write(&path, &whole[..whole.len() * part / 8]).unwrap();
        if let Ok(clip) = read(&path) {
            assert!(clip.duration < Duration::from_secs(10));
        }
    }
    std::fs::remove_file(path).unwrap();
}

#[test]
fn gaps_in_sound_become_silence_and_rounding_does_not() {
    let mut line = vec![1; 800];
    append_at(&mut line, Duration::from_millis(110), &[2; 80]);
    assert_eq!(line.len(), 880, "10 ms are rounding");
    append_at(&mut line, Duration::from_millis(500), &[3; 80]);
    assert_eq!((line.len(), line[3_999], line[4_000]), (4_080, 0, 3));
    append_at(&mut line, Duration::from_millis(400), &[4; 80]);
    assert_eq!(line.len(), 4_080, "what is already past is left out");
}

#[test]
fn a_png_is_written() {
    let path = temporary("black.png");
    codec::png::write(&path, &Picture::black(Size::QCIF)).unwrap();
    let data = std::fs::read(&path).unwrap();
    assert_eq!(data[..8], *b"\x89PNG\r\n\x1a\n");
    assert_eq!(data[16..24], [0, 0, 0, 176, 0, 0, 0, 144]);
    std::fs::remove_file(path).unwrap();
    assert!(codec::png::write(temporary("no/folder.png"), &Picture::black(Size::QCIF)).is_err());
}
