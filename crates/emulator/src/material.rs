//! `Material`: what a telephone sends, encoded once and shared by all telephones that send it.
//!
//! Sound is a tone or a file, pictures are a moving test picture or a file; both go round without end. Or both are
//! those of a [`Card`], encoded as they are sent, or once and sent again and again.
//! Start at [`Material::new`].

use std::f64::consts::TAU;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use codec::file::Clip;
use codec::{SAMPLE_RATE, audio, video};
use media::{AudioFormat, Codec, Frame, Picture, Size, VideoFormat};

use crate::Error;
use crate::card::{BEAT_EVERY, Card};
use crate::limits::{MATERIAL_MAX, TEST_LOOP_LEN};
use crate::source::{Loop, Show, Source, Speech};

/// Sound of one frame (RFC 3551 §4.2).
pub(crate) const PACKET: Duration = Duration::from_millis(20);

/// The most that AMR takes: 12.2 kbit/s.
pub(crate) const AMR_MODE_MAX: u8 = 7;

/// Pictures from one key picture to the next.
const KEY_EVERY: usize = 30;

/// The sound to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sound {
    /// A sine of a quarter of full scale; silence at 0 Hz.
    Tone {
        /// 0..=4000.
        hz: u16,
    },
    /// Whatever the codec library reads; its first [`MATERIAL_MAX`].
    File(PathBuf),
}

/// The pictures to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pictures {
    /// Blocks of rising brightness, and a bar that wanders down.
    Test,
    /// A clip or a still picture, whatever the codec library reads; its first [`MATERIAL_MAX`].
    File(PathBuf),
}

/// What is sent, and what of it is encoded already. Clones share it.
#[derive(Clone, Debug)]
pub struct Material {
    pcm: Arc<[i16]>,
    clip: Option<Arc<Clip>>,
    sounds: Vec<(Codec, u8, Reel)>,
    films: Vec<(VideoFormat, Reel)>,
    card: Option<Card>,
    /// Of the card, when it is sent again and again.
    loops: Option<Loops>,
}

/// A round of a card in each format that was needed.
#[derive(Clone, Debug, Default)]
struct Loops {
    sounds: Vec<(Codec, u8, Loop)>,
    films: Vec<(VideoFormat, Loop)>,
}

impl Material {
    /// Reads what is in files; nothing is encoded yet.
    ///
    /// # Errors
    /// [`Error::Codec`] when a file cannot be read or lacks what is asked of it.
    pub fn new(sound: &Sound, pictures: &Pictures) -> Result<Self, Error> {
        let mut pcm = match sound {
            Sound::Tone { hz } => tone(*hz),
            Sound::File(path) => codec::file::read_wav(path)?,
        };
        pcm.truncate(MATERIAL_MAX.as_secs() as usize * SAMPLE_RATE as usize);
        let clip = match pictures {
            Pictures::Test => None,
            Pictures::File(path) => {
                let clip = codec::file::read(path)?;
                if clip.pictures.is_empty() {
                    return Err(Error::NoPictures { path: path.clone() });
                }
                Some(Arc::new(clip))
            }
        };
        Ok(Material { clip, ..Material::of(pcm) })
    }

    /// A tone of `hz` (0: silence) and the moving test picture.
    #[must_use]
    pub fn test(hz: u16) -> Self {
        Material::of(tone(hz))
    }

    /// A card with its tone and beep, encoded as it is sent: a key picture comes when one is wanted, and a bearer that
    /// is full is sent fewer pictures.
    #[must_use]
    pub fn live(card: Card) -> Self {
        Material { card: Some(card), ..Material::of(Vec::new()) }
    }

    /// The same, encoded once: costs next to nothing to send, but a key picture comes only once in a round of two
    /// seconds. For loads.
    #[must_use]
    pub fn replayed(card: Card) -> Self {
        Material { loops: Some(Loops::default()), ..Material::live(card) }
    }

    fn of(pcm: Vec<i16>) -> Self {
        let (sounds, films) = (Vec::new(), Vec::new());
        Material { pcm: pcm.into(), clip: None, sounds, films, card: None, loops: None }
    }

