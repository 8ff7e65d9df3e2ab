//! What every carrier of AMR speech has to know: sizes of frames and sets of modes (3GPP TS 26.101, wide-band
//! TS 26.201; RFC 4867). The bits themselves are the codec's business. What both bands have stands in
//! [`Band`]; the constants and [`bits`] are those of the narrow band.

use std::fmt;

use crate::Codec;

/// Milliseconds of sound in one frame; 160 samples at 8 kHz.
pub const FRAME_MS: u64 = 20;
/// Samples of one frame, which is also what an RTP timestamp counts (RFC 4867 §4.1).
pub const FRAME_SAMPLES: u32 = 160;
/// The mode of the highest rate, 12.2 kbit/s; modes count from 0, 4.75 kbit/s.
pub const MODE_MAX: u8 = 7;
/// Frame type of comfort noise (silence descriptor).
pub const SID: u8 = 8;
/// Frame type of a frame without data.
pub const NO_DATA: u8 = 15;

/// Bits of the modes 4.75, 5.15, 5.9, 6.7, 7.4, 7.95, 10.2 and 12.2 kbit/s, and of comfort noise
/// (TS 26.101 table 2, table A.1b).
const BITS: [u16; 9] = [95, 103, 118, 134, 148, 159, 204, 244, 39];

/// Bits of the wide-band modes 6.6, 8.85, 12.65, 14.25, 15.85, 18.25, 19.85, 23.05 and 23.85 kbit/s, and of
/// comfort noise (TS 26.201 table 2, table A.2).
const BITS_WIDE: [u16; 10] = [132, 177, 253, 285, 317, 365, 397, 461, 477, 40];

/// Frame type of a wide-band frame that was lost on its way (TS 26.201 table 1a); it has no bits.
const SPEECH_LOST: u8 = 14;

/// Narrow-band AMR or wide-band AMR-WB: what differs between the two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Band {
    /// AMR, 8 kHz, eight modes of 4.75 to 12.2 kbit/s.
    #[default]
    Narrow,
    /// AMR-WB, 16 kHz, nine modes of 6.6 to 23.85 kbit/s.
    Wide,
}

impl Band {
    /// Its codec.
    #[must_use]
    pub fn codec(self) -> Codec {
        match self {
            Band::Narrow => Codec::Amr,
            Band::Wide => Codec::AmrWb,
        }
    }

    /// Samples of one frame of 20 ms, which is also what an RTP timestamp counts (RFC 4867 §4.1).
    #[must_use]
    pub fn frame_samples(self) -> u32 {
        match self {
            Band::Narrow => FRAME_SAMPLES,
            Band::Wide => 320,
        }
    }

    /// The frame type of comfort noise; those below it are speech.
    #[must_use]
    pub fn sid(self) -> u8 {
        match self {
            Band::Narrow => SID,
            Band::Wide => 9,
        }
    }

    /// The mode that speech is sent in unless the peer restricts or asks otherwise: the best one, and 12.65 kbit/s
    /// wide-band, the lowest that TS 26.171 counts as of full wide-band quality and what networks use.
    #[must_use]
    pub fn mode_usual(self) -> u8 {
        match self {
            Band::Narrow => MODE_MAX,
            Band::Wide => 2,
        }
    }

    /// The highest mode.
    #[must_use]
    pub fn mode_max(self) -> u8 {
        self.sid() - 1
    }

    /// The band of a codec, if it is AMR or AMR-WB.
    #[must_use]
    pub fn of(codec: Codec) -> Option<Self> {
        [Band::Narrow, Band::Wide].into_iter().find(|band| band.codec() == codec)
    }

    /// The mode of a frame in storage format (RFC 4867 §5.3); `None` for comfort noise and what holds no speech.
    #[must_use]
    pub fn mode(self, frame: &[u8]) -> Option<u8> {
        let frame_type = *frame.first()? >> 3 & 0x0F;
        (frame_type < self.sid()).then_some(frame_type)
    }

    /// Speech bits of a frame type; `None` for types that the band does not have.
    #[must_use]
    pub fn bits(self, frame_type: u8) -> Option<usize> {
        match self {
            Band::Narrow => bits(frame_type),
            Band::Wide if frame_type == NO_DATA || frame_type == SPEECH_LOST => Some(0),
            Band::Wide => BITS_WIDE.get(usize::from(frame_type)).map(|&bits| usize::from(bits)),
        }
    }

    /// Every mode of the band.
    #[must_use]
    pub fn modes(self) -> ModeSet {
        match self {
            Band::Narrow => ModeSet::ALL,
            Band::Wide => ModeSet(0x1FF),
        }
    }

    /// The set of these modes; `None` when there is none, or one that the band does not have.
    #[must_use]
    pub fn mode_set(self, modes: impl IntoIterator<Item = u8>) -> Option<ModeSet> {
        let mut set = 0u16;
        for mode in modes {
            if !self.modes().contains(mode) {
                return None;
            }
            set |= 1 << mode;
        }
        (set != 0).then_some(ModeSet(set))
    }
}

