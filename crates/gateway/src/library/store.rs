//! Tracks as files of the cache folder, named by their address.
//!
//! A file is `MAGIC`, the SHA-256 of the rest, the duration, the frame to loop from and the frames; numbers are big-endian.
//! A file that is not exactly so is treated as missing and written anew.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::{Buf, BufMut, Bytes};
use media::{Format, Frame, Track};
use sha2::{Digest, Sha256};

use super::address::Address;
use super::{Error, limits};

const MAGIC: &[u8; 16] = b"vireo track v2\r\n";
const HASH_LEN: usize = 32;

/// The track of this address, if its file is there and sound.
pub(super) fn load(folder: &Path, address: Address, format: Format) -> Option<Track> {
    let path = path(folder, address);
    let file = fs::File::open(&path).ok()?;
    let mut data = Vec::new();
    file.take(limits::CACHE_FILE_LEN_MAX + 1).read_to_end(&mut data).ok()?;
    let track = parse(Bytes::from(data), address, format);
    if track.is_none() {
        tracing::warn!(path = %path.display(), "damaged cache file, making it again");
    }
    track
}

/// Whether there is a file for it.
pub(super) fn is_there(folder: &Path, address: Address) -> bool {
    path(folder, address).is_file()
}

/// Writes the track under its address; a reader sees all of it or nothing.
///
/// # Errors
/// [`Error::File`] when the folder cannot be written.
pub(super) fn save(folder: &Path, address: Address, track: &Track) -> Result<(), Error> {
    let temporary = Temporary::new(folder, "track");
    fs::write(temporary.path(), print(address, track)).map_err(|why| Error::file(temporary.path(), why))?;
    let path = path(folder, address);
    fs::rename(temporary.path(), &path).map_err(|why| Error::file(&path, why))
}

/// Removes the oldest tracks of a folder when all are larger than `len_max`, until a quarter of that is free.
pub(super) fn prune(folder: &Path, len_max: u64) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let tracks = entries.filter_map(|entry| {
        let path = entry.ok()?.path();
        let look = fs::metadata(&path).ok().filter(|_| path.extension().is_some_and(|end| end == "track"))?;
        Some((look.modified().ok()?, look.len(), path))
    });
    let mut tracks: Vec<_> = tracks.collect();
    let mut len: u64 = tracks.iter().map(|(_, len, _)| len).sum();
    if len <= len_max {
        return;
    }
    tracks.sort();
    for (_, own, path) in tracks {
        if len <= len_max / 4 * 3 {
            return;
        }
        // It may be gone already; a cache is not worth more than a try.
        let _ = fs::remove_file(path);
        len -= own;
    }
}

fn path(folder: &Path, address: Address) -> PathBuf {
    folder.join(format!("{address}.track"))
}

fn print(address: Address, track: &Track) -> Vec<u8> {
    let mut body = Vec::new();
    body.put_slice(&address.0);
    body.put_u64(micros(track.duration));
    body.put_u32(track.loop_from as u32);
    body.put_u32(track.frames.len() as u32);
    for frame in track.frames.iter() {
        body.put_u64(micros(frame.pts));
        body.put_u32(micros(frame.duration) as u32);
        body.put_u8(u8::from(frame.keyframe));
        body.put_u32(frame.data.len() as u32);
        body.put_slice(&frame.data);
    }
    let mut file = Vec::with_capacity(MAGIC.len() + HASH_LEN + body.len());
    file.put_slice(MAGIC);
    file.put_slice(&Sha256::digest(&body));
    file.put_slice(&body);
    file
}

