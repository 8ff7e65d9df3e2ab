//! How much a source may send: TMMBR and TMMBN (RFC 5104 §4.2.1, §4.2.2), REMB (draft-alvestrand-rmcat-remb-03 §2).

use bytes::{BufMut, BytesMut};

use super::{Reader, packet_type, write_packet};

/// Feedback message types: of transport-layer feedback, and "application layer" of payload-specific feedback.
pub(super) const TMMBR: u8 = 3;
pub(super) const TMMBN: u8 = 4;
pub(super) const REMB: u8 = 15;

/// What marks a REMB among application layer feedback.
const REMB_NAME: [u8; 4] = *b"REMB";
/// Bits of the mantissas.
const TMMBR_MANTISSA: u32 = 17;
const REMB_MANTISSA: u32 = 18;
/// Nine bits.
const OVERHEAD_MAX: u16 = 0x1FF;

/// Entries of a TMMBR, which asks, or of a TMMBN, which says what holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RateRequest {
    /// Who speaks.
    pub sender: u32,
    /// In a request each for one source; in a notification each of one requester.
    pub entries: Vec<RateEntry>,
}

/// A bound for one source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateEntry {
    /// In a TMMBR the source that is to keep to it; in a TMMBN whoever asked for it.
    pub ssrc: u32,
    /// Bit/s of all that is sent, with packet headers. Written with 17 bits of precision, rounded down.
    pub total_bps: u64,
    /// Octets of headers in each packet, as the receiver has measured: 0..=511.
    pub overhead: u16,
}

/// Receiver Estimated Maximum Bitrate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remb {
    /// Who estimates.
    pub sender: u32,
    /// Bit/s of all sources together, with packet headers. Written with 18 bits of precision, rounded down.
    pub total_bps: u64,
    /// The sources that are meant; at most 255 are written.
    pub sources: Vec<u32>,
}

impl RateRequest {
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let sender = reader.u32()?;
        reader.u32()?; // media source: unused, zero (RFC 5104 §4.2.1.2)
        let mut entries = Vec::new();
        while !reader.0.is_empty() {
            let (ssrc, word) = (reader.u32()?, reader.u32()?);
            let total_bps = expanded(word >> 26, word >> 9 & ((1 << TMMBR_MANTISSA) - 1));
            entries.push(RateEntry { ssrc, total_bps, overhead: word as u16 & OVERHEAD_MAX });
        }
        Some(RateRequest { sender, entries })
    }

    /// Appends a request.
    pub fn write_request(&self, out: &mut BytesMut) {
        self.write(TMMBR, out);
    }

    /// Appends a notification.
    pub fn write_notification(&self, out: &mut BytesMut) {
        self.write(TMMBN, out);
    }

    pub(super) fn write(&self, kind: u8, out: &mut BytesMut) {
        write_packet(out, packet_type::TRANSPORT_FEEDBACK, kind, |out| {
            out.put_u32(self.sender);
            out.put_u32(0);
            for entry in &self.entries {
                let (exponent, mantissa) = folded(entry.total_bps, TMMBR_MANTISSA);
                out.put_u32(entry.ssrc);
                out.put_u32(exponent << 26 | mantissa << 9 | u32::from(entry.overhead.min(OVERHEAD_MAX)));
            }
        });
    }
}

impl Remb {
    /// `None`: application layer feedback of another kind.
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let sender = reader.u32()?;
        reader.u32()?; // media source: zero
        if reader.array::<4>() != Some(REMB_NAME) {
            return None;
        }
        let word = reader.u32()?;
        let total_bps = expanded(word >> REMB_MANTISSA & 0x3F, word & ((1 << REMB_MANTISSA) - 1));
        let sources = (0..word >> 24).map(|_| reader.u32()).collect::<Option<_>>()?;
        Some(Remb { sender, total_bps, sources })
    }

    /// Appends the packet.
    pub fn write(&self, out: &mut BytesMut) {
        let sources = &self.sources[..self.sources.len().min(usize::from(u8::MAX))];
        write_packet(out, packet_type::PAYLOAD_FEEDBACK, REMB, |out| {
            out.put_u32(self.sender);
            out.put_u32(0);
            out.put_slice(&REMB_NAME);
            let (exponent, mantissa) = folded(self.total_bps, REMB_MANTISSA);
            out.put_u32((sources.len() as u32) << 24 | exponent << REMB_MANTISSA | mantissa);
            sources.iter().for_each(|source| out.put_u32(*source));
        });
    }
}

/// `mantissa * 2^exponent`; what passes 64 bits is as good as no bound.
fn expanded(exponent: u32, mantissa: u32) -> u64 {
    let wide = u128::from(mantissa) << exponent;
    u64::try_from(wide).unwrap_or(u64::MAX)
}

