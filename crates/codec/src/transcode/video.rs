//! Pictures: decode, turn, scale into the size agreed, and encode what the bearer has room for.

use std::time::Duration;

use media::{Codec, Frame, Sizes, VideoFormat};

use crate::video::{Decoder, Encoder, Governor};
use crate::{Error, Overlay, rotate, scale};

/// Frames dropped while no key picture has come: some encoders refresh their picture bit by bit and never send one.
const BEFORE_KEY_MAX: u32 = 60;

/// Whether there is time to encode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Load {
    /// There is.
    #[default]
    Normal,
    /// The pool is behind: pictures are decoded, since those after them need them, and not encoded.
    Behind,
}

/// What has happened since the transcoder was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VideoCounters {
    /// Frames that came.
    pub frames: u64,
    /// Frames that were made.
    pub made: u64,
    /// Frames that could not be decoded.
    pub undecodable: u64,
    /// Frames of a size that was not agreed on: dropped.
    pub wrong_size: u64,
    /// Frames before the first key picture: dropped.
    pub before_key: u64,
    /// Pictures not encoded because the bearer was full.
    pub held_back: u64,
    /// Pictures not encoded because they came faster than the agreed rate.
    pub too_fast: u64,
    /// Pictures not encoded because the pool was behind.
    pub behind: u64,
    /// Key pictures that were made.
    pub keys: u64,
}

/// One direction of one stream of pictures.
pub struct VideoTranscoder {
    from: Codec,
    sizes: Sizes,
    decoder: Decoder,
    encoder: Encoder,
    governor: Governor,
    /// A picture was decoded since the start or the last change of source.
    started: bool,
    /// Frames that were dropped because no key picture came before them.
    dropped: u32,
    /// The next picture that is encoded is a key picture.
    key_due: bool,
    /// The source is to be asked for a key picture.
    key_wanted: bool,
    /// Time of the last picture that was made.
    last: Option<Duration>,
    /// What is drawn over every picture.
    overlay: Option<Overlay>,
    counters: VideoCounters,
}

impl VideoTranscoder {
    /// From frames of `from`, of the sizes that were agreed on, to frames of `to`, letterboxed.
    ///
    /// # Errors
    /// [`Error::WrongCodec`] for what is no picture, [`Error::Open`] when a library refuses.
    pub fn new(from: Codec, sizes: impl Into<Sizes>, to: VideoFormat) -> Result<Self, Error> {
        let sizes = sizes.into();
        Ok(VideoTranscoder {
            from,
            decoder: decoder(from, &sizes)?,
            sizes,
            encoder: Encoder::new(to)?,
            governor: Governor::of(to),
            started: false,
            dropped: 0,
            key_due: false,
            key_wanted: false,
            last: None,
            overlay: None,
            counters: VideoCounters::default(),
        })
    }

    /// The codec of the frames that it takes.
    #[must_use]
    pub fn from(&self) -> Codec {
        self.from
    }

    /// What it makes.
    #[must_use]
    pub fn to(&self) -> VideoFormat {
        self.encoder.format()
    }

    /// What has happened so far.
    #[must_use]
    pub fn counters(&self) -> VideoCounters {
        self.counters
    }

    /// The far side needs a key picture: the next one that is made is one, whatever the bearer holds.
    pub fn force_key(&mut self) {
        self.key_due = true;
    }

    /// Draws this over every picture from the next one on.
    pub fn set_overlay(&mut self, overlay: Option<Overlay>) {
        self.overlay = overlay;
    }

    /// Whether the source is to be asked for a key picture; asks once for each reason.
    pub fn take_key_wanted(&mut self) -> bool {
        std::mem::take(&mut self.key_wanted)
    }

    /// The bearer carries `rate_bps` from now on.
    ///
    /// # Errors
    /// [`Error::Encode`] when the encoder refuses; it then goes on as before, and less often.
    pub fn set_rate(&mut self, rate_bps: u32) -> Result<(), Error> {
        self.governor.set_rate(rate_bps);
        self.encoder.set_rate(rate_bps)
    }

