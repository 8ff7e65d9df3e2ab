//! MUX-PDUs to octets of the line.
//!
//! Every PDU is closed by its flag at once, so that the peer has it without the next one; the stream begins
//! with a flag.

mod bits;

use super::Level;
use super::crc::HEC;
use super::deframe::FLAG;
use super::golay;
use bits::Bits;

/// Writes the PDUs of a level.
#[derive(Debug)]
pub(super) struct Framer {
    level: Level,
    /// Bits of level 0 that do not yet make an octet.
    bits: Bits,
    /// Level 0 and 1: the packet marker of the last PDU, that the next header has to carry.
    marker: bool,
    /// Code and marker of the last PDU, for the optional header.
    last: (u8, bool),
}

impl Framer {
    pub(super) fn new(level: Level) -> Self {
        Self { level, bits: Bits::default(), marker: false, last: (0, false) }
    }

    pub(super) fn level(&self) -> Level {
        self.level
    }

    /// Opens the stream.
    pub(super) fn start(&mut self, out: &mut Vec<u8>) {
        self.flag(false, out);
    }

    /// Octets of a PDU beside its content, closing flag included.
    pub(super) fn overhead(&self) -> usize {
        match self.level {
            Level::Zero => 2,
            Level::One { double_flag: false } => 3,
            Level::One { double_flag: true } => 5,
            Level::Two { optional_header: false } => 5,
            Level::Two { optional_header: true } => 6,
        }
    }

    /// Most octets of content in so many octets of the line.
    pub(super) fn content_in(&self, line: usize) -> usize {
        let octets = line.saturating_sub(self.overhead());
        match self.level {
            // Zeros are inserted: one in sixty bits of content that looks like noise.
            Level::Zero => octets - octets / 32,
            Level::One { .. } | Level::Two { .. } => octets,
        }
    }

    /// Most octets of content that a PDU can have.
    pub(super) fn content_max(&self) -> usize {
        match self.level {
            // The limits of the third-party terminals that still speak these levels.
            Level::Zero | Level::One { .. } => 512,
            Level::Two { .. } => 254,
        }
    }

    /// Writes a PDU of 1..=`content_max` octets; `marker`: its last octet ends a segmentable SDU.
    pub(super) fn pdu(&mut self, code: u8, content: &[u8], marker: bool, out: &mut Vec<u8>) {
        match self.level {
            Level::Zero => {
                let header = self.header(code, marker);
                self.bits.content(&[header], out);
                self.bits.content(content, out);
            }
            Level::One { .. } => {
                let header = self.header(code, marker);
                out.push(header);
                out.extend_from_slice(content);
            }
            Level::Two { .. } => {
                self.header2(code, content.len() as u16, marker, out);
                out.extend_from_slice(content);
            }
        }
        self.flag(marker, out);
    }

    /// Writes one stuffing sequence, or what the last PDU still lacks.
    pub(super) fn stuff(&mut self, out: &mut Vec<u8>) {
        match self.level {
            Level::Zero if self.marker => {
                let header = self.header(0, false);
                self.bits.content(&[header], out);
            }
            Level::One { .. } if self.marker => {
                let header = self.header(0, false);
                out.push(header);
            }
            Level::Zero | Level::One { .. } => {}
            Level::Two { .. } => self.header2(0, 0, false, out),
        }
        self.flag(false, out);
    }

    /// Header octet of level 0 and 1, with the marker of the PDU before (H.223 §6.4.1).
    fn header(&mut self, code: u8, marker: bool) -> u8 {
        let before = std::mem::replace(&mut self.marker, marker);
        HEC[usize::from(code & 0xF)] << 5 | (code & 0xF) << 1 | u8::from(before)
    }

    /// Header of level 2 (Annex B.3.2).
    fn header2(&mut self, code: u8, length: u16, marker: bool, out: &mut Vec<u8>) {
        out.extend(golay::encode(u16::from(code & 0xF) | length << 4));
        let (before, ended) = std::mem::replace(&mut self.last, (code & 0xF, marker));
        if self.level == (Level::Two { optional_header: true }) {
            out.push(HEC[usize::from(before)] << 1 | before << 4 | u8::from(ended));
        }
    }

    fn flag(&mut self, marker: bool, out: &mut Vec<u8>) {
        let flag = FLAG.to_le_bytes();
        match self.level {
            Level::Zero => self.bits.flag(out),
            Level::One { double_flag } => {
                out.extend(flag);
                if double_flag {
                    out.extend(flag);
                }
            }
            Level::Two { .. } if marker => out.extend(flag.map(|octet| !octet)),
            Level::Two { .. } => out.extend(flag),
        }
    }
}
