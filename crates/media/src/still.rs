//! `Still`: the key picture of a slide, taken apart so that others can be made of its macroblocks.

use std::time::Duration;

use bytes::Bytes;

use crate::{Codec, Frame, h263, mpeg4};

/// When an edge is, whatever was shown before it: in MPEG-4 at the beginning of the next second, so that time goes on;
/// in H.263 at zero, as the key picture would be.
const EDGE_TIME: mpeg4::Time = mpeg4::Time { seconds: 1, within_us: 0 };
const EDGE_TEMPORAL_REFERENCE: u8 = 0;

/// A key picture of a codec whose macroblocks can be carried over as they are.
#[derive(Clone, Debug)]
pub enum Still {
    /// Of H.263, of either version where it is coded as baseline.
    H263(h263::Still),
    /// Of MPEG-4.
    Mpeg4(mpeg4::Still),
}

impl Still {
    /// Takes a key picture apart. `None` for codecs whose pictures are not made of such parts, and for pictures that
    /// use more than ours do.
    #[must_use]
    pub fn parse(key: &Frame) -> Option<Self> {
        match key.codec {
            Codec::H263 | Codec::H263p => h263::Still::parse(key.data.clone()).ok().map(Still::H263),
            Codec::Mpeg4 => mpeg4::Still::parse(key.data.clone()).map(Still::Mpeg4),
            Codec::H264
            | Codec::Vp8
            | Codec::Pcmu
            | Codec::Pcma
            | Codec::Amr
            | Codec::AmrWb
            | Codec::G722
            | Codec::Opus
            | Codec::Clearmode => None,
        }
    }

    /// The picture with which a decoder that shows `shown` exactly shows this one exactly. `None` when they are of
    /// different kinds, sizes or quantisers.
    #[must_use]
    pub fn edge_from(&self, shown: &Still) -> Option<Bytes> {
        match (self, shown) {
            (Still::H263(own), Still::H263(shown)) => own.edge_from(shown, EDGE_TEMPORAL_REFERENCE),
            (Still::Mpeg4(own), Still::Mpeg4(shown)) => own.edge_from(shown, EDGE_TIME),
            (Still::H263(_), Still::Mpeg4(_)) | (Still::Mpeg4(_), Still::H263(_)) => None,
        }
    }

    /// The picture number `turn` of `of` that together show all of this one again, whatever stood there; each part is
    /// in one of them. They come every `period`, the first one that long after the key picture, and may be looped.
    #[must_use]
    pub fn refresh(&self, turn: u32, of: u32, period: Duration) -> Bytes {
        let share =
            |parts: usize, turn: u32| (parts as u64 * u64::from(turn) / u64::from(of.max(1))) as usize;
        match self {
            Still::H263(own) => {
                let group = |turn: u32| share(usize::from(own.groups()), turn) as u8;
                own.refresh(group(turn)..group(turn + 1), temporal_reference(period * (turn + 1)))
            }
            Still::Mpeg4(own) => {
                let macroblock = |turn: u32| share(own.macroblocks(), turn);
                own.refresh(macroblock(turn)..macroblock(turn + 1), time(turn, period))
            }
        }
    }
}

/// In units of 1001/30000 s (H.263 §5.1.2).
fn temporal_reference(pts: Duration) -> u8 {
    ((pts.as_micros() * 30_000 + 500_500_000) / 1_001_000_000) as u8
}

/// The first one begins a second in any case, since it may follow the last one.
fn time(turn: u32, period: Duration) -> mpeg4::Time {
    let at = period * (turn + 1);
    let passed = (at.as_secs() - (period * turn).as_secs()) as u32;
    let seconds = if turn == 0 { passed.max(1) } else { passed };
    mpeg4::Time { seconds, within_us: at.subsec_micros() }
}
