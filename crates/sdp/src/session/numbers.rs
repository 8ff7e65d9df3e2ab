//! The meaning of our payload types within one m-line, for the life of the dialog (RFC 3264 §8.3.2).

use crate::Payload;

/// Numbers free for any format (RFC 3551 §6).
const DYNAMIC: std::ops::RangeInclusive<u8> = 96..=127;

/// At most one entry for each of the 128 numbers.
#[derive(Clone, Debug, Default)]
pub(super) struct Numbers(Vec<Payload>);

impl Numbers {
    /// Takes over the numbers of an answer, which are those of the peer's offer.
    pub(super) fn learn(&mut self, payloads: &[Payload]) {
        for payload in payloads {
            self.0.retain(|known| known.pt != payload.pt);
            self.0.push(payload.clone());
        }
    }

    /// Gives each format the number it had before, else the one it comes with, else a free one. A format
    /// for which no number is left is dropped.
    pub(super) fn assign(&mut self, formats: &[Payload]) -> Vec<Payload> {
        let mut assigned: Vec<Payload> = Vec::new();
        for format in formats {
            if let Some(pt) = self.number_for(format, &assigned) {
                assigned.push(Payload { pt, ..format.clone() });
            }
        }
        self.learn(&assigned);
        assigned
    }

    fn number_for(&self, format: &Payload, taken: &[Payload]) -> Option<u8> {
        let is_taken = |pt: u8| taken.iter().any(|payload| payload.pt == pt);
        let is_free = |&pt: &u8| !is_taken(pt) && self.0.iter().all(|known| known.pt != pt);
        let before = self.0.iter().find(|known| known.same_format(format) && !is_taken(known.pt));
        before
            .map(|known| known.pt)
            .or_else(|| Some(format.pt).filter(is_free))
            .or_else(|| DYNAMIC.into_iter().find(is_free))
    }
}

#[cfg(test)]
mod tests {
    use media::Codec;

    use super::*;
    use crate::Parameters;

    #[test]
    fn a_number_keeps_its_meaning() {
        let mut numbers = Numbers::default();
        numbers.learn(&[Payload::named(96, "opus", 48_000, 2)]);
        let h264 = Payload::media(96, Codec::H264, Parameters::None);
        let assigned = numbers.assign(std::slice::from_ref(&h264));
        assert_eq!(assigned[0].pt, 97);
        let again = numbers.assign(&[Payload::telephone_event(101), Payload { pt: 110, ..h264 }]);
        assert_eq!(again.iter().map(|payload| payload.pt).collect::<Vec<_>>(), [101, 97]);
    }

    #[test]
    fn the_peer_that_gives_a_number_another_meaning_is_followed() {
        let mut numbers = Numbers::default();
        numbers.learn(&[Payload::named(96, "opus", 48_000, 2)]);
        numbers.learn(&[Payload::named(96, "speex", 8_000, 1)]);
        let assigned = numbers.assign(&[Payload::named(98, "opus", 48_000, 2)]);
        assert_eq!(assigned[0].pt, 98);
    }

    #[test]
    fn two_like_formats_get_two_numbers() {
        let pcmu = Payload::media(0, Codec::Pcmu, Parameters::None);
        let assigned = Numbers::default().assign(&[pcmu.clone(), pcmu]);
        assert_eq!(assigned.iter().map(|payload| payload.pt).collect::<Vec<_>>(), [0, 96]);
    }
}
