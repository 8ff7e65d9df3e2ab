//! Words between a call and the shell's transcoders, and `Relay`, a stream's end of one.
//!
//! A transcoder is one direction of one stream: frames of a codec go in, frames of a format come out, some
//! time later and not one for one. The call never waits for it. Words about a transcoder that is over, or not
//! yet begun, change nothing, so neither side need care who was faster.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use media::{AudioFormat, Codec, Format, Frame, Kind, Sizes, Track, VideoFormat};

use crate::governor::Governor;
use crate::picture_request::KeyPictures;
use crate::{CallId, limits};

/// A transcoder of a call; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TranscoderId {
    /// Whose.
    pub call: CallId,
    /// Counts up within the call.
    pub number: u32,
}

/// What a transcoder is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// What goes in.
    pub from: Codec,
    /// The sizes that were agreed on for what goes in; pictures of others are dropped and counted.
    pub sizes: Sizes,
    /// What comes out.
    pub to: Format,
}

impl Job {
    /// Sound or pictures.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.to.kind()
    }

    /// Bit/s of the pictures that come out, to begin with.
    pub(crate) fn rate_bps(&self) -> Option<u32> {
        match self.to {
            Format::Video(to) => Some(to.rate_bps),
            Format::Audio(_) => None,
        }
    }

    /// Whether a transcoder with this job can do `other`: all but the mode of AMR, which it can be told.
    pub(crate) fn is_like(&self, other: &Job) -> bool {
        let told = |to| match to {
            Format::Audio(audio) => Format::Audio(AudioFormat { amr_mode: None, ..audio }),
            video @ Format::Video(_) => video,
        };
        (self.from, &self.sizes, told(self.to)) == (other.from, &other.sizes, told(other.to))
    }
}

/// What the shell's transcoders are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToTranscoder {
    /// There is one more, from now on.
    Begin {
        /// Its name.
        id: TranscoderId,
        /// What it is to do.
        job: Job,
    },
    /// There is one more that makes one of the sound of two parties.
    BeginMix {
        /// Its name.
        id: TranscoderId,
        /// What it is to make.
        to: AudioFormat,
    },
    /// The next frame of the second party of a mixture.
    Beside {
        /// For which.
        id: TranscoderId,
        /// As it came.
        frame: Frame,
    },
    /// The next frame.
    Frame {
        /// For which.
        id: TranscoderId,
        /// As it came.
        frame: Frame,
    },
    /// The talker pauses; it sounds like this until the next frame (RFC 3389).
    Noise {
        /// For which.
        id: TranscoderId,
        /// Level and spectrum, as [`rtp::Event::ComfortNoise`] has them.
        noise: Bytes,
    },
    /// The next picture that is made is to be a key picture.
    Key {
        /// Of which.
        id: TranscoderId,
    },
    /// The bearer carries this many bit/s of pictures from now on.
    Rate {
        /// Of which.
        id: TranscoderId,
        /// Bit/s of the bitstream.
        bps: u32,
    },
    /// Pictures of this size, rate and bit rate are to be made from now on; the first is a key picture.
    Shape {
        /// Of which.
        id: TranscoderId,
        /// As [`Job::to`], of the same codec.
        to: VideoFormat,
    },
    /// The first picture of this slide is to be drawn over every picture from now on, where it is not black.
    Overlay {
        /// Of which.
        id: TranscoderId,
        /// As it is for [`Job::to`].
        slide: Arc<Track>,
    },
    /// Nothing is to be drawn over the pictures any more.
    EndOverlay {
        /// Of which.
        id: TranscoderId,
    },
    /// AMR or AMR-WB is to use this mode from the next frame on.
    Mode {
        /// Of which.
        id: TranscoderId,
        /// 0..=7, wide-band 0..=8.
        mode: u8,
    },
    /// It is over.
    End {
        /// Which.
        id: TranscoderId,
    },
    /// All of a call are over: it was lost to a fault.
    EndCall {
        /// Which call.
        call: CallId,
    },
}

/// What the shell's transcoders say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FromTranscoder {
    /// A frame is made.
    Frame {
        /// By which.
        id: TranscoderId,
        /// To be sent now; `pts` is on the time line of what went in.
        frame: Frame,
    },
    /// It cannot go on without a key picture of its source: at its start, after a loss, or because it could
    /// not keep up and had to leave pictures out.
    KeyWanted {
        /// Which.
        id: TranscoderId,
    },
    /// It cannot be had, and is over.
    Failed {
        /// Which.
        id: TranscoderId,
        /// For the log.
        why: String,
    },
}

impl FromTranscoder {
    /// The transcoder that speaks.
    #[must_use]
    pub fn id(&self) -> TranscoderId {
        match self {
            FromTranscoder::Frame { id, .. }
            | FromTranscoder::KeyWanted { id }
            | FromTranscoder::Failed { id, .. } => *id,
        }
    }
}

