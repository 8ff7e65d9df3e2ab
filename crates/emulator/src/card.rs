//! `Card`: what one telephone shows and sounds like, and how much of it is found at the other end.
//!
//! Slanted waves that differ from card to card, a bar that wanders along the bottom, and a lamp in the upper right
//! corner that flashes while the sound beeps, so that a receiver can tell how far both are apart. The tone beside
//! the beep is the card's own. Start at [`Card::picture`]; [`Card::likeness`] is for the other end.

use std::f64::consts::TAU;
use std::time::Duration;

use media::{Picture, Size};

/// From one flash and beep to the next.
pub(crate) const BEAT_EVERY: Duration = Duration::from_secs(2);
/// How long both last.
pub(crate) const BEAT: Duration = Duration::from_millis(200);
/// Frequency of the beep of every card.
pub(crate) const BEEP_HZ: u16 = 1_930;

/// Tones that are neither harmonics of each other, nor of the beep, nor rows or columns of keys (ITU-T Q.23).
const TONES: [u16; 8] = [430, 490, 550, 610, 1_030, 1_090, 1_150, 370];
/// Waves across a card.
const WAVES: f64 = 11.0;
/// Pictures are not drawn to the nanosecond of a beat.
const TICK: Duration = Duration::from_millis(2);
/// Peak value of tone and beep, a quarter of full scale each.
const TONE_PEAK: f64 = 8_000.0;

/// One of [`Card::COUNT`] test cards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Card(u8);

/// Parts of a card, in 24ths of its width and height: left, top, right, bottom.
type Part = [usize; 4];
const STILL: Part = [1, 1, 19, 17];
const LAMP: Part = [20, 0, 24, 7];
/// Well within the lamp, where a scaler or a codec mixes nothing in.
const BULB: Part = [21, 1, 23, 6];
const TRACK: Part = [0, 18, 24, 24];

impl Card {
    /// How many different ones there are.
    pub const COUNT: u8 = TONES.len() as u8;

    /// The card of this number, counted modulo [`Card::COUNT`].
    #[must_use]
    pub const fn new(number: u8) -> Self {
        Card(number % Card::COUNT)
    }

    /// The frequency of its tone.
    #[must_use]
    pub fn tone_hz(self) -> u16 {
        TONES[usize::from(self.0)]
    }

    /// What it shows at this time.
    #[must_use]
    pub fn picture(self, size: Size, at: Duration) -> Picture {
        let mut picture = self.background(size);
        Card::animate(&mut picture, at);
        picture
    }

    /// Its sound from this time on: `samples` of them at `rate` Hz.
    #[must_use]
    pub fn sound(self, rate: u32, at: Duration, samples: usize) -> Vec<i16> {
        let first = (at.as_micros() as u64 * u64::from(rate) + 500_000) / 1_000_000;
        let sample = |n: u64| {
            let second = n as f64 / f64::from(rate);
            let wave = |hz: u16| (TAU * f64::from(hz) * second).sin() * TONE_PEAK;
            let beep = if is_beat(Duration::from_secs_f64(second)) { wave(BEEP_HZ) } else { 0.0 };
            (wave(self.tone_hz()) + beep) as i16
        };
        (first..first + samples as u64).map(sample).collect()
    }

    /// What stands still, with the lamp dark and the track empty.
    pub(crate) fn background(self, size: Size) -> Picture {
        let mut picture = Picture::black(size);
        let width = usize::from(picture.size.width);
        let slant = TAU / 2.0 * f64::from(self.0) / f64::from(Card::COUNT);
        let step = TAU * WAVES / width as f64;
        let (dx, dy) = (slant.cos() * step, slant.sin() * step);
        for (row, line) in picture.y.chunks_exact_mut(width).enumerate() {
            for (col, luma) in line.iter_mut().enumerate() {
                *luma = (120.0 + 60.0 * (col as f64 * dx + row as f64 * dy).cos()) as u8;
            }
        }
        let tint = 100 + 8 * self.0;
        picture.u.fill(tint);
        picture.v.fill(255 - tint);
        paint(&mut picture, LAMP, 30);
        paint(&mut picture, TRACK, 60);
        picture
    }

    /// Paints what moves at this time over a background.
    pub(crate) fn animate(picture: &mut Picture, at: Duration) {
        paint(picture, LAMP, if is_beat(at + TICK) { 230 } else { 30 });
        paint(picture, TRACK, 60);
        let into = (at + TICK).as_secs_f64() % BEAT_EVERY.as_secs_f64() / BEAT_EVERY.as_secs_f64();
        let [left, top, right, bottom] = area(picture.size, picture.size, TRACK);
        let bar = (right - left) / 12;
        let from = left + ((right - left - bar) as f64 * into) as usize;
        fill(picture, [from, top, from + bar, bottom], 200);
    }

