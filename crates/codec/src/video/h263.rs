//! H.263 baseline by libavcodec, with a header on every group of blocks (H.263 §5.2).

use std::time::Duration;

use ffmpeg_next::Dictionary;
use ffmpeg_next::codec::Id;
use media::{Codec, Picture, Size, VideoFormat};

use super::{Rate, libav};
use crate::Error;

/// The five sizes of baseline H.263 (§4.1), all that libavcodec encodes for it.
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
        if !SIZES.contains(&format.size) {
            let why = "not a size of H.263".into();
            return Err(Error::Open { codec: Codec::H263, size: format.size, why });
        }
        let mut options = Dictionary::new();
        // A "packet" of one octet is full at once: a header on every group of blocks.
        options.set("ps", "1");
        Ok(Encoder { inner: libav::Encoder::open(Id::H263, format, rate, options)?, sent: 0 })
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

/// Writes the temporal reference (§5.1.2): 8 bits after the 22 of the picture start code, in units of
/// 1001/30000 s. The library counts pictures, which is wrong once a picture is left out.
fn set_temporal_reference(data: &mut [u8], pts: Duration) {
    let Some([_, _, second, third]) = data.first_chunk_mut() else { return };
    let reference = ((pts.as_micros() * 30_000 + 500_500_000) / 1_001_000_000) as u8;
    *second = *second & 0xFC | reference >> 6;
    *third = reference << 2 | *third & 0x03;
}
