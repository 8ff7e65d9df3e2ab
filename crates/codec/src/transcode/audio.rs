//! Sound: decode, fill gaps, change the sampling rate where it differs, encode.

use std::time::Duration;

use media::{AudioFormat, Codec, Frame};

use crate::comfort_noise::{Generator, Noise};
use crate::limits::{CONCEALED_MAX, WAITING_SAMPLES_MAX};
use crate::{Error, ResampleStream, audio};

/// A frame this close to where the one before ended follows it: clocks are slewed, and packets of 10 ms exist.
const GAP_TOLERATED: Duration = Duration::from_millis(8);

/// Our time line is put right where it has drifted this far from the frames' own.
const DRIFT_TOLERATED: Duration = Duration::from_millis(10);

/// What has happened since the transcoder was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AudioCounters {
    /// Frames that came.
    pub frames: u64,
    /// Frames that were made.
    pub made: u64,
    /// Frames that could not be decoded, and were made up.
    pub undecodable: u64,
    /// Sound that was made up, lost or undecodable.
    pub concealed: Duration,
}

/// One direction of one stream of sound.
pub struct AudioTranscoder {
    from: Codec,
    decoder: audio::Decoder,
    /// `None`: both sides have one sampling rate.
    resampler: Option<ResampleStream>,
    encoder: audio::Encoder,
    /// At the encoder's rate, less than a frame between two calls.
    waiting: Vec<i16>,
    /// Where the last frame ended; `None` before the first.
    end: Option<Duration>,
    /// Time of the first sample that waits.
    start: Duration,
    noise: Option<Generator>,
    counters: AudioCounters,
}

impl AudioTranscoder {
    /// From frames of `from` to frames of `to`. Opus is opened at the rate of what stands on the other side, so
    /// that nothing but narrow against wide band need be resampled.
    ///
    /// # Errors
    /// [`Error::WrongCodec`] for what is no sound, [`Error::Sound`] when a library fails.
    pub fn new(from: Codec, to: AudioFormat) -> Result<Self, Error> {
        let rate = |codec| audio::native_rate(codec);
        let opus_rate = rate(from).or(rate(to.codec)).unwrap_or(audio::WIDE_RATE);
        let decoder = audio::Decoder::at(from, opus_rate)?;
        let encoder = audio::Encoder::at(to, opus_rate)?;
        let (input, output) = (decoder.sample_rate(), encoder.sample_rate());
        let resampler = if input == output { None } else { Some(ResampleStream::new(input, output)?) };
        Ok(AudioTranscoder {
            from,
            decoder,
            resampler,
            encoder,
            waiting: Vec::new(),
            end: None,
            start: Duration::ZERO,
            noise: None,
            counters: AudioCounters::default(),
        })
    }

    /// The codec of the frames that it takes.
    #[must_use]
    pub fn from(&self) -> Codec {
        self.from
    }

    /// What it makes.
    #[must_use]
    pub fn to(&self) -> AudioFormat {
        self.encoder.format()
    }

    /// What has happened so far.
    #[must_use]
    pub fn counters(&self) -> AudioCounters {
        self.counters
    }

    /// Has AMR or AMR-WB use `mode` from the next frame on ([`audio::Encoder::set_mode`]).
    pub fn set_mode(&mut self, mode: u8) {
        self.encoder.set_mode(mode);
    }

    /// Has Opus keep to `bps` from the next frame on.
    pub fn set_rate(&mut self, bps: u32) {
        self.encoder.set_rate(bps);
    }

