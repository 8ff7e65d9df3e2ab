//! The coordinates a template draws in.

use media::Size;

/// View units and how many pixels one of them is.
///
/// Up to CIF a unit is a pixel, so that a template can put rows on the 16-pixel macroblock grid;
/// larger pictures use a whole number of pixels a unit (VGA: two, a view of 320x240), so that lines
/// stay sharp and the grid is kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// Units across.
    pub width: f32,
    /// Units down.
    pub height: f32,
    /// Pixels a unit, 1 or more.
    pub scale: u16,
}

/// Views narrower than this many units are compact: one column, large glyphs, at most a few rows.
const COMPACT_BELOW: f32 = 260.0;

impl View {
    /// The view for a picture.
    #[must_use]
    pub fn of(size: Size) -> Self {
        let fits = (f32::from(size.width) / 352.0).min(f32::from(size.height) / 288.0);
        let scale = fits.round().max(1.0);
        View {
            width: f32::from(size.width) / scale,
            height: f32::from(size.height) / scale,
            scale: scale as u16,
        }
    }

    /// Whether there is only room for the layout of QCIF.
    #[must_use]
    pub fn is_compact(self) -> bool {
        self.width < COMPACT_BELOW
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cif_and_qcif_are_drawn_in_pixels_and_vga_in_pairs() {
        assert_eq!(View::of(Size::QCIF), View { width: 176.0, height: 144.0, scale: 1 });
        assert_eq!(View::of(Size::CIF), View { width: 352.0, height: 288.0, scale: 1 });
        assert_eq!(View::of(Size::VGA), View { width: 320.0, height: 240.0, scale: 2 });
        assert!(View::of(Size::QCIF).is_compact() && !View::of(Size::CIF).is_compact());
    }
}
