//! `Frame`: one encoded picture, or one packet's worth of audio.

use std::time::Duration;

use bytes::Bytes;

use crate::Codec;

/// One encoded picture or one packet of audio, on the call's own time line.
///
/// `data` is the codec's bitstream without any transport framing:
/// G.711 is one octet a sample, G.722 one for two samples of 16 kHz; Opus is one packet of RFC 6716 §3;
/// AMR and AMR-WB are one speech frame of 20 ms in the storage format of RFC 4867 §5.3: a table-of-contents
/// octet and the speech bits, octet aligned, first bit in the most significant place;
/// clear mode is octets of the circuit as RTP carries them (RFC 4040);
/// H.263 of either version is one whole picture from its picture start code;
/// H.264 is one access unit in byte-stream format (Annex B, four-octet start codes);
/// MPEG-4 is one VOP from its start code, a key one after its VOS, VO and VOL headers where they are known;
/// VP8 is one frame of RFC 6386 §9.1, all partitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// What `data` is encoded as.
    pub codec: Codec,
    /// Presentation time on the time line of the stream; starts anywhere, never wraps.
    pub pts: Duration,
    /// How long it lasts; zero when unknown (a live picture).
    pub duration: Duration,
    /// A decoder can start here. Always true for audio.
    pub keyframe: bool,
    /// Octets inside are missing or wrong; a decoder may still make something of it.
    pub damaged: bool,
    /// At least one packet was lost between the previous frame of this stream and this one.
    pub lost_before: bool,
    /// How the picture is to be turned for display.
    pub rotation: Rotation,
    /// The bitstream.
    pub data: Bytes,
}

/// Clockwise turn to apply before display (3GPP TS 26.114 §7.4.5, coordination of video orientation).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Rotation {
    /// Upright.
    #[default]
    None,
    /// 90 degrees clockwise.
    Quarter,
    /// 180 degrees.
    Half,
    /// 270 degrees clockwise.
    ThreeQuarters,
}

impl Frame {
    /// An undamaged, upright frame.
    #[must_use]
    pub fn new(codec: Codec, pts: Duration, duration: Duration, keyframe: bool, data: Bytes) -> Self {
        Frame {
            codec,
            pts,
            duration,
            keyframe,
            damaged: false,
            lost_before: false,
            rotation: Rotation::None,
            data,
        }
    }
}
