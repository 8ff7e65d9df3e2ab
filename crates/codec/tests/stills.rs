//! Slides that follow each other by the macroblocks in which they differ, as a decoder of another make sees them.

use std::time::Duration;

use bytes::Bytes;
use codec::video::{Decoder, Encoder};
use media::{Codec, Frame, Picture, Size, Still, VideoFormat};

/// Quantisers of slides: of each kind that scales DC coefficients differently in MPEG-4 (ISO/IEC 14496-2 table 7-1).
const QUANTISERS: [u8; 4] = [4, 7, 12, 27];
/// Steps of a walk.
const STEPS: usize = 1_000;
/// Height of a row of a slide, in pixels.
const ROW: usize = 16;
/// Between the pictures of a refresh.
const PERIOD: Duration = Duration::from_millis(200);

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
    for (y, (u, v)) in picture.u.chunks_mut(width / 2).zip(picture.v.chunks_mut(width / 2)).enumerate() {
        let seed = rows[(y / (ROW / 2)) % rows.len()];
        u.fill(110 + (seed % 40) as u8);
        v.fill(150 - (seed % 60) as u8);
    }
    picture
}

/// A codec and a size, and slides of one quantiser in it.
struct Service {
    format: VideoFormat,
    quantiser: u8,
}

/// A key picture taken apart, and how libavcodec shows it.
type Key = (Still, Picture);

impl Service {
    fn new(codec: Codec, size: Size, quantiser: u8) -> Self {
        Service { format: VideoFormat::prompt(codec, size), quantiser }
    }

    fn decoder(&self) -> Decoder {
        Decoder::new(self.format.codec).expect("opens").expecting(self.format.size)
    }

    fn frame(&self, data: Bytes, step: usize) -> Frame {
        let pts = Duration::from_millis(100) * step as u32;
        Frame::new(self.format.codec, pts, Duration::ZERO, false, data)
    }

    fn shows(&self, decoder: &mut Decoder, data: Bytes, step: usize) -> Picture {
        decoder.decode(&self.frame(data, step)).expect("decodes").expect("a picture")
    }

    fn rows(&self) -> Vec<u64> {
        (0..u64::from(self.format.size.height) / ROW as u64).collect()
    }

    fn encode(&self, rows: &[u64]) -> Frame {
        let mut encoder = Encoder::still(self.format, self.quantiser).expect("opens");
        encoder.encode(&slide(self.format.size, rows), Duration::ZERO, true).expect("encodes")
    }

    fn key(&self, rows: &[u64]) -> Key {
        let frame = self.encode(rows);
        let shown = self.decoder().decode(&frame).expect("decodes").expect("a picture");
        (Still::parse(&frame).expect("a still"), shown)
    }

    /// A decoder that shows something else altogether.
    fn elsewhere(&self) -> Decoder {
        let rows: Vec<u64> = self.rows().iter().map(|row| row + 40).collect();
        let mut decoder = self.decoder();
        decoder.decode(&self.encode(&rows)).expect("decodes");
        decoder
    }
}

fn walk(codec: Codec, size: Size, quantiser: u8, steps: usize) {
    let service = Service::new(codec, size, quantiser);
    let mut chance = Chance(5);
    let slides: Vec<Key> = (0..12)
        .map(|_| {
            let mut rows = service.rows();
            for _ in 0..=chance.below(3) {
                let at = 1 + chance.below(rows.len() - 1);
                rows[at] = 100 + chance.below(20) as u64;
            }
            service.key(&rows)
        })
        .collect();
    let first = slides[0].0.edge_from(&slides[1].0).expect("alike");
    let whole = slides[0].0.refresh(0, 1, PERIOD);
    assert!(first.len() < whole.len() / 2, "{} of {} octets", first.len(), whole.len());
    let mut decoder = service.elsewhere();
    // A whole refresh brings the decoder here from anywhere.
    assert!(service.shows(&mut decoder, whole, 1) == slides[0].1, "a whole refresh is the key picture");
    let mut shown = 0;
    for step in 2..steps + 2 {
        let next = chance.below(slides.len());
        let edge = slides[next].0.edge_from(&slides[shown].0).expect("alike");
        let seen = service.shows(&mut decoder, edge, step);
        assert!(seen == slides[next].1, "step {step}: from {shown} to {next}");
        shown = next;
    }
}

/// Goes from slide to slide by edges of which none arrives: each slide is shown by its parts in turn.
fn heal(codec: Codec, size: Size, turns: u32) {
    let service = Service::new(codec, size, 10);
    let slides: Vec<Key> = (0..3u64)
        .map(|nth| {
            let rows: Vec<u64> = service.rows().iter().map(|row| row + nth * (row % 3) * 50).collect();
            service.key(&rows)
        })
        .collect();
    let mut decoder = service.elsewhere();
    let mut step = 0;
    for (still, picture) in [1, 2, 0, 2].map(|to: usize| &slides[to]) {
        let whole = still.refresh(0, 1, PERIOD).len();
        for turn in 0..2 * turns {
            step += 1;
            let part = still.refresh(turn % turns, turns, PERIOD);
            assert!(part.len() < 200 + whole / 4, "{} of {whole} octets", part.len());
            let seen = service.shows(&mut decoder, part, step);
            // Wrong until the last part has come; shown again, nothing changes.
            assert_eq!(seen == *picture, turn + 1 >= turns, "part {turn}");
        }
    }
}

#[test]
fn a_thousand_edges_at_qcif_leave_exactly_the_key_pictures() {
    walk(Codec::H263, Size::QCIF, 10, STEPS);
}

#[test]
fn a_thousand_edges_at_cif_leave_exactly_the_key_pictures() {
    walk(Codec::H263, Size::CIF, 10, STEPS);
    walk(Codec::H263p, Size::CIF, 10, 50);
}

#[test]
fn a_thousand_edges_of_mpeg4_leave_exactly_the_key_pictures() {
    walk(Codec::Mpeg4, Size::QCIF, 10, STEPS);
    walk(Codec::Mpeg4, Size::CIF, 10, STEPS);
}

#[test]
fn edges_are_exact_at_every_sort_of_quantiser() {
    for quantiser in QUANTISERS {
        walk(Codec::Mpeg4, Size::QCIF, quantiser, 100);
        walk(Codec::H263, Size::QCIF, quantiser, 100);
    }
}

#[test]
fn a_lost_edge_heals_by_the_parts_of_the_slide_in_turn() {
    for codec in [Codec::H263, Codec::Mpeg4] {
        heal(codec, Size::QCIF, 9);
        heal(codec, Size::QCIF, 19);
        heal(codec, Size::CIF, 18);
    }
}

#[test]
fn packets_of_an_edge_are_as_short_as_those_of_a_key_picture() {
    let service = Service::new(Codec::Mpeg4, Size::QCIF, 4);
    let whole = service.key(&service.rows()).0.refresh(0, 1, PERIOD);
    let mut starts: Vec<usize> =
        (4..whole.len() - 2).filter(|&at| whole[at..at + 2] == [0, 0] && whole[at + 2] & 0x80 != 0).collect();
    starts.insert(0, 0);
    starts.push(whole.len());
    let lens: Vec<usize> = starts.windows(2).map(|pair| pair[1] - pair[0]).collect();
    // 2048 bits (ISO/IEC 14496-2 table N.1, level 0).
    assert!(lens.iter().all(|&len| len <= 256), "{lens:?}");
}
