//! H.264 byte streams: NAL units and the parameter sets (ITU-T H.264 §7.3.1, Annex B).
//!
//! Reads no more than the NAL unit header. Start at [`nal_units`].

/// `nal_unit_type` values used here (H.264 table 7-1).
pub mod nal {
    /// Slice of an IDR picture.
    pub const IDR: u8 = 5;
    /// Sequence parameter set.
    pub const SPS: u8 = 7;
    /// Picture parameter set.
    pub const PPS: u8 = 8;
    /// Access unit delimiter.
    pub const AUD: u8 = 9;
}

/// The start code written before each NAL unit (Annex B.1.1, with the leading zero octet).
pub const START_CODE: [u8; 4] = [0, 0, 0, 1];

/// `nal_unit_type` of a NAL unit, `None` when it is empty.
#[must_use]
pub fn nal_type(nal: &[u8]) -> Option<u8> {
    nal.first().map(|header| header & 0x1F)
}

/// The NAL units of a byte stream, without start codes and trailing zeros.
pub fn nal_units(stream: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = find_start_code(stream).map(|at| &stream[at + 3..]);
    std::iter::from_fn(move || {
        let current = rest?;
        let next = find_start_code(current);
        rest = next.map(|at| &current[at + 3..]);
        let unit = &current[..next.unwrap_or(current.len())];
        let end = unit.iter().rposition(|&octet| octet != 0).map_or(0, |last| last + 1);
        Some(&unit[..end])
    })
    .filter(|unit| !unit.is_empty())
}

/// Whether the access unit holds an IDR slice.
#[must_use]
pub fn is_keyframe(access_unit: &[u8]) -> bool {
    nal_units(access_unit).any(|unit| nal_type(unit) == Some(nal::IDR))
}

fn find_start_code(stream: &[u8]) -> Option<usize> {
    memchr::memmem::find(stream, &[0, 0, 1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_at_three_and_four_octet_start_codes() {
        let stream = [0, 0, 0, 1, 0x67, 1, 0, 0, 1, 0x68, 2, 0, 0, 0, 1, 0x65, 3];
        let units: Vec<_> = nal_units(&stream).collect();
        assert_eq!(units, [&[0x67, 1][..], &[0x68, 2], &[0x65, 3]]);
        assert!(is_keyframe(&stream));
    }

    #[test]
    fn nothing_before_a_start_code_is_a_unit() {
        assert_eq!(nal_units(&[1, 2, 3]).count(), 0);
        assert_eq!(nal_units(&[]).count(), 0);
        assert_eq!(nal_units(&[0, 0, 1]).count(), 0);
    }
}