/// Exponent and mantissa of at most so many bits, rounded down: nobody may send more than was meant.
fn folded(bps: u64, bits: u32) -> (u32, u32) {
    let exponent = (u64::BITS - bps.leading_zeros()).saturating_sub(bits);
    (exponent, (bps >> exponent) as u32)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Packet, parse};
    use super::*;

    fn written(write: impl FnOnce(&mut BytesMut)) -> Vec<u8> {
        let mut out = BytesMut::new();
        write(&mut out);
        out.to_vec()
    }

    #[test]
    fn a_request_is_laid_out_as_in_rfc_5104_4_2_1() {
        // 42 000 bit/s fit the mantissa: exponent 0; 40 octets of overhead.
        let entry = RateEntry { ssrc: 0x0A0B_0C0D, total_bps: 42_000, overhead: 40 };
        let request = RateRequest { sender: 0x0102_0304, entries: vec![entry] };
        let octets =
            [0x83, 205, 0, 4, 1, 2, 3, 4, 0, 0, 0, 0, 0x0A, 0x0B, 0x0C, 0x0D, 0x01, 0x48, 0x20, 0x28];
        assert_eq!(written(|out| request.write_request(out)), octets);
        assert_eq!(parse(&octets), Ok(vec![Packet::Tmmbr(request.clone())]));
        let notification = [&[0x84], &octets[1..]].concat();
        assert_eq!(written(|out| request.write_notification(out)), notification);
        assert_eq!(parse(&notification), Ok(vec![Packet::Tmmbn(request)]));
    }

    #[test]
    fn nothing_is_bound_by_an_empty_notification() {
        let empty = RateRequest { sender: 9, entries: Vec::new() };
        let octets = [0x84, 205, 0, 2, 0, 0, 0, 9, 0, 0, 0, 0];
        assert_eq!(written(|out| empty.write_notification(out)), octets);
        assert_eq!(parse(&octets), Ok(vec![Packet::Tmmbn(empty)]));
    }

    #[test]
    fn an_estimate_is_laid_out_as_in_the_draft() {
        // 1 000 000 = 250 000 * 2^2: one source, exponent 2, mantissa 0x3D090.
        let remb = Remb { sender: 7, total_bps: 1_000_000, sources: vec![0x1122_3344] };
        let octets = [
            0x8F, 206, 0, 5, 0, 0, 0, 7, 0, 0, 0, 0, b'R', b'E', b'M', b'B', 1, 0x0B, 0xD0, 0x90, 0x11, 0x22,
            0x33, 0x44,
        ];
        assert_eq!(written(|out| remb.write(out)), octets);
        assert_eq!(parse(&octets), Ok(vec![Packet::Remb(remb)]));
    }

    #[test]
    fn other_application_feedback_is_passed_over_and_half_a_request_refused() {
        let other = [0x8F, 206, 0, 3, 0, 0, 0, 7, 0, 0, 0, 0, b'A', b'F', b'B', b'!'];
        assert_eq!(parse(&other), Ok(vec![Packet::Unknown(206)]));
        let bare = [0x8F, 206, 0, 2, 0, 0, 0, 7, 0, 0, 0, 0];
        assert_eq!(parse(&bare), Ok(vec![Packet::Unknown(206)]));
        let two_sources_said = [0x8F, 206, 0, 4, 0, 0, 0, 7, 0, 0, 0, 0, b'R', b'E', b'M', b'B', 2, 0, 0, 9];
        assert_eq!(parse(&two_sources_said), Ok(vec![Packet::Unknown(206)]));
        let half_an_entry = [0x83, 205, 0, 3, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 1];
        assert!(parse(&half_an_entry).is_err());
    }

    #[test]
    fn a_bound_beyond_64_bits_is_none() {
        assert_eq!(expanded(63, 0x1_FFFF), u64::MAX);
        assert_eq!(expanded(0, 0x1_FFFF), 0x1_FFFF);
    }

    proptest! {
        #[test]
        fn rates_are_never_rounded_up_and_hardly_down(bps: u64) {
            for bits in [TMMBR_MANTISSA, REMB_MANTISSA] {
                let (exponent, mantissa) = folded(bps, bits);
                let back = expanded(exponent, mantissa);
                prop_assert!(exponent < 64 && mantissa < 1 << bits);
                prop_assert!(back <= bps && bps - back <= bps >> (bits - 1));
            }
        }

        #[test]
        fn read_after_write_is_identity_but_for_rounding(
            sender: u32, ssrc: u32, mantissa in 0u64..1 << 17, exponent in 0u32..40, overhead in 0u16..512,
            sources in proptest::collection::vec(any::<u32>(), 0..8),
        ) {
            let total_bps = mantissa << exponent;
            let request = RateRequest { sender, entries: vec![RateEntry { ssrc, total_bps, overhead }] };
            let octets = written(|out| request.write_request(out));
            prop_assert_eq!(parse(&octets), Ok(vec![Packet::Tmmbr(request)]));
            let remb = Remb { sender, total_bps, sources };
            let octets = written(|out| remb.write(out));
            prop_assert_eq!(parse(&octets), Ok(vec![Packet::Remb(remb)]));
        }
    }
}
