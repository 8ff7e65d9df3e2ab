//! Sound and pictures that can be told apart: who made them, and whether a decoder could show them.
//!
//! The last octets of a picture are its source's count and mark, so that a decoder is a comparison: a picture
//! builds on the one before it, and a key picture on none.

use std::time::{Duration, Instant};

use bytes::Bytes;
use media::amr::Band;
use media::{Codec, Format, Frame, Kind};

/// VOS, VO and VOL headers of MPEG-4 (ISO/IEC 14496-2 §6.2).
pub(crate) const MPEG4_HEADERS: [u8; 24] =
    [0, 0, 1, 0xB0, 8, 0, 0, 1, 0xB5, 9, 0, 0, 1, 0, 0, 0, 1, 0x20, 0, 0x84, 0x40, 0xFA, 0x28, 0x2C];

/// Stands before count and mark in a picture of a party or a transcoder; prompts have none.
const SIGN: u8 = 0xC5;

/// A picture's tail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tail {
    pub(crate) count: u8,
    pub(crate) mark: u8,
}

/// One source's pictures and sounds, in order. `mark` is odd and below 128.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Maker {
    pub(crate) mark: u8,
    count: u8,
}

impl Maker {
    pub(crate) fn new(mark: u8) -> Self {
        Maker { mark, count: 0 }
    }

    /// The next frame; `padding` octets more in a key picture.
    pub(crate) fn frame(&mut self, format: Format, pts: Duration, key: bool, padding: usize) -> Frame {
        let step = Duration::from_millis(20);
        match format {
            Format::Audio(audio) => {
                let data = sound(audio.codec, audio.amr_mode, self.mark);
                Frame::new(audio.codec, pts, step, true, data)
            }
            Format::Video(video) => {
                self.count = (self.count + 1) & 0x7F;
                let tail = [SIGN, 0x80 | self.count, self.mark];
                let padding = vec![0x55; if key { padding } else { 0 }];
                let data = [head(video.codec, key), padding, tail.into()].concat();
                Frame::new(video.codec, pts, Duration::ZERO, key, data.into())
            }
        }
    }
}

fn sound(codec: Codec, mode: Option<u8>, mark: u8) -> Bytes {
    let speech = |band: Band, mode: u8| {
        let len = band.bits(mode).expect("a mode").div_ceil(8);
        [&[mode << 3 | 4][..], &vec![mark; len]].concat().into()
    };
    match codec {
        Codec::Amr => speech(Band::Narrow, mode.unwrap_or(7)),
        Codec::AmrWb => speech(Band::Wide, mode.unwrap_or(2)),
        Codec::Opus => [&[0x08][..], &[mark; 40]].concat().into(),
        _ => vec![mark; 160].into(),
    }
}

/// What a depacketizer, and a terminal of 3G, look at.
fn head(codec: Codec, key: bool) -> Vec<u8> {
    match codec {
        Codec::H263 | Codec::H263p => vec![0, 0, 0x80, 2, if key { 8 } else { 0x0A }, 0x0C, 0x15],
        Codec::Mpeg4 if key => [&MPEG4_HEADERS[..], &[0, 0, 1, 0xB6, 0x10]].concat(),
        Codec::Mpeg4 => vec![0, 0, 1, 0xB6, 0x50],
        Codec::Vp8 if key => vec![0x10, 0, 0, 0x9D, 1, 0x2A, 176, 0, 144, 0],
        Codec::Vp8 => vec![0x11, 0, 0],
        _ if key => {
            let parameters = [0, 0, 0, 1, 0x67, 0x42, 0xC0, 0x0D, 0xDA, 0, 0, 0, 1, 0x68, 0xCE, 0x3C, 0x80];
            [&parameters[..], &[0, 0, 0, 1, 0x65, 0x88]].concat()
        }
        _ => vec![0, 0, 0, 1, 0x41, 0x9A],
    }
}

/// Whose a frame is: for sound whatever it was filled with.
pub(crate) fn mark(frame: &Frame) -> u8 {
    match frame.codec {
        Codec::Amr | Codec::AmrWb | Codec::Opus => frame.data.get(1).copied().unwrap_or_default(),
        _ => frame.data.last().copied().unwrap_or_default(),
    }
}

/// The tail of a picture that is no prompt's.
pub(crate) fn tail(frame: &Frame) -> Option<Tail> {
    let [.., SIGN, count, mark] = frame.data[..] else { return None };
    (frame.codec.kind() == Kind::Video).then_some(Tail { count, mark })
}

/// A decoder.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Decoder {
    shown: Option<Tail>,
}

impl Decoder {
    /// Whether this picture can be shown.
    pub(crate) fn takes(&mut self, frame: &Frame) -> bool {
        let tail = tail(frame);
        let follows = |now: Tail, before: Tail| {
            now.mark == before.mark && now.count == 0x80 | before.count.wrapping_add(1) & 0x7F
        };
        let good =
            frame.keyframe || matches!((self.shown, tail), (Some(before), Some(now)) if follows(now, before));
        self.shown = tail.filter(|_| good);
        good
    }
}

/// What a party got from some time on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Got {
    /// Pictures of the party with this mark, and whether each could be shown.
    pub(crate) pictures: Vec<(Instant, Frame, bool)>,
    pub(crate) sounds: Vec<(Instant, Frame)>,
}

/// Judges all frames of a party, and tells those of `mark` since `since`.
pub(crate) fn got(frames: &[(Instant, Frame)], since: Instant, from: u8) -> Got {
    let (mut decoder, mut got) = (Decoder::default(), Got::default());
    for (at, frame) in frames {
        if frame.codec.kind() == Kind::Video {
            let good = decoder.takes(frame);
            if *at >= since && tail(frame).is_some_and(|tail| tail.mark == from) {
                got.pictures.push((*at, frame.clone(), good));
            }
        } else if *at >= since && mark(frame) == from {
            got.sounds.push((*at, frame.clone()));
        }
    }
    got
}

impl Got {
    /// When the first picture that can be shown came.
    pub(crate) fn first_picture(&self) -> Option<Instant> {
        self.pictures.iter().find(|(.., good)| *good).map(|(at, ..)| *at)
    }

    pub(crate) fn keys(&self) -> usize {
        self.pictures.iter().filter(|(_, frame, _)| frame.keyframe).count()
    }

    /// Pictures that could not be shown.
    pub(crate) fn smears(&self) -> usize {
        self.pictures.iter().filter(|(.., good)| !good).count()
    }
}
