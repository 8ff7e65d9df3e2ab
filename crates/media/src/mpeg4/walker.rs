//! From macroblock to macroblock through an I-VOP (ISO/IEC 14496-2 §6.2.5 to §6.2.7), with the DC coefficients that
//! their differences stand for (§7.4.3).

use std::ops::Range;

use super::header::Header;
use super::tables;
use crate::h263::{self, Entry, Reader};

/// Blocks of a macroblock: four of luminance, two of chrominance.
pub(super) const BLOCKS: usize = 6;
/// Of luminance.
const LUMA: usize = 4;
/// What stands for a DC coefficient that is not there (§7.4.3.1).
const DC_DEFAULT: i32 = 1_024;
/// DC coefficients are kept within this when others are predicted from them (§7.4.3.2).
const DC_MAX: i32 = 2_047;

/// An INTRA macroblock, apart from where it stands.
#[derive(Clone, Debug)]
pub(super) struct Macroblock {
    /// Which blocks have AC coefficients, the first one in bit 5.
    pub(super) coded: u8,
    /// Quantised DC coefficients.
    pub(super) dc: [i32; BLOCKS],
    /// AC coefficients of each block in bits of the picture; empty where there are none.
    pub(super) ac: [Range<usize>; BLOCKS],
}

/// Reads all macroblocks of the picture whose first one starts at `bit`. `None` for what our own encoder does not use.
pub(super) fn walk(data: &[u8], header: &Header, bit: usize) -> Option<Vec<Macroblock>> {
    let mut bits = Reader::new(data, bit, data.len() * 8);
    let mut plane = Plane::new(header);
    let mut macroblocks = Vec::with_capacity(header.macroblocks());
    for index in 0..header.macroblocks() {
        if index > 0 && at_packet(&bits, data) {
            let start = bits.position() / 8 * 8 + 8;
            bits = Reader::new(data, start, data.len() * 8);
            if header.read_packet(&mut bits)? != index {
                return None;
            }
            plane.begin_packet();
        }
        let macroblock = macroblock(&mut bits, &mut plane, index)?;
        macroblocks.push(macroblock);
    }
    Some(macroblocks)
}

/// Whether stuffing up to the next octet and a resync_marker follow (§5.2.4, nextbits_bytealigned).
fn at_packet(bits: &Reader<'_>, data: &[u8]) -> bool {
    let stuffing = 8 - bits.position() as u32 % 8;
    let start = (bits.position() + stuffing as usize) / 8;
    let marker =
        data.get(start..start + 3).is_some_and(|octets| octets[..2] == [0, 0] && octets[2] & 0x80 != 0);
    marker && bits.peek(stuffing) == (1 << (stuffing - 1)) - 1
}

fn macroblock(bits: &mut Reader<'_>, plane: &mut Plane, index: usize) -> Option<Macroblock> {
    let kind = code(bits, &h263::MCBPC_IN_INTRA, h263::MCBPC_IN_INTRA_BITS)?;
    let ac_predicted = bits.flag().ok()?;
    // One quantiser, no stuffing.
    if ac_predicted || kind & !h263::MCBPC_CHROMA != h263::MCBPC_INTRA {
        return None;
    }
    let luma = code(bits, &h263::CBPY, h263::CBPY_BITS)?;
    let coded = luma << 2 | kind & h263::MCBPC_CHROMA;
    let (mut dc, mut ac) = ([0; BLOCKS], [const { 0..0 }; BLOCKS]);
    for block in 0..BLOCKS {
        dc[block] = plane.predicted(index, block) + dc_difference(bits, block < LUMA)?;
        plane.set(index, block, dc[block]);
        if coded >> (BLOCKS - 1 - block) & 1 == 1 {
            let from = bits.position();
            pass_coefficients(bits)?;
            ac[block] = from..bits.position();
        }
    }
    Some(Macroblock { coded, dc, ac })
}

fn dc_difference(bits: &mut Reader<'_>, luma: bool) -> Option<i32> {
    let table = if luma { &tables::DC_LUMA } else { &tables::DC_CHROMA };
    let size = u32::from(code(bits, table, tables::DC_BITS)?);
    if size == 0 {
        return Some(0);
    }
    let value = bits.read(size).ok()? as i32;
    if size > 8 {
        bits.skip(1).ok()?; // marker
    }
    Some(if value >> (size - 1) == 1 { value } else { value - (1 << size) + 1 })
}

