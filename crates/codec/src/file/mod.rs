//! Clips and recordings: any container and codec that libavformat reads, as pictures and 8 kHz sound; and
//! Matroska files written from frames as they are ([`Recorder`]).

mod reader;
mod recorder;
mod wav;

use std::path::Path;
use std::time::Duration;

use media::Picture;

pub use reader::{Item, Reader};
pub use recorder::Recorder;
pub use wav::{read_wav, write_wav};

use crate::{Error, SAMPLE_RATE, limits};

/// A whole clip in memory. Pictures and sound are on one time line that starts at zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clip {
    /// In order of their time.
    pub pictures: Vec<(Duration, Picture)>,
    /// Mono at [`SAMPLE_RATE`]; silence where the file has a gap. Empty when it has no sound.
    pub pcm: Vec<i16>,
    /// The end of the last picture or sample.
    pub duration: Duration,
}

/// Reads a whole file. For long ones use [`Reader`].
///
/// # Errors
/// [`Error::File`] when the file is missing, has neither pictures nor sound, cannot be decoded, or is
/// beyond [`limits::CLIP_DURATION_MAX`] or [`limits::CLIP_PICTURES_LEN_MAX`].
pub fn read(path: impl AsRef<Path>) -> Result<Clip, Error> {
    let path = path.as_ref();
    let mut reader = Reader::open(path)?;
    let mut clip = Clip { pictures: Vec::new(), pcm: Vec::new(), duration: Duration::ZERO };
    let mut held = 0;
    while let Some(item) = reader.next_item()? {
        match item {
            Item::Picture { pts, picture } => {
                held += picture.y.len() * 3 / 2;
                if held > limits::CLIP_PICTURES_LEN_MAX {
                    return Err(Error::file(path, &"too many pictures to hold in memory"));
                }
                clip.pictures.push((pts, picture));
            }
            Item::Sound { pts, pcm } => append_at(&mut clip.pcm, pts, &pcm),
        }
    }
    clip.pictures.sort_by_key(|(pts, _)| *pts);
    let sound_end = Duration::from_secs(clip.pcm.len() as u64) / SAMPLE_RATE;
    clip.duration = sound_end.max(reader.pictures_end());
    Ok(clip)
}

/// Puts `pcm` onto a time line of samples at `pts`. What would overlap by less than 50 ms or leave such
/// a gap is rounding of the container's clock and is joined without one.
pub fn append_at(line: &mut Vec<i16>, pts: Duration, pcm: &[i16]) {
    const TOLERANCE: usize = SAMPLE_RATE as usize / 20;
    let at = (pts.as_micros() * u128::from(SAMPLE_RATE) / 1_000_000) as usize;
    let at = if at.abs_diff(line.len()) < TOLERANCE && !line.is_empty() { line.len() } else { at };
    if at > line.len() {
        line.resize(at, 0);
    }
    let overlap = (line.len() - at).min(pcm.len());
    line.extend_from_slice(&pcm[overlap..]);
}
