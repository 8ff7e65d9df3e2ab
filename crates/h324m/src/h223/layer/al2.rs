//! AL2: a CRC of eight bits, and SDUs that may be numbered (H.223 §7.3).
//!
//! The CRC does not tell whether there is a number: it covers it. When the first octets of thirty-two
//! right SDUs in a row speak plainly against what was declared, the octets are believed.

use bytes::Bytes;

use super::{Arrival, check8};

/// Right SDUs in a row that decide whether there are sequence numbers.
const EVIDENCE: u8 = 32;
/// First octets that must differ among them: a number that stands still is a fault, but it is a number.
const VALUES_MIN: u32 = 8;

/// The receiving end of AL2.
#[derive(Debug)]
pub(in crate::h223) struct Receiver {
    numbered: bool,
    /// The next number, once one was seen.
    next: Option<u8>,
    evidence: Evidence,
}

/// What the first octets of the last SDUs say.
#[derive(Debug, Default)]
struct Evidence {
    last: Option<u8>,
    /// SDUs in a row that did not say what was declared.
    against: u8,
    seen: [u64; 4],
}

impl Receiver {
    pub(super) fn new(numbered: bool) -> Self {
        Self { numbered, next: None, evidence: Evidence::default() }
    }

    pub(super) fn receive(&mut self, pdu: &[u8], damaged: bool, out: &mut Arrival<'_>) {
        let Some((content, right)) = check8(pdu) else { return };
        let right = right && !damaged;
        if let Some(first) = content.first().filter(|_| right)
            && self.evidence.speaks_against(self.numbered, *first)
        {
            *self = Self::new(!self.numbered);
        }
        if !self.numbered {
            return deliver(content, right, 0, None, out);
        }
        let Some((number, sdu)) = content.split_first() else { return };
        if !right {
            // Its number may be wrong, too; something was there in its place.
            self.next = self.next.map(|next| next.wrapping_add(1));
            return deliver(sdu, false, 0, None, out);
        }
        let ahead = self.next.map_or(0, |next| number.wrapping_sub(next));
        self.next = Some(number.wrapping_add(1));
        // Half the circle behind: the peer began anew, or a damaged SDU was counted twice.
        let lost = if ahead < 0x80 { ahead } else { 0 };
        deliver(sdu, true, u16::from(lost), Some(u16::from(*number)), out);
    }
}

fn deliver(sdu: &[u8], right: bool, lost: u16, sequence: Option<u16>, out: &mut Arrival<'_>) {
    if !sdu.is_empty() {
        out.sdu(Bytes::copy_from_slice(sdu), !right, lost, sequence);
    } else {
        out.statistics.lost_sdus += u64::from(lost);
    }
}

impl Evidence {
    fn speaks_against(&mut self, numbered: bool, first: u8) -> bool {
        let counts = self.last.replace(first).is_some_and(|last| first == last.wrapping_add(1));
        if counts == numbered {
            (self.against, self.seen) = (0, [0; 4]);
            return false;
        }
        self.against = self.against.saturating_add(1);
        self.seen[usize::from(first >> 6)] |= 1 << (first & 63);
        let values: u32 = self.seen.iter().map(|part| part.count_ones()).sum();
        self.against >= EVIDENCE && values >= VALUES_MIN
    }
}
