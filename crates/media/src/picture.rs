//! Raw pictures: 8-bit YCbCr 4:2:0 (I420), limited range, BT.601, as every codec here takes and gives.

use std::fmt;

/// Width and height in pixels; both even for I420.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Size {
    /// Pixels across.
    pub width: u16,
    /// Pixels down.
    pub height: u16,
}

impl Size {
    /// 128x96 (H.263 §4.1).
    pub const SQCIF: Size = Size { width: 128, height: 96 };
    /// 176x144, the one size every H.324M terminal takes (H.263 §4.1).
    pub const QCIF: Size = Size { width: 176, height: 144 };
    /// 352x288 (H.263 §4.1).
    pub const CIF: Size = Size { width: 352, height: 288 };
    /// 640x480.
    pub const VGA: Size = Size { width: 640, height: 480 };

    /// Macroblocks of 16x16 pixels, partial ones counted whole.
    #[must_use]
    pub fn macroblocks(self) -> u32 {
        u32::from(self.width).div_ceil(16) * u32::from(self.height).div_ceil(16)
    }
}

/// Sizes of pictures that were agreed on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Sizes {
    /// Nothing was said.
    #[default]
    Any,
    /// One of these (H.263).
    OneOf(Vec<Size>),
    /// Any of at most so many macroblocks (the levels of H.264 and MPEG-4, `max-fs` of VP8).
    UpTo(u32),
}

impl Sizes {
    /// Whether pictures of `size` keep to what was agreed.
    #[must_use]
    pub fn take(&self, size: Size) -> bool {
        match self {
            Sizes::Any => true,
            Sizes::OneOf(sizes) => sizes.contains(&size),
            Sizes::UpTo(macroblocks) => size.macroblocks() <= *macroblocks,
        }
    }
}

impl From<Size> for Sizes {
    fn from(size: Size) -> Self {
        Sizes::OneOf(vec![size])
    }
}

impl fmt::Display for Sizes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Sizes::Any => f.write_str("any size"),
            Sizes::OneOf(sizes) => {
                let names: Vec<String> = sizes.iter().map(ToString::to_string).collect();
                f.write_str(&names.join(" or "))
            }
            Sizes::UpTo(macroblocks) => write!(f, "at most {macroblocks} macroblocks"),
        }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

/// One raw I420 picture: three planes, rows packed without padding.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    /// Size of the luma plane; chroma planes are half as wide and half as high.
    pub size: Size,
    /// Luma, `width * height` octets.
    pub y: Vec<u8>,
    /// Blue difference, a quarter of `y`.
    pub u: Vec<u8>,
    /// Red difference, a quarter of `y`.
    pub v: Vec<u8>,
}

impl Picture {
    /// A black picture. Odd sizes are rounded down to even.
    #[must_use]
    pub fn black(size: Size) -> Self {
        let size = Size { width: size.width & !1, height: size.height & !1 };
        let luma = usize::from(size.width) * usize::from(size.height);
        Picture { size, y: vec![16; luma], u: vec![128; luma / 4], v: vec![128; luma / 4] }
    }

    /// From 8-bit RGBA rows without padding, BT.601 limited range; alpha is ignored.
    ///
    /// # Panics
    /// When `rgba` is not `4 * width * height` octets, or a side of `size` is odd.
    #[must_use]
    pub fn from_rgba(size: Size, rgba: &[u8]) -> Self {
        let (w, h) = (usize::from(size.width), usize::from(size.height));
        assert!(w % 2 == 0 && h % 2 == 0, "I420 needs even sides, got {size}");
        assert_eq!(rgba.len(), 4 * w * h, "RGBA octets must match {size}");
        let mut picture = Picture::black(size);
        for (luma, px) in picture.y.iter_mut().zip(rgba.chunks_exact(4)) {
            let (r, g, b) = (i32::from(px[0]), i32::from(px[1]), i32::from(px[2]));
            *luma = (((66 * r + 129 * g + 25 * b + 128) >> 8) + 16) as u8;
        }
        for cy in 0..h / 2 {
            for cx in 0..w / 2 {
                let (mut r, mut g, mut b) = (0, 0, 0);
                for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
                    let at = 4 * ((2 * cy + dy) * w + 2 * cx + dx);
                    r += i32::from(rgba[at]);
                    g += i32::from(rgba[at + 1]);
                    b += i32::from(rgba[at + 2]);
                }
                let (r, g, b) = (r / 4, g / 4, b / 4);
                let at = cy * (w / 2) + cx;
                picture.u[at] = (((-38 * r - 74 * g + 112 * b + 128) >> 8) + 128) as u8;
                picture.v[at] = (((112 * r - 94 * g - 18 * b + 128) >> 8) + 128) as u8;
            }
        }
        picture
    }

    /// 8-bit RGB rows, three octets a pixel, BT.601 limited range.
    #[must_use]
    pub fn to_rgb(&self) -> Vec<u8> {
        let (w, h) = (usize::from(self.size.width), usize::from(self.size.height));
        let mut rgb = Vec::with_capacity(3 * w * h);
        for row in 0..h {
            for col in 0..w {
                let chroma = (row / 2) * (w / 2) + col / 2;
                let c = 298 * (i32::from(self.y[row * w + col]) - 16);
                let (d, e) = (i32::from(self.u[chroma]) - 128, i32::from(self.v[chroma]) - 128);
                rgb.push(((c + 409 * e + 128) >> 8).clamp(0, 255) as u8);
                rgb.push(((c - 100 * d - 208 * e + 128) >> 8).clamp(0, 255) as u8);
                rgb.push(((c + 516 * d + 128) >> 8).clamp(0, 255) as u8);
            }
        }
        rgb
    }
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Picture({})", self.size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn primary_colours_survive_the_way_to_i420_and_back() {
        for colour in [[255u8, 255, 255], [0, 0, 0], [255, 0, 0], [0, 255, 0], [0, 0, 255]] {
            let size = Size { width: 4, height: 2 };
            let rgba: Vec<u8> = (0..8).flat_map(|_| [colour[0], colour[1], colour[2], 255]).collect();
            let back = Picture::from_rgba(size, &rgba).to_rgb();
            for (got, want) in back.iter().zip(colour.iter().cycle()) {
                assert!(got.abs_diff(*want) <= 4, "{colour:?} came back as {:?}", &back[..3]);
            }
        }
    }
}
