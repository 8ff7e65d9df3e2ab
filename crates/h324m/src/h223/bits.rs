//! Bit order of the circuit's octets, and how to find out which one a trunk uses.

use super::Received;
use super::channels::Channels;
use super::crc::crc16;
use super::deframe::Level0;

/// Which bit of an octet of the trunk is the first one on the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BitOrder {
    /// The most significant one, as RTP CLEARMODE has it (RFC 4040): every octet is reversed.
    Msb,
    /// The least significant one: a gateway that hands on H.223 octets unchanged.
    Lsb,
}

impl BitOrder {
    /// Turns octets of the trunk into H.223 order in place, and H.223 octets into those of the trunk.
    pub fn convert(self, octets: &mut [u8]) {
        match self {
            Self::Msb => octets.iter_mut().for_each(|octet| *octet = octet.reverse_bits()),
            Self::Lsb => {}
        }
    }
}

/// Flags of level 1 and 2 in one order that decide, while the other order has at most an eighth of them.
const FLAGS: u32 = 16;

/// Finds the bit order of a trunk from what comes in: by the flags of level 1 and 2, and by the first control
/// frame with a right check of level 0, whose flag is the same both ways.
#[derive(Debug)]
pub struct OrderDetector {
    found: Option<BitOrder>,
    last: u8,
    flags: [u32; 2],
    deframers: [(Level0, Channels); 2],
}

const ORDERS: [BitOrder; 2] = [BitOrder::Msb, BitOrder::Lsb];

impl Default for OrderDetector {
    fn default() -> Self {
        Self::new()
    }
}

impl OrderDetector {
    /// Nothing heard yet.
    pub fn new() -> Self {
        let deframer = || (Level0::default(), Channels::new());
        Self { found: None, last: 0, flags: [0; 2], deframers: [deframer(), deframer()] }
    }

    /// Takes octets as they came from the trunk, unconverted. Answers once it is sure, and the same ever after.
    pub fn push(&mut self, octets: &[u8]) -> Option<BitOrder> {
        for octet in octets {
            if self.found.is_some() {
                break;
            }
            self.found = self.by_flags(*octet).or_else(|| self.by_frames(*octet));
            self.last = *octet;
        }
        self.found
    }

    fn by_flags(&mut self, octet: u8) -> Option<BitOrder> {
        match [self.last, octet] {
            [0x87, 0xB2] => self.flags[0] += 1,
            [0xE1, 0x4D] => self.flags[1] += 1,
            _ => return None,
        }
        match self.flags {
            [msb, lsb] if msb >= FLAGS && lsb <= msb / 8 => Some(BitOrder::Msb),
            [msb, lsb] if lsb >= FLAGS && msb <= lsb / 8 => Some(BitOrder::Lsb),
            _ => None,
        }
    }

    fn by_frames(&mut self, octet: u8) -> Option<BitOrder> {
        for (order, (deframer, channels)) in ORDERS.into_iter().zip(&mut self.deframers) {
            let mut octets = [octet];
            order.convert(&mut octets);
            deframer.push(&octets, channels);
            while let Some(received) = channels.poll() {
                if is_control(&received) {
                    return Some(order);
                }
            }
        }
        None
    }
}

/// A control frame of SRP with a right check (H.324 Annex A).
fn is_control(received: &Received) -> bool {
    match received {
        Received::Sdu { channel: 0, data, .. } => data
            .split_last_chunk::<2>()
            .is_some_and(|(content, fcs)| !content.is_empty() && crc16(content) == u16::from_le_bytes(*fcs)),
        Received::Sdu { .. } | Received::RetransmissionWanted { .. } | Received::Srej { .. } => false,
    }
}
