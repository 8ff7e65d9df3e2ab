//! `Overlay`: a picture drawn over others where it is not black.
//!
//! What is drawn has been encoded, so its black is not quite black, and it has one sample of chroma for four of luma:
//! squares of four pixels are taken whole.

use media::{Picture, Size};

use crate::{Error, scale};

/// Luma (ITU-R BT.601, 16..=235) up to which a pixel counts as black: below the darkest of the slides' own colours.
const BLACK_MAX: u8 = 28;

/// A picture to be drawn over others.
#[derive(Clone, Debug)]
pub struct Overlay {
    original: Picture,
    /// In the size of the pictures below it.
    fitting: Picture,
}

impl Overlay {
    /// Draws `picture`, letterboxed where what is below has another size.
    #[must_use]
    pub fn new(picture: Picture) -> Self {
        Overlay { fitting: picture.clone(), original: picture }
    }

    /// Draws it over `below`.
    ///
    /// # Errors
    /// [`Error::Convert`] when it cannot be scaled.
    pub fn draw(&mut self, below: &mut Picture) -> Result<(), Error> {
        if self.fitting.size != below.size {
            self.fitting = scale(&self.original, below.size)?;
        }
        let Size { width, height } = below.size;
        let (width, height) = (usize::from(width), usize::from(height));
        let above = &self.fitting;
        for row in 0..height / 2 {
            for col in 0..width / 2 {
                let top = 2 * row * width + 2 * col;
                let square = [top, top + 1, top + width, top + width + 1];
                if square.iter().all(|&at| above.y[at] <= BLACK_MAX) {
                    continue;
                }
                for at in square {
                    below.y[at] = above.y[at];
                }
                let at = row * (width / 2) + col;
                (below.u[at], below.v[at]) = (above.u[at], above.v[at]);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn black_shows_what_is_below_and_everything_else_hides_it() {
        let mut above = Picture::black(Size::QCIF);
        let width = usize::from(Size::QCIF.width);
        // One bright pixel takes its square, with its colour.
        above.y[10 * width + 21] = 200;
        above.u[5 * width / 2 + 10] = 40;
        let mut below = Picture::black(Size::QCIF);
        below.y.fill(120);
        let plain = below.clone();
        Overlay::new(above).draw(&mut below).expect("one size");
        let changed: Vec<usize> = (0..below.y.len()).filter(|&at| below.y[at] != plain.y[at]).collect();
        assert_eq!(changed, [10, 11].map(|row| [row * width + 20, row * width + 21]).concat());
        assert_eq!((below.y[10 * width + 20], below.y[10 * width + 21]), (16, 200));
        assert_eq!(below.u[5 * width / 2 + 10], 40);
        let mut large = Picture::black(Size::CIF);
        large.y.fill(120);
        let mut overlay = Overlay::new(Picture { y: vec![200; plain.y.len()], ..plain });
        overlay.draw(&mut large).expect("it is scaled");
        assert!(large.y.iter().all(|&luma| luma > 190));
    }
}
