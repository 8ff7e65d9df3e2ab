//! Sound in any codec: samples to [`Frame`]s and back, so that a caller need not know which codec it is.
//!
//! All sound is mono. G.711 and AMR have [`crate::SAMPLE_RATE`], AMR-WB and G.722 16 kHz, Opus what it is opened
//! at: ask [`Encoder::sample_rate`] and [`Decoder::sample_rate`]. One frame is what one RTP packet carries by
//! default, for AMR always 20 ms. Start at [`Encoder`] and [`Decoder`]; [`crate::transcode::AudioTranscoder`]
//! puts two of them together.

use std::time::Duration;

use bytes::Bytes;
use media::amr::Band;
use media::{AudioFormat, Codec, Frame};

use crate::plc::Concealer;
use crate::{Error, SAMPLE_RATE, amr, amr_wb, g711, g722, opus};

/// The sampling rate of wide-band codecs, and of Opus unless told otherwise, in Hz.
pub const WIDE_RATE: u32 = 16_000;

/// The sampling rate of a codec's sound in Hz; `None` for what is no sound, and for Opus, which has any.
#[must_use]
pub fn native_rate(codec: Codec) -> Option<u32> {
    match codec {
        Codec::Pcmu | Codec::Pcma | Codec::Amr => Some(SAMPLE_RATE),
        Codec::AmrWb | Codec::G722 => Some(WIDE_RATE),
        Codec::Opus
        | Codec::Clearmode
        | Codec::H263
        | Codec::H263p
        | Codec::H264
        | Codec::Mpeg4
        | Codec::Vp8 => None,
    }
}

/// One stream of samples being encoded.
pub struct Encoder {
    format: AudioFormat,
    kind: EncoderKind,
}

enum EncoderKind {
    G711,
    G722(Box<g722::Encoder>),
    Amr { encoder: amr::Encoder, mode: u8 },
    AmrWb { encoder: amr_wb::Encoder, mode: u8 },
    Opus(opus::Encoder),
}

impl Encoder {
    /// An encoder that has heard nothing yet; AMR and AMR-WB begin with the mode of the format.
    ///
    /// # Errors
    /// [`Error::WrongCodec`] for what is no sound, [`Error::Sound`] when the library fails.
    pub fn new(format: AudioFormat) -> Result<Self, Error> {
        Self::at(format, WIDE_RATE)
    }

    /// The same, with Opus at `opus_rate` Hz: 8000, 12000, 16000, 24000 or 48000.
    ///
    /// # Errors
    /// As [`Encoder::new`].
    pub fn at(format: AudioFormat, opus_rate: u32) -> Result<Self, Error> {
        let kind = match format.codec {
            Codec::Pcmu | Codec::Pcma => EncoderKind::G711,
            Codec::G722 => EncoderKind::G722(Box::new(g722::Encoder::new()?)),
            Codec::Amr => {
                let mode = format.amr_mode.unwrap_or(amr::MODE_MAX);
                EncoderKind::Amr { encoder: amr::Encoder::new()?, mode }
            }
            Codec::AmrWb => {
                let mode = format.amr_mode.unwrap_or(Band::Wide.mode_usual()).min(amr_wb::MODE_MAX);
                EncoderKind::AmrWb { encoder: amr_wb::Encoder::new()?, mode }
            }
            Codec::Opus => EncoderKind::Opus(opus::Encoder::new(opus_rate)?),
            Codec::Clearmode | Codec::H263 | Codec::H263p | Codec::H264 | Codec::Mpeg4 | Codec::Vp8 => {
                return Err(no_sound(format.codec));
            }
        };
        Ok(Encoder { format, kind })
    }

    /// What this encoder makes.
    #[must_use]
    pub fn format(&self) -> AudioFormat {
        self.format
    }

    /// Samples a second that it takes.
    #[must_use]
    pub fn sample_rate(&self) -> u32 {
        match &self.kind {
            EncoderKind::G711 | EncoderKind::Amr { .. } => SAMPLE_RATE,
            EncoderKind::G722(_) | EncoderKind::AmrWb { .. } => WIDE_RATE,
            EncoderKind::Opus(encoder) => encoder.rate(),
        }
    }

