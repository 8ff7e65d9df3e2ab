//! Slides that follow each other by the macroblocks in which they differ, as a decoder of another make sees them.

use std::time::Duration;

use bytes::Bytes;
use codec::video::{Decoder, Encoder};
use media::h263::Still;
use media::{Codec, Frame, Picture, Size, VideoFormat};

/// The quantiser of all slides of the test.
const QUANTISER: u8 = 10;
/// Steps of a walk.
const STEPS: usize = 1_000;
/// Height of a row of a slide, in pixels.
const ROW: usize = 16;

/// Numbers that look random, the same in each run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }
}

/// A slide of rows of strokes, each row's from a number of its own, under one heading.
fn slide(size: Size, rows: &[u64]) -> Picture {
    let mut picture = Picture::black(size);
    let (width, height) = (usize::from(size.width), usize::from(size.height));
    for y in 0..height {
        let seed = rows[(y / ROW) % rows.len()];
        for x in 0..width {
            let at = (seed << 20) | ((x as u64 / 5) << 8) | ((y % ROW) as u64 / 4);
            let stroke = Chance(at.wrapping_mul(0x9E37_79B9_7F4A_7C15)).below(10) < 3;
            picture.y[y * width + x] =
                if stroke && x > 12 && x < width - 12 { 225 } else { 30 + (x / 8) as u8 };
        }
    }
    picture.u.fill(140);
    picture.v.fill(110);
    picture
}

fn frame(data: Bytes, step: usize, keyframe: bool) -> Frame {
    Frame::new(Codec::H263, Duration::from_millis(100) * step as u32, Duration::ZERO, keyframe, data)
}

/// What libavcodec makes of a slide's key picture, and how it shows it.
fn key(format: VideoFormat, picture: &Picture) -> (Still, Picture) {
    let mut encoder = Encoder::still(format, QUANTISER).expect("opens");
    let data = encoder.encode(picture, Duration::ZERO, true).expect("encodes").data;
    let mut decoder = Decoder::new(Codec::H263).expect("opens");
    let shown = decoder.decode(&frame(data.clone(), 0, true)).expect("decodes").expect("a picture");
    (Still::parse(data).expect("a still"), shown)
}

fn walk(size: Size) {
    let mut chance = Chance(5);
    let format = VideoFormat::prompt(Codec::H263, size);
    let slides: Vec<_> = (0..12)
        .map(|_| {
            let mut rows: Vec<u64> = (0..usize::from(size.height) / ROW).map(|row| row as u64).collect();
            for _ in 0..=chance.below(3) {
                let at = 1 + chance.below(rows.len() - 1);
                rows[at] = 100 + chance.below(20) as u64;
            }
            key(format, &slide(size, &rows))
        })
        .collect();
    let mut decoder = Decoder::new(Codec::H263).expect("opens");
    let mut shown = 0;
    let first = slides[0].0.edge_from(&slides[1].0, 1).expect("alike");
    let whole = slides[0].0.refresh(0..slides[0].0.groups(), 0);
    assert!(first.len() < whole.len() / 2, "{} of {} octets", first.len(), whole.len());
    let mut encoder = Encoder::still(format, QUANTISER).expect("opens");
    let rows: Vec<u64> = (0..usize::from(size.height) / ROW).map(|row| row as u64 + 40).collect();
    let other = encoder.encode(&slide(size, &rows), Duration::ZERO, true).expect("encodes");
    decoder.decode(&other).expect("decodes");
    // A whole refresh brings the decoder here from anywhere.
    let seen = decoder.decode(&frame(whole, 1, false)).expect("decodes").expect("a picture");
    assert!(seen == slides[0].1, "a whole refresh is the key picture");
    for step in 2..STEPS + 2 {
        let next = chance.below(slides.len());
        let edge = slides[next].0.edge_from(&slides[shown].0, step as u8).expect("alike");
        let seen = decoder.decode(&frame(edge, step, false)).expect("decodes").expect("a picture");
        assert!(seen == slides[next].1, "step {step}: from {shown} to {next}");
        shown = next;
    }
}

/// Walks from slide to slide by edges, some of which are lost, and is shown each by and by.
fn heal(size: Size, turns: usize) {
    let format = VideoFormat::prompt(Codec::H263, size);
    let slides: Vec<_> = (0..3u64)
        .map(|nth| {
            let rows: Vec<u64> =
                (0..u64::from(size.height) / ROW as u64).map(|row| row + nth * (row % 3) * 50).collect();
            key(format, &slide(size, &rows))
        })
        .collect();
    let mut decoder = Decoder::new(Codec::H263).expect("opens");
    let mut seen = decoder.decode(&frame(slides[0].0.refresh(0..slides[0].0.groups(), 0), 0, false));
    let mut step = 0;
    for to in [1, 2, 0, 2] {
        let (still, picture) = &slides[to];
        // Nothing of the edge arrives; the wrong slide is shown until the last part has come.
        for turn in 0..turns {
            step += 1;
            let part = still.refresh(part_of(still, turn, turns), step as u8);
            assert!(part.len() < 3_000, "{} octets", part.len());
            seen = decoder.decode(&frame(part, step, false));
        }
        assert!(seen.as_ref().is_ok_and(|seen| seen.as_ref() == Some(picture)), "slide {to}");
        // Shown again, nothing changes.
        for turn in 0..turns {
            step += 1;
            let part = still.refresh(part_of(still, turn, turns), step as u8);
            let again = decoder.decode(&frame(part, step, false)).expect("decodes");
            assert_eq!(again.as_ref(), Some(picture), "slide {to}, part {turn}");
        }
    }
}

fn part_of(still: &Still, turn: usize, turns: usize) -> std::ops::Range<u8> {
    let at = |turn: usize| (usize::from(still.groups()) * turn / turns) as u8;
    at(turn)..at(turn + 1)
}

#[test]
fn a_lost_edge_heals_by_the_parts_of_the_slide_in_turn() {
    heal(Size::QCIF, 9);
    heal(Size::QCIF, 19);
    heal(Size::CIF, 19);
}

#[test]
fn a_thousand_edges_at_qcif_leave_exactly_the_key_pictures() {
    walk(Size::QCIF);
}

#[test]
fn a_thousand_edges_at_cif_leave_exactly_the_key_pictures() {
    walk(Size::CIF);
}
