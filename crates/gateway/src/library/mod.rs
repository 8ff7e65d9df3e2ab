//! Every slide, spoken text and clip of the service, encoded once in every format that callers use.
//!
//! [`Library::prepare`] makes what is missing and keeps it in a cache folder under the SHA-256 of all
//! that went into it: the words or the file, the format, the version of this code. A changed template
//! or clip is therefore a new entry and an old one is never wrong. [`Library::get`] only looks into
//! memory: nothing is read, drawn or encoded on a call's path.

mod address;
mod clip;
mod error;
pub mod limits;
mod make;
mod slide;
mod sound;
mod speech;
mod store;

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock, mpsc};

use media::{Asset, AssetKey, Format, Kind, Track};

use address::Address;
pub use error::Error;

/// Where a library finds and keeps things, and what for.
#[derive(Clone, Debug)]
pub struct Config {
    /// Folder with `slides/`, `clips/` and `prompts/`.
    pub media_dir: PathBuf,
    /// Folder of encoded tracks; made when missing. May be deleted at any time.
    pub cache_dir: PathBuf,
    /// Every format that is wanted of every asset; sound and picture formats mixed.
    pub formats: Vec<Format>,
}

/// The tracks of a service, in memory and on disk.
pub struct Library {
    config: Config,
    maker: make::Maker,
    /// Shared by the shards, which look up, and by whoever prepares after a reload; a look-up is a
    /// hash and an `Arc` clone, and waits only while a finished track is put in.
    tracks: RwLock<HashMap<AssetKey, Entry>>,
    len: AtomicUsize,
}

/// A track with what it was made from: a changed file has another address under the same key.
struct Entry {
    address: Address,
    track: Arc<Track>,
}

impl Library {
    /// Opens the folders and loads the font.
    ///
    /// # Errors
    /// [`Error::File`] when a folder or the font is missing, [`Error::Asset`] when the font is none.
    pub fn open(config: Config) -> Result<Self, Error> {
        let media = &config.media_dir;
        std::fs::metadata(media).map_err(|why| Error::file(media, why))?;
        std::fs::create_dir_all(&config.cache_dir).map_err(|why| Error::file(&config.cache_dir, why))?;
        let maker = make::Maker::new(&config)?;
        Ok(Library { config, maker, tracks: RwLock::default(), len: AtomicUsize::new(0) })
    }

    /// Makes ready each asset in each format of its kind: from memory, else from the cache folder, else
    /// made and cached. `progress` is called on the caller's thread with assets done and in all, first
    /// with zero. Takes two threads; everything that worked is playable even when this fails.
    ///
    /// # Errors
    /// Every asset that failed, each error naming its file.
    pub fn prepare(&self, assets: &[Asset], progress: &dyn Fn(usize, usize)) -> Result<(), Vec<Error>> {
        let assets: Vec<&Asset> = assets.iter().collect::<BTreeSet<_>>().into_iter().collect();
        let next = AtomicUsize::new(0);
        let mut errors = Vec::new();
        progress(0, assets.len());
        std::thread::scope(|scope| {
            let (done, results) = mpsc::channel();
            for _ in 0..limits::WORKERS.min(assets.len()) {
                let done = done.clone();
                let (assets, next) = (&assets, &next);
                scope.spawn(move || {
                    while let Some(asset) = assets.get(next.fetch_add(1, Ordering::Relaxed)) {
                        if done.send(self.prepare_one(asset)).is_err() {
                            return;
                        }
                    }
                });
            }
            drop(done);
            for (count, result) in results.iter().enumerate() {
                errors.extend(result.err());
                progress(count + 1, assets.len());
            }
        });
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    /// The track, if it was prepared.
    #[must_use]
    pub fn get(&self, key: &AssetKey) -> Option<Arc<Track>> {
        self.tracks.read().unwrap_or_else(PoisonError::into_inner).get(key).map(|entry| entry.track.clone())
    }

    /// Forgets every track that belongs to none of `assets`, after a reload. Calls that play one keep
    /// it; the cache folder is left alone.
    pub fn retain(&self, assets: &[Asset]) {
        let wanted: BTreeSet<&Asset> = assets.iter().collect();
        let mut tracks = self.tracks.write().unwrap_or_else(PoisonError::into_inner);
        tracks.retain(|key, _| wanted.contains(&key.asset));
        self.len.store(tracks.values().map(|entry| octets(&entry.track)).sum(), Ordering::Relaxed);
    }

    /// Where `media/` is.
    #[must_use]
    pub fn media_dir(&self) -> &Path {
        &self.config.media_dir
    }

    fn prepare_one(&self, asset: &Asset) -> Result<(), Error> {
        let source = self.maker.source(asset)?;
        let mut missing = Vec::new();
        for &format in self.config.formats.iter().filter(|format| format.kind() == kind(asset)) {
            let address = source.address(format);
            let key = AssetKey { asset: asset.clone(), format };
            if self.holds(&key, address) || missing.contains(&format) {
                continue;
            }
            match store::load(&self.config.cache_dir, address, format) {
                Some(track) => self.keep(key, address, track)?,
                None => missing.push(format),
            }
        }
        for (format, track) in self.maker.make(&source, &missing)? {
            let address = source.address(format);
            store::save(&self.config.cache_dir, address, &track)?;
            self.keep(AssetKey { asset: asset.clone(), format }, address, track)?;
        }
        Ok(())
    }

    fn holds(&self, key: &AssetKey, address: Address) -> bool {
        let tracks = self.tracks.read().unwrap_or_else(PoisonError::into_inner);
        tracks.get(key).is_some_and(|entry| entry.address == address)
    }

    fn keep(&self, key: AssetKey, address: Address, track: Track) -> Result<(), Error> {
        let mut tracks = self.tracks.write().unwrap_or_else(PoisonError::into_inner);
        let freed = tracks.get(&key).map_or(0, |old| octets(&old.track));
        let len = self.len.load(Ordering::Relaxed) - freed + octets(&track);
        if len > limits::TRACKS_LEN_MAX {
            return Err(Error::Full { what: make::describe(&key.asset) });
        }
        self.len.store(len, Ordering::Relaxed);
        tracks.insert(key, Entry { address, track: Arc::new(track) });
        Ok(())
    }
}

/// Whether an asset is heard or seen.
fn kind(asset: &Asset) -> Kind {
    match asset {
        Asset::Speech { .. } | Asset::ClipAudio(_) => Kind::Audio,
        Asset::Slide { .. } | Asset::ClipVideo(_) => Kind::Video,
    }
}

/// Memory that a track takes: its payload and some for each frame's own fields.
fn octets(track: &Track) -> usize {
    track.frames.iter().map(|frame| frame.data.len() + size_of::<media::Frame>()).sum()
}
