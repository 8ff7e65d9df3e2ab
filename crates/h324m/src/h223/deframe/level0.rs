//! Level 0: HDLC flags and zero insertion, bit by bit, on no octet border (H.223 §6.3).

use super::header;
use crate::h223::channels::Channels;
use crate::limits;

/// Bits of a flag that are taken for content before the flag is known: the zero and five ones.
const FLAG_HEAD: usize = 6;

/// The deframer of level 0.
#[derive(Debug, Default)]
pub(in crate::h223) struct Level0 {
    /// A flag was seen, and nothing after it that makes the content worthless.
    inside: bool,
    damaged: bool,
    ones: u8,
    partial: u16,
    partial_bits: u8,
    content: Vec<u8>,
}

impl Level0 {
    pub(in crate::h223) fn push(&mut self, octets: &[u8], channels: &mut Channels) {
        for octet in octets {
            if is_plain(*octet, self.ones) {
                self.plain(*octet);
                continue;
            }
            for bit in 0..8 {
                self.bit(octet >> bit & 1 == 1, channels);
            }
        }
    }

    /// Eight bits of content at once.
    fn plain(&mut self, octet: u8) {
        self.ones = octet.leading_ones() as u8;
        if self.inside {
            self.partial |= u16::from(octet) << self.partial_bits;
            self.content.push(self.partial as u8);
            self.partial >>= 8;
            self.inside = self.content.len() <= limits::PDU_MAX;
        }
    }

    pub(super) fn lost(&mut self, filled: Option<usize>, channels: &mut Channels) {
        match filled {
            Some(octets) => {
                self.damaged = true;
                (0..octets).for_each(|_| self.push(&[0], channels));
                self.damaged = true;
            }
            None => self.inside = false,
        }
        self.ones = 0;
    }

    fn bit(&mut self, bit: bool, channels: &mut Channels) {
        if bit {
            self.ones = self.ones.saturating_add(1);
            if self.ones <= 5 {
                self.content_bit(1);
            }
            return;
        }
        match std::mem::take(&mut self.ones) {
            0..=4 => self.content_bit(0),
            5 => {}
            6 => self.flag(channels),
            // Seven ones and more: idle or an error; what follows is worthless until a flag.
            7.. => {
                channels.statistics.resyncs += u64::from(self.inside);
                self.inside = false;
            }
        }
    }

    fn content_bit(&mut self, bit: u16) {
        if !self.inside {
            return;
        }
        self.partial |= bit << self.partial_bits;
        self.partial_bits += 1;
        if self.partial_bits == 8 {
            self.content.push(self.partial as u8);
            (self.partial, self.partial_bits) = (0, 0);
            self.inside = self.content.len() <= limits::PDU_MAX;
        }
    }

    fn flag(&mut self, channels: &mut Channels) {
        let bits = (self.content.len() * 8 + usize::from(self.partial_bits)).saturating_sub(FLAG_HEAD);
        if self.inside {
            self.content.truncate(bits / 8);
            let damaged = self.damaged || !bits.is_multiple_of(8);
            deliver(&self.content, damaged, channels);
        }
        self.content.clear();
        (self.partial, self.partial_bits) = (0, 0);
        (self.inside, self.damaged) = (true, false);
    }
}

/// Whether no five ones in a row are met in these bits, so many ones having stood before them.
pub(in crate::h223) fn is_plain(octet: u8, ones: u8) -> bool {
    let runs = octet & octet >> 1 & octet >> 2 & octet >> 3 & octet >> 4;
    runs == 0 && u32::from(ones) + octet.trailing_ones() < 5
}

fn deliver(content: &[u8], damaged: bool, channels: &mut Channels) {
    let Some((first, payload)) = content.split_first() else {
        channels.statistics.stuffing += 1;
        return;
    };
    let Some((code, marker)) = header(*first) else {
        channels.statistics.hec_errors += 1;
        return channels.pdu_lost();
    };
    if marker {
        channels.marker();
    }
    channels.pdu(code, payload, damaged);
}
