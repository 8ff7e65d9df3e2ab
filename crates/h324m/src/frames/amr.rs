//! AMR speech frames: interface format 2 of the circuit (3GPP TS 26.101 Annex A) to and from the storage form
//! of [`media::Frame`] (RFC 4867 §5.3).
//!
//! Both carry the same bits in the same order. IF2 puts the frame type into the low nibble of the first
//! octet and the speech bits behind it, first bit least significant; the storage form has a whole octet with
//! the frame type and the speech bits first bit most significant. Padding is zero in both.

use std::time::Duration;

use bytes::Bytes;

/// Frame type of a silence descriptor (TS 26.101 table 1a).
pub const SID: u8 = 8;
/// Frame type of a frame without data.
pub const NO_DATA: u8 = 15;

/// Duration of one frame.
pub const FRAME: Duration = Duration::from_millis(20);

/// The quality bit of the table-of-contents octet (RFC 4867 §4.3.2): set in a good frame.
const QUALITY: u8 = 0x04;

/// Speech bits of a frame type (TS 26.101 table 2, SID: table 5 with STI and mode indication); `None` for
/// those of other codecs (9..=11) and the reserved ones.
#[must_use]
pub fn speech_bits(frame_type: u8) -> Option<usize> {
    const MODES: [usize; 8] = [95, 103, 118, 134, 148, 159, 204, 244];
    match frame_type {
        0..=7 => Some(MODES[usize::from(frame_type)]),
        SID => Some(39),
        NO_DATA => Some(0),
        _ => None,
    }
}

/// Octets of an IF2 frame of this type: 13 14 16 18 19 21 26 31, SID 6, no data 1.
#[must_use]
pub fn if2_len(frame_type: u8) -> Option<usize> {
    speech_bits(frame_type).map(|bits| (bits + 4).div_ceil(8))
}

/// Bit rate of a speech mode in bit/s; `None` for what is no speech.
#[must_use]
pub fn rate_bps(frame_type: u8) -> Option<u32> {
    const RATES: [u32; 8] = [4_750, 5_150, 5_900, 6_700, 7_400, 7_950, 10_200, 12_200];
    RATES.get(usize::from(frame_type)).copied()
}

/// One speech frame of a received SDU, in storage form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Speech {
    /// Table-of-contents octet and speech bits.
    pub data: Bytes,
    /// The frame is not to be trusted: the SDU was damaged, or is no IF2 frame.
    pub bad: bool,
}

/// The speech frames of an SDU: one by the rules, several where a peer packs more. A damaged SDU gives one
/// bad frame whose type follows from the length, since the nibble cannot be trusted.
#[must_use]
pub fn from_if2(sdu: &[u8], damaged: bool) -> Vec<Speech> {
    if damaged {
        return vec![bad_frame(sdu)];
    }
    let mut speech = Vec::new();
    let mut rest = sdu;
    while let Some(&first) = rest.first() {
        let frame_type = first & 0x0F;
        let Some((frame, behind)) = if2_len(frame_type).and_then(|len| rest.split_at_checked(len)) else {
            break;
        };
        speech.push(Speech { data: unpack(frame, frame_type, QUALITY), bad: false });
        rest = behind;
        // Octets after a frame are stuffing of the peer when they cannot be a frame of the same type.
        if speech.len() == crate::limits::SPEECH_FRAMES_MAX
            || rest.first().is_some_and(|o| o & 0x0F != frame_type)
        {
            break;
        }
    }
    if speech.is_empty() { vec![bad_frame(sdu)] } else { speech }
}

/// An SDU that holds one frame in storage form. `None` when it is no AMR frame, or the frame is shorter
/// than its type says. A bad frame is sent as no data: the circuit has no quality bit.
#[must_use]
pub fn to_if2(frame: &[u8]) -> Option<Bytes> {
    let (&toc, speech) = frame.split_first()?;
    let frame_type = (toc >> 3) & 0x0F;
    let bits = speech_bits(frame_type)?;
    if toc & QUALITY == 0 {
        return Some(Bytes::from_static(&[NO_DATA]));
    }
    let speech = speech.get(..bits.div_ceil(8))?;
    let mut if2 = vec![0; (bits + 4).div_ceil(8)];
    if2[0] = frame_type;
    for bit in 0..bits {
        let value = speech[bit / 8] >> (7 - bit % 8) & 1;
        if2[(bit + 4) / 8] |= value << ((bit + 4) % 8);
    }
    Some(if2.into())
}

