//! Sound: decode, fill gaps, change the sampling rate where it differs, encode.

use std::time::Duration;

use media::amr::{self, Band};
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
    /// Where the last frame that was made ended.
    made_until: Duration,
    /// The sender says that it has fallen silent.
    pausing: bool,
    /// Silence was made since its last frame, perhaps more than there was.
    filled: bool,
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
            made_until: Duration::ZERO,
            pausing: false,
            filled: false,
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

    /// Whether the sender has said that nothing will come for a while, since nobody speaks: [`Self::conceal`] then
    /// gives its background noise, and is to be asked every 20 ms until the next frame (TS 26.093; RFC 3389).
    #[must_use]
    pub fn is_pausing(&self) -> bool {
        self.pausing || self.noise.is_some()
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
        self.pausing = is_silence(frame);
        let samples = match self.decoder.decode(frame) {
            Ok(samples) => samples,
            Err(_) => {
                self.counters.undecodable += 1;
                let lasts = frame.duration.min(CONCEALED_MAX);
                self.counters.concealed += lasts;
                self.decoder.conceal(lasts)
            }
        };
        let end = frame.pts + self.lasts(samples.len());
        self.noise = None;
        if std::mem::take(&mut self.filled) && self.pausing && self.end.is_some_and(|made| made >= end) {
            // Its place was filled already; it only says how the noise goes on.
            return Ok(());
        }
        self.end = Some(end);
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
        self.filled = true;
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
        let over = end.saturating_sub(frame.pts);
        if self.filled && over <= CONCEALED_MAX {
            // A little more silence was made than there was.
        } else if over > GAP_TOLERATED {
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
        self.filled = false;
        // A new time line, or a jump of the old one: where it begins is where it begins.
        self.made_until = self.made_until.min(at);
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
            // Never back, whatever the frames say: receivers take that for old sound.
            self.start = self.start.max(self.made_until);
            let frame = self.encoder.encode(&self.waiting[at..at + each], self.start);
            self.start += frame.duration;
            self.made_until = self.start;
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

/// Whether a frame says that nobody speaks: comfort noise or no data of AMR (RFC 4867 §4.3.2), the one or two octets
/// of Opus that stand for a pause (RFC 6716 §3.1; RFC 7587 §3.1.3).
fn is_silence(frame: &Frame) -> bool {
    let frame_type = frame.data.first().map(|contents| contents >> 3 & 0x0F);
    let silent = |band: Band| frame_type.is_some_and(|kind| kind == band.sid() || kind == amr::NO_DATA);
    match frame.codec {
        Codec::Amr => silent(Band::Narrow),
        Codec::AmrWb => silent(Band::Wide),
        Codec::Opus => frame.data.len() <= 2,
        Codec::Pcmu
        | Codec::Pcma
        | Codec::G722
        | Codec::Clearmode
        | Codec::H263
        | Codec::H263p
        | Codec::H264
        | Codec::Mpeg4
        | Codec::Vp8 => false,
    }
}