/// Speech bits of a frame type; `None` for types that are not AMR (other codecs' comfort noise, reserved).
#[must_use]
pub fn bits(frame_type: u8) -> Option<usize> {
    match frame_type {
        NO_DATA => Some(0),
        _ => BITS.get(usize::from(frame_type)).map(|&bits| usize::from(bits)),
    }
}

/// As [`Band::mode`] of the narrow band.
#[must_use]
pub fn mode(frame: &[u8]) -> Option<u8> {
    Band::Narrow.mode(frame)
}

/// Narrow-band modes of at most `bps`, of speech bits; the lowest where even that is more.
#[must_use]
pub fn modes_within(bps: u32) -> ModeSet {
    let per_second = |bits: u16| u32::from(bits) * 1_000 / FRAME_MS as u32;
    let fitting = (0..=MODE_MAX).filter(|mode| per_second(BITS[usize::from(*mode)]) <= bps);
    ModeSet::new(fitting).unwrap_or(ModeSet(1))
}

/// The modes that a session is restricted to: 0 = 4.75 to 7 = 12.2 kbit/s, or 0 = 6.6 to 8 = 23.85 kbit/s
/// wide-band. Never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ModeSet(u16);

impl ModeSet {
    /// Every narrow-band mode.
    pub const ALL: ModeSet = ModeSet(0xFF);

    /// The set of these narrow-band modes; `None` when there is none, or one above 7.
    #[must_use]
    pub fn new(modes: impl IntoIterator<Item = u8>) -> Option<Self> {
        Band::Narrow.mode_set(modes)
    }

    /// Whether `mode` may be used; comfort noise and frames without data always may.
    #[must_use]
    pub fn contains(self, mode: u8) -> bool {
        1u16.checked_shl(mode.into()).is_some_and(|bit| self.0 & bit != 0)
    }

    /// Every mode of `self` is in `other`.
    #[must_use]
    pub fn is_within(self, other: ModeSet) -> bool {
        self.0 & !other.0 == 0
    }

    /// What both allow; `None` when that is nothing.
    #[must_use]
    pub fn common(self, other: ModeSet) -> Option<ModeSet> {
        Some(ModeSet(self.0 & other.0)).filter(|common| common.0 != 0)
    }

    /// The modes, lowest rate first.
    pub fn modes(self) -> impl Iterator<Item = u8> {
        (0..9).filter(move |&mode| self.contains(mode))
    }

    /// The mode of the highest rate.
    #[must_use]
    pub fn highest(self) -> u8 {
        15 - self.0.leading_zeros() as u8
    }
}

impl Default for ModeSet {
    fn default() -> Self {
        ModeSet::ALL
    }
}

impl fmt::Display for ModeSet {
    /// As in `mode-set=0,2,4,7` (RFC 4867 §8.1).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let modes: Vec<String> = self.modes().map(|mode| mode.to_string()).collect();
        f.write_str(&modes.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_those_of_the_twelve_and_the_silent_ones() {
        assert_eq!((bits(0), bits(7), bits(SID), bits(NO_DATA)), (Some(95), Some(244), Some(39), Some(0)));
        for unknown in [9, 10, 11, 12, 13, 14, 16, 255] {
            assert_eq!(bits(unknown), None);
        }
    }

    #[test]
    fn a_frame_says_its_mode() {
        assert_eq!((mode(&[0x3C, 0]), mode(&[0x04])), (Some(7), Some(0)));
        assert_eq!((mode(&[SID << 3 | 4]), mode(&[NO_DATA << 3 | 4]), mode(&[])), (None, None, None));
    }

    #[test]
    fn the_wide_band_has_nine_modes_and_its_own_silence() {
        let wide = Band::Wide;
        assert_eq!([0, 8, 9, 14, 15].map(|kind| wide.bits(kind)), [132, 477, 40, 0, 0].map(Some));
        for unknown in [10, 11, 12, 13, 16, 255] {
            assert_eq!(wide.bits(unknown), None);
        }
        assert_eq!((wide.sid(), wide.frame_samples(), wide.codec()), (9, 320, Codec::AmrWb));
        assert_eq!((wide.modes().to_string().as_str(), wide.modes().highest()), ("0,1,2,3,4,5,6,7,8", 8));
        assert_eq!(wide.mode_set([0, 1, 2]).map(ModeSet::highest), Some(2));
        assert_eq!((wide.mode_set([9]), wide.mode_set([]), Band::Narrow.mode_set([8])), (None, None, None));
        assert!(!wide.modes().is_within(ModeSet::ALL) && ModeSet::ALL.is_within(wide.modes()));
    }

    #[test]
    fn sets_of_modes() {
        let gsm = ModeSet::new([0, 2, 4, 7]).unwrap();
        assert_eq!((gsm.to_string().as_str(), gsm.highest()), ("0,2,4,7", 7));
        assert!(gsm.contains(4) && !gsm.contains(1) && !gsm.contains(8) && !gsm.contains(15));
        assert!(gsm.is_within(ModeSet::ALL) && !ModeSet::ALL.is_within(gsm));
        assert_eq!(gsm.common(ModeSet::new([1, 4]).unwrap()), ModeSet::new([4]));
        assert_eq!(gsm.common(ModeSet::new([1]).unwrap()), None);
        assert_eq!((ModeSet::new([]), ModeSet::new([0, 8])), (None, None));
    }
}
