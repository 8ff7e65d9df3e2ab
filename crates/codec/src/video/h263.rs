//! H.263 by libavcodec. The five sizes of baseline are coded as such, with a header on every group of blocks (§5.2),
//! whatever version was agreed: version 2 takes baseline pictures too, and asks for PLUSPTYPE only where something
//! needs it (§5.1.4). Other sizes, which version 2 alone has, are coded with PLUSPTYPE and none of the optional modes.

use std::time::Duration;

use ffmpeg_next::Dictionary;
use ffmpeg_next::codec::Id;
use media::{Codec, Picture, Size, VideoFormat};

use super::{Rate, libav};
use crate::Error;

/// The five sizes of baseline H.263 (§4.1).
const SIZES: [Size; 5] = [
    Size { width: 128, height: 96 },
    Size::QCIF,
    Size::CIF,
    Size { width: 704, height: 576 },
    Size { width: 1408, height: 1152 },
];

pub(super) struct Encoder {
    inner: libav::Encoder,
    sent: i64,
}

impl Encoder {
    pub(super) fn open(format: VideoFormat, rate: Rate) -> Result<Self, Error> {
        let baseline = SIZES.contains(&format.size);
        if !baseline && (format.codec == Codec::H263 || !is_custom(format.size)) {
            let why = "not a size of H.263".into();
            return Err(Error::Open { codec: format.codec, size: format.size, why });
        }
        let mut options = Dictionary::new();
        // A "packet" of one octet is full at once: a header on every group of blocks.
        options.set("ps", "1");
        let id = if baseline { Id::H263 } else { Id::H263P };
        Ok(Encoder { inner: libav::Encoder::open(id, format, rate, options)?, sent: 0 })
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
        // The library only wants ascending numbers; the temporal reference is written below.
        let (mut data, keyframe) = self.inner.encode(picture, self.sent, force_key)?;
        self.sent += 1;
        set_temporal_reference(&mut data, pts);
        Ok((data, keyframe))
    }
}

/// Sides that a custom picture format has: multiples of four up to 2048 and 1152 (§5.1.5).
fn is_custom(size: Size) -> bool {
    let fits = |side: u16, most: u16| side.is_multiple_of(4) && (16..=most).contains(&side);
    fits(size.width, 2_048) && fits(size.height, 1_152)
}

/// Writes the temporal reference (§5.1.2): 8 bits after the 22 of the picture start code, in units of
/// 1001/30000 s. The library counts pictures, which is wrong once a picture is left out.
fn set_temporal_reference(data: &mut [u8], pts: Duration) {
    let Some([_, _, second, third]) = data.first_chunk_mut() else { return };
    let reference = ((pts.as_micros() * 30_000 + 500_500_000) / 1_001_000_000) as u8;
    *second = *second & 0xFC | reference >> 6;
    *third = reference << 2 | *third & 0x03;
}