    /// Samples of one frame.
    #[must_use]
    pub fn frame_samples(&self) -> usize {
        let packet = |ms: u8| usize::from(ms) * self.sample_rate() as usize / 1_000;
        match self.kind {
            EncoderKind::G711 => packet(self.format.packet_ms),
            EncoderKind::Amr { .. } => amr::SAMPLES,
            EncoderKind::AmrWb { .. } => amr_wb::SAMPLES,
            EncoderKind::G722(_) => g722::SAMPLES,
            // The lengths that Opus has (RFC 6716 §2.1.4).
            EncoderKind::Opus(_) => packet(match self.format.packet_ms {
                0..20 => 10,
                20..40 => 20,
                40..60 => 40,
                60.. => 60,
            }),
        }
    }

    /// Has AMR use `wanted` from the next frame on, 0 = 4.75 to 7 = 12.2 kbit/s, and AMR-WB, 0 = 6.6 to
    /// 8 = 23.85 kbit/s; nothing to other codecs.
    pub fn set_mode(&mut self, wanted: u8) {
        match &mut self.kind {
            EncoderKind::Amr { mode, .. } => *mode = wanted.min(amr::MODE_MAX),
            EncoderKind::AmrWb { mode, .. } => *mode = wanted.min(amr_wb::MODE_MAX),
            EncoderKind::G711 | EncoderKind::G722(_) | EncoderKind::Opus(_) => {}
        }
    }

    /// Has Opus keep to `bps` from the next packet on; nothing to other codecs.
    pub fn set_rate(&mut self, bps: u32) {
        match &mut self.kind {
            EncoderKind::Opus(encoder) => encoder.set_rate(bps),
            EncoderKind::G711
            | EncoderKind::G722(_)
            | EncoderKind::Amr { .. }
            | EncoderKind::AmrWb { .. } => {}
        }
    }

    /// Encodes the samples that are heard from `pts` on: [`Encoder::frame_samples`] of them, filled up with
    /// silence when there are fewer; more are left out.
    pub fn encode(&mut self, samples: &[i16], pts: Duration) -> Frame {
        let mut whole = samples[..samples.len().min(self.frame_samples())].to_vec();
        whole.resize(self.frame_samples(), 0);
        let data = match &mut self.kind {
            EncoderKind::G711 => {
                Bytes::from(g711::encode(self.format.codec, &whole).expect("`new` took the codec"))
            }
            EncoderKind::Amr { encoder, mode } => {
                encoder.encode(*mode, whole.first_chunk().expect("`whole` was made as long"))
            }
            EncoderKind::AmrWb { encoder, mode } => {
                encoder.encode(*mode, whole.first_chunk().expect("`whole` was made as long"))
            }
            EncoderKind::G722(encoder) => {
                let whole = whole.first_chunk().expect("`whole` was made as long");
                Bytes::from(encoder.encode(whole).expect("a frame of the library's own length is taken"))
            }
            EncoderKind::Opus(encoder) => {
                encoder.encode(&whole).expect("a frame of one of the library's lengths is taken")
            }
        };
        let duration = Duration::from_secs(whole.len() as u64) / self.sample_rate();
        Frame::new(self.format.codec, pts, duration, true, data)
    }
}

/// One stream of frames being decoded.
pub struct Decoder {
    codec: Codec,
    kind: DecoderKind,
}

enum DecoderKind {
    G711(Concealer),
    G722(Box<g722::Decoder>, Concealer),
    Amr(amr::Decoder),
    AmrWb(amr_wb::Decoder),
    Opus(opus::Decoder, u32),
}

impl Decoder {
    /// A decoder that has heard nothing yet.
    ///
    /// # Errors
    /// [`Error::WrongCodec`] for what is no sound, [`Error::Sound`] when the library fails.
    pub fn new(codec: Codec) -> Result<Self, Error> {
        Self::at(codec, WIDE_RATE)
    }

