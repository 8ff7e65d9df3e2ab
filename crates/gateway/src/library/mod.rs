//! Every slide, spoken text and clip of the service, encoded once in every format that callers use.
//!
//! [`Library::prepare`] makes what is missing and keeps it in a cache folder under the SHA-256 of all
//! that went into it: the words or the file, the format, the version of this code. A changed template
//! or clip is therefore a new track and an old one is never wrong. A service that is edited while it is
//! live has several versions here side by side, which share what is the same in them. [`Library::get`]
//! only looks into memory: nothing is read, drawn or encoded on a call's path. [`Library::edition`] makes
//! sound in the lower modes of AMR once somebody needs it, [`Library::first_use`] what tells of a call's own values.

mod address;
mod clip;
mod edition;
mod error;
mod first_use;
pub mod limits;
mod make;
mod passing;
mod shelf;
mod slide;
mod sound;
mod speech;
mod store;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, mpsc};

use media::{Asset, AssetKey, Format, Kind, Track};

use address::Address;
pub use error::Error;
pub(crate) use first_use::may_be_made;
pub use make::describe;
use shelf::Shelf;
pub use slide::key_picture;

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
    /// Shared by the shards, which look up, and by whoever prepares the next version; a look-up is two
    /// hashes and an `Arc` clone, and waits only while a finished track is put in.
    shelf: RwLock<Shelf>,
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
        Ok(Library { config, maker, shelf: RwLock::default() })
    }

    /// What is prepared from now on lies in another folder of media: a version of the service that was published. Fonts
    /// stay those of the start.
    pub fn look_in(&self, media: &Path) {
        self.maker.look_in(media);
    }

    /// Makes ready each asset of `version` in each format of its kind: from memory, else from the cache
    /// folder, else made and cached. `progress` is called on the caller's thread with assets done and in
    /// all, first with zero. Takes two threads; everything that worked is playable even when this fails.
    ///
    /// # Errors
    /// Every asset that failed, each error naming its file.
    pub fn prepare(
        &self,
        version: u64,
        assets: &[Asset],
        progress: &dyn Fn(usize, usize),
    ) -> Result<(), Vec<Error>> {
        let failed = self.build(version, assets, progress);
        if failed.is_empty() { Ok(()) } else { Err(failed.into_iter().map(|(_, error)| error).collect()) }
    }

    /// [`Library::prepare`], with what failed by asset.
    pub fn build(
        &self,
        version: u64,
        assets: &[Asset],
        progress: &dyn Fn(usize, usize),
    ) -> Vec<(Asset, Error)> {
        let assets: Vec<&Asset> = assets.iter().collect::<BTreeSet<_>>().into_iter().collect();
        let next = AtomicUsize::new(0);
        let mut failed = Vec::new();
        progress(0, assets.len());
        std::thread::scope(|scope| {
            let (done, results) = mpsc::channel();
            for _ in 0..limits::WORKERS.min(assets.len()) {
                let done = done.clone();
                let (assets, next) = (&assets, &next);
                scope.spawn(move || {
                    while let Some(asset) = assets.get(next.fetch_add(1, Ordering::Relaxed)) {
                        if done.send((*asset, self.prepare_one(version, asset))).is_err() {
                            return;
                        }
                    }
                });
            }
            drop(done);
            for (count, (asset, result)) in results.iter().enumerate() {
                failed.extend(result.err().map(|error| (asset.clone(), error)));
                progress(count + 1, assets.len());
            }
        });
        failed
    }

    /// The formats in which the cache folder has nothing of an asset; all of its kind when it cannot be read. Looks
    /// for the files, not into them: one that is damaged is found when it is loaded.
    #[must_use]
    pub fn lacking(&self, asset: &Asset) -> Vec<Format> {
        let source = self.maker.source(asset).ok();
        let formats = self.config.formats.iter().copied().filter(|format| format.kind() == kind(asset));
        let lacks = |format: &Format| {
            let address = source.as_ref().map(|source| source.address(*format));
            address.is_none_or(|address| !store::is_there(&self.config.cache_dir, address))
        };
        formats.filter(lacks).collect()
    }

    /// Every format that is made of every asset of its kind.
    #[must_use]
    pub fn formats(&self) -> &[Format] {
        &self.config.formats
    }

    /// The track as it is in `version`, if it was prepared.
    #[must_use]
    pub fn get(&self, version: u64, key: &AssetKey) -> Option<Arc<Track>> {
        self.read().get(version, key)
    }

    /// Forgets all versions but `versions`, and every track that is in none of them. Calls that play one
    /// keep it; the cache folder is left alone.
    pub fn retain(&self, versions: &[u64]) {
        self.write().retain(versions);
    }

    /// Where `media/` is.
    #[must_use]
    pub fn media_dir(&self) -> &Path {
        &self.config.media_dir
    }

    fn prepare_one(&self, version: u64, asset: &Asset) -> Result<(), Error> {
        let source = self.maker.source(asset)?;
        if let Some((name, text)) = source.template() {
            self.write().keep_template(version, name, text);
        }
        let mut missing = Vec::new();
        for &format in self.config.formats.iter().filter(|format| format.kind() == kind(asset)) {
            let address = source.address(format);
            let key = AssetKey { asset: asset.clone(), format };
            if missing.contains(&format) || self.write().share(version, &key, address) {
                continue;
            }
            match store::load(&self.config.cache_dir, address, format) {
                Some(track) => self.keep(version, key, address, track)?,
                None => missing.push(format),
            }
        }
        let made = self.maker.make(&source, &missing, limits::SPEECH_TIME_MAX)?;
        if let Some(&format) = missing.first()
            && self.maker.source(asset)?.address(format) != source.address(format)
        {
            // It must not stand in the cache under the address of what it was before.
            let what = make::describe(asset);
            return Err(Error::asset(Path::new(&what), &"has changed while it was being read"));
        }
        for (format, track) in made {
            let address = source.address(format);
            store::save(&self.config.cache_dir, address, &track)?;
            self.keep(version, AssetKey { asset: asset.clone(), format }, address, track)?;
        }
        Ok(())
    }

    fn keep(&self, version: u64, key: AssetKey, address: Address, track: Track) -> Result<(), Error> {
        let what = make::describe(&key.asset);
        let kept = self.write().keep(version, key, address, track);
        if kept { Ok(()) } else { Err(Error::Full { what }) }
    }

    fn read(&self) -> RwLockReadGuard<'_, Shelf> {
        self.shelf.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Shelf> {
        self.shelf.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether an asset is heard or seen.
fn kind(asset: &Asset) -> Kind {
    match asset {
        Asset::Speech { .. } | Asset::ClipAudio(_) => Kind::Audio,
        Asset::Slide { .. } | Asset::ClipVideo(_) => Kind::Video,
    }
}
