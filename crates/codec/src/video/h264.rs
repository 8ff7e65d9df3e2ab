//! H.264 constrained baseline by openh264: size-limited slices, levels of table A-1.

use std::time::Duration;

use media::h264::{self, START_CODE, nal};
use media::{Codec, Picture, VideoFormat};
use openh264::encoder::{BitRate, EncoderConfig, FrameRate, Level, Profile, QpRange, RateControlMode};
use openh264::formats::YUVSource;
use openh264::{OpenH264API, Timestamp};

use super::Rate;
use crate::{Error, ffi};

/// Room that openh264 may use beyond the slice length it is given: it checks the length between
/// macroblocks and before emulation prevention octets are inserted.
const SLICE_MARGIN: u16 = 100;

/// openh264 refuses limits that its largest macroblock with its header would not fit
/// (`MAX_MACROBLOCK_SIZE_IN_BYTE`, 400 octets, and some).
const SLICE_LEN_MIN: u16 = 600;

/// The smallest quantiser worth its bits; openh264 treats lower ones as "choose yourself".
const QP_MIN: u8 = 10;

pub(super) struct Encoder {
    inner: openh264::encoder::Encoder,
    slice_len_max: usize,
    started: bool,
}

impl Encoder {
    pub(super) fn open(format: VideoFormat, rate: Rate) -> Result<Self, Error> {
        let open = |why: String| Error::Open { codec: Codec::H264, size: format.size, why };
        if format.slice_len_max < SLICE_LEN_MIN {
            return Err(open(format!("slices of {} octets", format.slice_len_max)));
        }
        let level = level(format).ok_or_else(|| open("no level up to 3.1 holds it".into()))?;
        let config = EncoderConfig::new()
            .profile(Profile::Baseline)
            .level(level)
            .max_frame_rate(FrameRate::from_hz(f32::from(format.fps)))
            .bitrate(BitRate::from_bps(format.rate_bps))
            .rate_control_mode(RateControlMode::Bitrate)
            .qp(match rate {
                Rate::Target => QpRange::new(QP_MIN, 51),
                Rate::Quantiser(qp) => {
                    let qp = qp.clamp(QP_MIN, 51);
                    QpRange::new(qp, qp)
                }
            })
            // A quantiser that varies inside a still picture would spend bits on flat areas.
            .adaptive_quantization(rate == Rate::Target)
            .skip_frames(false)
            .scene_change_detect(false)
            .num_threads(1)
            .max_slice_len(u32::from(format.slice_len_max - SLICE_MARGIN));
        let mut inner = openh264::encoder::Encoder::with_api_config(OpenH264API::from_source(), config)
            .map_err(|why| open(why.to_string()))?;
        ffi::quiet(&mut inner);
        Ok(Encoder { inner, slice_len_max: usize::from(format.slice_len_max), started: false })
    }

    pub(super) fn set_rate(&mut self, rate_bps: u32) -> Result<(), Error> {
        let done = ffi::set_h264_rate(&mut self.inner, rate_bps);
        if done { Ok(()) } else { Err(failed(format!("no bit rate of {rate_bps} bit/s"))) }
    }

    pub(super) fn encode(
        &mut self,
        picture: &Picture,
        pts: Duration,
        force_key: bool,
    ) -> Result<(Vec<u8>, bool), Error> {
        if force_key && self.started {
            self.inner.force_intra_frame();
        }
        self.started = true;
        let at = Timestamp::from_millis(u64::try_from(pts.as_millis()).unwrap_or(u64::MAX));
        let stream = self.inner.encode_at(&Planes(picture), at).map_err(|why| failed(why.to_string()))?;
        let data = normalised(&stream.to_vec());
        self.check(&data)?;
        let keyframe = h264::is_keyframe(&data);
        Ok((data, keyframe))
    }

    fn check(&self, data: &[u8]) -> Result<(), Error> {
        let longest = h264::nal_units(data).map(<[u8]>::len).max();
        match longest {
            None => Err(failed("the encoder gave no picture".into())),
            Some(len) if len > self.slice_len_max => {
                Err(failed(format!("a slice of {len} octets, at most {}", self.slice_len_max)))
            }
            Some(_) => Ok(()),
        }
    }
}

fn failed(why: String) -> Error {
    Error::Encode { codec: Codec::H264, why }
}

/// The access unit with four-octet start codes, as [`media::Frame`] wants, and with the sequence
/// parameter set marked as constrained baseline.
fn normalised(stream: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(stream.len() + 16);
    for unit in h264::nal_units(stream) {
        let at = out.len() + START_CODE.len();
        out.extend_from_slice(&START_CODE);
        out.extend_from_slice(unit);
        if h264::nal_type(unit) == Some(nal::SPS) && unit.len() > 2 {
            // constraint_set0_flag and constraint_set1_flag (H.264 §7.4.2.1.1): what openh264 writes
            // for baseline uses no slice groups, arbitrary order or redundant pictures.
            out[at + 2] |= 0xC0;
        }
    }
    out
}

/// Rows of table A-1: macroblocks/s, macroblocks a picture, kbit/s (table A-1 with cpbBrVclFactor 1000).
const LEVELS: [(u32, u32, u32, Level); 9] = [
    (1_485, 99, 64, Level::Level_1_0),
    (3_000, 396, 192, Level::Level_1_1),
    (6_000, 396, 384, Level::Level_1_2),
    (11_880, 396, 768, Level::Level_1_3),
    (11_880, 396, 2_000, Level::Level_2_0),
    (19_800, 792, 4_000, Level::Level_2_1),
    (20_250, 1_620, 4_000, Level::Level_2_2),
    (40_500, 1_620, 10_000, Level::Level_3_0),
    (108_000, 3_600, 14_000, Level::Level_3_1),
];

/// The lowest level that holds the format.
fn level(format: VideoFormat) -> Option<Level> {
    let picture = format.size.macroblocks();
    let second = picture * u32::from(format.fps);
    LEVELS
        .iter()
        .find(|row| second <= row.0 && picture <= row.1 && format.rate_bps <= row.2 * 1_000)
        .map(|row| row.3)
}

/// A picture as openh264 wants to see it.
struct Planes<'a>(&'a Picture);

impl YUVSource for Planes<'_> {
    fn dimensions(&self) -> (usize, usize) {
        (usize::from(self.0.size.width), usize::from(self.0.size.height))
    }

    fn strides(&self) -> (usize, usize, usize) {
        let (width, _) = self.dimensions();
        (width, width / 2, width / 2)
    }

    fn y(&self) -> &[u8] {
        &self.0.y
    }

    fn u(&self) -> &[u8] {
        &self.0.u
    }

    fn v(&self) -> &[u8] {
        &self.0.v
    }
}
