//! The key picture of a slide in MPEG-4, and P-VOPs made of its macroblocks (ISO/IEC 14496-2 §7.4.3, §7.6).
//!
//! Unlike H.263's, an INTRA macroblock is coded against its neighbours: the DC coefficients are differences, and in a
//! P-VOP macroblocks that are not INTRA count as grey. So the DC coefficients are written anew, and the others, which
//! our encoder does not predict, are carried over bit by bit.

use std::ops::Range;

use bytes::Bytes;

use super::header::Header;
use super::tables;
use super::walker::{BLOCKS, Macroblock, Plane, walk};
use crate::h263::{self, Reader, Writer};

/// A video packet ends with the macroblock that reaches this many bits, as those of key pictures do, and before one with
/// which it might have more than [`PACKET_BITS_MAX`].
const PACKET_BITS: usize = 1_120;

/// Level 0 allows 2048 (table N.1); the rest is for macroblocks that are not coded, and for stuffing.
const PACKET_BITS_MAX: usize = 1_900;

/// What a macroblock takes beside its AC coefficients, at most: flags, MCBPC, CBPY and differences of DC.
const MACROBLOCK_HEAD_BITS: usize = 1 + 9 + 1 + 6 + BLOCKS * (12 + 11 + 1);

/// When a picture is shown: whole seconds after the second of the picture before, and the time within its second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time {
    /// `modulo_time_base`.
    pub seconds: u32,
    /// Microseconds, below 1,000,000.
    pub within_us: u32,
}

/// An I-VOP of one quantiser, taken apart.
#[derive(Clone, Debug)]
pub struct Still {
    header: Header,
    data: Bytes,
    macroblocks: Vec<Macroblock>,
}

impl Still {
    /// Takes a key picture with its headers apart. `None` for what our own encoder does not use.
    #[must_use]
    pub fn parse(data: Bytes) -> Option<Self> {
        let (header, first) = Header::parse(&data)?;
        let macroblocks = walk(&data, &header, first)?;
        Some(Still { header, data, macroblocks })
    }

    /// Macroblocks of the picture.
    #[must_use]
    pub fn macroblocks(&self) -> usize {
        self.macroblocks.len()
    }

    /// The P-VOP with which a decoder that shows `shown` exactly shows this one exactly. `None` when they differ in
    /// size, clock or quantiser.
    #[must_use]
    pub fn edge_from(&self, shown: &Still, time: Time) -> Option<Bytes> {
        (self.header == shown.header).then(|| self.update(time, |index| self.differs(shown, index)))
    }

    /// A P-VOP that shows these macroblocks as they are in this one, whatever stood there.
    #[must_use]
    pub fn refresh(&self, macroblocks: Range<usize>, time: Time) -> Bytes {
        self.update(time, |index| macroblocks.contains(&index))
    }

    fn differs(&self, other: &Still, index: usize) -> bool {
        let (ours, theirs) = (&self.macroblocks[index], &other.macroblocks[index]);
        let bits_differ = |block: usize| !self.bits(&ours.ac[block]).same_as(other.bits(&theirs.ac[block]));
        ours.coded != theirs.coded || ours.dc != theirs.dc || (0..BLOCKS).any(bits_differ)
    }

    fn bits(&self, range: &Range<usize>) -> Reader<'_> {
        Reader::new(&self.data, range.start, range.end)
    }

    fn update(&self, time: Time, wanted: impl Fn(usize) -> bool) -> Bytes {
        let mut out = Writer::default();
        let mut plane = Plane::new(&self.header);
        let mut packet = 0;
        self.header.write_predicted(&mut out, time.seconds, time.within_us);
        for (index, macroblock) in self.macroblocks.iter().enumerate() {
            if !wanted(index) {
                out.put(1, 1); // not_coded
                continue;
            }
            let used = out.len_bits() - packet;
            if used >= PACKET_BITS || used + macroblock.bits_max() > PACKET_BITS_MAX {
                stuff(&mut out);
                packet = out.len_bits();
                self.header.write_packet(&mut out, index);
                plane.begin_packet();
            }
            self.write(&mut out, &mut plane, index, macroblock);
        }
        stuff(&mut out);
        out.finish().into()
    }

    fn write(&self, out: &mut Writer, plane: &mut Plane, index: usize, macroblock: &Macroblock) {
        let (word, length) = h263::MCBPC_INTRA_IN_INTER[usize::from(macroblock.coded & h263::MCBPC_CHROMA)];
        out.put(0, 1); // not_coded
        out.put(word, length);
        out.put(0, 1); // ac_pred_flag
        let (word, length) = h263::CBPY_INTRA[usize::from(macroblock.coded >> 2)];
        out.put(word, length);
        for block in 0..BLOCKS {
            let dc = macroblock.dc[block];
            write_difference(out, block, dc - plane.predicted(index, block));
            plane.set(index, block, dc);
            out.copy(self.bits(&macroblock.ac[block]));
        }
    }
}

impl Macroblock {
    /// Bits that it takes at most.
    fn bits_max(&self) -> usize {
        MACROBLOCK_HEAD_BITS + self.ac.iter().map(Range::len).sum::<usize>()
    }
}

/// dct_dc_size and dct_dc_differential (§6.2.7).
fn write_difference(out: &mut Writer, block: usize, difference: i32) {
    let size = (u32::BITS - difference.unsigned_abs().leading_zeros()) as usize;
    let (word, length) = tables::dc_word(block < 4, size);
    out.put(word, length);
    let negative = if difference < 0 { (1 << size) - 1 } else { 0 };
    out.put((difference + negative) as u32, size as u32);
    if size > 8 {
        out.put(1, 1); // marker
    }
}

/// A zero and ones up to the next octet (§5.2.3, §5.2.4).
pub(super) fn stuff(out: &mut Writer) {
    out.put(0, 1);
    while !out.len_bits().is_multiple_of(8) {
        out.put(1, 1);
    }
}
