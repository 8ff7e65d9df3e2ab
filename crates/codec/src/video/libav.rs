//! What the encoders of libavcodec have in common: how one is opened, fed and emptied.

use ffmpeg_next::codec::{self, Flags};
use ffmpeg_next::format::Pixel;
use ffmpeg_next::{Dictionary, Packet, Rational, encoder, picture};
use media::{Picture, VideoFormat};

use super::Rate;
use crate::{Error, ffi, plane, quiet};

/// A key picture at least this often: macroblocks must be coded INTRA once in 132 times (H.263 §4.4), and
/// MPEG-4 lets the same mismatch of inverse transforms build up (ISO/IEC 14496-2 annex A).
const KEY_INTERVAL: u32 = 132;

/// One encoder of libavcodec.
pub(super) struct Encoder {
    inner: encoder::video::Encoder,
    format: VideoFormat,
    /// Time of the picture before, in periods of the picture rate.
    last: Option<i64>,
}

impl Encoder {
    /// Opens it with what every format needs and `options` of its own.
    pub(super) fn open(
        id: codec::Id,
        format: VideoFormat,
        rate: Rate,
        mut options: Dictionary<'_>,
    ) -> Result<Self, Error> {
        quiet::libav();
        let open = |why: String| Error::Open { codec: format.codec, size: format.size, why };
        let codec = encoder::find(id).ok_or_else(|| open("libavcodec has none".into()))?;
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
        // The library's name in every key picture would cost octets and differ from machine to machine.
        video.set_flags(Flags::BITEXACT);
        if let Rate::Quantiser(quantiser) = rate {
            let quantiser = i32::from(quantiser.clamp(1, 31));
            video.set_qmin(quantiser);
            video.set_qmax(quantiser);
        }
        options.set("threads", "1");
        if rate == Rate::Target {
            let rate_bps = format.rate_bps.to_string();
            options.set("maxrate", &rate_bps);
            options.set("bufsize", &buffer_bits(format).to_string());
        }
        let inner = video.open_as_with(codec, options).map_err(|why| open(why.to_string()))?;
        Ok(Encoder { inner, format, last: None })
    }

    /// Keeps to `rate_bps` from the next picture on.
    pub(super) fn set_rate(&mut self, rate_bps: u32) {
        self.format.rate_bps = rate_bps;
        ffi::set_libav_rate(&mut self.inner, rate_bps, buffer_bits(self.format));
    }

    /// The bitstream of one picture and whether it is a key picture, which it always is when `force_key`
    /// and first. `at` is its time in periods of the picture rate, where the library writes it; times that
    /// do not ascend are made to.
    pub(super) fn encode(
        &mut self,
        picture: &Picture,
        at: i64,
        force_key: bool,
    ) -> Result<(Vec<u8>, bool), Error> {
        let failed = |why: String| Error::Encode { codec: self.format.codec, why };
        let mut frame = plane::to_av(picture);
        if force_key || self.last.is_none() {
            frame.set_kind(picture::Type::I);
        }
        let at = self.last.map_or(at, |last| at.max(last + 1));
        frame.set_pts(Some(at));
        self.last = Some(at);
        self.inner.send_frame(&frame).map_err(|why| failed(why.to_string()))?;
        let mut packet = Packet::empty();
        self.inner.receive_packet(&mut packet).map_err(|why| failed(why.to_string()))?;
        let data = packet.data().ok_or_else(|| failed("the encoder gave no picture".into()))?;
        Ok((data.to_vec(), packet.is_key()))
    }
}

/// A second of the stream, so that a key picture may be good; on a circuit half of one, so that it comes soon.
fn buffer_bits(format: VideoFormat) -> u32 {
    if format.is_circuit() { format.rate_bps / 2 } else { format.rate_bps }
}
