//! MPEG-4 visual, simple profile (ISO/IEC 14496-2) by libavcodec: video packets of at most the length that
//! level 0 allows, no B-VOPs, no data partitioning, headers in front of each key picture.

use std::time::Duration;

use bytes::Bytes;
use ffmpeg_next::Dictionary;
use ffmpeg_next::codec::Id;
use media::{Codec, Picture, Size, VideoFormat};

use super::{Rate, libav};
use crate::Error;

/// The library ends a video packet with the macroblock that reaches this many octets. Level 0 allows 2048
/// bits (table N.1), and a macroblock of text takes up to 90 octets.
const PACKET_LEN: &str = "140";

/// Vectors of at most this many pixels keep `vop_fcode` at 1, all that level 0 has (table N.1, note).
const VECTOR_MAX: &str = "15";

/// Start codes (§6.2.1, table 6-3) of what stands before the first VOP and is no part of the configuration.
const GROUP_OF_VOP: u8 = 0xB3;
const VOP: u8 = 0xB6;

/// Rows of table N.1: macroblocks/s, macroblocks a picture, kbit/s, profile_and_level_indication. Level 4a
/// and 5 are those of its second amendment.
const LEVELS: [(u32, u32, u32, u8); 6] = [
    (1_485, 99, 64, 8),
    (1_485, 99, 64, 1),
    (5_940, 396, 128, 2),
    (11_880, 396, 384, 3),
    (36_000, 1_200, 4_000, 4),
    (40_500, 1_620, 8_000, 5),
];

pub(super) struct Encoder {
    inner: libav::Encoder,
    fps: u8,
}

impl Encoder {
    pub(super) fn open(format: VideoFormat, rate: Rate) -> Result<Self, Error> {
        let Some(level) = level(format) else {
            let why = "no level of the simple profile holds it".into();
            return Err(Error::Open { codec: Codec::Mpeg4, size: format.size, why });
        };
        let mut options = Dictionary::new();
        options.set("ps", PACKET_LEN);
        options.set("me_range", VECTOR_MAX);
        options.set("profile", "0");
        options.set("level", &level.to_string());
        Ok(Encoder { inner: libav::Encoder::open(Id::MPEG4, format, rate, options)?, fps: format.fps })
    }

    pub(super) fn set_rate(&mut self, rate_bps: u32) {
        self.inner.set_rate(rate_bps);
    }

    pub(super) fn encode(
        &mut self,
        picture: &Picture,
        pts: Duration,
        force_key: bool,
    ) -> Result<(Vec<u8>, bool), Error> {
        let periods = (pts.as_micros() * u128::from(self.fps) + 500_000) / 1_000_000;
        self.inner.encode(picture, i64::try_from(periods).unwrap_or(i64::MAX / 2), force_key)
    }
}

/// The headers that each key picture of `format` begins with, and that a decoder may be told ahead: visual
/// object sequence, visual object and video object layer (§6.2.2, §6.2.3). They are the same octets for every
/// encoder of the format: for `config=` (RFC 6416 §7.1) and decoderConfigurationInformation (H.245 annex E).
///
/// # Errors
/// [`Error::WrongCodec`] when the format is of another codec, and what [`super::Encoder::new`] answers.
pub fn mpeg4_config(format: VideoFormat) -> Result<Bytes, Error> {
    if format.codec != Codec::Mpeg4 {
        return Err(Error::WrongCodec { codec: format.codec, job: "MPEG-4 headers" });
    }
    let (data, _) =
        Encoder::open(format, Rate::Target)?.encode(&Picture::black(format.size), Duration::ZERO, true)?;
    let starts = |code: u8| data.windows(4).position(|octets| octets == [0, 0, 1, code]);
    let end = starts(GROUP_OF_VOP).into_iter().chain(starts(VOP)).min().unwrap_or(data.len());
    Ok(Bytes::copy_from_slice(&data[..end]))
}

/// The lowest level that holds the format; level 0 and 1 differ in tools, and ours are those of level 0.
fn level(format: VideoFormat) -> Option<u8> {
    let picture = format.size.macroblocks();
    let second = picture * u32::from(format.fps);
    // Beyond QCIF's shape a picture of as few macroblocks is not level 0 (§N.2: 176x144 at most).
    let fits = |row: &&(u32, u32, u32, u8)| {
        let small = row.3 != 8 || (format.size.width <= Size::QCIF.width && format.size.height <= 144);
        small && second <= row.0 && picture <= row.1 && format.rate_bps <= row.2 * 1_000
    };
    LEVELS.iter().find(fits).map(|row| row.3)
}
