//! VP8 frames: the few octets in front that a carrier reads (RFC 6386 §9.1).

use crate::Size;

/// Octets of the frame tag, and of the start code and size that follow it in a key frame.
const TAG_LEN: usize = 3;
const START_CODE: [u8; 3] = [0x9D, 0x01, 0x2A];

/// Whether `frame` is a key frame; `false` for what is too short to be one.
#[must_use]
pub fn is_keyframe(frame: &[u8]) -> bool {
    frame.first().is_some_and(|tag| tag & 1 == 0)
        && frame.get(TAG_LEN..TAG_LEN + START_CODE.len()) == Some(&START_CODE)
}

/// The size of a key frame, without its scaling; `None` for other frames.
#[must_use]
pub fn key_size(frame: &[u8]) -> Option<Size> {
    if !is_keyframe(frame) {
        return None;
    }
    let side = |at: usize| Some(u16::from_le_bytes([*frame.get(at)?, *frame.get(at + 1)?]) & 0x3FFF);
    Some(Size { width: side(6)?, height: side(8)? })
}

/// Octets of the tag, the key frame's header and the first partition, by the tag (§9.1): where the others
/// begin. `None` when the frame is shorter than that.
#[must_use]
pub fn first_partition_end(frame: &[u8]) -> Option<usize> {
    let tag = frame.first_chunk::<TAG_LEN>()?;
    let len = (u32::from_le_bytes([tag[0], tag[1], tag[2], 0]) >> 5) as usize;
    let header = if tag[0] & 1 == 0 { 10 } else { TAG_LEN };
    Some(header + len).filter(|end| *end <= frame.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A key frame of 176x144 with a first partition of two octets, as libvpx begins one.
    const KEY: [u8; 13] = [0x50, 0x00, 0x00, 0x9D, 0x01, 0x2A, 0xB0, 0x00, 0x90, 0x00, 1, 2, 3];

    #[test]
    fn key_frames_tell_their_size() {
        assert!(is_keyframe(&KEY));
        assert_eq!(key_size(&KEY), Some(Size::QCIF));
        assert_eq!(first_partition_end(&KEY), Some(12));
        let mut scaled = KEY;
        scaled[7] |= 0x40;
        assert_eq!(key_size(&scaled), Some(Size::QCIF), "the upper two bits are the scale");
    }

    #[test]
    fn others_do_not() {
        let inter = [0x51, 0, 0, 9, 9];
        assert!(!is_keyframe(&inter) && key_size(&inter).is_none());
        assert_eq!(first_partition_end(&inter), Some(5));
        for short in 0..6 {
            assert!(!is_keyframe(&KEY[..short]) && key_size(&KEY[..short]).is_none());
        }
        assert_eq!((key_size(&KEY[..9]), first_partition_end(&KEY[..11])), (None, None));
    }
}
