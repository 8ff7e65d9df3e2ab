//! Recordings in WAV files, and WAV files for people and tests to listen to.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use super::read;
use crate::Error;

/// The sound of a WAV file (or of any other that libavformat reads) as mono at [`SAMPLE_RATE`].
///
/// # Errors
/// [`Error::File`] when it cannot be read or holds no sound.
pub fn read_wav(path: impl AsRef<Path>) -> Result<Vec<i16>, Error> {
    let path = path.as_ref();
    let clip = read(path)?;
    if clip.pcm.is_empty() {
        return Err(Error::file(path, &"holds no sound"));
    }
    Ok(clip.pcm)
}

/// Writes 16-bit mono samples of `rate` Hz as RIFF WAVE; [`SAMPLE_RATE`] is what [`read_wav`] gives.
///
/// # Errors
/// [`Error::File`] when the file cannot be written or the sound is beyond 4 GiB.
pub fn write_wav(path: impl AsRef<Path>, samples: &[i16], rate: u32) -> Result<(), Error> {
    let path = path.as_ref();
    let fail = |why: std::io::Error| Error::file(path, &why);
    let len = u32::try_from(samples.len() * 2)
        .ok()
        .filter(|len| *len < u32::MAX - 36)
        .ok_or_else(|| Error::file(path, &"too long for a WAV file"))?;
    let mut out = BufWriter::new(File::create(path).map_err(fail)?);
    out.write_all(&header(len, rate)).map_err(fail)?;
    for sample in samples {
        out.write_all(&sample.to_le_bytes()).map_err(fail)?;
    }
    out.flush().map_err(fail)
}

/// RIFF header, format chunk for one channel of 16-bit PCM, and the head of the data chunk.
fn header(data_len: u32, rate: u32) -> Vec<u8> {
    let mut out = Vec::with_capacity(44);
    out.extend_from_slice(b"RIFF");
    out.extend_from_slice(&(36 + data_len).to_le_bytes());
    out.extend_from_slice(b"WAVEfmt ");
    out.extend_from_slice(&16u32.to_le_bytes());
    for half in [1u16, 1] {
        out.extend_from_slice(&half.to_le_bytes());
    }
    out.extend_from_slice(&rate.to_le_bytes());
    out.extend_from_slice(&(rate * 2).to_le_bytes());
    for half in [2u16, 16] {
        out.extend_from_slice(&half.to_le_bytes());
    }
    out.extend_from_slice(b"data");
    out.extend_from_slice(&data_len.to_le_bytes());
    out
}