fn parse(mut data: Bytes, address: Address, format: Format) -> Option<Track> {
    if data.len() < MAGIC.len() + HASH_LEN || data.split_to(MAGIC.len()) != MAGIC[..] {
        return None;
    }
    let hash = data.split_to(HASH_LEN);
    if hash[..] != Sha256::digest(&data)[..] || data.len() < HASH_LEN {
        return None;
    }
    if data.split_to(HASH_LEN) != address.0[..] {
        return None;
    }
    let duration = Duration::from_micros(data.try_get_u64().ok()?);
    let loop_from = data.try_get_u32().ok()? as usize;
    let count = data.try_get_u32().ok()? as usize;
    if count == 0 || count > limits::FRAMES_MAX {
        return None;
    }
    let frames: Option<Vec<Frame>> = (0..count).map(|_| frame(&mut data, format)).collect();
    let frames: Arc<[Frame]> = frames?.into();
    let sound = data.is_empty() && frames[0].keyframe && loop_from < frames.len();
    sound.then(|| Track { loop_from, ..Track::new(format, frames, duration) })
}

fn frame(data: &mut Bytes, format: Format) -> Option<Frame> {
    let pts = Duration::from_micros(data.try_get_u64().ok()?);
    let duration = Duration::from_micros(u64::from(data.try_get_u32().ok()?));
    let keyframe = data.try_get_u8().ok()? != 0;
    let len = data.try_get_u32().ok()? as usize;
    // A slice of the file's own memory: a track is one allocation.
    let payload = (len <= data.len()).then(|| data.split_to(len))?;
    Some(Frame::new(format.codec(), pts, duration, keyframe, payload))
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// A file name of our own in the cache folder; what is left under it is removed at the end.
pub(super) struct Temporary(PathBuf);

impl Temporary {
    pub(super) fn new(folder: &Path, extension: &str) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let (process, number) = (std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        Temporary(folder.join(format!(".{process}-{number}.{extension}")))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // Already renamed, or never written: both are fine.
        let _ = fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use media::{AudioFormat, Codec};

    use super::*;

    fn track() -> Track {
        let frame = |n: u64| {
            let at = Duration::from_millis(20 * n);
            Frame::new(Codec::Pcmu, at, Duration::from_millis(20), true, Bytes::from(vec![n as u8; 160]))
        };
        let format = Format::Audio(AudioFormat::new(Codec::Pcmu));
        Track::new(format, (0..3).map(frame).collect(), Duration::from_millis(60))
    }

    #[test]
    fn a_track_comes_back_as_it_was() {
        let (address, track) = (Address([7; 32]), track());
        let data = Bytes::from(print(address, &track));
        assert_eq!(parse(data, address, track.format), Some(track));
    }

    #[test]
    fn a_folder_that_is_full_loses_its_oldest_tracks() {
        let name = format!("vireo-prune-{}", std::process::id());
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target").join(name);
        fs::create_dir_all(&folder).unwrap();
        for n in 0..8_u8 {
            save(&folder, Address([n; 32]), &track()).unwrap();
            let age = Duration::from_secs(u64::from(n));
            let file = fs::File::options().write(true).open(path(&folder, Address([n; 32]))).unwrap();
            file.set_modified(std::time::UNIX_EPOCH + age).unwrap();
        }
        let len = fs::metadata(path(&folder, Address([0; 32]))).unwrap().len();
        let there = || (0..8).filter(|n| path(&folder, Address([*n; 32])).exists()).collect::<Vec<u8>>();
        prune(&folder, 8 * len);
        assert_eq!(there().len(), 8);
        prune(&folder, 7 * len);
        let left = there();
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(left, [3, 4, 5, 6, 7]);
    }

    #[test]
    fn a_cut_or_changed_file_is_no_track() {
        let (address, track) = (Address([7; 32]), track());
        let data = print(address, &track);
        for len in 0..data.len() {
            assert_eq!(parse(Bytes::copy_from_slice(&data[..len]), address, track.format), None);
        }
        for at in 0..data.len() {
            let mut data = data.clone();
            data[at] ^= 1;
            assert_eq!(parse(Bytes::from(data), address, track.format), None, "octet {at}");
        }
        assert_eq!(parse(Bytes::from(data), Address([8; 32]), track.format), None);
    }
}
