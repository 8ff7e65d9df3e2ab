//! Pictures to libav frames and back: plane by plane, because libav pads its rows.

use ffmpeg_next::format::Pixel;
use ffmpeg_next::frame;
use media::{Picture, Size};

/// A libav frame with the picture's pixels, of limited range.
pub(crate) fn to_av(picture: &Picture) -> frame::Video {
    let (width, height) = (picture.size.width, picture.size.height);
    let mut frame = frame::Video::new(Pixel::YUV420P, u32::from(width), u32::from(height));
    let planes = [(&picture.y, width), (&picture.u, width / 2), (&picture.v, width / 2)];
    for (index, (plane, width)) in planes.into_iter().enumerate() {
        let stride = frame.stride(index);
        let rows = plane.chunks_exact(usize::from(width));
        for (to, from) in frame.data_mut(index).chunks_mut(stride).zip(rows) {
            to[..from.len()].copy_from_slice(from);
        }
    }
    frame
}

/// The pixels of a planar 4:2:0 frame; odd sides lose their last column or row. `None` for any other
/// pixel format and for frames without pixels.
pub(crate) fn from_av(frame: &frame::Video) -> Option<Picture> {
    // Full-range YUVJ420P (phones' clips) has the same layout; its range is mended by the scaler.
    if !matches!(frame.format(), Pixel::YUV420P | Pixel::YUVJ420P) || frame.planes() < 3 {
        return None;
    }
    let mut picture = Picture::black(size_of(frame)?);
    let (width, height) = (usize::from(picture.size.width), usize::from(picture.size.height));
    let planes = [
        (&mut picture.y, width, height),
        (&mut picture.u, width / 2, height / 2),
        (&mut picture.v, width / 2, height / 2),
    ];
    for (index, (plane, width, height)) in planes.into_iter().enumerate() {
        let rows = frame.data(index).chunks(frame.stride(index)).take(height);
        for (to, from) in plane.chunks_exact_mut(width).zip(rows) {
            to.copy_from_slice(&from[..width]);
        }
    }
    Some(picture)
}

/// Size of a frame; `None` when a side is below two pixels or beyond 16 bits.
pub(crate) fn size_of(frame: &frame::Video) -> Option<Size> {
    let size = Size { width: frame.width().try_into().ok()?, height: frame.height().try_into().ok()? };
    (size.width >= 2 && size.height >= 2).then_some(size)
}
