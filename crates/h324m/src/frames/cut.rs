//! Outgoing pictures to SDUs: each begins a new SDU, and SDUs end where a decoder can start again.
//!
//! Those places are octet-aligned GOB headers in H.263 (§5.2) and resync markers in MPEG-4 Visual
//! (ISO/IEC 14496-2 §6.3.5.2), if they are near enough; else an SDU ends at the greatest length.

use bytes::Bytes;

use super::scan;

/// Cuts one picture into SDUs of at most `len_max` octets (at least 1), none of them empty.
#[must_use]
pub fn cut(picture: &Bytes, len_max: usize) -> Vec<Bytes> {
    let len_max = len_max.max(1);
    let mut sdus = Vec::with_capacity(picture.len() / len_max + 1);
    let mut start = 0;
    while start < picture.len() {
        let end = end_of_sdu(picture, start, len_max);
        sdus.push(picture.slice(start..end));
        start = end;
    }
    sdus
}

/// The last restart point within reach, or as far as it goes.
fn end_of_sdu(picture: &[u8], start: usize, len_max: usize) -> usize {
    let reach = start + len_max;
    if reach >= picture.len() {
        return picture.len();
    }
    // A restart point at `reach` itself is the best end of all: look three octets further.
    let visible = &picture[..(reach + 3).min(picture.len())];
    let mut end = reach;
    let mut from = start + 1;
    while let Some(at) = scan::find(visible, from, is_restart) {
        end = at;
        from = at + 1;
    }
    end
}

/// The third octet of a GOB or picture start code (a one after 16 zeros), or of a resync marker.
fn is_restart(third: u8) -> bool {
    third & 0x80 != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture of GOBs with these lengths, header included.
    fn picture(gobs: &[usize]) -> Bytes {
        let mut data = Vec::new();
        for (index, &len) in gobs.iter().enumerate() {
            let start = data.len();
            data.extend([0, 0, 0x80 | (index as u8) << 2]);
            data.resize(start + len, 0x55);
        }
        data.into()
    }

    fn lens(sdus: &[Bytes]) -> Vec<usize> {
        sdus.iter().map(Bytes::len).collect()
    }

    #[test]
    fn whole_gobs_share_an_sdu() {
        assert_eq!(lens(&cut(&picture(&[50, 50, 50, 20]), 100)), [100, 70]);
        assert_eq!(lens(&cut(&picture(&[50, 51, 50, 20]), 100)), [50, 51, 70]);
    }

    #[test]
    fn a_long_gob_is_cut_at_the_greatest_length() {
        let sdus = cut(&picture(&[30, 250, 30]), 100);
        assert_eq!(lens(&sdus), [30, 100, 100, 80]);
        assert_eq!(sdus.concat(), picture(&[30, 250, 30]));
    }

    #[test]
    fn nothing_is_lost_at_any_length() {
        let whole = picture(&[3, 7, 200, 1000, 5, 90, 4]);
        for len_max in 0..1400 {
            let sdus = cut(&whole, len_max);
            assert_eq!(sdus.concat(), whole);
            assert!(sdus.iter().all(|sdu| !sdu.is_empty() && sdu.len() <= len_max.max(1)));
        }
        assert!(cut(&Bytes::new(), 10).is_empty());
    }
}