    /// Goes over to another size, picture rate or codec; what it makes first is a key picture.
    ///
    /// # Errors
    /// [`Error::Open`] when the library refuses it; it then goes on as before.
    pub fn set_format(&mut self, to: VideoFormat) -> Result<(), Error> {
        self.encoder = Encoder::new(to)?;
        self.governor.set_rate(to.rate_bps);
        self.key_due = true;
        Ok(())
    }

    /// Frames of another source come next: they begin with a key picture or are dropped until there is one.
    ///
    /// # Errors
    /// [`Error::Open`] when the library refuses a new decoder.
    pub fn source_changed(&mut self) -> Result<(), Error> {
        self.decoder = decoder(self.from, &self.sizes)?;
        self.started = false;
        self.dropped = 0;
        self.key_due = true;
        Ok(())
    }

    /// Takes the next frame; answers the picture made of it, if one is to be sent.
    ///
    /// # Errors
    /// [`Error::WrongCodec`] for a frame of another codec, [`Error::Encode`] or [`Error::Convert`] when a library
    /// fails. A frame that cannot be decoded is no error: it is counted, and a key picture wanted.
    pub fn push(&mut self, frame: &Frame, load: Load) -> Result<Option<Frame>, Error> {
        if frame.codec != self.from {
            return Err(Error::WrongCodec { codec: frame.codec, job: "this stream" });
        }
        self.counters.frames += 1;
        if !self.started && !frame.keyframe && self.dropped < BEFORE_KEY_MAX {
            self.dropped += 1;
            self.counters.before_key += 1;
            self.key_wanted = true;
            return Ok(None);
        }
        self.key_wanted |= frame.damaged || (frame.lost_before && !frame.keyframe);
        let picture = match self.decoder.decode(frame) {
            Ok(Some(picture)) => picture,
            Ok(None) => {
                // A key picture of which nothing comes: nothing will come of those that build on it.
                self.key_wanted |= frame.keyframe;
                return Ok(None);
            }
            Err(Error::WrongSize { .. }) => {
                self.counters.wrong_size += 1;
                self.key_wanted = true;
                return Ok(None);
            }
            Err(_) => {
                self.counters.undecodable += 1;
                self.key_wanted = true;
                return Ok(None);
            }
        };
        self.started = true;
        if !self.is_due(frame.pts, load) {
            return Ok(None);
        }
        let turned = rotate(&picture, frame.rotation);
        let mut fitting = scale(&turned, self.to().size)?;
        if let Some(overlay) = &mut self.overlay {
            overlay.draw(&mut fitting)?;
        }
        let made = self.encoder.encode(&fitting, frame.pts, self.key_due)?;
        self.key_due = false;
        self.last = Some(frame.pts);
        self.governor.spend(made.data.len());
        self.counters.made += 1;
        self.counters.keys += u64::from(made.keyframe);
        Ok(Some(made))
    }

    /// Whether the picture at `pts` is to be encoded.
    fn is_due(&mut self, pts: Duration, load: Load) -> bool {
        let admitted = self.governor.admits(pts);
        let period = Duration::from_secs(1) / u32::from(self.to().fps);
        // Three quarters: pictures do not come to the tick.
        let too_fast = self.last.is_some_and(|last| pts.saturating_sub(last) < period * 3 / 4);
        match load {
            Load::Behind => self.counters.behind += 1,
            // Somebody waits for it.
            Load::Normal if self.key_due => return true,
            Load::Normal if too_fast => self.counters.too_fast += 1,
            Load::Normal if !admitted => self.counters.held_back += 1,
            Load::Normal => return true,
        }
        false
    }
}

fn decoder(from: Codec, sizes: &Sizes) -> Result<Decoder, Error> {
    Ok(Decoder::new(from)?.expecting(sizes.clone()))
}
