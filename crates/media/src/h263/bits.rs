//! Reading bit by bit, most significant first, never past the end.

use super::Error;

/// A position in a bitstream that ends at a bit of its own.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'a> {
    data: &'a [u8],
    at: usize,
    end: usize,
}

impl<'a> Reader<'a> {
    /// Reads `data` from bit `at` up to, not including, bit `end` (cut to what is there).
    pub(crate) fn new(data: &'a [u8], at: usize, end: usize) -> Self {
        let end = end.min(data.len().saturating_mul(8));
        Reader { data, at: at.min(end), end }
    }

    /// Offset of the next bit from the start of the data.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    /// Bits that can still be read.
    pub(crate) fn left(&self) -> usize {
        self.end - self.at
    }

    /// The next `count` bits (at most 24) without taking them, zeros standing for what is past the end.
    pub(crate) fn peek(&self, count: u32) -> u32 {
        debug_assert!(count <= 24, "four octets hold 24 bits at any alignment");
        let first = self.at / 8;
        let mut word = 0u32;
        for index in 0..4 {
            word = word << 8 | u32::from(self.data.get(first + index).copied().unwrap_or(0));
        }
        let bits = (word << (self.at % 8)).checked_shr(32 - count).unwrap_or(0);
        let beyond = (count as usize).saturating_sub(self.left()) as u32;
        (bits.checked_shr(beyond).unwrap_or(0)).checked_shl(beyond).unwrap_or(0)
    }

    /// Takes `count` bits that were looked at.
    pub(crate) fn skip(&mut self, count: u32) -> Result<(), Error> {
        if self.left() < count as usize {
            return Err(Error::Truncated);
        }
        self.at += count as usize;
        Ok(())
    }

    /// Takes `count` bits, at most 24.
    pub(crate) fn read(&mut self, count: u32) -> Result<u32, Error> {
        let bits = self.peek(count);
        self.skip(count)?;
        Ok(bits)
    }

    /// Whether both hold the same bits.
    pub(crate) fn same_as(mut self, mut other: Reader<'_>) -> bool {
        while self.left() > 0 && self.left() == other.left() {
            let count = self.left().min(24) as u32;
            if self.peek(count) != other.peek(count) {
                return false;
            }
            self.at += count as usize;
            other.at += count as usize;
        }
        self.left() == other.left()
    }

    /// Takes one bit.
    pub(crate) fn flag(&mut self) -> Result<bool, Error> {
        Ok(self.read(1)? == 1)
    }
}

/// A bitstream being written, most significant bit first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Writer {
    octets: Vec<u8>,
    /// Bits of the last octet that are free, 0..=7.
    free: u32,
}

impl Writer {
    /// Puts the low `count` bits of `value`, at most 24.
    pub(crate) fn put(&mut self, value: u32, count: u32) {
        debug_assert!(count <= 24 && value >> count == 0, "{value} in {count} bits");
        let mut left = count;
        while left > 0 {
            if self.free == 0 {
                self.octets.push(0);
                self.free = 8;
            }
            let taken = left.min(self.free);
            let piece = value >> (left - taken) & ((1 << taken) - 1);
            if let Some(last) = self.octets.last_mut() {
                *last |= (piece << (self.free - taken)) as u8;
            }
            self.free -= taken;
            left -= taken;
        }
    }

    /// Puts what `bits` holds.
    pub(crate) fn copy(&mut self, mut bits: Reader<'_>) {
        while bits.left() > 0 {
            let count = bits.left().min(24) as u32;
            self.put(bits.peek(count), count);
            bits.at += count as usize;
        }
    }

    /// Bits written so far.
    pub(crate) fn len_bits(&self) -> usize {
        self.octets.len() * 8 - self.free as usize
    }

    /// Goes on at the next octet, over zeros.
    pub(crate) fn align(&mut self) {
        self.free = 0;
    }

    /// What was written, filled up with zeros.
    pub(crate) fn finish(self) -> Vec<u8> {
        self.octets
    }
}
