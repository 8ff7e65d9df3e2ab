//! Pictures as PNG files that a person can open.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use media::Picture;

use crate::Error;

/// Writes `picture` as 8-bit RGB.
///
/// # Errors
/// [`Error::File`] when the file cannot be written.
pub fn write(path: impl AsRef<Path>, picture: &Picture) -> Result<(), Error> {
    let path = path.as_ref();
    let file = File::create(path).map_err(|why| Error::file(path, &why))?;
    encode(BufWriter::new(file), picture).map_err(|why| Error::file(path, &why))
}

fn encode(out: BufWriter<File>, picture: &Picture) -> Result<(), png::EncodingError> {
    let (width, height) = (u32::from(picture.size.width), u32::from(picture.size.height));
    let mut encoder = png::Encoder::new(out, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&picture.to_rgb())?;
    writer.finish()
}