/// Whether a receiver follows pictures of another size in mid-stream: of MPEG-4 the size stands in headers that were
/// agreed on before (RFC 6416 §7.1). QCIF, which is what they shrink to, every decoder of the others takes.
fn changes_size(codec: Codec) -> bool {
    match codec {
        Codec::H263 | Codec::H263p | Codec::H264 | Codec::Vp8 => true,
        Codec::Mpeg4
        | Codec::Pcmu
        | Codec::Pcma
        | Codec::Amr
        | Codec::AmrWb
        | Codec::G722
        | Codec::Opus
        | Codec::Clearmode => false,
    }
}

/// A stream's end of the transcoder that feeds it.
#[derive(Debug)]
pub(crate) struct Relay {
    pub(crate) id: TranscoderId,
    pub(crate) job: Job,
    /// What the transcoder wants of its source.
    pub(crate) upstream: KeyPictures,
    /// The AMR mode that it was told last.
    mode: Option<u8>,
    /// The bit rate that it was told last.
    rate: Option<u32>,
    /// Size and picture rate that it was told last, of pictures.
    shape: Option<VideoFormat>,
    /// Frames that are under way: their time on the source's line, and when they came.
    underway: VecDeque<(Duration, Instant)>,
    /// What a frame takes from coming in to going out, smoothed.
    delay: Option<Duration>,
}

impl Relay {
    /// Of a transcoder that begins now.
    pub(crate) fn new(now: Instant, id: TranscoderId, job: Job) -> Self {
        let mut upstream = KeyPictures::default();
        upstream.source_changed(now, job.kind() == Kind::Video);
        let rate = job.rate_bps();
        let underway = VecDeque::new();
        Relay { id, job, upstream, mode: None, rate, shape: None, underway, delay: None }
    }

    /// Takes a frame of the source; answers the word for it, unless it is of no use before a key picture.
    pub(crate) fn take(&mut self, now: Instant, frame: &Frame) -> Option<ToTranscoder> {
        if self.job.kind() == Kind::Video && !self.upstream.admit(now, frame) {
            return None;
        }
        if self.underway.len() == limits::FRAMES_UNDERWAY {
            self.underway.pop_front();
        }
        self.underway.push_back((frame.pts, now));
        Some(ToTranscoder::Frame { id: self.id, frame: frame.clone() })
    }

    /// Takes note of a frame that was made.
    pub(crate) fn made(&mut self, now: Instant, frame: &Frame) {
        // Sound is cut anew: what was made began within the last frame at or before it.
        while self.underway.get(1).is_some_and(|(pts, _)| *pts <= frame.pts) {
            self.underway.pop_front();
        }
        let came = self.underway.front().filter(|(pts, _)| *pts <= frame.pts + frame.duration);
        let Some(took) = came.map(|(_, at)| now.saturating_duration_since(*at)) else { return };
        self.delay = Some(self.delay.map_or(took, |delay| (delay * 7 + took) / 8));
    }

    /// What a frame takes from coming in to going out, smoothed.
    pub(crate) fn delay(&self) -> Option<Duration> {
        self.delay
    }

    /// The word that brings it to AMR of `mode`, if it has not been told.
    pub(crate) fn bring_to_mode(&mut self, mode: u8) -> Option<ToTranscoder> {
        let id = self.id;
        (self.mode.replace(mode) != Some(mode)).then_some(ToTranscoder::Mode { id, mode })
    }

    /// The word that brings it to what may be sent now, if it does not keep to that yet.
    ///
    /// Another size is told where the codec can change it in mid-stream; the picture rate is told with it, and to begin
    /// with, since each telling costs a key picture. In between pictures are left out.
    pub(crate) fn govern(&mut self, governor: &mut Governor) -> Option<ToTranscoder> {
        let Format::Video(made) = self.job.to else { return None };
        let rate_bps = governor.rate().min(made.rate_bps);
        let shape = governor.shape(made);
        let size = if changes_size(made.codec) { shape.size } else { made.size };
        let (told, first) = (self.shape.unwrap_or(made), self.shape.is_none());
        let slower = u32::from(shape.fps) * 4 < u32::from(made.fps) * 3;
        if size != told.size || (first && slower) {
            let to = VideoFormat { size, fps: shape.fps, rate_bps, ..made };
            (self.shape, self.rate) = (Some(to), Some(rate_bps));
            return Some(ToTranscoder::Shape { id: self.id, to });
        }
        self.shape = Some(told);
        self.bring_to_rate(rate_bps)
    }

    /// The word that brings it to `bps`, or to what it was made for if that is less, unless it was told nearly the
    /// same before.
    fn bring_to_rate(&mut self, bps: u32) -> Option<ToTranscoder> {
        let (id, made) = (self.id, self.job.rate_bps()?);
        let bps = bps.min(made);
        let told = self.rate.unwrap_or(made);
        let news = bps != told && (bps == made || bps.abs_diff(told) > told / limits::RATE_STEP);
        if news {
            self.rate = Some(bps);
        }
        news.then_some(ToTranscoder::Rate { id, bps })
    }
}
