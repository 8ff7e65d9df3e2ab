//! G.722 at 64 kbit/s (ITU-T G.722 mode 1): 16 kHz samples to octets, two samples each, and back, by libavcodec.
//! No concealment here: that is [`crate::plc`]'s.

use ffmpeg_next::codec::{self, Id};
use ffmpeg_next::format::sample::{Sample, Type};
use ffmpeg_next::{ChannelLayout, Packet, Rational, decoder, encoder, frame};
use media::Codec;

use crate::{Error, quiet};

/// Samples a second.
pub const RATE: u32 = 16_000;

/// Samples that the library codes at once: 20 ms.
pub const SAMPLES: usize = 320;

const FORMAT: Sample = Sample::I16(Type::Packed);

/// One stream being encoded.
pub struct Encoder {
    inner: encoder::audio::Encoder,
    sent: i64,
}

impl Encoder {
    /// An encoder that has heard nothing yet.
    ///
    /// # Errors
    /// [`Error::Sound`] when the library lacks the codec.
    pub fn new() -> Result<Self, Error> {
        quiet::libav();
        let found = encoder::find(Id::ADPCM_G722).ok_or_else(|| failed(&"libavcodec has none"))?;
        let mut audio =
            codec::Context::new_with_codec(found).encoder().audio().map_err(|why| failed(&why))?;
        audio.set_rate(RATE as i32);
        audio.set_format(FORMAT);
        audio.set_channel_layout(ChannelLayout::MONO);
        audio.set_time_base(Rational(1, RATE as i32));
        let inner = audio.open_as(found).map_err(|why| failed(&why))?;
        Ok(Encoder { inner, sent: 0 })
    }

    /// The octets of the next 20 ms, 160 of them.
    ///
    /// # Errors
    /// [`Error::Encode`] when the library fails.
    pub fn encode(&mut self, samples: &[i16; SAMPLES]) -> Result<Vec<u8>, Error> {
        let failed = |why: String| Error::Encode { codec: Codec::G722, why };
        let mut frame = frame::Audio::new(FORMAT, SAMPLES, ChannelLayout::MONO);
        frame.set_rate(RATE);
        frame.plane_mut::<i16>(0).copy_from_slice(samples);
        frame.set_pts(Some(self.sent));
        self.sent += SAMPLES as i64;
        self.inner.send_frame(&frame).map_err(|why| failed(why.to_string()))?;
        let mut packet = Packet::empty();
        self.inner.receive_packet(&mut packet).map_err(|why| failed(why.to_string()))?;
        Ok(packet.data().unwrap_or_default().to_vec())
    }
}

/// One stream being decoded.
pub struct Decoder(decoder::Audio);

impl Decoder {
    /// A decoder that has heard nothing yet.
    ///
    /// # Errors
    /// [`Error::Sound`] when the library lacks the codec.
    pub fn new() -> Result<Self, Error> {
        quiet::libav();
        let found = decoder::find(Id::ADPCM_G722).ok_or_else(|| failed(&"libavcodec has none"))?;
        let context = codec::Context::new_with_codec(found).decoder();
        let inner = context.open_as(found).and_then(decoder::Opened::audio).map_err(|why| failed(&why))?;
        Ok(Decoder(inner))
    }

    /// Two samples for each octet.
    ///
    /// # Errors
    /// [`Error::Decode`] when the library fails.
    pub fn decode(&mut self, octets: &[u8]) -> Result<Vec<i16>, Error> {
        if octets.is_empty() {
            return Ok(Vec::new());
        }
        let failed = |why: ffmpeg_next::Error| Error::Decode { codec: Codec::G722, why: why.to_string() };
        self.0.send_packet(&Packet::copy(octets)).map_err(failed)?;
        let (mut samples, mut out) = (Vec::with_capacity(2 * octets.len()), frame::Audio::empty());
        while self.0.receive_frame(&mut out).is_ok() {
            samples.extend_from_slice(&out.plane::<i16>(0)[..out.samples()]);
        }
        Ok(samples)
    }
}

fn failed(why: &dyn std::fmt::Display) -> Error {
    Error::Sound { codec: Codec::G722, why: why.to_string() }
}
