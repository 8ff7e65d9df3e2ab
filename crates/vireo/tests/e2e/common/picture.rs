//! Test pictures that peers send, and the pictures that they say they received.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use media::{Picture, Size};

/// Pictures a second of the test pictures.
const FPS: usize = 15;
/// Seconds of test picture; longer than any call here.
const SECONDS: usize = 300;

/// A still picture that is unlike the other and unlike every slide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pattern {
    /// Upright stripes.
    Upright,
    /// Level stripes.
    Level,
}

/// Stripes on each side of a test picture, whatever its size.
const STRIPES: usize = 12;

/// The picture of `pattern`.
pub(crate) fn draw(pattern: Pattern, size: Size) -> Picture {
    let mut picture = Picture::black(size);
    let (width, height) = (usize::from(size.width), usize::from(size.height));
    for row in 0..height {
        for col in 0..width {
            let (along, side) = match pattern {
                Pattern::Upright => (col, width),
                Pattern::Level => (row, height),
            };
            let turn = std::f64::consts::TAU * (STRIPES * along) as f64 / side as f64;
            picture.y[row * width + col] = (126.0 + 80.0 * turn.sin()) as u8;
        }
    }
    picture
}

/// Writes `pattern` as a video that libavformat reads: one second of Y4M, listed many times, because
/// baresip's source stops at the end of its file. Answers the path to give to baresip.
pub(crate) fn write_video(dir: &Path, pattern: Pattern, size: Size) -> PathBuf {
    let picture = draw(pattern, size);
    let mut y4m =
        format!("YUV4MPEG2 W{} H{} F{FPS}:1 Ip A1:1 C420jpeg\n", size.width, size.height).into_bytes();
    for _ in 0..FPS {
        y4m.extend(b"FRAME\n");
        [&picture.y, &picture.u, &picture.v].into_iter().for_each(|plane| y4m.extend(plane));
    }
    let list = dir.join("source.ffconcat");
    std::fs::write(dir.join("second.y4m"), y4m).expect("the test's folder is writable");
    std::fs::write(&list, format!("ffconcat version 1.0\n{}", "file second.y4m\n".repeat(SECONDS)))
        .expect("the test's folder is writable");
    list
}

/// Reads a PNG of baresip's `snapshot` module; `None` while it is not complete.
///
/// baresip turns Y'CbCr into RGB without widening the range (librem's `vidconv`), so the weighted sum
/// gives the luma that was decoded. Only luma is read.
pub(crate) fn read_snapshot(path: &Path) -> Option<Picture> {
    let mut reader = png::Decoder::new(BufReader::new(File::open(path).ok()?)).read_info().ok()?;
    let mut pixels = vec![0; reader.output_buffer_size()?];
    let frame = reader.next_frame(&mut pixels).ok()?;
    reader.finish().ok()?;
    let size = Size { width: frame.width.try_into().ok()?, height: frame.height.try_into().ok()? };
    let mut picture = Picture::black(size);
    let channels = frame.color_type.samples();
    for (luma, pixel) in picture.y.iter_mut().zip(pixels.chunks_exact(channels)) {
        let [r, g, b] = [pixel[0], pixel[1], pixel[2]].map(u32::from);
        *luma = ((299 * r + 587 * g + 114 * b + 500) / 1000) as u8;
    }
    Some(picture)
}

/// How alike two pictures are in luma; pictures of different sizes are not alike at all.
pub(crate) fn ssim(a: &Picture, b: &Picture) -> f64 {
    codec::compare::ssim(a, b).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_patterns_are_unlike_each_other() {
        for size in [Size::QCIF, Size::CIF] {
            let [upright, level] = [Pattern::Upright, Pattern::Level].map(|pattern| draw(pattern, size));
            assert!(ssim(&upright, &upright) > 0.999);
            assert!(ssim(&upright, &level) < 0.5, "{}", ssim(&upright, &level));
        }
    }
}
