//! Pictures in a terminal: two pixels a character, by `▀` whose ink is the upper and whose ground the lower one.

use std::fmt::Write;

use media::Picture;

/// The picture, `columns` wide, as lines of 24-bit colour.
pub(super) fn half_blocks(picture: &Picture, columns: usize) -> Vec<String> {
    let (width, height) = (usize::from(picture.size.width), usize::from(picture.size.height));
    let columns = columns.clamp(1, width);
    let rows = (height * columns / width / 2).max(1);
    let pixels = Pixels { rgb: picture.to_rgb(), width, height };
    let at = |x: usize, y: usize| pixels.mean((x, columns), (y, rows * 2));
    (0..rows)
        .map(|row| {
            let mut line = String::new();
            for x in 0..columns {
                let ([r, g, b], [p, q, s]) = (at(x, row * 2), at(x, row * 2 + 1));
                write!(line, "\x1b[38;2;{r};{g};{b};48;2;{p};{q};{s}m▀").expect("a String takes everything");
            }
            line + "\x1b[0m"
        })
        .collect()
}

struct Pixels {
    rgb: Vec<u8>,
    width: usize,
    height: usize,
}

impl Pixels {
    /// The mean colour of one of the fields into which the picture is parted: (which, of how many) across and down.
    fn mean(&self, (x, columns): (usize, usize), (y, rows): (usize, usize)) -> [u8; 3] {
        let span =
            |at: usize, of: usize, all: usize| (at * all / of)..((at + 1) * all / of).max(at * all / of + 1);
        let mut sum = [0_usize; 3];
        let mut count = 0;
        for y in span(y, rows, self.height) {
            for x in span(x, columns, self.width) {
                let at = 3 * (y.min(self.height - 1) * self.width + x.min(self.width - 1));
                for (sum, colour) in sum.iter_mut().zip(&self.rgb[at..at + 3]) {
                    *sum += usize::from(*colour);
                }
                count += 1;
            }
        }
        sum.map(|sum| u8::try_from(sum / count).unwrap_or(u8::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use media::Size;

    #[test]
    fn a_picture_keeps_its_shape_and_its_colours() {
        let mut rgba = vec![255; 4 * 176 * 144];
        rgba[..4 * 176 * 72].fill(0);
        let lines = half_blocks(&Picture::from_rgba(Size::QCIF, &rgba), 44);
        assert_eq!(lines.len(), 18);
        assert!(lines.iter().all(|line| line.matches('▀').count() == 44));
        assert!(lines[0].starts_with("\x1b[38;2;0;0;0;48;2;0;0;0m▀"), "{:?}", &lines[0][..40]);
        assert!(lines[17].starts_with("\x1b[38;2;255;255;255;48;2;255;255;255m▀"));
        assert_eq!(half_blocks(&Picture::black(Size::QCIF), 5000)[0].matches('▀').count(), 176);
    }
}