    /// The sound as `codec`, for AMR in `mode`; what is not live is encoded now unless it was before.
    ///
    /// # Errors
    /// [`codec::Error::WrongCodec`] for what is no sound.
    pub(crate) fn sound(&mut self, codec: Codec, mode: u8) -> Result<Source, codec::Error> {
        let Some(card) = self.card else { return self.sound_reel(codec, mode).map(Source::Reel) };
        let live = || Speech::new(card, codec, mode).map(|speech| Source::Speech(Box::new(speech)));
        let Some(loops) = &mut self.loops else { return live() };
        let known = loops.sounds.iter().find(|(of, at, _)| (*of, *at) == (codec, mode));
        if let Some((_, _, frames)) = known {
            return Ok(Source::Loop(frames.clone()));
        }
        let frames = Loop::record(live()?, BEAT_EVERY)?;
        loops.sounds.push((codec, mode, frames.clone()));
        Ok(Source::Loop(frames))
    }

    /// The pictures in `format`; what is not live is encoded now, which takes some tenths of a second, unless it was
    /// before.
    ///
    /// # Errors
    /// For a codec or size that cannot be encoded.
    pub(crate) fn film(&mut self, format: VideoFormat) -> Result<Source, codec::Error> {
        let Some(card) = self.card else { return self.film_reel(format).map(Source::Reel) };
        let live = || Show::new(card, format).map(|show| Source::Show(Box::new(show)));
        let Some(loops) = &mut self.loops else { return live() };
        if let Some((_, frames)) = loops.films.iter().find(|(of, _)| *of == format) {
            return Ok(Source::Loop(frames.clone()));
        }
        let frames = Loop::record(live()?, BEAT_EVERY)?;
        loops.films.push((format, frames.clone()));
        Ok(Source::Loop(frames))
    }

    fn sound_reel(&mut self, codec: Codec, mode: u8) -> Result<Reel, codec::Error> {
        if let Some((_, _, reel)) = self.sounds.iter().find(|(of, at, _)| (*of, *at) == (codec, mode)) {
            return Ok(reel.clone());
        }
        let mut encoder = audio::Encoder::at(AudioFormat::new(codec), SAMPLE_RATE)?;
        if codec == Codec::Amr {
            encoder.set_mode(mode);
        }
        let pcm = codec::resample(&self.pcm, SAMPLE_RATE, encoder.sample_rate())?;
        let frames = pcm.chunks(encoder.frame_samples());
        let frames: Vec<Frame> = frames.map(|pcm| encoder.encode(pcm, Duration::ZERO)).collect();
        let reel = Reel::new(frames, PACKET);
        self.sounds.push((codec, mode, reel.clone()));
        Ok(reel)
    }

    fn film_reel(&mut self, format: VideoFormat) -> Result<Reel, codec::Error> {
        if let Some((_, reel)) = self.films.iter().find(|(of, _)| *of == format) {
            return Ok(reel.clone());
        }
        let mut encoder = video::Encoder::new(format)?;
        let period = Duration::from_secs(1) / u32::from(format.fps);
        let mut frames = Vec::new();
        for at in 0..self.film_len(period) {
            let pts = period * at as u32;
            frames.push(encoder.encode(&self.picture(format.size, pts, at)?, pts, at % KEY_EVERY == 0)?);
        }
        let reel = Reel::new(frames, period);
        self.films.push((format, reel.clone()));
        Ok(reel)
    }

    /// Pictures of one round; a still picture fills the time of the test picture.
    fn film_len(&self, period: Duration) -> usize {
        let Some(clip) = self.clip.as_deref().filter(|clip| clip.pictures.len() > 1) else {
            return TEST_LOOP_LEN;
        };
        let length = clip.duration.min(MATERIAL_MAX);
        (length.as_micros() / period.as_micros()).max(1) as usize
    }

    fn picture(&self, size: Size, pts: Duration, at: usize) -> Result<Picture, codec::Error> {
        let Some(clip) = &self.clip else { return Ok(draw(size, at)) };
        let shown = clip.pictures.partition_point(|(from, _)| *from <= pts).saturating_sub(1);
        codec::scale(&clip.pictures[shown].1, size)
    }
}

/// One second, which holds whole waves of any whole number of hertz.
fn tone(hz: u16) -> Vec<i16> {
    let sample = |at| ((TAU * f64::from(hz) * f64::from(at) / f64::from(SAMPLE_RATE)).sin() * 8_192.0) as i16;
    (0..SAMPLE_RATE).map(sample).collect()
}

/// Encoded frames that go round. Clones share the frames; each has its own place in them.
#[derive(Clone, Debug)]
pub(crate) struct Reel {
    frames: Arc<[Frame]>,
    period: Duration,
    next: usize,
    sent: u32,
}