    /// The same, with Opus at `opus_rate` Hz: 8000, 12000, 16000, 24000 or 48000.
    ///
    /// # Errors
    /// As [`Decoder::new`].
    pub fn at(codec: Codec, opus_rate: u32) -> Result<Self, Error> {
        let kind = match codec {
            Codec::Pcmu | Codec::Pcma => DecoderKind::G711(Concealer::new(SAMPLE_RATE)),
            Codec::G722 => DecoderKind::G722(Box::new(g722::Decoder::new()?), Concealer::new(WIDE_RATE)),
            Codec::Amr => DecoderKind::Amr(amr::Decoder::new()?),
            Codec::AmrWb => DecoderKind::AmrWb(amr_wb::Decoder::new()?),
            Codec::Opus => DecoderKind::Opus(opus::Decoder::new(opus_rate)?, opus_rate),
            Codec::Clearmode | Codec::H263 | Codec::H263p | Codec::H264 | Codec::Mpeg4 | Codec::Vp8 => {
                return Err(no_sound(codec));
            }
        };
        Ok(Decoder { codec, kind })
    }

    /// Samples a second that it gives.
    #[must_use]
    pub fn sample_rate(&self) -> u32 {
        match self.kind {
            DecoderKind::G711(_) | DecoderKind::Amr(_) => SAMPLE_RATE,
            DecoderKind::G722(..) | DecoderKind::AmrWb(_) => WIDE_RATE,
            DecoderKind::Opus(_, rate) => rate,
        }
    }

    /// The samples of one frame. What is damaged or empty in AMR is made up from what came before.
    ///
    /// # Errors
    /// [`Error::WrongCodec`] for a frame of another codec, [`Error::Decode`] for octets that are none of this
    /// one; conceal it then.
    pub fn decode(&mut self, frame: &Frame) -> Result<Vec<i16>, Error> {
        if frame.codec != self.codec {
            return Err(Error::WrongCodec { codec: frame.codec, job: "this stream" });
        }
        match &mut self.kind {
            DecoderKind::G711(concealer) => {
                let mut samples = g711::decode(self.codec, &frame.data)?;
                concealer.heard(&mut samples);
                Ok(samples)
            }
            DecoderKind::G722(decoder, concealer) => {
                let mut samples = decoder.decode(&frame.data)?;
                concealer.heard(&mut samples);
                Ok(samples)
            }
            DecoderKind::Amr(decoder) if frame.damaged => Ok(decoder.conceal().to_vec()),
            DecoderKind::Amr(decoder) => Ok(decoder.decode(&frame.data).to_vec()),
            DecoderKind::AmrWb(decoder) if frame.damaged => Ok(decoder.conceal().to_vec()),
            DecoderKind::AmrWb(decoder) => Ok(decoder.decode(&frame.data).to_vec()),
            DecoderKind::Opus(decoder, _) => decoder.decode(&frame.data).map(<[i16]>::to_vec),
        }
    }

    /// What to play for `duration` in which nothing came, softer and softer: whole frames of AMR and AMR-WB, whole
    /// 2.5 ms and at most 120 ms of Opus.
    pub fn conceal(&mut self, duration: Duration) -> Vec<i16> {
        self.conceal_before(duration, None)
    }

    /// The same, when the frame after the gap is there already: Opus may find the lost sound in it once more
    /// (RFC 7587 §3.3). That frame is still to be decoded.
    pub fn conceal_before(&mut self, duration: Duration, next: Option<&Frame>) -> Vec<i16> {
        let samples = (duration.as_micros() * u128::from(self.sample_rate()) / 1_000_000) as usize;
        match &mut self.kind {
            DecoderKind::G711(concealer) | DecoderKind::G722(_, concealer) => concealer.conceal(samples),
            DecoderKind::Amr(decoder) => {
                (0..samples / amr::SAMPLES).flat_map(|_| decoder.conceal()).collect()
            }
            DecoderKind::AmrWb(decoder) => {
                (0..samples / amr_wb::SAMPLES).flat_map(|_| decoder.conceal()).collect()
            }
            DecoderKind::Opus(decoder, _) => {
                let next = next.filter(|next| next.codec == Codec::Opus && !next.damaged);
                decoder.conceal(samples, next.map(|next| &next.data[..]))
            }
        }
    }
}

fn no_sound(codec: Codec) -> Error {
    Error::WrongCodec { codec, job: "sound" }
}
