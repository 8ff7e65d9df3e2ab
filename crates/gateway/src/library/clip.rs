//! Clips to an audio and a video track that start together and are equally long.

use std::path::Path;
use std::time::Duration;

use codec::SAMPLE_RATE;
use codec::file::{Item, Reader, append_at};
use codec::video::{Encoder, Governor};
use media::{Format, Frame, Picture, Track, VideoFormat};

use super::{Error, limits, sound};

/// Both tracks end on this grid, that of audio packets, so that looping keeps them together.
const GRID: Duration = Duration::from_millis(60);

/// A key picture this often: a receiver that asks for one gets it by seeking back to the last.
const KEY_INTERVAL: Duration = Duration::from_secs(4);

/// A picture at least this often, also where nothing moves.
const QUIET_MAX: Duration = Duration::from_millis(500);

/// The sound of a clip at the library's loudness, as long as the clip.
pub(super) fn pcm(path: &Path) -> Result<Vec<i16>, Error> {
    let mut reader = open(path)?;
    if !reader.has_sound() {
        return Err(Error::asset(path, &"has no sound"));
    }
    let mut pcm = Vec::new();
    let duration = read(path, &mut reader, &mut pcm, &mut |_, _| Ok(()))?;
    sound::normalise(&mut pcm);
    pcm.resize((duration.as_millis() as usize) * SAMPLE_RATE as usize / 1_000, 0);
    Ok(pcm)
}

/// The pictures of a clip in each format, decoded once.
pub(super) fn pictures(path: &Path, formats: &[VideoFormat]) -> Result<Vec<(Format, Track)>, Error> {
    let mut reader = open(path)?;
    if !reader.has_pictures() {
        return Err(Error::asset(path, &"has no pictures"));
    }
    let fail = |why| Error::codec(path, why);
    let streams: Result<Vec<Stream>, _> = formats.iter().map(|format| Stream::new(*format)).collect();
    let mut streams = streams.map_err(fail)?;
    let mut push = |pts: Duration, picture: Picture| {
        streams.iter_mut().try_for_each(|stream| stream.push(pts, &picture))
    };
    let duration = read(path, &mut reader, &mut Vec::new(), &mut push)?;
    let mut tracks = Vec::with_capacity(streams.len());
    for stream in streams {
        let track = stream.finish(duration).map_err(fail)?;
        if track.frames.is_empty() || track.frames.len() > limits::FRAMES_MAX {
            return Err(Error::asset(path, &format!("{} pictures", track.frames.len())));
        }
        tracks.push((track.format, track));
    }
    Ok(tracks)
}

fn open(path: &Path) -> Result<Reader, Error> {
    Reader::open(path).map_err(|why| Error::codec(path, why))
}

type Push<'a> = dyn FnMut(Duration, Picture) -> Result<(), codec::Error> + 'a;

/// Reads a clip to its end; answers its length on the grid.
fn read(
    path: &Path,
    reader: &mut Reader,
    line: &mut Vec<i16>,
    push: &mut Push<'_>,
) -> Result<Duration, Error> {
    let fail = |why| Error::codec(path, why);
    while let Some(item) = reader.next_item().map_err(fail)? {
        match item {
            Item::Sound { pts, pcm } => append_at(line, pts, &pcm),
            Item::Picture { pts, picture } => push(pts, picture).map_err(fail)?,
        }
    }
    let sound_end = Duration::from_secs(line.len() as u64) / SAMPLE_RATE;
    let end = sound_end.max(reader.pictures_end()).as_micros();
    Ok(GRID * end.div_ceil(GRID.as_micros()).max(1) as u32)
}

/// One format of a clip being encoded: pictures are put on the grid of its picture rate.
struct Stream {
    format: VideoFormat,
    encoder: Encoder,
    governor: Governor,
    /// The newest picture and whether it was encoded.
    newest: Option<(Picture, bool)>,
    /// Number of the next place on the grid.
    tick: u32,
    last_key: Duration,
    frames: Vec<Frame>,
}

impl Stream {
    fn new(format: VideoFormat) -> Result<Self, codec::Error> {
        Ok(Stream {
            format,
            encoder: Encoder::new(format)?,
            governor: Governor::of(format),
            newest: None,
            tick: 0,
            last_key: Duration::ZERO,
            frames: Vec::new(),
        })
    }

    fn push(&mut self, pts: Duration, picture: &Picture) -> Result<(), codec::Error> {
        // Before the first picture its own pixels are shown, so that the track starts at zero.
        if self.newest.is_some() {
            self.encode_until(pts)?;
        }
        self.newest = Some((codec::scale(picture, self.format.size)?, false));
        Ok(())
    }

    fn finish(mut self, duration: Duration) -> Result<Track, codec::Error> {
        self.encode_until(duration)?;
        let ends: Vec<Duration> =
            self.frames.iter().skip(1).map(|frame| frame.pts).chain([duration]).collect();
        for (frame, end) in self.frames.iter_mut().zip(ends) {
            frame.duration = end.saturating_sub(frame.pts);
        }
        Ok(Track::new(Format::Video(self.format), self.frames.into(), duration))
    }

    /// Encodes the newest picture for each place on the grid before `end`.
    fn encode_until(&mut self, end: Duration) -> Result<(), codec::Error> {
        let Some((picture, mut encoded)) = self.newest.take() else { return Ok(()) };
        while self.time() < end {
            let pts = self.time();
            self.tick += 1;
            let quiet = self.frames.last().is_none_or(|last| pts - last.pts >= QUIET_MAX);
            let first = self.frames.is_empty();
            if first || (self.governor.admits(pts) && (!encoded || quiet)) {
                self.encode(&picture, pts)?;
                encoded = true;
            }
        }
        self.newest = Some((picture, encoded));
        Ok(())
    }

    fn encode(&mut self, picture: &Picture, pts: Duration) -> Result<(), codec::Error> {
        let key = pts.saturating_sub(self.last_key) >= KEY_INTERVAL;
        let frame = self.encoder.encode(picture, pts, key)?;
        if frame.keyframe {
            self.last_key = pts;
        }
        self.governor.spend(frame.data.len());
        self.frames.push(frame);
        Ok(())
    }

    fn time(&self) -> Duration {
        Duration::from_secs(u64::from(self.tick)) / u32::from(self.format.fps)
    }
}