impl Reel {
    fn new(frames: Vec<Frame>, period: Duration) -> Self {
        Reel { frames: frames.into(), period, next: 0, sent: 0 }
    }

    /// From one frame to the next.
    pub(crate) fn period(&self) -> Duration {
        self.period
    }

    /// The next frame; after [`Reel::skip_to_key`] a key picture. Their times go on from round to round.
    pub(crate) fn next(&mut self) -> Frame {
        let mut frame = self.frames[self.next].clone();
        frame.pts = self.period * self.sent;
        self.next = (self.next + 1) % self.frames.len();
        self.sent += 1;
        frame
    }

    /// Skips to the next key picture.
    pub(crate) fn skip_to_key(&mut self) {
        let ahead = (self.next..self.frames.len()).find(|at| self.frames[*at].keyframe);
        self.next = ahead.unwrap_or(0);
    }
}

/// Blocks of rising brightness, and a bar that wanders down.
pub(crate) fn draw(size: Size, at: usize) -> Picture {
    let mut picture = Picture::black(size);
    let (width, height) = (usize::from(size.width), usize::from(size.height));
    let bar = at * height / TEST_LOOP_LEN;
    for (row, line) in picture.y.chunks_exact_mut(width).enumerate() {
        for (col, luma) in line.iter_mut().enumerate() {
            let light = (6 * col / width + 4 * row / height) % 2 == 0;
            *luma = if (bar..bar + height / 12).contains(&row) {
                235
            } else {
                (if light { 120 } else { 40 }) + (60 * col / width) as u8
            };
        }
    }
    picture
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_goes_on_where_its_last_round_ended() {
        let mut reel = Material::test(430).sound_reel(Codec::Pcmu, 0).unwrap();
        let pcm: Vec<i16> =
            (0..60).flat_map(|_| codec::g711::decode(Codec::Pcmu, &reel.next().data).unwrap()).collect();
        let step_max = pcm.windows(2).map(|pair| (pair[1] - pair[0]).abs()).max();
        assert!(step_max < Some(3_200), "{step_max:?}");
    }

    #[test]
    fn amr_is_encoded_in_the_mode_that_is_asked_for() {
        let mut material = Material::test(400);
        for mode in [0, AMR_MODE_MAX] {
            let frame = material.sound_reel(Codec::Amr, mode).unwrap().next();
            assert_eq!(frame.data[0] >> 3, mode);
        }
    }

    #[test]
    fn the_film_starts_with_a_key_picture_and_skips_to_one_on_demand() {
        for codec in [Codec::H264, Codec::H263] {
            let mut reel = Material::test(0).film_reel(VideoFormat::prompt(codec, Size::QCIF)).unwrap();
            assert!(reel.next().keyframe);
            let second = reel.next();
            assert!(!second.keyframe);
            reel.skip_to_key();
            let third = reel.next();
            assert!(third.keyframe && third.pts > second.pts);
        }
    }

    #[test]
    fn what_was_encoded_once_is_shared() {
        let mut material = Material::test(0);
        let format = VideoFormat::circuit(Codec::H263);
        material.film_reel(format).unwrap();
        let mut copy = material.clone();
        let frames = |material: &mut Material| material.film_reel(format).unwrap().frames;
        assert!(Arc::ptr_eq(&frames(&mut copy), &frames(&mut material)));
    }

    #[test]
    fn a_file_without_pictures_is_refused_and_a_still_one_goes_round() {
        let dir = std::env::temp_dir().join(format!("vireo-material-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let (wav, png) = (dir.join("a.wav"), dir.join("a.png"));
        codec::file::write_wav(&wav, &[0; 8_000], SAMPLE_RATE).unwrap();
        codec::png::write(&png, &draw(Size::CIF, 3)).unwrap();
        let refused = Material::new(&Sound::Tone { hz: 0 }, &Pictures::File(wav.clone()));
        assert!(matches!(refused, Err(Error::NoPictures { .. })), "{refused:?}");
        let mut material = Material::new(&Sound::File(wav), &Pictures::File(png)).unwrap();
        assert_eq!(material.sound_reel(Codec::Pcma, 0).unwrap().frames.len(), 50);
        let film = material.film_reel(VideoFormat::circuit(Codec::H263)).unwrap();
        assert_eq!(film.frames.len(), TEST_LOOP_LEN);
        std::fs::remove_dir_all(dir).unwrap();
    }
}
