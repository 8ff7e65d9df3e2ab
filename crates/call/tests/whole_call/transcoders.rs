//! Transcoders that need no codec: what comes out has the mark of what went in, a while later, and obeys the
//! rules of real ones: nothing before a key picture, a key picture first and on request.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use bytes::Bytes;
use call::{FromTranscoder, Job, ToTranscoder, TranscoderId};
use media::{Format, Kind};

use crate::world::sample;

/// What coding takes.
const SOUND_TAKES: Duration = Duration::from_millis(5);
const PICTURES_TAKE: Duration = Duration::from_millis(30);

#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) job: Job,
    /// Of AMR, as it was told last.
    mode: Option<u8>,
    started: bool,
    key_due: bool,
    /// Frames that were made.
    pub(crate) made: u32,
    /// Of those, key pictures.
    pub(crate) keys: u32,
    /// As it was told last.
    pub(crate) rate: Option<u32>,
    /// Comfort noise, as it was told.
    pub(crate) noise: Vec<Bytes>,
}

#[derive(Default)]
pub(crate) struct Transcoders {
    pub(crate) running: BTreeMap<TranscoderId, Running>,
    /// Jobs that were begun, ended ones too.
    pub(crate) begun: Vec<Job>,
    /// Every one fails instead of beginning.
    pub(crate) broken: bool,
    out: VecDeque<(Instant, FromTranscoder)>,
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
                self.out.push_back((now, FromTranscoder::Failed { id, why: "no such codec".into() }));
            }
            ToTranscoder::Begin { id, job } => {
                self.begun.push(job.clone());
                let mode = match job.to {
                    Format::Audio(audio) => audio.amr_mode,
                    Format::Video(_) => None,
                };
                let running = Running {
                    job,
                    mode,
                    started: false,
                    key_due: true,
                    made: 0,
                    keys: 0,
                    rate: None,
                    noise: Vec::new(),
                };
                assert!(self.running.insert(id, running).is_none(), "{id:?} was begun twice");
            }
            ToTranscoder::Frame { id, frame } => {
                let Some(running) = self.running.get_mut(&id) else { return };
                assert_eq!(frame.codec, running.job.from, "a frame of another codec");
                running.started |= frame.keyframe;
                if !running.started {
                    return self.out.push_back((now, FromTranscoder::KeyWanted { id }));
                }
                let (takes, format) = match running.job.to {
                    Format::Audio(audio) => {
                        (SOUND_TAKES, Format::Audio(media::AudioFormat { amr_mode: running.mode, ..audio }))
                    }
                    video @ Format::Video(_) => (PICTURES_TAKE, video),
                };
                let mark = frame.data.last().copied().unwrap_or_default();
                let key = std::mem::take(&mut running.key_due);
                let made = sample(format, frame.pts, frame.duration, key, mark);
                running.made += 1;
                running.keys += u32::from(key && running.job.kind() == Kind::Video);
                self.out.push_back((now + takes, FromTranscoder::Frame { id, frame: made }));
                if frame.lost_before && !frame.keyframe && running.job.kind() == Kind::Video {
                    self.out.push_back((now, FromTranscoder::KeyWanted { id }));
                }
            }
            ToTranscoder::Noise { id, noise } => self.with(id, |running| running.noise.push(noise)),
            ToTranscoder::Key { id } => self.with(id, |running| running.key_due = true),
            ToTranscoder::Rate { id, bps } => self.with(id, |running| running.rate = Some(bps)),
            ToTranscoder::Mode { id, mode } => self.with(id, |running| running.mode = Some(mode)),
            ToTranscoder::End { id } => {
                self.running.remove(&id);
            }
            ToTranscoder::EndCall { call } => self.running.retain(|id, _| id.call != call),
        }
    }

    fn with(&mut self, id: TranscoderId, act: impl FnOnce(&mut Running)) {
        if let Some(running) = self.running.get_mut(&id) {
            act(running);
        }
    }
}
