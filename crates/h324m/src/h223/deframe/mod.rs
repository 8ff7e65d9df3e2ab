//! Octets of the line to MUX-PDUs, one module a level. The PDUs go to [`Channels`].

mod level0;
mod level1;
mod level2;

use std::collections::VecDeque;

use super::Level;
use super::channels::Channels;
use super::crc::HEC;
use crate::limits;

pub(super) use level0::{Level0, is_plain};
use level1::Level1;
use level2::Level2;

/// The flag of Annexes A and B, and the one that closes a PDU whose last octet ends an SDU (Annex B.3.1).
pub(super) const FLAG: u16 = u16::from_le_bytes([0xE1, 0x4D]);

/// The deframer of a level.
#[derive(Debug)]
pub(super) enum Deframer {
    Zero(Level0),
    One(Level1),
    Two(Level2),
}

impl Deframer {
    pub(super) fn new(level: Level) -> Self {
        match level {
            Level::Zero => Self::Zero(Level0::default()),
            Level::One { .. } => Self::One(Level1::default()),
            Level::Two { optional_header } => Self::Two(Level2::new(optional_header)),
        }
    }

    pub(super) fn push(&mut self, octets: &[u8], channels: &mut Channels) {
        match self {
            Self::Zero(level) => level.push(octets, channels),
            Self::One(level) => level.push(octets, channels),
            Self::Two(level) => level.push(octets, channels),
        }
    }

    /// So many octets are missing; short gaps are filled, so that what is counted after them stays right.
    pub(super) fn lost(&mut self, octets: usize, channels: &mut Channels) {
        let filled = (octets <= limits::LOST_FILL_MAX).then_some(octets);
        match self {
            Self::Zero(level) => level.lost(filled, channels),
            Self::One(level) => level.lost(filled, channels),
            Self::Two(level) => level.lost(filled, channels),
        }
    }

    pub(super) fn flush(&mut self, channels: &mut Channels) {
        match self {
            // The closing flag of what is complete was seen: PDUs wait for nothing more.
            Self::Zero(_) => {}
            Self::One(level) => level.flush(channels),
            Self::Two(level) => level.flush(channels),
        }
    }
}

/// Multiplex code and packet marker of a header octet of level 0 and 1; `None` when its HEC is wrong.
fn header(octet: u8) -> Option<(u8, bool)> {
    let code = octet >> 1 & 0xF;
    (HEC[usize::from(code)] == octet >> 5).then_some((code, octet & 1 == 1))
}

/// Octets of the line that wait, and which of them are not known.
#[derive(Debug, Default)]
struct Buffer {
    octets: Vec<u8>,
    /// Where reading goes on.
    start: usize,
    /// Ranges of `octets` that were lost, in order.
    holes: VecDeque<(usize, usize)>,
}

impl Buffer {
    /// Appends; what was read before is dropped first.
    fn push(&mut self, octets: &[u8]) {
        self.compact();
        self.octets.extend_from_slice(octets);
    }

    fn push_lost(&mut self, octets: usize) {
        self.compact();
        let from = self.octets.len();
        self.octets.resize(from + octets, 0);
        self.holes.push_back((from, from + octets));
    }

    fn compact(&mut self) {
        let start = std::mem::take(&mut self.start);
        self.octets.drain(..start);
        for hole in &mut self.holes {
            *hole = (hole.0.saturating_sub(start), hole.1.saturating_sub(start));
        }
        while self.holes.front().is_some_and(|hole| hole.1 == 0) {
            self.holes.pop_front();
        }
    }

    fn clear(&mut self) {
        self.octets.clear();
        self.holes.clear();
        self.start = 0;
    }

    /// Whether a lost octet is among these.
    fn is_holed(&self, from: usize, to: usize) -> bool {
        self.holes.iter().any(|hole| hole.0 < to && from < hole.1)
    }

    /// Whether what was lost ends there.
    fn is_end_of_hole(&self, at: usize) -> bool {
        self.holes.iter().any(|hole| hole.1 == at)
    }

    /// Where the last hole in these ends.
    fn end_of_holes(&self, from: usize, to: usize) -> Option<usize> {
        self.holes.iter().rev().map(|hole| hole.1).find(|end| (from..to).contains(end))
    }

    /// Two octets there, as a flag is compared.
    fn pair(&self, at: usize) -> Option<u16> {
        let pair = self.octets.get(at..at.checked_add(2)?)?;
        Some(u16::from_le_bytes([pair[0], pair[1]]))
    }
}
