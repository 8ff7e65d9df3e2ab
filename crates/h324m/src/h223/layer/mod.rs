//! The adaptation layers: what stands around an SDU, and what is done when one is missing (H.223 §7).

mod al2;
mod al3;

use std::collections::VecDeque;

use bytes::Bytes;

use super::crc::{crc8, crc16};
use super::{AdaptationLayer, ReceiveStatistics, Received};
use crate::limits;

pub(super) use al3::{Field, Supervisory};

/// The receiving end of a channel's adaptation layer.
#[derive(Debug)]
pub(super) enum Receiver {
    Al1 { framed: bool },
    Al2(al2::Receiver),
    Al3(al3::Receiver),
}

impl Receiver {
    pub(super) fn new(layer: AdaptationLayer) -> Self {
        match layer {
            AdaptationLayer::Al1Framed => Self::Al1 { framed: true },
            AdaptationLayer::Al1Unframed => Self::Al1 { framed: false },
            AdaptationLayer::Al2 { sequence_numbers } => Self::Al2(al2::Receiver::new(sequence_numbers)),
            AdaptationLayer::Al3 { control_octets, .. } => Self::Al3(al3::Receiver::new(control_octets)),
        }
    }

    /// Whether octets are handed on as they come.
    pub(super) fn is_unframed(&self) -> bool {
        matches!(self, Self::Al1 { framed: false })
    }

    /// Whether the CRC of this AL-PDU is right; false where there is none.
    pub(super) fn is_right(&self, pdu: &[u8]) -> bool {
        match self {
            Self::Al1 { .. } => false,
            Self::Al2(_) => check8(pdu).is_some_and(|(_, right)| right),
            Self::Al3(_) => check16(pdu).is_some_and(|(_, right)| right),
        }
    }

    /// Takes a whole AL-PDU.
    pub(super) fn receive(&mut self, pdu: &[u8], damaged: bool, out: &mut Arrival<'_>) {
        match self {
            Self::Al1 { .. } => out.sdu(Bytes::copy_from_slice(pdu), damaged, 0, None),
            Self::Al2(receiver) => receiver.receive(pdu, damaged, out),
            Self::Al3(receiver) => receiver.receive(pdu, damaged, out),
        }
    }

    /// Whether something has waited too long for what is missing before it.
    pub(super) fn is_due(&self, clock: u64) -> bool {
        match self {
            Self::Al1 { .. } | Self::Al2(_) => false,
            Self::Al3(receiver) => receiver.is_due(clock),
        }
    }

    /// Delivers what waits without what is missing.
    pub(super) fn give_up(&mut self, out: &mut Arrival<'_>) {
        match self {
            Self::Al1 { .. } | Self::Al2(_) => {}
            Self::Al3(receiver) => receiver.give_up(out),
        }
    }
}

/// Where an adaptation layer puts what came in.
#[derive(Debug)]
pub(super) struct Arrival<'a> {
    channel: u16,
    mc: u8,
    /// Octets of the line so far.
    clock: u64,
    ready: &'a mut VecDeque<Received>,
    statistics: &'a mut ReceiveStatistics,
}

impl<'a> Arrival<'a> {
    pub(super) fn new(
        channel: u16,
        mc: u8,
        clock: u64,
        ready: &'a mut VecDeque<Received>,
        statistics: &'a mut ReceiveStatistics,
    ) -> Self {
        Self { channel, mc, clock, ready, statistics }
    }

    fn sdu(&mut self, data: Bytes, damaged: bool, lost: u16, sequence: Option<u16>) {
        if damaged {
            self.statistics.crc_errors += 1;
        } else {
            self.statistics.sdus += 1;
        }
        self.statistics.lost_sdus += u64::from(lost);
        let (channel, mc) = (self.channel, self.mc);
        self.put(Received::Sdu { channel, mc, data, damaged, lost, sequence });
    }

    fn put(&mut self, received: Received) {
        if self.ready.len() >= limits::RECEIVED_MAX {
            self.ready.pop_front();
        }
        self.ready.push_back(received);
    }
}

/// An AL2 PDU without its CRC, and whether that is right.
fn check8(pdu: &[u8]) -> Option<(&[u8], bool)> {
    let (crc, content) = pdu.split_last()?;
    Some((content, crc8(content) == *crc))
}

/// An AL3 PDU without its CRC, and whether that is right.
fn check16(pdu: &[u8]) -> Option<(&[u8], bool)> {
    let (content, crc) = pdu.split_last_chunk::<2>()?;
    Some((content, crc16(content) == u16::from_le_bytes(*crc)))
}

/// Octets that an adaptation layer adds to an SDU.
pub(super) fn overhead(layer: AdaptationLayer) -> usize {
    match layer {
        AdaptationLayer::Al1Framed | AdaptationLayer::Al1Unframed => 0,
        AdaptationLayer::Al2 { sequence_numbers } => 1 + usize::from(sequence_numbers),
        AdaptationLayer::Al3 { control_octets, .. } => 2 + Field::new(control_octets).octets(),
    }
}

/// Writes the AL-PDU of an SDU with this sequence number over `pdu`.
pub(super) fn wrap(layer: AdaptationLayer, sequence: u16, sdu: &[u8], pdu: &mut Vec<u8>) {
    pdu.clear();
    match layer {
        AdaptationLayer::Al1Framed | AdaptationLayer::Al1Unframed => {}
        AdaptationLayer::Al2 { sequence_numbers: true } => pdu.push(sequence as u8),
        AdaptationLayer::Al2 { sequence_numbers: false } => {}
        AdaptationLayer::Al3 { control_octets, .. } => Field::new(control_octets).put(sequence, true, pdu),
    }
    pdu.extend_from_slice(sdu);
    seal(layer, pdu);
}

/// Ends an AL-PDU with its CRC.
fn seal(layer: AdaptationLayer, pdu: &mut Vec<u8>) {
    match layer {
        AdaptationLayer::Al1Framed | AdaptationLayer::Al1Unframed => {}
        AdaptationLayer::Al2 { .. } => pdu.push(crc8(pdu)),
        AdaptationLayer::Al3 { .. } => pdu.extend(crc16(pdu).to_le_bytes()),
    }
}

/// Ends an AL-PDU early of which `sent` octets have gone out: what has gone makes a right, shorter SDU.
/// False when so little is left that it goes out as it is.
pub(super) fn cut(layer: AdaptationLayer, sent: usize, pdu: &mut Vec<u8>) -> bool {
    let (head, tail) = match layer {
        // At least one octet must still go out, for the packet marker to speak of.
        AdaptationLayer::Al1Framed | AdaptationLayer::Al1Unframed => (sent + 1, 0),
        AdaptationLayer::Al2 { sequence_numbers } => (sent.max(usize::from(sequence_numbers)), 1),
        AdaptationLayer::Al3 { control_octets, .. } => (sent.max(Field::new(control_octets).octets()), 2),
    };
    if head + tail >= pdu.len() {
        return false;
    }
    pdu.truncate(head);
    seal(layer, pdu);
    true
}
