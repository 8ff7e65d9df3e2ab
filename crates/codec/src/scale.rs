//! Pictures of one size to another: bicubic, the shape kept, black bars around.

use std::cell::RefCell;

use ffmpeg_next::format::Pixel;
use ffmpeg_next::frame;
use ffmpeg_next::software::scaling::{Context, Flags};
use media::{Picture, Size};

use crate::{Error, plane};

thread_local! {
    // libswscale contexts must not change threads and cost about a millisecond to make, so each
    // thread keeps the one it used last: a stream is scaled the same way picture after picture.
    static LAST: RefCell<Option<Context>> = const { RefCell::new(None) };
}

/// `picture` in a picture of `size`: as large as its shape allows, centred, the rest black
/// (letterboxed). Pixels count as square. A picture that already has `size` is returned as it is.
///
/// # Errors
/// [`Error::Convert`] when a side of `size` is below 16 pixels, or the library fails.
pub fn scale(picture: &Picture, size: Size) -> Result<Picture, Error> {
    if picture.size == size {
        return Ok(picture.clone());
    }
    if size.width < 16 || size.height < 16 {
        return Err(failed(&format!("{size} is too small")));
    }
    let inner = inner_size(picture.size, size);
    let scaled = convert(&plane::to_av(picture), inner)?;
    Ok(if inner == size { scaled } else { centred(&scaled, size) })
}

/// Any frame as I420 of limited range and of `size`, its shape ignored.
pub(crate) fn convert(frame: &frame::Video, size: Size) -> Result<Picture, Error> {
    let (from, width, height) = (frame.format(), frame.width(), frame.height());
    let (out_width, out_height) = (u32::from(size.width), u32::from(size.height));
    LAST.with_borrow_mut(|last| {
        let fits = |context: &Context| {
            let (input, output) = (context.input(), context.output());
            (input.format, input.width, input.height) == (from, width, height)
                && (output.width, output.height) == (out_width, out_height)
        };
        let context = match last.take().filter(fits) {
            Some(context) => context,
            None => {
                let to = Pixel::YUV420P;
                Context::get(from, width, height, to, out_width, out_height, Flags::BICUBIC)
                    .map_err(|why| failed(&why))?
            }
        };
        let mut out = frame::Video::empty();
        last.insert(context).run(frame, &mut out).map_err(|why| failed(&why))?;
        plane::from_av(&out).ok_or_else(|| failed(&"the scaler gave no picture"))
    })
}

fn failed(why: &dyn std::fmt::Display) -> Error {
    Error::Convert { what: "a picture", why: why.to_string() }
}

/// The largest even size of the shape of `from` that fits into `into`.
fn inner_size(from: Size, into: Size) -> Size {
    let (fw, fh) = (u32::from(from.width), u32::from(from.height));
    let (iw, ih) = (u32::from(into.width), u32::from(into.height));
    let even = |side: u32, max: u32| (((side + 1) & !1).clamp(2, max & !1)) as u16;
    if iw * fh <= ih * fw {
        Size { width: into.width & !1, height: even(fh * iw / fw, ih) }
    } else {
        Size { width: even(fw * ih / fh, iw), height: into.height & !1 }
    }
}

fn centred(inner: &Picture, size: Size) -> Picture {
    let mut out = Picture::black(size);
    // Offsets are even, so that chroma samples stay on theirs.
    let left = usize::from((out.size.width - inner.size.width) / 4 * 2);
    let top = usize::from((out.size.height - inner.size.height) / 4 * 2);
    let (from, to) = (usize::from(inner.size.width), usize::from(out.size.width));
    paste(&mut out.y, to, &inner.y, from, left, top);
    paste(&mut out.u, to / 2, &inner.u, from / 2, left / 2, top / 2);
    paste(&mut out.v, to / 2, &inner.v, from / 2, left / 2, top / 2);
    out
}

fn paste(to: &mut [u8], to_width: usize, from: &[u8], from_width: usize, left: usize, top: usize) {
    for (to, from) in to.chunks_exact_mut(to_width).skip(top).zip(from.chunks_exact(from_width)) {
        to[left..left + from_width].copy_from_slice(from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn white(size: Size) -> Picture {
        let mut picture = Picture::black(size);
        picture.y.fill(235);
        picture
    }

    /// Columns and rows that are bright along the middle lines.
    fn bright(picture: &Picture) -> (usize, usize) {
        let (width, height) = (usize::from(picture.size.width), usize::from(picture.size.height));
        let across = (0..width).filter(|x| picture.y[height / 2 * width + x] > 200).count();
        let down = (0..height).filter(|y| picture.y[y * width + width / 2] > 200).count();
        (across, down)
    }

    #[test]
    fn a_wide_picture_gets_bars_above_and_below_a_tall_one_at_the_sides() {
        let wide = scale(&white(Size { width: 640, height: 360 }), Size::CIF).unwrap();
        assert_eq!((wide.size, bright(&wide)), (Size::CIF, (352, 198)));
        let tall = scale(&white(Size { width: 360, height: 640 }), Size::QCIF).unwrap();
        let (across, down) = bright(&tall);
        assert_eq!((tall.size, down), (Size::QCIF, 144));
        assert!(across.abs_diff(144 * 360 / 640) <= 1, "{across} columns");
        // The bars are as wide on either side, to the chroma grid.
        let first = tall.y[72 * 176..].iter().position(|&y| y > 200).unwrap();
        assert!(first.abs_diff((176 - across) / 2) <= 1);
    }

    #[test]
    fn the_same_shape_fills_the_picture_and_the_same_size_is_left_alone() {
        let up = scale(&white(Size::QCIF), Size::CIF).unwrap();
        assert_eq!(bright(&up), (352, 288));
        assert_eq!(scale(&up, Size::CIF).unwrap(), up);
    }

    #[test]
    fn a_size_without_room_for_a_macroblock_is_an_error() {
        assert!(scale(&white(Size::CIF), Size { width: 8, height: 8 }).is_err());
    }

    #[test]
    fn threads_scale_side_by_side() {
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for size in [Size::QCIF, Size::VGA, Size::QCIF] {
                        assert_eq!(scale(&white(Size::CIF), size).unwrap().size, size);
                    }
                });
            }
        });
    }
}