    /// How much of the card is in a received picture, from about 0 for another card to 1: the structural similarity of
    /// what stands still, as a card sent at size `sent` and letterboxed. `None` when the picture is too small.
    #[must_use]
    pub fn likeness(self, sent: Size, received: &Picture) -> Option<f64> {
        let shown = codec::scale(&self.background(sent), received.size).ok()?;
        let part = area(sent, received.size, STILL);
        codec::compare::ssim(&cut(&shown, part)?, &cut(received, part)?)
    }

    /// Whether the lamp is on in a received picture of any card, sent at size `sent`.
    #[must_use]
    pub fn flashes(sent: Size, received: &Picture) -> bool {
        let Some(bulb) = cut(received, area(sent, received.size, BULB)) else { return false };
        let sum: u64 = bulb.y.iter().map(|&luma| u64::from(luma)).sum();
        sum > 130 * bulb.y.len() as u64
    }
}

fn is_beat(at: Duration) -> bool {
    at.as_nanos() % BEAT_EVERY.as_nanos() < BEAT.as_nanos()
}

/// Where a part of a card of `sent` lies in a picture of `shown` into which it was letterboxed, in pixels.
fn area(sent: Size, shown: Size, part: Part) -> [usize; 4] {
    let [sw, sh, w, h] = [sent.width, sent.height, shown.width, shown.height].map(usize::from);
    let (width, height) = if w * sh <= h * sw { (w, sh * w / sw) } else { (sw * h / sh, h) };
    let (left, top) = ((w - width) / 2, (h - height) / 2);
    let even = |at: usize| at & !1;
    [
        even(left + part[0] * width / 24),
        even(top + part[1] * height / 24),
        even(left + part[2] * width / 24),
        even(top + part[3] * height / 24),
    ]
}

fn paint(picture: &mut Picture, part: Part, luma: u8) {
    let pixels = area(picture.size, picture.size, part);
    fill(picture, pixels, luma);
}

fn fill(picture: &mut Picture, [left, top, right, bottom]: [usize; 4], luma: u8) {
    let width = usize::from(picture.size.width);
    for line in picture.y.chunks_exact_mut(width).take(bottom).skip(top) {
        line[left..right].fill(luma);
    }
}

/// The luma of a part, as a picture of its own.
fn cut(picture: &Picture, [left, top, right, bottom]: [usize; 4]) -> Option<Picture> {
    let size = Size { width: u16::try_from(right - left).ok()?, height: u16::try_from(bottom - top).ok()? };
    let mut part = Picture::black(size);
    if part.y.is_empty() {
        return None;
    }
    let lines = picture.y.chunks_exact(usize::from(picture.size.width)).take(bottom).skip(top);
    for (to, from) in part.y.chunks_exact_mut(right - left).zip(lines) {
        to.copy_from_slice(&from[left..right]);
    }
    Some(part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure;

    #[test]
    fn a_card_is_like_itself_at_every_size_and_like_no_other() {
        for size in [Size::QCIF, Size::CIF, Size::VGA] {
            let shown: Vec<Picture> = (0..Card::COUNT)
                .map(|number| Card::new(number).picture(Size::CIF, Duration::from_millis(700)))
                .map(|picture| codec::scale(&picture, size).expect("it can be scaled"))
                .collect();
            for number in 0..Card::COUNT {
                for (other, picture) in (0..).zip(&shown) {
                    let likeness = Card::new(number).likeness(Size::CIF, picture).expect("large enough");
                    if number == other {
                        assert!(likeness > 0.97, "{size}: card {number}: {likeness}");
                    } else {
                        assert!(likeness < 0.45, "{size}: card {number} and {other}: {likeness}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_lamp_flashes_while_the_sound_beeps() {
        let card = Card::new(3);
        for (ms, beat) in [(0, true), (150, true), (300, false), (1_900, false), (2_000, true)] {
            let at = Duration::from_millis(ms);
            let picture = codec::scale(&card.picture(Size::QCIF, at), Size::VGA).expect("it can be scaled");
            assert_eq!(Card::flashes(Size::QCIF, &picture), beat, "{ms} ms");
            let sound = card.sound(8_000, at, 400);
            let beep = measure::tone_level(&sound, BEEP_HZ.into());
            assert_eq!(beep > 4_000.0, beat, "{ms} ms: {beep}");
            assert!(measure::tone_level(&sound, card.tone_hz().into()) > 6_000.0, "{ms} ms");
        }
    }
}
