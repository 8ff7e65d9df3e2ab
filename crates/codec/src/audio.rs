//! Sound in any codec: samples to [`Frame`]s and back, so that a caller need not know which codec it is.
//!
//! All sound is mono at [`crate::SAMPLE_RATE`]. One frame is what one RTP packet carries by default, for
//! AMR always 20 ms. Start at [`Encoder`] and [`Decoder`].

use std::time::Duration;

use bytes::Bytes;
use media::{AudioFormat, Codec, Frame};

use crate::{Error, SAMPLE_RATE, amr, g711};

/// One stream of samples being encoded.
pub struct Encoder {
    format: AudioFormat,
    kind: EncoderKind,
}

enum EncoderKind {
    G711,
    Amr { encoder: amr::Encoder, mode: u8 },
}

impl Encoder {
    /// An encoder that has heard nothing yet; AMR begins with the mode of the format.
    ///
    /// # Errors
    /// [`Error::WrongCodec`] for what is no sound, [`Error::Sound`] when the library fails.
    pub fn new(format: AudioFormat) -> Result<Self, Error> {
        let kind = match format.codec {
            Codec::Pcmu | Codec::Pcma => EncoderKind::G711,
            Codec::Amr => {
                let mode = format.amr_mode.unwrap_or(amr::MODE_MAX);
                EncoderKind::Amr { encoder: amr::Encoder::new()?, mode }
            }
            Codec::Clearmode | Codec::H263 | Codec::H264 | Codec::Mpeg4 => {
                return Err(no_sound(format.codec));
            }
        };
        Ok(Encoder { format, kind })
    }

    /// Samples of one frame.
    #[must_use]
    pub fn frame_samples(&self) -> usize {
        match self.kind {
            EncoderKind::G711 => usize::from(self.format.packet_ms) * SAMPLE_RATE as usize / 1_000,
            EncoderKind::Amr { .. } => amr::SAMPLES,
        }
    }

    /// Has AMR use `mode` from the next frame on, 0 = 4.75 to 7 = 12.2 kbit/s; nothing to other codecs.
    pub fn set_mode(&mut self, wanted: u8) {
        match &mut self.kind {
            EncoderKind::Amr { mode, .. } => *mode = wanted.min(amr::MODE_MAX),
            EncoderKind::G711 => {}
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
        };
        let duration = Duration::from_secs(whole.len() as u64) / SAMPLE_RATE;
        Frame::new(self.format.codec, pts, duration, true, data)
    }
}

/// One stream of frames being decoded.
pub struct Decoder {
    codec: Codec,
    kind: DecoderKind,
}

enum DecoderKind {
    G711,
    Amr(amr::Decoder),
}

impl Decoder {
    /// A decoder that has heard nothing yet.
    ///
    /// # Errors
    /// [`Error::WrongCodec`] for what is no sound, [`Error::Sound`] when the library fails.
    pub fn new(codec: Codec) -> Result<Self, Error> {
        let kind = match codec {
            Codec::Pcmu | Codec::Pcma => DecoderKind::G711,
            Codec::Amr => DecoderKind::Amr(amr::Decoder::new()?),
            Codec::Clearmode | Codec::H263 | Codec::H264 | Codec::Mpeg4 => return Err(no_sound(codec)),
        };
        Ok(Decoder { codec, kind })
    }

    /// The samples of one frame. What is damaged or empty in AMR is made up from what came before.
    ///
    /// # Errors
    /// [`Error::WrongCodec`] for a frame of another codec.
    pub fn decode(&mut self, frame: &Frame) -> Result<Vec<i16>, Error> {
        if frame.codec != self.codec {
            return Err(Error::WrongCodec { codec: frame.codec, job: "this stream" });
        }
        match &mut self.kind {
            DecoderKind::G711 => g711::decode(self.codec, &frame.data),
            DecoderKind::Amr(decoder) if frame.damaged => Ok(decoder.conceal().to_vec()),
            DecoderKind::Amr(decoder) => Ok(decoder.decode(&frame.data).to_vec()),
        }
    }

    /// What to play for `duration` in which nothing came: AMR goes on softer and softer, G.711 is silent.
    pub fn conceal(&mut self, duration: Duration) -> Vec<i16> {
        let samples = (duration.as_micros() * u128::from(SAMPLE_RATE) / 1_000_000) as usize;
        match &mut self.kind {
            DecoderKind::G711 => vec![0; samples],
            DecoderKind::Amr(decoder) => {
                (0..samples / amr::SAMPLES).flat_map(|_| decoder.conceal()).collect()
            }
        }
    }
}

fn no_sound(codec: Codec) -> Error {
    Error::WrongCodec { codec, job: "sound" }
}
