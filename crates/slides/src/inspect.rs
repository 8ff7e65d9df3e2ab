//! What a person has to read on a slide: how large it is written, how much it stands out, and what is not there.

use media::{Picture, Size};
use resvg::tiny_skia::{Pixmap, PremultipliedColorU8};
use resvg::usvg;

use crate::renderer::scale;

/// A drawn slide, with what is written on it.
#[derive(Debug)]
pub struct Inspection {
    /// As [`crate::Renderer::render`] draws it.
    pub picture: Picture,
    /// What is written on it, in the order of drawing.
    pub letterings: Vec<Lettering>,
    /// Texts that the template had to cut off, as they were given.
    pub cut: Vec<String>,
    /// Names of values that were given and that the template has not looked at.
    pub spare: Vec<String>,
}

/// One text as it is drawn; of a text of several lines, one line.
#[derive(Clone, Debug, PartialEq)]
pub struct Lettering {
    /// What is written.
    pub text: String,
    /// Size of the type in pixels: the height of a hanzi; a Latin capital has three quarters of it.
    pub height: f32,
    /// Contrast to what lies behind it, by the formula of WCAG 2.2 (1.4.3): 1 is invisible, 21 black on white. Where
    /// that differs, nine tenths of the ink have this much or more.
    pub contrast: f32,
    /// How many pixels of it lie outside the picture.
    pub outside: f32,
}

/// Of its ink, this part may stand out less than what is told.
const INK_LEFT_OUT: f64 = 0.1;

impl Inspection {
    /// What is written in `tree`; drawn it is `seen`, and without its texts `bare`.
    pub(crate) fn of(tree: &usvg::Tree, (seen, bare): (&Pixmap, &Pixmap), size: Size) -> Inspection {
        let mut letterings = Vec::new();
        gather(tree.root(), &mut |text| letterings.extend(lettering(text, tree, (seen, bare), size)));
        let picture = Picture::from_rgba(size, seen.data());
        Inspection { picture, letterings, cut: Vec::new(), spare: Vec::new() }
    }
}

/// Hands every text of a group to `found`, however deep it lies.
fn gather(group: &usvg::Group, found: &mut impl FnMut(&usvg::Text)) {
    for node in group.children() {
        match node {
            usvg::Node::Group(inner) => gather(inner, found),
            usvg::Node::Text(text) => found(text),
            usvg::Node::Path(_) | usvg::Node::Image(_) => {}
        }
    }
}

fn lettering(
    text: &usvg::Text,
    tree: &usvg::Tree,
    (seen, bare): (&Pixmap, &Pixmap),
    size: Size,
) -> Option<Lettering> {
    let written: String = text.chunks().iter().map(usvg::TextChunk::text).collect();
    let spans = || text.chunks().iter().flat_map(usvg::TextChunk::spans);
    let units = spans().map(|span| span.font_size().get()).reduce(f32::min)?;
    if written.trim().is_empty() {
        return None;
    }
    let to_pixels = scale(tree, size);
    let height = units * text.abs_transform().get_scale().1 * to_pixels.get_scale().1;
    // Of the outlines: the box of the text itself has room for the tallest letters of the font.
    let area = text.flattened().abs_bounding_box().transform(to_pixels)?;
    let (width, depth) = (f32::from(size.width), f32::from(size.height));
    let beyond = [-area.left(), -area.top(), area.right() - width, area.bottom() - depth];
    let pixels = |from: f32, to: f32, side: u16| {
        (from.floor().max(0.0) as u32)..(to.ceil().clamp(0.0, f32::from(side)) as u32)
    };
    let mut contrasts = Vec::new();
    for y in pixels(area.top(), area.bottom(), size.height) {
        for x in pixels(area.left(), area.right(), size.width) {
            let (Some(ink), Some(behind)) = (seen.pixel(x, y), bare.pixel(x, y)) else { continue };
            if ink != behind {
                contrasts.push((luminance(ink), luminance(behind)));
            }
        }
    }
    Some(Lettering {
        text: written,
        height,
        contrast: contrast(contrasts),
        outside: beyond.into_iter().fold(0.0, f32::max),
    })
}

/// The contrast of strokes, of luminances of pixels with what is behind each. The edges of strokes are mixed colours: they
/// count as the ink does that stands out most.
fn contrast(pixels: Vec<(f64, f64)>) -> f32 {
    let apart = |ink: f64, behind: f64| (ink.max(behind) + 0.05) / (ink.min(behind) + 0.05);
    let strongest = pixels.iter().copied().max_by(|a, b| (a.0 - a.1).abs().total_cmp(&(b.0 - b.1).abs()));
    let Some((ink, _)) = strongest else { return 1.0 };
    let mut all: Vec<f64> = pixels.into_iter().map(|(_, behind)| apart(ink, behind)).collect();
    all.sort_by(f64::total_cmp);
    all[(all.len() as f64 * INK_LEFT_OUT) as usize] as f32
}

/// Relative luminance of sRGB, 0 to 1 (WCAG 2.2).
fn luminance(pixel: PremultipliedColorU8) -> f64 {
    let linear = |octet: u8| {
        let part = f64::from(octet) / 255.0;
        if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * linear(pixel.red()) + 0.7152 * linear(pixel.green()) + 0.0722 * linear(pixel.blue())
}
