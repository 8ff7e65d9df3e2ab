//! A picture by hand, the edges that lead to it, and what is no still.

use bytes::Bytes;

use super::*;
use crate::h263::Writer;

/// Headers of a layer of QCIF at 10 ticks a second and of an I-VOP of quantiser 12, as our encoder writes them.
fn headers(out: &mut Writer) {
    let layer = [
        (1, 24),
        (0x20, 8),
        // Any type of object; version 1.
        (0, 1),
        (1, 8),
        (1, 1),
        (1, 4),
        (1, 3),
        // Square pixels, rectangular, 10 ticks a second.
        (1, 4),
        (0, 1),
        (0, 2),
        (1, 1),
        (10, 16),
        (1, 1),
        (0, 1),
        // Width and height between markers.
        (1, 1),
        (176, 13),
        (1, 1),
        (144, 13),
        (1, 1),
        // No tools but resync markers.
        (0b01000, 5),
        (0b100, 3),
        (0, 1),
    ];
    let vop = [(1, 24), (0xB6, 8), (0, 2), (0, 1), (1, 1), (0, 4), (1, 1), (1, 1), (0, 3), (12, 5)];
    layer.iter().for_each(|&(value, bits)| out.put(value, bits));
    still::stuff(out);
    vop.iter().for_each(|&(value, bits)| out.put(value, bits));
}

/// A picture without AC coefficients whose DC coefficients differ from what is expected by turns.
fn picture(change: usize) -> Bytes {
    let mut out = Writer::default();
    headers(&mut out);
    for macroblock in 0..99 {
        out.put(1, 1); // MCBPC: INTRA, no coded chrominance
        out.put(0, 1); // ac_pred_flag
        out.put(0b0011, 4); // CBPY: none
        for block in 0..6 {
            let (luma, moves) = (block < 4, macroblock == change && block == 0);
            let (word, bits) = tables::dc_word(luma, if moves { 4 } else { 0 });
            out.put(word, bits);
            out.put(if moves { 0b1001 } else { 0 }, if moves { 4 } else { 0 });
        }
    }
    still::stuff(&mut out);
    out.finish().into()
}

const TIME: Time = Time { seconds: 1, within_us: 500_000 };

#[test]
fn a_picture_like_the_one_that_is_shown_takes_a_bit_a_macroblock() {
    let still = Still::parse(picture(3)).expect("ours");
    assert_eq!(still.macroblocks(), 99);
    let edge = still.edge_from(&still, TIME).expect("alike");
    // Start code; P, one second, its end, marker, 5 ticks of 10, marker, coded, rounding, threshold, quantiser, fcode.
    let header = [0, 0, 1, 0xB6, 0b0110_1010, 0b1110_0000, 0b1100_0011];
    assert_eq!(edge[..7], header);
    assert_eq!((&edge[7..], edge.len()), (&[[0xFF; 12].as_slice(), &[0b1101_1111]].concat()[..], 20));
}

#[test]
fn what_differs_is_coded_against_grey() {
    let (from, to) = (Still::parse(picture(3)).expect("ours"), Still::parse(picture(98)).expect("ours"));
    let edge = to.edge_from(&from, TIME).expect("alike");
    let whole = to.refresh(0..99, TIME);
    assert!(edge.len() > 20 && edge.len() < whole.len(), "{} of {} octets", edge.len(), whole.len());
    assert!(to.edge_from(&to, TIME).expect("alike").len() == 20);
}

#[test]
fn what_is_cut_short_or_not_ours_is_no_still() {
    let whole = picture(50);
    for len in 0..whole.len() - 1 {
        assert!(Still::parse(whole.slice(..len)).is_none(), "{len} of {} octets", whole.len());
    }
    // Any bit that is wrong may be read, but never panics.
    for bit in 0..whole.len() * 8 {
        let mut wrong = whole.to_vec();
        wrong[bit / 8] ^= 0x80 >> (bit % 8);
        if let Some(still) = Still::parse(wrong.into()) {
            let _ = still.refresh(0..still.macroblocks(), TIME);
        }
    }
}
