//! `Source`: where the frames of one stream come from.
//!
//! A [`Reel`] goes round and skips to a key picture when one is wanted. A loop goes round, too, but keeps to the time,
//! so that sound and pictures stay together; who wants a key picture waits for the next round. Live frames are
//! encoded as they are sent. Start at [`Source::next`].

use std::sync::Arc;
use std::time::Duration;

use codec::{audio, video};
use media::{AudioFormat, Codec, Frame, Picture, VideoFormat};

use crate::Card;
use crate::material::{PACKET, Reel};

/// Frames of one stream.
pub(crate) enum Source {
    Reel(Reel),
    Loop(Loop),
    Speech(Box<Speech>),
    Show(Box<Show>),
}

/// Encoded frames that go round in time. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Loop {
    /// Those left out have no room on the bearer.
    frames: Arc<[Option<Frame>]>,
    period: Duration,
}

/// The sound of a card.
pub(crate) struct Speech {
    card: Card,
    encoder: audio::Encoder,
}

/// The pictures of a card.
pub(crate) struct Show {
    card: Card,
    encoder: video::Encoder,
    governor: video::Governor,
    background: Picture,
    key_wanted: bool,
}

impl Source {
    /// From one frame to the next.
    pub(crate) fn period(&self) -> Duration {
        match self {
            Source::Reel(reel) => reel.period(),
            Source::Loop(frames) => frames.period,
            Source::Speech(_) => PACKET,
            Source::Show(show) => Duration::from_secs(1) / u32::from(show.encoder.format().fps),
        }
    }

    /// The frame that is sent `at` this time of the stream; `None` when its bearer has no room for one. Times ascend.
    ///
    /// # Errors
    /// When a library cannot encode it.
    pub(crate) fn next(&mut self, at: Duration) -> Result<Option<Frame>, codec::Error> {
        match self {
            Source::Reel(reel) => Ok(Some(reel.next())),
            Source::Loop(frames) => Ok(frames.at(at)),
            Source::Speech(speech) => Ok(Some(speech.at(at))),
            Source::Show(show) => show.at(at),
        }
    }

    /// The other side wants a key picture.
    pub(crate) fn key_wanted(&mut self) {
        match self {
            Source::Reel(reel) => reel.skip_to_key(),
            Source::Show(show) => show.key_wanted = true,
            Source::Loop(_) | Source::Speech(_) => {}
        }
    }
}

impl Loop {
    /// What a source sends in a round of `length`, which is a whole number of frames, and an even one. It begins, with
    /// its only key picture, in the middle of a round, since the flash at the beginning is to come without delay.
    ///
    /// # Errors
    /// When a library cannot encode it.
    pub(crate) fn record(mut source: Source, length: Duration) -> Result<Self, codec::Error> {
        let period = source.period();
        let count = (length.as_secs_f64() / period.as_secs_f64()).round() as u32;
        let frames: Result<Vec<_>, _> = (0..count).map(|n| source.next(period * (n + count / 2))).collect();
        Ok(Loop { frames: frames?.into(), period })
    }

    fn at(&self, at: Duration) -> Option<Frame> {
        // Periods are whole nanoseconds: the middle of one is safe to divide by.
        let number = ((at + self.period / 2).as_nanos() / self.period.as_nanos()) as usize;
        let mut frame = self.frames[(number + self.frames.len() / 2) % self.frames.len()].clone()?;
        frame.pts = at;
        Some(frame)
    }
}

impl Speech {
    pub(crate) fn new(card: Card, codec: Codec, mode: u8) -> Result<Self, codec::Error> {
        let mut encoder = audio::Encoder::at(AudioFormat::new(codec), codec::SAMPLE_RATE)?;
        if codec == Codec::Amr {
            encoder.set_mode(mode);
        }
        Ok(Speech { card, encoder })
    }

    fn at(&mut self, at: Duration) -> Frame {
        let pcm = self.card.sound(self.encoder.sample_rate(), at, self.encoder.frame_samples());
        self.encoder.encode(&pcm, at)
    }
}

impl Show {
    pub(crate) fn new(card: Card, format: VideoFormat) -> Result<Self, codec::Error> {
        Ok(Show {
            card,
            encoder: video::Encoder::new(format)?,
            governor: video::Governor::of(format),
            background: card.background(format.size),
            key_wanted: false,
        })
    }

    fn at(&mut self, at: Duration) -> Result<Option<Frame>, codec::Error> {
        if !self.governor.admits(at) && !self.key_wanted {
            return Ok(None);
        }
        Card::animate(&mut self.background, at);
        let frame = self.encoder.encode(&self.background, at, std::mem::take(&mut self.key_wanted))?;
        self.governor.spend(frame.data.len());
        tracing::trace!(card = ?self.card, key = frame.keyframe, octets = frame.data.len(), "a picture");
        Ok(Some(frame))
    }
}
