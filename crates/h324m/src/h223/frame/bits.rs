//! The bits of level 0: zero insertion and flags (H.223 §6.3).

use crate::h223::deframe::is_plain;

/// Bits on their way into octets, the first one lowest.
#[derive(Debug, Default)]
pub(super) struct Bits {
    waiting: u32,
    count: u32,
    /// Ones in a row at the end of the content.
    ones: u8,
}

impl Bits {
    /// A flag, without zero insertion.
    pub(super) fn flag(&mut self, out: &mut Vec<u8>) {
        self.ones = 0;
        self.put(0x7E, 8, out);
    }

    /// Content: a zero follows five ones in a row.
    pub(super) fn content(&mut self, octets: &[u8], out: &mut Vec<u8>) {
        for octet in octets {
            if is_plain(*octet, self.ones) {
                self.put(u32::from(*octet), 8, out);
                self.ones = octet.leading_ones() as u8;
                continue;
            }
            for bit in 0..8 {
                self.bit(octet >> bit & 1, out);
            }
        }
    }

    fn bit(&mut self, bit: u8, out: &mut Vec<u8>) {
        self.put(u32::from(bit), 1, out);
        self.ones = if bit == 1 { self.ones + 1 } else { 0 };
        if self.ones == 5 {
            self.put(0, 1, out);
            self.ones = 0;
        }
    }

    fn put(&mut self, bits: u32, count: u32, out: &mut Vec<u8>) {
        self.waiting |= bits << self.count;
        self.count += count;
        while self.count >= 8 {
            out.push(self.waiting as u8);
            self.waiting >>= 8;
            self.count -= 8;
        }
    }
}