/// AC coefficients up to the last of a block, escapes of all three types included (§7.4.1.3).
fn pass_coefficients(bits: &mut Reader<'_>) -> Option<()> {
    let mut symbol = tables::INNER;
    while symbol != tables::LAST {
        symbol = code(bits, &tables::TCOEF, tables::TCOEF_BITS)?;
        if symbol != tables::ESCAPE {
            bits.skip(1).ok()?; // sign
        } else if bits.peek(2) == 0b11 {
            bits.skip(2).ok()?;
            // LAST, RUN, marker, LEVEL, marker
            symbol =
                if bits.read(1 + 6 + 1 + 12 + 1).ok()? >> 20 == 1 { tables::LAST } else { tables::INNER };
        } else {
            // A greater LEVEL, or a greater RUN, of another word.
            bits.skip(if bits.peek(1) == 0 { 1 } else { 2 }).ok()?;
            symbol = code(bits, &tables::TCOEF, tables::TCOEF_BITS)?;
            bits.skip(1).ok()?;
        }
    }
    Some(())
}

fn code(bits: &mut Reader<'_>, table: &[Entry], count: u32) -> Option<u8> {
    let entry = table[bits.peek(count) as usize];
    bits.skip(u32::from(entry.length)).ok()?;
    (entry.length > 0).then_some(entry.symbol)
}

/// The DC coefficients of a picture while it is read or written, from which the next ones are predicted.
pub(super) struct Plane {
    across: usize,
    /// dc_scaler of luminance and chrominance (table 7-1).
    scaler: [i32; 2],
    /// The packet, and the DC coefficients times their scaler, of each INTRA macroblock so far.
    known: Vec<Option<(usize, [i32; BLOCKS])>>,
    packet: usize,
}

impl Plane {
    pub(super) fn new(header: &Header) -> Self {
        let quantiser = i32::from(header.quantiser);
        let luma = match quantiser {
            ..=4 => 8,
            5..=8 => 2 * quantiser,
            9..=24 => quantiser + 8,
            25.. => 2 * quantiser - 16,
        };
        let chroma = match quantiser {
            ..=4 => 8,
            5..=24 => (quantiser + 13) / 2,
            25.. => quantiser - 6,
        };
        let known = vec![None; header.macroblocks()];
        Plane { across: header.across, scaler: [luma, chroma], known, packet: 0 }
    }

    /// Nothing is predicted from the packets before (§7.4.3.1).
    pub(super) fn begin_packet(&mut self) {
        self.packet += 1;
    }

    /// What the quantised DC coefficient of a block is expected to be: the block above's or the left one's, whichever
    /// way less changes.
    pub(super) fn predicted(&self, index: usize, block: usize) -> i32 {
        // Columns and rows of blocks of this plane.
        let (x, y) = (index % self.across, index / self.across);
        let at = |dx: usize, dy: usize| self.neighbour(x, y, block, dx, dy);
        let (left, above_left, above) = (at(1, 0), at(1, 1), at(0, 1));
        let chosen = if (left - above_left).abs() < (above_left - above).abs() { above } else { left };
        let scaler = self.scaler[usize::from(block >= LUMA)];
        (chosen + scaler / 2) / scaler
    }

    /// The block `dx` to the left of and `dy` above this one, each 0 or 1.
    fn neighbour(&self, x: usize, y: usize, block: usize, dx: usize, dy: usize) -> i32 {
        let (x, y, block) = if block < LUMA {
            let (column, row) = (2 * x + block % 2 + 2 - dx, 2 * y + block / 2 + 2 - dy);
            (column / 2, row / 2, row % 2 * 2 + column % 2)
        } else {
            (x + 1 - dx, y + 1 - dy, block)
        };
        // One more than the place, so that none is below zero.
        let (Some(x), Some(y)) = (x.checked_sub(1), y.checked_sub(1)) else { return DC_DEFAULT };
        match self.known[y * self.across + x] {
            Some((packet, dc)) if packet == self.packet => dc[block],
            Some(_) | None => DC_DEFAULT,
        }
    }

    /// Notes the quantised DC coefficient of a block.
    pub(super) fn set(&mut self, index: usize, block: usize, dc: i32) {
        let scaler = self.scaler[usize::from(block >= LUMA)];
        let (_, known) = self.known[index].get_or_insert((self.packet, [DC_DEFAULT; BLOCKS]));
        known[block] = (dc * scaler).clamp(0, DC_MAX);
    }
}
