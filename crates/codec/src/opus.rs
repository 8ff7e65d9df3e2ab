//! Opus speech (RFC 6716) by libopus, mono, at the sampling rate of what stands on the other side: the codec
//! itself plays and takes 8, 12, 16, 24 and 48 kHz, so that nothing need be resampled.
//!
//! Constant frames of the packet time; forward error correction is written and, after a loss, read.
//!
//! The first packet of each stream is of the transform coder (CELT), all others of the predictive one (SILK): going
//! from one to the other a decoder forgets what it predicts from (RFC 6716 §4.5.2). A telephone's decoder goes on from
//! prompt to prompt and on to the agent, and predicting the new sound from the old made tones ring for seconds.

use bytes::Bytes;
use media::Codec;
use opus::{Application, Bitrate, Channels, Signal};

use crate::Error;

/// Octets of the largest packet that is written: more than 60 ms at the highest rate of speech.
const PACKET_LEN_MAX: usize = 1_275;

/// Bit rate of speech at 8 kHz, and at more (RFC 6716 §2.1.1 gives 8-12 for narrow-band, 16-20 for wide-band
/// speech; this is above both, since a transcoded voice has been coded once already).
const NARROW_BPS: i32 = 16_000;
const WIDE_BPS: i32 = 28_000;
/// Bit rate of the first packet: the transform coder needs more for the same quality.
const OPENING_BPS: i32 = 40_000;
/// Bit rates that are taken from callers.
const BPS: std::ops::RangeInclusive<i32> = 6_000..=128_000;

/// What the encoder prepares for (`OPUS_SET_PACKET_LOSS_PERC`): enough that it adds redundancy.
const LOSS_EXPECTED: i32 = 5;

/// One talker being encoded.
pub struct Encoder {
    inner: opus::Encoder,
    /// For the first packet.
    opening: Option<opus::Encoder>,
    rate: u32,
}

impl Encoder {
    /// For samples at `rate` Hz.
    ///
    /// # Errors
    /// [`Error::Sound`] when Opus has no such rate, or the library fails.
    pub fn new(rate: u32) -> Result<Self, Error> {
        let mut inner = opus::Encoder::new(rate, Channels::Mono, Application::Voip).map_err(failed)?;
        let bps = if rate <= 8_000 { NARROW_BPS } else { WIDE_BPS };
        inner.set_bitrate(Bitrate::Bits(bps)).map_err(failed)?;
        inner.set_signal(Signal::Voice).map_err(failed)?;
        inner.set_inband_fec(true).map_err(failed)?;
        inner.set_packet_loss_perc(LOSS_EXPECTED).map_err(failed)?;
        // A gateway codes thousands of talkers: half the complexity costs a third of the time and is not heard
        // on telephone speech.
        inner.set_complexity(5).map_err(failed)?;
        // This application never uses the predictive coder.
        let mut opening = opus::Encoder::new(rate, Channels::Mono, Application::LowDelay).map_err(failed)?;
        opening.set_bitrate(Bitrate::Bits(OPENING_BPS)).map_err(failed)?;
        // Else its loudness would be told as a difference to what a decoder heard before.
        opening.set_prediction_disabled(true).map_err(failed)?;
        Ok(Encoder { inner, opening: Some(opening), rate })
    }

    /// Changes the bit rate from the next packet on; brought within 6 to 128 kbit/s.
    pub fn set_rate(&mut self, bps: u32) {
        let bps = i32::try_from(bps).unwrap_or(i32::MAX).clamp(*BPS.start(), *BPS.end());
        // It refuses what is out of range only, and this is not.
        let _ = self.inner.set_bitrate(Bitrate::Bits(bps));
    }

    /// Samples a second.
    #[must_use]
    pub fn rate(&self) -> u32 {
        self.rate
    }

    /// One packet of `samples`: 10, 20, 40 or 60 ms.
    ///
    /// # Errors
    /// [`Error::Encode`] for another length.
    pub fn encode(&mut self, samples: &[i16]) -> Result<Bytes, Error> {
        let mut opening = self.opening.take();
        let packet = opening.as_mut().unwrap_or(&mut self.inner).encode_vec(samples, PACKET_LEN_MAX);
        packet.map(Bytes::from).map_err(|why| Error::Encode { codec: Codec::Opus, why: why.to_string() })
    }
}

/// One talker being decoded.
pub struct Decoder {
    inner: opus::Decoder,
    rate: u32,
    /// Room for the longest packet, used again and again.
    room: Vec<i16>,
}

impl Decoder {
    /// To samples at `rate` Hz.
    ///
    /// # Errors
    /// [`Error::Sound`] when Opus has no such rate, or the library fails.
    pub fn new(rate: u32) -> Result<Self, Error> {
        let inner = opus::Decoder::new(rate, Channels::Mono).map_err(failed)?;
        // 120 ms (RFC 6716 §3.2.5).
        Ok(Decoder { inner, rate, room: vec![0; rate as usize * 120 / 1_000] })
    }

    /// The samples of one packet; two channels are mixed.
    ///
    /// # Errors
    /// [`Error::Decode`] for what is no packet.
    pub fn decode(&mut self, packet: &[u8]) -> Result<&[i16], Error> {
        if packet.is_empty() {
            // The library would take it for a loss.
            return Err(Error::Decode { codec: Codec::Opus, why: "no octets".into() });
        }
        self.run(packet, false, self.room.len())
    }

    /// What to play for `samples` (whole 2.5 ms, at most 120 ms) in which nothing came. `next` is the packet after
    /// the gap where it is there already: it may carry the lost sound once more.
    pub fn conceal(&mut self, samples: usize, next: Option<&[u8]>) -> Vec<i16> {
        let step = self.rate as usize / 400;
        let samples = (samples - samples % step).min(self.room.len());
        if samples == 0 {
            return Vec::new();
        }
        let packet = next.unwrap_or_default();
        match self.run(packet, !packet.is_empty(), samples) {
            Ok(heard) => heard.to_vec(),
            Err(_) => vec![0; samples],
        }
    }

    fn run(&mut self, packet: &[u8], repair: bool, samples: usize) -> Result<&[i16], Error> {
        let decoded = self.inner.decode(packet, &mut self.room[..samples], repair);
        let count = decoded.map_err(|why| Error::Decode { codec: Codec::Opus, why: why.to_string() })?;
        Ok(&self.room[..count])
    }
}

#[allow(clippy::needless_pass_by_value, reason = "for map_err")]
fn failed(why: opus::Error) -> Error {
    Error::Sound { codec: Codec::Opus, why: why.to_string() }
}
