//! AL3: a CRC of sixteen bits, numbered I-PDUs, and S-PDUs that ask for one again (H.223 §7.4).
//!
//! A missing I-PDU is asked for; those behind it wait, for [`AL3_HOLD_OCTETS`](limits::AL3_HOLD_OCTETS) of
//! the line at most. A peer that never sends one again is not waited for any more after a few times.

use bytes::Bytes;

use super::super::crc::crc16;
use super::{Arrival, Received, check16};
use crate::limits;

/// What an S-PDU says of the I-PDU whose number it carries: its one octet of content (H.223 §7.4.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::h223) enum Supervisory {
    /// Send it again.
    Srej,
    /// It cannot be sent again.
    Drtx,
}

impl Supervisory {
    fn octet(self) -> u8 {
        match self {
            Self::Srej => 0x00,
            Self::Drtx => 0xFF,
        }
    }

    /// Writes the S-PDU over `pdu`.
    pub(in crate::h223) fn wrap(self, field: Field, sequence: u16, pdu: &mut Vec<u8>) {
        pdu.clear();
        field.put(sequence, false, pdu);
        pdu.push(self.octet());
        pdu.extend(crc16(pdu).to_le_bytes());
    }
}

/// The control field: payload type in bit 0 (1 = I-PDU), the number above it, the high bits first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::h223) enum Field {
    None,
    One,
    Two,
}

impl Field {
    pub(in crate::h223) fn new(octets: u8) -> Self {
        match octets {
            0 => Self::None,
            1 => Self::One,
            2.. => Self::Two,
        }
    }

    pub(in crate::h223) fn octets(self) -> usize {
        match self {
            Self::None => 0,
            Self::One => 1,
            Self::Two => 2,
        }
    }

    /// The bits of a number.
    pub(in crate::h223) fn mask(self) -> u16 {
        match self {
            Self::None => 0,
            Self::One => 0x7F,
            Self::Two => 0x7FFF,
        }
    }

    pub(in crate::h223) fn put(self, sequence: u16, information: bool, pdu: &mut Vec<u8>) {
        let [high, low] = (sequence & self.mask()).to_be_bytes();
        match self {
            Self::None => {}
            Self::One => pdu.push(low << 1 | u8::from(information)),
            Self::Two => pdu.extend([high << 1 | u8::from(information), low]),
        }
    }

    /// Number, whether it is an I-PDU, and the content.
    fn split(self, pdu: &[u8]) -> Option<(u16, bool, &[u8])> {
        match (self, pdu) {
            (Self::None, content) => Some((0, true, content)),
            (Self::One, [field, content @ ..]) => Some((u16::from(field >> 1), field & 1 == 1, content)),
            (Self::Two, [high, low, content @ ..]) => {
                Some((u16::from_be_bytes([high >> 1, *low]), high & 1 == 1, content))
            }
            (Self::One | Self::Two, _) => None,
        }
    }
}

/// The receiving end of AL3.
#[derive(Debug)]
pub(in crate::h223) struct Receiver {
    field: Field,
    /// Number of the next SDU to deliver, once one was seen.
    next: Option<u16>,
    /// What waits for an earlier one, by its number, nearest first.
    held: Vec<(u16, Bytes)>,
    /// When the missing one is given up.
    deadline: u64,
    /// How often a missing one may still stay out before none is waited for.
    patience: u8,
    /// I-PDUs in a row with numbers that were over: the peer began anew.
    stale: u8,
}

/// I-PDUs in a row with numbers that were over after which the peer's count is taken.
const STALE_MAX: u8 = 3;

impl Receiver {
    pub(super) fn new(control_octets: u8) -> Self {
        let (field, patience) = (Field::new(control_octets), limits::AL3_PATIENCE);
        Self { field, next: None, held: Vec::new(), deadline: 0, patience, stale: 0 }
    }

    pub(super) fn receive(&mut self, pdu: &[u8], damaged: bool, out: &mut Arrival<'_>) {
        let Some((content, right)) = check16(pdu) else { return };
        let Some((sequence, information, sdu)) = self.field.split(content) else { return };
        if damaged || !right {
            return self.broken(sdu, out);
        }
        match (self.field, information) {
            (Field::None, _) => out.sdu(Bytes::copy_from_slice(sdu), false, 0, None),
            (Field::One | Field::Two, true) => self.information(sequence, Bytes::copy_from_slice(sdu), out),
            (Field::One | Field::Two, false) => self.supervisory(sequence, sdu, out),
        }
    }

