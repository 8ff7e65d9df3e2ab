//! Hashing of the numbers that this crate gives out itself, in place of the standard hash.
//!
//! The standard hash resists keys that somebody chooses so that they collide. Nobody outside chooses these,
//! so one multiplication is enough. Keys that come from the wire stay with the standard hash.

use std::hash::{BuildHasherDefault, Hasher};

/// For tables by `TransactionId`, `DialogId` or the owner of a timer.
pub(crate) type ByNumber = BuildHasherDefault<Multiply>;

/// Mixes whole words by multiplication.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Multiply(u64);

/// 2^64 divided by the golden ratio, made odd (Knuth, TAOCP vol. 3, §6.4): spreads consecutive numbers evenly.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

impl Hasher for Multiply {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(5) ^ number).wrapping_mul(SPREAD);
    }

    fn write_isize(&mut self, number: isize) {
        self.write_u64(number as u64);
    }

    /// The upper bits are the well mixed ones; a table asks for the lower ones first.
    fn finish(&self) -> u64 {
        self.0.rotate_left(26)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::hash::BuildHasher;

    use super::*;

    #[test]
    fn consecutive_numbers_fall_apart_in_both_ends_of_the_hash() {
        let hashes: Vec<u64> = (0..1024u64).map(|number| ByNumber::default().hash_one(number)).collect();
        let low: HashSet<u64> = hashes.iter().map(|hash| hash % 4096).collect();
        let high: HashSet<u64> = hashes.iter().map(|hash| hash >> 57).collect();
        assert!(low.len() > 768, "{}", low.len());
        assert!(high.len() > 96, "{}", high.len());
    }
}
