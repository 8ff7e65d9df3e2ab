//! Transcoders that need no codec: what comes out has the mark of what went in, a while later, and obeys the
//! rules of real ones: nothing before a key picture, a key picture first and on request.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use call::{FromTranscoder, Job, ToTranscoder, TranscoderId};
use media::{AudioFormat, Format, Frame, Kind, Track, VideoFormat};

use crate::live::{self, Decoder, Maker};

/// What coding takes.
const SOUND_TAKES: Duration = Duration::from_millis(5);
const PICTURES_TAKE: Duration = Duration::from_millis(30);

/// What a key picture for a circuit has more than others.
pub(crate) const CIRCUIT_KEY_LEN: usize = 2_000;

#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) job: Job,
    /// Of AMR, as it was told last.
    pub(crate) mode: Option<u8>,
    started: bool,
    key_due: bool,
    decoder: Decoder,
    /// It was told of a loss, and no key picture has come since.
    broken: bool,
    maker: Maker,
    /// Frames that came.
    pub(crate) taken: u32,
    /// Pictures that built on one that did not come, although nothing was said of a loss.
    pub(crate) smears: u32,
    /// Wishes for a key picture that it was told.
    pub(crate) wishes: u32,
    /// Frames that were made.
    pub(crate) made: u32,
    /// Of those, key pictures.
    pub(crate) keys: u32,
    /// As it was told last.
    pub(crate) rate: Option<u32>,
    /// Size and picture rate that it was told last.
    pub(crate) shape: Option<VideoFormat>,
    /// Comfort noise, as it was told.
    pub(crate) noise: Vec<Bytes>,
    /// Slides that it was told to draw.
    pub(crate) overlays: Vec<Arc<Track>>,
}

#[derive(Default)]
pub(crate) struct Transcoders {
    pub(crate) running: BTreeMap<TranscoderId, Running>,
    /// Jobs that were begun, ended ones too.
    pub(crate) begun: Vec<Job>,
    /// Every one fails instead of beginning.
    pub(crate) broken: bool,
    /// Every one that there ever was.
    known: BTreeSet<TranscoderId>,
    /// What makes one of two.
    mixtures: BTreeMap<TranscoderId, (Maker, AudioFormat)>,
    out: VecDeque<(Instant, FromTranscoder)>,
}

impl Running {
    fn new(job: Job, mode: Option<u8>) -> Self {
        Running {
            job,
            mode,
            started: false,
            key_due: true,
            decoder: Decoder::default(),
            broken: false,
            maker: Maker::new(0),
            taken: 0,
            smears: 0,
            wishes: 0,
            made: 0,
            keys: 0,
            rate: None,
            shape: None,
            noise: Vec::new(),
            overlays: Vec::new(),
        }
    }

    fn make(&mut self, frame: &Frame) -> Frame {
        self.made += 1;
        self.maker.mark = live::mark(frame);
        match self.job.to {
            Format::Audio(audio) => {
                let format = Format::Audio(AudioFormat { amr_mode: self.mode, ..audio });
                self.maker.frame(format, frame.pts, true, 0)
            }
            Format::Video(video) => {
                let key = std::mem::take(&mut self.key_due);
                self.keys += u32::from(key);
                let padding = if video.is_circuit() { CIRCUIT_KEY_LEN } else { 0 };
                self.maker.frame(Format::Video(video), frame.pts, key, padding)
            }
        }
    }
}

impl Transcoders {
    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.out.iter().map(|(at, _)| *at).min()
    }

    pub(crate) fn take_due(&mut self, now: Instant) -> Option<FromTranscoder> {
        let at = self.out.iter().position(|(due, _)| *due <= now)?;
        self.out.remove(at).map(|(_, word)| word)
    }

    pub(crate) fn tell(&mut self, now: Instant, word: ToTranscoder) {
        match word {
            ToTranscoder::Begin { id, .. } if self.broken => {
                assert!(self.known.insert(id), "{id:?} was begun twice");
                self.out.push_back((now, FromTranscoder::Failed { id, why: "no such codec".into() }));
            }
            ToTranscoder::Begin { id, job } => {
                self.begun.push(job.clone());
                let mode = match job.to {
                    Format::Audio(audio) => audio.amr_mode,
                    Format::Video(_) => None,
                };
                assert!(self.known.insert(id), "{id:?} was begun twice");
                self.running.insert(id, Running::new(job, mode));
            }
            ToTranscoder::BeginMix { id, to } => {
                assert!(self.known.insert(id), "{id:?} was begun twice");
                self.mixtures.insert(id, (Maker::new(0), to));
            }
            ToTranscoder::Beside { id, frame } => self.mix(now, id, &frame),
            ToTranscoder::Frame { id, frame } if self.mixtures.contains_key(&id) => self.mix(now, id, &frame),
            ToTranscoder::Frame { id, frame } => {
                let Some(running) = self.running.get_mut(&id) else { return };
                assert_eq!(frame.codec, running.job.from, "a frame of another codec");
                running.taken += 1;
                let video = running.job.kind() == Kind::Video;
                let good = !video || running.decoder.takes(&frame);
                running.broken = !good && (running.broken || frame.lost_before);
                running.smears += u32::from(!good && running.started && !running.broken);
                running.started |= frame.keyframe;
                if !running.started {
                    return self.out.push_back((now, FromTranscoder::KeyWanted { id }));
                }
                let takes = if video { PICTURES_TAKE } else { SOUND_TAKES };
                let made = running.make(&frame);
                self.out.push_back((now + takes, FromTranscoder::Frame { id, frame: made }));
                if frame.lost_before && !frame.keyframe && video {
                    self.out.push_back((now, FromTranscoder::KeyWanted { id }));
                }
            }
            ToTranscoder::Noise { id, noise } => self.with(id, |running| running.noise.push(noise)),
            ToTranscoder::Key { id } => self.with(id, |running| {
                running.key_due = true;
                running.wishes += 1;
            }),
            ToTranscoder::Rate { id, bps } => self.with(id, |running| running.rate = Some(bps)),
            ToTranscoder::Shape { id, to } => self.with(id, |running| {
                (running.rate, running.shape) = (Some(to.rate_bps), Some(to));
                running.key_due = true;
            }),
            ToTranscoder::Overlay { id, slide } => self.with(id, |running| running.overlays.push(slide)),
            ToTranscoder::EndOverlay { id } => self.with(id, |running| running.overlays.clear()),
            ToTranscoder::Mode { id, mode } => self.with(id, |running| running.mode = Some(mode)),
            ToTranscoder::End { id } => {
                self.mixtures.remove(&id);
                self.running.remove(&id);
            }
            ToTranscoder::EndCall { call } => {
                self.running.retain(|id, _| id.call != call);
                self.mixtures.retain(|id, _| id.call != call);
            }
        }
    }

    /// Mixtures that are made now.
    pub(crate) fn mixing(&self) -> usize {
        self.mixtures.len()
    }

    /// Each party's frames come out one by one, so that it can be told who is heard.
    fn mix(&mut self, now: Instant, id: TranscoderId, frame: &Frame) {
        let Some((maker, to)) = self.mixtures.get_mut(&id) else { return };
        maker.mark = live::mark(frame);
        let made = maker.frame(Format::Audio(*to), frame.pts, true, 0);
        self.out.push_back((now + SOUND_TAKES, FromTranscoder::Frame { id, frame: made }));
    }

    fn with(&mut self, id: TranscoderId, act: impl FnOnce(&mut Running)) {
        if let Some(running) = self.running.get_mut(&id) {
            act(running);
        }
    }
}
