//! Pictures to frames and back: H.264, H.263 of either version, MPEG-4 and VP8.
//!
//! [`Encoder::new`] keeps to a bit rate, for clips and live pictures; [`Encoder::still`] keeps to one
//! quantiser, for slides. [`Governor`] drops pictures before they are encoded, because the encoders
//! themselves never do. [`Decoder`] is for all codecs.

mod decoder;
mod governor;
mod h263;
mod h264;
mod libav;
mod mpeg4;
mod vp8;

use std::time::Duration;

use bytes::Bytes;
use media::{Codec, Frame, Picture, VideoFormat};

pub use decoder::Decoder;
pub(crate) use decoder::{options as decoder_options, too_large};
pub use governor::Governor;
pub use mpeg4::mpeg4_config;

use crate::Error;

/// One stream of pictures being encoded in one format.
///
/// H.264 comes as constrained baseline at the lowest level that holds the format, in slices of at most
/// `slice_len_max` octets, with both parameter sets in front of each IDR picture. H.263 is baseline
/// with a header on each group of blocks, so that RFC 2190 mode A can cut it and a decoder finds its place
/// again after damage; of version 2 it differs in the sizes that it has. MPEG-4 is simple profile in video
/// packets, with its headers in front of each key picture.
pub struct Encoder {
    format: VideoFormat,
    kind: Kind,
}

enum Kind {
    H264(Box<h264::Encoder>),
    H263(h263::Encoder),
    Mpeg4(mpeg4::Encoder),
    Vp8(Box<vp8::Encoder>),
}

/// Bit rates that are taken, in bit/s.
const RATES: std::ops::RangeInclusive<u32> = 1_000..=20_000_000;

/// How an encoder chooses its quantiser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rate {
    /// Whatever the format's bit rate needs.
    Target,
    /// Always this one: 0..=51 for H.264, 1..=31 for H.263 and MPEG-4, 0..=63 for VP8.
    Quantiser(u8),
}

impl Encoder {
    /// An encoder that keeps near the format's bit rate. Its first picture is a key picture.
    ///
    /// # Errors
    /// [`Error::WrongCodec`] for sound, [`Error::Open`] for a size, picture rate or bit rate that the
    /// codec does not have.
    pub fn new(format: VideoFormat) -> Result<Self, Error> {
        Self::open(format, Rate::Target)
    }

    /// An encoder that uses `quantiser` for every macroblock, whatever the bit rate: 10..=51 for H.264,
    /// 1..=31 for H.263 and MPEG-4, 0..=63 for VP8, clamped. A still picture encoded twice is the same to the octet.
    ///
    /// # Errors
    /// As [`Encoder::new`].
    pub fn still(format: VideoFormat, quantiser: u8) -> Result<Self, Error> {
        Self::open(format, Rate::Quantiser(quantiser))
    }

    fn open(format: VideoFormat, rate: Rate) -> Result<Self, Error> {
        let open = |why: &str| Error::Open { codec: format.codec, size: format.size, why: why.into() };
        if !(1..=30).contains(&format.fps) {
            return Err(open("1 to 30 pictures a second"));
        }
        if !RATES.contains(&format.rate_bps) {
            return Err(open("bit rate out of range"));
        }
        let kind = match format.codec {
            Codec::H264 => Kind::H264(Box::new(h264::Encoder::open(format, rate)?)),
            Codec::H263 | Codec::H263p => Kind::H263(h263::Encoder::open(format, rate)?),
            Codec::Vp8 => Kind::Vp8(Box::new(vp8::Encoder::open(format, rate)?)),
            Codec::Mpeg4 => Kind::Mpeg4(mpeg4::Encoder::open(format, rate)?),
            Codec::Pcmu
            | Codec::Pcma
            | Codec::Amr
            | Codec::AmrWb
            | Codec::G722
            | Codec::Opus
            | Codec::Clearmode => {
                return Err(Error::WrongCodec { codec: format.codec, job: "pictures" });
            }
        };
        Ok(Encoder { format, kind })
    }

    /// What this encoder makes.
    #[must_use]
    pub fn format(&self) -> VideoFormat {
        self.format
    }

    /// Keeps near `rate_bps` from the next picture on, without a key picture; brought within 1 kbit/s and
    /// 20 Mbit/s. Level and headers stay those of the rate that it was made for, which should be the highest.
    ///
    /// # Errors
    /// [`Error::Encode`] when the library refuses it.
    pub fn set_rate(&mut self, rate_bps: u32) -> Result<(), Error> {
        let rate_bps = rate_bps.clamp(*RATES.start(), *RATES.end());
        match &mut self.kind {
            Kind::H264(encoder) => encoder.set_rate(rate_bps)?,
            Kind::Vp8(encoder) => encoder.set_rate(rate_bps)?,
            Kind::H263(encoder) => encoder.set_rate(rate_bps),
            Kind::Mpeg4(encoder) => encoder.set_rate(rate_bps),
        }
        self.format.rate_bps = rate_bps;
        Ok(())
    }

    /// Encodes one picture that is shown at `pts`; a key picture when `force_key`, and always first.
    /// The frame's `duration` is one period of the format's picture rate.
    ///
    /// # Errors
    /// [`Error::WrongSize`] when the picture is not of the format's size, [`Error::Encode`] when the
    /// library fails or cannot keep a slice within its limit.
    pub fn encode(&mut self, picture: &Picture, pts: Duration, force_key: bool) -> Result<Frame, Error> {
        if picture.size != self.format.size {
            return Err(Error::WrongSize { got: picture.size, want: self.format.size.into() });
        }
        let (data, keyframe) = match &mut self.kind {
            Kind::H264(encoder) => encoder.encode(picture, pts, force_key)?,
            Kind::H263(encoder) => encoder.encode(picture, pts, force_key)?,
            Kind::Mpeg4(encoder) => encoder.encode(picture, pts, force_key)?,
            Kind::Vp8(encoder) => encoder.encode(picture, pts, force_key)?,
        };
        let duration = Duration::from_secs(1) / u32::from(self.format.fps);
        Ok(Frame::new(self.format.codec, pts, duration, keyframe, Bytes::from(data)))
    }
}
