//! H.263 baseline by libavcodec, with a header on every group of blocks (H.263 §5.2).

use std::time::Duration;

use ffmpeg_next::codec;
use ffmpeg_next::format::Pixel;
use ffmpeg_next::{Dictionary, Packet, Rational, encoder, picture};
use media::{Codec, Picture, Size, VideoFormat};

use super::Rate;
use crate::{Error, plane, quiet};

/// The five sizes of baseline H.263 (§4.1), all that libavcodec encodes for it.
const SIZES: [Size; 5] = [
    Size { width: 128, height: 96 },
    Size::QCIF,
    Size::CIF,
    Size { width: 704, height: 576 },
    Size { width: 1408, height: 1152 },
];

/// Macroblocks must be coded INTRA at least once in 132 times (§4.4): a key picture this often is enough.
const KEY_INTERVAL: u32 = 132;

pub(super) struct Encoder {
    inner: encoder::video::Encoder,
    sent: i64,
}

impl Encoder {
    pub(super) fn open(format: VideoFormat, rate: Rate) -> Result<Self, Error> {
        quiet::libav();
        let open = |why: String| Error::Open { codec: Codec::H263, size: format.size, why };
        if !SIZES.contains(&format.size) {
            return Err(open("not a size of H.263".into()));
        }
        let codec = encoder::find(codec::Id::H263).ok_or_else(|| open("libavcodec has none".into()))?;
        let context = codec::Context::new_with_codec(codec);
        let mut video = context.encoder().video().map_err(|why| open(why.to_string()))?;
        video.set_width(u32::from(format.size.width));
        video.set_height(u32::from(format.size.height));
        video.set_format(Pixel::YUV420P);
        video.set_time_base(Rational(1, i32::from(format.fps)));
        video.set_frame_rate(Some(Rational(i32::from(format.fps), 1)));
        video.set_gop(KEY_INTERVAL);
        video.set_max_b_frames(0);
        video.set_bit_rate(format.rate_bps as usize);
        if let Rate::Quantiser(quantiser) = rate {
            let quantiser = i32::from(quantiser.clamp(1, 31));
            video.set_qmin(quantiser);
            video.set_qmax(quantiser);
        }
        let inner = video.open_as_with(codec, options(format, rate)).map_err(|why| open(why.to_string()))?;
        Ok(Encoder { inner, sent: 0 })
    }

    pub(super) fn encode(
        &mut self,
        picture: &Picture,
        pts: Duration,
        force_key: bool,
    ) -> Result<(Vec<u8>, bool), Error> {
        let mut frame = plane::to_av(picture);
        // The library only wants ascending numbers; the temporal reference is written below.
        frame.set_pts(Some(self.sent));
        if force_key || self.sent == 0 {
            frame.set_kind(picture::Type::I);
        }
        self.sent += 1;
        self.inner.send_frame(&frame).map_err(|why| failed(why.to_string()))?;
        let mut packet = Packet::empty();
        self.inner.receive_packet(&mut packet).map_err(|why| failed(why.to_string()))?;
        let data = packet.data().ok_or_else(|| failed("the encoder gave no picture".into()))?;
        let mut data = data.to_vec();
        set_temporal_reference(&mut data, pts);
        Ok((data, packet.is_key()))
    }
}

fn options(format: VideoFormat, rate: Rate) -> Dictionary<'static> {
    let mut options = Dictionary::new();
    // A "packet" of one octet is full at once: a header on every group of blocks.
    options.set("ps", "1");
    options.set("threads", "1");
    if rate == Rate::Target {
        let rate_bps = format.rate_bps.to_string();
        options.set("maxrate", &rate_bps);
        options.set("bufsize", &rate_bps);
    }
    options
}

/// Writes the temporal reference (§5.1.2): 8 bits after the 22 of the picture start code, in units of
/// 1001/30000 s. The library counts pictures, which is wrong once a picture is left out.
fn set_temporal_reference(data: &mut [u8], pts: Duration) {
    let Some([_, _, second, third]) = data.first_chunk_mut() else { return };
    let reference = ((pts.as_micros() * 30_000 + 500_500_000) / 1_001_000_000) as u8;
    *second = *second & 0xFC | reference >> 6;
    *third = reference << 2 | *third & 0x03;
}

fn failed(why: String) -> Error {
    Error::Encode { codec: Codec::H263, why }
}