    /// Takes the next frame, appends what it completes to `out`. A gap before it is filled where packets were lost,
    /// up to [`CONCEALED_MAX`]; where the sender was silent the line begins anew.
    ///
    /// # Errors
    /// [`Error::WrongCodec`] for a frame of another codec, [`Error::Convert`] when the resampler fails. What cannot
    /// be decoded is no error: it is made up.
    pub fn push(&mut self, frame: &Frame, out: &mut Vec<Frame>) -> Result<(), Error> {
        if frame.codec != self.from {
            return Err(Error::WrongCodec { codec: frame.codec, job: "this stream" });
        }
        self.counters.frames += 1;
        self.join(frame, out)?;
        let samples = match self.decoder.decode(frame) {
            Ok(samples) => samples,
            Err(_) => {
                self.counters.undecodable += 1;
                let lasts = frame.duration.min(CONCEALED_MAX);
                self.counters.concealed += lasts;
                self.decoder.conceal(lasts)
            }
        };
        self.end = Some(frame.pts + self.lasts(samples.len()));
        self.noise = None;
        self.take(&samples, out)
    }

    /// Goes on without a frame for `duration`, at most [`CONCEALED_MAX`], as when the next one is late; or with the
    /// peer's comfort noise where it has sent some.
    ///
    /// # Errors
    /// [`Error::Convert`] when the resampler fails.
    pub fn conceal(&mut self, duration: Duration, out: &mut Vec<Frame>) -> Result<(), Error> {
        let duration = duration.min(CONCEALED_MAX);
        let samples = match &mut self.noise {
            Some(noise) => {
                let rate = u128::from(self.decoder.sample_rate());
                noise.generate((duration.as_micros() * rate / 1_000_000) as usize)
            }
            None => {
                self.counters.concealed += duration;
                self.decoder.conceal(duration)
            }
        };
        self.end = self.end.map(|end| end + self.lasts(samples.len()));
        self.take(&samples, out)
    }

    /// Takes a payload of RFC 3389: the gaps that follow are filled with such noise. Whether it was one.
    pub fn comfort_noise(&mut self, payload: &[u8]) -> bool {
        let Some(noise) = Noise::parse(payload) else { return false };
        match &mut self.noise {
            Some(generator) => generator.set(&noise),
            None => self.noise = Some(Generator::new(&noise)),
        }
        true
    }

    /// Fills what is missing before `frame`, or begins anew with it.
    fn join(&mut self, frame: &Frame, out: &mut Vec<Frame>) -> Result<(), Error> {
        let Some(end) = self.end else {
            self.restart(frame.pts);
            return Ok(());
        };
        let gap = frame.pts.saturating_sub(end);
        if end.saturating_sub(frame.pts) > GAP_TOLERATED {
            self.restart(frame.pts);
        } else if gap > GAP_TOLERATED {
            if frame.lost_before {
                let filled = gap.min(CONCEALED_MAX);
                let samples = self.decoder.conceal_before(filled, Some(frame));
                self.counters.concealed += filled;
                self.take(&samples, out)?;
            }
            if !frame.lost_before || gap > CONCEALED_MAX {
                self.restart(frame.pts);
            }
        }
        let due = frame.pts.saturating_sub(self.waits());
        if due.abs_diff(self.start) > DRIFT_TOLERATED {
            self.start = due;
        }
        Ok(())
    }

    fn restart(&mut self, at: Duration) {
        self.waiting.clear();
        self.start = at;
    }

    fn take(&mut self, samples: &[i16], out: &mut Vec<Frame>) -> Result<(), Error> {
        match &mut self.resampler {
            Some(resampler) => resampler.push(samples, &mut self.waiting)?,
            None => self.waiting.extend_from_slice(samples),
        }
        let each = self.encoder.frame_samples();
        let surplus = self.waiting.len().saturating_sub(WAITING_SAMPLES_MAX);
        let mut at = surplus;
        while self.waiting.len() - at >= each {
            let frame = self.encoder.encode(&self.waiting[at..at + each], self.start);
            self.start += frame.duration;
            self.counters.made += 1;
            out.push(frame);
            at += each;
        }
        self.waiting.drain(..at);
        Ok(())
    }

    /// How long `samples` of the decoder last.
    fn lasts(&self, samples: usize) -> Duration {
        Duration::from_secs(samples as u64) / self.decoder.sample_rate()
    }

    fn waits(&self) -> Duration {
        Duration::from_secs(self.waiting.len() as u64) / self.encoder.sample_rate()
    }
}
