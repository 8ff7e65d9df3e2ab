//! A drawn slide to a track that can be looped.
//!
//! A key picture, then a few pictures a second that say "no change": they keep the receiver's decoder
//! and its NAT bindings busy, and show losses. All use one quantiser, so that the picture does not
//! pulse when the loop begins again with the same key picture.

use std::time::Duration;

use codec::video::Encoder;
use media::{Codec, Format, Frame, Picture, Track, VideoFormat};

/// Length of the loop; a receiver that missed the key picture waits no longer than this for the next.
const LOOP: Duration = Duration::from_secs(4);

/// Time between pictures.
const PERIOD: Duration = Duration::from_millis(200);

/// A key picture should be sent within this time at the format's bit rate. At the prompts' rates that
/// is also just within what a decoder must take: 64 kbit for QCIF, 256 for CIF (H.263 §3.6, BPPmaxKb).
const KEY_TIME: Duration = Duration::from_millis(1_000);

/// Encodes the slide at the finest quantiser of the codec's ladder whose key picture is small enough.
pub(super) fn track(picture: &Picture, format: VideoFormat) -> Result<Track, codec::Error> {
    let ladder = ladder(format.codec);
    let budget = (f64::from(format.rate_bps) / 8.0 * KEY_TIME.as_secs_f64()) as usize;
    for (step, &quantiser) in ladder.iter().enumerate() {
        let mut encoder = Encoder::still(format, quantiser)?;
        let key = encoder.encode(picture, Duration::ZERO, true)?;
        if key.data.len() <= budget || step + 1 == ladder.len() {
            return looped(encoder, key, picture, format);
        }
    }
    unreachable!("the last step of the ladder returns")
}

/// Quantisers from fine to coarse. Text stays legible on all of them; on the last but for fine print.
fn ladder(codec: Codec) -> &'static [u8] {
    match codec {
        Codec::H264 => &[22, 24, 26, 28, 30, 33, 36],
        Codec::H263 | Codec::Mpeg4 => &[4, 5, 6, 7, 8, 10, 12, 14],
        Codec::Pcmu | Codec::Pcma | Codec::Amr | Codec::Clearmode => &[0],
    }
}

fn looped(
    mut encoder: Encoder,
    key: Frame,
    picture: &Picture,
    format: VideoFormat,
) -> Result<Track, codec::Error> {
    let mut frames = vec![Frame { duration: PERIOD, ..key }];
    let mut pts = PERIOD;
    while pts < LOOP {
        let frame = encoder.encode(picture, pts, false)?;
        frames.push(Frame { duration: PERIOD, ..frame });
        pts += PERIOD;
    }
    Ok(Track { format: Format::Video(format), frames: frames.into(), duration: pts })
}
