//! `Still`: the key picture of a slide, taken apart so that others can be made of its macroblocks.

use bytes::Bytes;

use crate::{Codec, Frame, h263};

/// A key picture of a codec whose macroblocks can be carried over as they are.
#[derive(Clone, Debug)]
pub enum Still {
    /// Of H.263, of either version where it is coded as baseline.
    H263(h263::Still),
}

impl Still {
    /// Takes a key picture apart. `None` for codecs whose pictures are not made of such parts, and for pictures that
    /// use more than ours do.
    #[must_use]
    pub fn parse(key: &Frame) -> Option<Self> {
        match key.codec {
            Codec::H263 | Codec::H263p => h263::Still::parse(key.data.clone()).ok().map(Still::H263),
            Codec::Mpeg4 => None,
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
    /// different kinds, sizes or quantisers. Its temporal reference is zero, as that of the key picture would be.
    #[must_use]
    pub fn edge_from(&self, shown: &Still) -> Option<Bytes> {
        match (self, shown) {
            (Still::H263(own), Still::H263(shown)) => own.edge_from(shown, 0),
        }
    }

    /// The picture number `turn` of `of` that together show all of this one again, whatever stood there; each of its
    /// parts is in one of them. The temporal reference counts units of 1001/30000 s (H.263 §5.1.2).
    #[must_use]
    pub fn refresh(&self, turn: usize, of: usize, temporal_reference: u8) -> Bytes {
        match self {
            Still::H263(own) => {
                let group = |turn: usize| (usize::from(own.groups()) * turn / of.max(1)) as u8;
                own.refresh(group(turn)..group(turn + 1), temporal_reference)
            }
        }
    }
}