fn bad_frame(sdu: &[u8]) -> Speech {
    let frame_type = (0..=NO_DATA).find(|&ft| if2_len(ft) == Some(sdu.len())).unwrap_or(NO_DATA);
    Speech { data: unpack(sdu, frame_type, 0), bad: true }
}

/// `if2` is at least as long as its type says, or the type is `NO_DATA`.
fn unpack(if2: &[u8], frame_type: u8, quality: u8) -> Bytes {
    let bits = speech_bits(frame_type).unwrap_or(0);
    let mut storage = vec![0; 1 + bits.div_ceil(8)];
    storage[0] = frame_type << 3 | quality;
    for bit in 0..bits {
        let value = if2[(bit + 4) / 8] >> ((bit + 4) % 8) & 1;
        storage[1 + bit / 8] |= value << (7 - bit % 8);
    }
    storage.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_the_length_of_the_standard() {
        let lens: Vec<_> = (0..16).map(if2_len).collect();
        let modes = [13, 14, 16, 18, 19, 21, 26, 31, 6].map(Some);
        assert_eq!(lens[..9], modes);
        assert_eq!(lens[9..15], [None; 6]);
        assert_eq!(lens[15], Some(1));
    }

    #[test]
    fn bits_keep_their_order_and_padding_is_zero() {
        for frame_type in [0, 1, 2, 3, 4, 5, 6, 7, SID, NO_DATA] {
            let bits = speech_bits(frame_type).unwrap();
            let mut storage = vec![0u8; 1 + bits.div_ceil(8)];
            storage[0] = frame_type << 3 | QUALITY;
            for bit in (0..bits).filter(|bit| bit % 3 == 0 || bit % 7 == 1) {
                storage[1 + bit / 8] |= 0x80 >> (bit % 8);
            }
            let if2 = to_if2(&storage).unwrap();
            assert_eq!(if2[0] & 0x0F, frame_type);
            let back = from_if2(&if2, false);
            assert_eq!(back, [Speech { data: storage.into(), bad: false }]);
        }
    }

    #[test]
    fn a_frame_of_12_2_is_the_octets_reversed_and_moved_by_a_nibble() {
        // The first octet of a recorded frame: 07 A1 -> type 7, bits 0000 1000 0101 ...
        let mut if2 = vec![0u8; 31];
        if2[..2].copy_from_slice(&[0x07, 0xA1]);
        let storage = &from_if2(&if2, false)[0].data;
        assert_eq!(storage[..3], [0x3C, 0x08, 0x50]);
        assert_eq!(storage.len(), 32);
    }

    #[test]
    fn a_damaged_sdu_is_one_bad_frame_of_the_type_its_length_tells() {
        let bad = from_if2(&[0xFF; 31], true);
        assert_eq!((bad.len(), bad[0].bad, bad[0].data[0]), (1, true, 7 << 3));
        let odd = from_if2(&[0xFF; 20], true);
        assert_eq!((odd[0].bad, &odd[0].data[..]), (true, &[NO_DATA << 3][..]));
        assert!(from_if2(&[], false)[0].bad);
        assert!(from_if2(&[0x0C; 13], false)[0].bad, "a reserved type");
    }

    #[test]
    fn several_frames_in_one_sdu_are_bounded() {
        let sdu = vec![0u8; 13 * 40];
        assert_eq!(from_if2(&sdu, false).len(), crate::limits::SPEECH_FRAMES_MAX);
    }

    #[test]
    fn a_bad_or_short_frame_is_not_sent_as_speech() {
        assert_eq!(to_if2(&[7 << 3, 1, 2]).unwrap()[..], [NO_DATA]);
        assert_eq!(to_if2(&[7 << 3 | QUALITY, 1, 2]), None);
        assert_eq!(to_if2(&[12 << 3 | QUALITY]), None);
        assert_eq!(to_if2(&[]), None);
    }
}
