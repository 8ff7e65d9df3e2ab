//! How a picture is to be turned: the header extension `urn:3gpp:video-orientation` (3GPP TS 26.114 §6.2.3,
//! §7.4.5) among the extensions of RFC 8285. Senders put it on the last packet of key pictures and of those
//! where it changes; what it said holds until it says otherwise. Start at [`read`] and [`write`].

use media::Rotation;

/// The name in `a=extmap` lines.
pub const URI: &str = "urn:3gpp:video-orientation";

/// Profile numbers of one-byte and two-byte elements (RFC 8285 §4.2, §4.3).
const ONE_BYTE: u16 = 0xBEDE;
const TWO_BYTE: u16 = 0x1000;
/// The element that ends the list of one-byte elements.
const STOP: u8 = 15;

/// The turn that the element `id` asks for; `None` when there is none. A mirrored picture (bit F) is taken as
/// it is.
#[must_use]
pub fn read(profile: u16, words: &[u8], id: u8) -> Option<Rotation> {
    let octet = *element(profile, words, id)?.first()?;
    Some(match octet & 3 {
        0 => Rotation::None,
        1 => Rotation::Quarter,
        2 => Rotation::Half,
        _ => Rotation::ThreeQuarters,
    })
}

/// A whole header extension that holds the turn under `id`, in the form with headers of one octet where the number
/// allows that.
#[must_use]
pub fn write(rotation: Rotation, id: u8) -> [u8; 8] {
    let octet = match rotation {
        Rotation::None => 0,
        Rotation::Quarter => 1,
        Rotation::Half => 2,
        Rotation::ThreeQuarters => 3,
    };
    let (profile, element) = match id {
        1..STOP => (ONE_BYTE, [id << 4, octet, 0, 0]),
        _ => (TWO_BYTE, [id, 1, octet, 0]),
    };
    let ([p0, p1], [e0, e1, e2, e3]) = (profile.to_be_bytes(), element);
    [p0, p1, 0, 1, e0, e1, e2, e3]
}

/// The octets of the element `id` of a header extension.
fn element(profile: u16, words: &[u8], id: u8) -> Option<&[u8]> {
    let mut rest = words;
    while let Some((&head, after)) = rest.split_first() {
        if head == 0 {
            // Padding (§4.1.2).
            rest = after;
            continue;
        }
        let (found, len, after) = if profile == ONE_BYTE {
            if head >> 4 == STOP {
                return None;
            }
            (head >> 4, usize::from(head & 0x0F) + 1, after)
        } else if profile & 0xFFF0 == TWO_BYTE {
            let (&len, after) = after.split_first()?;
            (head, usize::from(len), after)
        } else {
            return None;
        };
        let data = after.get(..len)?;
        if found == id {
            return Some(data);
        }
        rest = &after[len..];
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn turns_are_read_from_either_form() {
        for (octet, turn) in [
            (0, Rotation::None),
            (1, Rotation::Quarter),
            (2, Rotation::Half),
            (0x0B, Rotation::ThreeQuarters),
        ] {
            assert_eq!(read(ONE_BYTE, &[0x40, octet, 0, 0], 4), Some(turn));
            assert_eq!(read(ONE_BYTE, &[0x12, 9, 9, 9, 0, 0x40, octet, 0], 4), Some(turn), "not the first");
            assert_eq!(read(0x1005, &[0, 4, 1, octet], 4), Some(turn));
            assert_eq!(read(TWO_BYTE, &[7, 0, 4, 1, octet, 0, 0, 0], 4), Some(turn));
        }
    }

    #[test]
    fn what_is_written_is_read() {
        assert_eq!(write(Rotation::Quarter, 7), [0xBE, 0xDE, 0, 1, 0x70, 1, 0, 0]);
        assert_eq!(write(Rotation::Half, 15), [0x10, 0, 0, 1, 15, 1, 2, 0]);
        for id in 1..=255 {
            for turn in [Rotation::None, Rotation::Quarter, Rotation::Half, Rotation::ThreeQuarters] {
                let [p0, p1, _, _, words @ ..] = write(turn, id);
                assert_eq!(read(u16::from_be_bytes([p0, p1]), &words, id), Some(turn), "{id}");
            }
        }
    }

    #[test]
    fn other_elements_and_cut_off_ones_say_nothing() {
        for (profile, words) in [
            (ONE_BYTE, &[0x30, 1, 0, 0][..]),
            (ONE_BYTE, &[0xF0, 0, 0x40, 1]),
            (ONE_BYTE, &[0x40]),
            (TWO_BYTE, &[4, 0, 0, 0]),
            (TWO_BYTE, &[4]),
            (0xABCD, &[0x40, 1, 0, 0]),
            (ONE_BYTE, &[]),
        ] {
            assert_eq!(read(profile, words, 4), None, "{profile:04x} {words:02x?}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_words_never_panic(profile: u16, words in proptest::collection::vec(any::<u8>(), 0..40), id: u8) {
            for profile in [profile, ONE_BYTE, TWO_BYTE] {
                let _ = read(profile, &words, id);
            }
        }
    }
}
