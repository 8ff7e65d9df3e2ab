//! A drawn slide to a track that can be looped.
//!
//! A key picture, then a few pictures a second (one on a circuit), which keep the receiver's decoder and its NAT bindings
//! busy, and show losses. Where the codec allows it ([`Still`]) each shows a part of the key picture again, to the bit,
//! until all of it was there: what a receiver lost heals by itself, and whoever can ask for a key picture need never be
//! sent it again. With other codecs they say "no change" and the loop begins again with the key picture. All use one
//! quantiser, so that nothing pulses.

use std::time::Duration;

use codec::video::Encoder;
use media::{Codec, Format, Frame, Picture, Still, Track, VideoFormat};

/// How a slide is shown again and again.
struct Pace {
    /// Length of the loop; a receiver that missed the key picture waits no longer than this for the next.
    repeat: Duration,
    /// Time between pictures.
    period: Duration,
    /// A key picture should be sent within this time at the format's bit rate.
    key_time: Duration,
}

impl Pace {
    /// On packets, at the prompts' rates, a second of them is also just within what a decoder must take in
    /// one picture: 64 kbit for QCIF, 256 for CIF (H.263 §3.6, BPPmaxKb). On a circuit a key picture is what
    /// the caller waits for after a key press, and nothing else can be shown meanwhile: it is smaller and
    /// comes back less often, for whoever misses it there asks for it.
    fn of(format: VideoFormat) -> Pace {
        let ms = Duration::from_millis;
        if format.is_circuit() {
            Pace { repeat: ms(10_000), period: ms(1_000), key_time: ms(760) }
        } else {
            Pace { repeat: ms(4_000), period: ms(200), key_time: ms(1_000) }
        }
    }
}

/// Encodes the slide at the finest quantiser of the codec's ladder whose key picture is small enough.
pub(super) fn track(picture: &Picture, format: VideoFormat) -> Result<Track, codec::Error> {
    let (encoder, key, _) = begin(picture, format)?;
    looped(encoder, key, picture, format)
}

/// The key picture that callers of this format get of a drawn slide, and its quantiser.
///
/// # Errors
/// [`codec::Error`], when the codec does not open or does not take the picture's size.
pub fn key_picture(picture: &Picture, format: VideoFormat) -> Result<(Frame, u8), codec::Error> {
    begin(picture, format).map(|(_, key, quantiser)| (key, quantiser))
}

fn begin(picture: &Picture, format: VideoFormat) -> Result<(Encoder, Frame, u8), codec::Error> {
    let ladder = ladder(format);
    let budget = (f64::from(format.rate_bps) / 8.0 * Pace::of(format).key_time.as_secs_f64()) as usize;
    for (step, &quantiser) in ladder.iter().enumerate() {
        let mut encoder = Encoder::still(format, quantiser)?;
        let key = encoder.encode(picture, Duration::ZERO, true)?;
        if key.data.len() <= budget || step + 1 == ladder.len() {
            return Ok((encoder, key, quantiser));
        }
    }
    unreachable!("the last step of the ladder returns")
}

/// Quantisers from fine to coarse. Text stays legible on all of them; on the last but for fine print. On a
/// circuit the fine ones would only make the caller wait. Those of H.263 and MPEG-4 begin where nearly every slide fits:
/// only between slides of one quantiser what differs can be sent alone (`media::Still`).
fn ladder(format: VideoFormat) -> &'static [u8] {
    match format.codec {
        Codec::H264 => &[22, 24, 26, 28, 30, 33, 36],
        Codec::H263 | Codec::H263p if format.is_circuit() => &[18, 20],
        Codec::Mpeg4 if format.is_circuit() => &[14, 16, 18, 20],
        Codec::H263 | Codec::H263p => &[8, 10, 12, 14],
        Codec::Mpeg4 => &[5, 6, 7, 8, 10, 12, 14],
        // Of 0..=63.
        Codec::Vp8 => &[20, 24, 28, 32, 36, 42, 48],
        Codec::Pcmu
        | Codec::Pcma
        | Codec::Amr
        | Codec::AmrWb
        | Codec::G722
        | Codec::Opus
        | Codec::Clearmode => &[0],
    }
}

fn looped(
    encoder: Encoder,
    key: Frame,
    picture: &Picture,
    format: VideoFormat,
) -> Result<Track, codec::Error> {
    let Pace { repeat, period, .. } = Pace::of(format);
    let mut frames = vec![Frame { duration: period, ..key }];
    let count = repeat.as_micros().div_ceil(period.as_micros()) as u32;
    let still = Still::parse(&frames[0]);
    match &still {
        Some(still) => frames.extend(refreshed(still, format.codec, count, period)),
        None => unchanged(encoder, picture, count, &mut frames)?,
    }
    let loop_from = usize::from(still.is_some() && count > 1);
    let track = Track::new(Format::Video(format), frames.into(), period * count);
    Ok(Track { loop_from, ..track })
}

/// What follows the key picture in a loop of `count` pictures: all of it once more, by and by.
fn refreshed(still: &Still, codec: Codec, count: u32, period: Duration) -> impl Iterator<Item = Frame> {
    (1..count).map(move |at| {
        let data = still.refresh(at - 1, count - 1, period);
        Frame::new(codec, period * at, period, false, data)
    })
}

/// The same of a codec that cannot: the picture encoded again.
fn unchanged(
    mut encoder: Encoder,
    picture: &Picture,
    count: u32,
    frames: &mut Vec<Frame>,
) -> Result<(), codec::Error> {
    let period = frames[0].duration;
    for at in 1..count {
        let frame = encoder.encode(picture, period * at, false)?;
        frames.push(Frame { duration: period, ..frame });
    }
    Ok(())
}