    /// Its number may be wrong, too. Where it can be asked for again, the gap will tell.
    fn broken(&mut self, sdu: &[u8], out: &mut Arrival<'_>) {
        if self.field != Field::None && self.patience > 0 {
            out.statistics.crc_errors += 1;
            return;
        }
        self.next = self.next.map(|next| next.wrapping_add(1) & self.field.mask());
        out.sdu(Bytes::copy_from_slice(sdu), true, 0, None);
    }

    fn supervisory(&mut self, sequence: u16, content: &[u8], out: &mut Arrival<'_>) {
        match content.first() {
            Some(octet) if *octet == Supervisory::Srej.octet() => {
                out.put(Received::Srej { channel: out.channel, sequence });
            }
            Some(octet) if *octet == Supervisory::Drtx.octet() && self.next == Some(sequence) => {
                self.release(out);
            }
            _ => {}
        }
    }

    fn information(&mut self, sequence: u16, sdu: Bytes, out: &mut Arrival<'_>) {
        let ahead = self.ahead(sequence);
        if ahead > self.field.mask() / 2 {
            return self.stale(sequence, sdu, out);
        }
        self.stale = 0;
        if ahead == 0 {
            if !self.held.is_empty() {
                self.patience = limits::AL3_PATIENCE;
                out.statistics.retransmissions += 1;
            }
            self.deliver(sequence, sdu, out);
            return self.drain(out);
        }
        if self.patience == 0 || ahead > limits::AL3_GAP_MAX + self.held.len() as u16 {
            while !self.held.is_empty() {
                self.release(out);
            }
            return self.deliver(sequence, sdu, out);
        }
        self.hold(sequence, sdu, out);
    }

    /// How far this number is from the one to deliver next.
    fn ahead(&self, sequence: u16) -> u16 {
        self.next.map_or(0, |next| sequence.wrapping_sub(next) & self.field.mask())
    }

    fn stale(&mut self, sequence: u16, sdu: Bytes, out: &mut Arrival<'_>) {
        self.stale += 1;
        if self.stale > STALE_MAX {
            (self.stale, self.next) = (0, None);
            self.held.clear();
            self.deliver(sequence, sdu, out);
        }
    }

    fn hold(&mut self, sequence: u16, sdu: Bytes, out: &mut Arrival<'_>) {
        let ahead = self.ahead(sequence);
        let place = self.held.partition_point(|(held, _)| self.ahead(*held) < ahead);
        if self.held.get(place).is_some_and(|(held, _)| *held == sequence) {
            return;
        }
        // Ask for what is missing between this one and the one known before it, unless it was asked for.
        if place == self.held.len() {
            let known = self.held.last().map_or(0, |(held, _)| self.ahead(*held) + 1);
            let next = self.next.unwrap_or(sequence);
            for missing in known..ahead {
                let sequence = next.wrapping_add(missing) & self.field.mask();
                out.statistics.retransmissions_wanted += 1;
                out.put(Received::RetransmissionWanted { channel: out.channel, sequence });
            }
        } else {
            out.statistics.retransmissions += 1;
        }
        if self.held.is_empty() {
            self.deadline = out.clock + limits::AL3_HOLD_OCTETS;
        }
        self.held.insert(place, (sequence, sdu));
        if self.held.len() > limits::AL3_HOLD_SDUS_MAX {
            self.give_up(out);
        }
    }

    pub(super) fn is_due(&self, clock: u64) -> bool {
        !self.held.is_empty() && clock >= self.deadline
    }

    /// The one that is waited for will not come.
    pub(super) fn give_up(&mut self, out: &mut Arrival<'_>) {
        self.patience = self.patience.saturating_sub(1);
        self.release(out);
    }

    /// Delivers the nearest of those that wait, and what follows it without a gap.
    fn release(&mut self, out: &mut Arrival<'_>) {
        if !self.held.is_empty() {
            let (sequence, sdu) = self.held.remove(0);
            self.deliver(sequence, sdu, out);
            self.drain(out);
        }
    }

    fn drain(&mut self, out: &mut Arrival<'_>) {
        while self.held.first().is_some_and(|(sequence, _)| Some(*sequence) == self.next) {
            let (sequence, sdu) = self.held.remove(0);
            self.deliver(sequence, sdu, out);
        }
        self.deadline = out.clock + limits::AL3_HOLD_OCTETS;
    }

    fn deliver(&mut self, sequence: u16, sdu: Bytes, out: &mut Arrival<'_>) {
        let lost = self.ahead(sequence);
        self.next = Some(sequence.wrapping_add(1) & self.field.mask());
        out.sdu(sdu, false, lost, Some(sequence));
    }
}
