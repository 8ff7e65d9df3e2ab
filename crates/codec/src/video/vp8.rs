//! VP8 by libvpx in real-time mode, one partition, no frame left out by the encoder itself.

use std::time::Duration;

use media::{Codec, Picture, VideoFormat, vp8};

use super::Rate;
use crate::Error;
use crate::ffi::vpx;

/// Between best quality and speed: libvpx counts down to -16; at this its time is about that of openh264.
const CPU_USED: i8 = -8;

/// As for other codecs: a decoder that missed something is whole again after so many pictures at the latest.
const KEY_INTERVAL: u16 = 300;

pub(super) struct Encoder {
    inner: vpx::Encoder,
    fps: u8,
    last: Option<i64>,
}

impl Encoder {
    pub(super) fn open(format: VideoFormat, rate: Rate) -> Result<Self, Error> {
        let (quantiser_min, quantiser_max) = match rate {
            Rate::Target => (4, 56),
            Rate::Quantiser(quantiser) => (quantiser.min(63), quantiser.min(63)),
        };
        let settings =
            vpx::Settings { quantiser_min, quantiser_max, cpu_used: CPU_USED, key_interval: KEY_INTERVAL };
        let inner = vpx::Encoder::open(format, settings).map_err(|code| Error::Open {
            codec: Codec::Vp8,
            size: format.size,
            why: format!("{code:?}"),
        })?;
        Ok(Encoder { inner, fps: format.fps, last: None })
    }

    pub(super) fn set_rate(&mut self, rate_bps: u32) -> Result<(), Error> {
        self.inner.set_rate(rate_bps).map_err(|code| failed(format!("{code:?}")))
    }

    pub(super) fn encode(
        &mut self,
        picture: &Picture,
        pts: Duration,
        force_key: bool,
    ) -> Result<(Vec<u8>, bool), Error> {
        let periods = (pts.as_micros() * u128::from(self.fps) + 500_000) / 1_000_000;
        let at = i64::try_from(periods).unwrap_or(i64::MAX / 2);
        let at = self.last.map_or(at, |last| at.max(last + 1));
        self.last = Some(at);
        let data = self.inner.encode(picture, at, force_key).map_err(|code| failed(format!("{code:?}")))?;
        if data.is_empty() {
            return Err(failed("the encoder gave no picture".into()));
        }
        let keyframe = vp8::is_keyframe(&data);
        Ok((data, keyframe))
    }
}

fn failed(why: String) -> Error {
    Error::Encode { codec: Codec::Vp8, why }
}
