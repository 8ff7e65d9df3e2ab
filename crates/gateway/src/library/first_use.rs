//! What tells the values of one call is made when the call comes to it, while the presentation waits.
//!
//! Of a sentence of five seconds flite takes some 0.2 s and espeak-ng 0.05 s, encoding little beside. Made tracks
//! are remembered up to a limit; of speech, which tells numbers and not whose they are, also in a folder of the
//! cache, so that common values are there after a restart. Slides are drawn with the template of their own version.

use std::path::PathBuf;
use std::sync::Arc;

use media::{Asset, AssetKey, Format, Track};

use super::{Error, Library, limits, store};

/// Of the cache folder.
const FOLDER: &str = "passing";

impl Library {
    /// The track if it is there, else made now, which takes part of a second and up to
    /// [`limits::SPEECH_FIRST_USE_MAX`]: nothing for a shard's thread.
    ///
    /// # Errors
    /// When it cannot be made. Of a version that has been forgotten it is made, but not kept.
    pub fn first_use(&self, version: u64, key: &AssetKey) -> Result<Arc<Track>, Error> {
        if let Some(track) = self.get(version, key) {
            return Ok(track);
        }
        let template = match &key.asset {
            Asset::Slide { template, .. } => self.read().template(version, template),
            Asset::Speech { .. } | Asset::ClipAudio(_) | Asset::ClipVideo(_) => None,
        };
        let source = self.maker.source_with(&key.asset, template.as_deref())?;
        let address = source.address(key.format);
        let folder = self.passing_folder(key)?;
        let track = match folder.as_deref().and_then(|folder| store::load(folder, address, key.format)) {
            Some(track) => track,
            None => {
                let made = self.maker.make(&source, &[key.format], limits::SPEECH_FIRST_USE_MAX)?;
                let (_, track) = made.into_iter().next().ok_or_else(|| {
                    Error::asset(super::make::describe(&key.asset).as_ref(), &"does not exist in this format")
                })?;
                if let Some(folder) = folder {
                    store::save(&folder, address, &track)?;
                    store::prune(&folder, limits::PASSING_FOLDER_LEN_MAX);
                }
                track
            }
        };
        let track = Arc::new(Track { shared: false, ..track });
        let mut shelf = self.write();
        if shelf.has(version) {
            shelf.passing.keep(version, key.clone(), Arc::clone(&track));
        }
        Ok(track)
    }

    /// Where it is kept on disk, if it is.
    fn passing_folder(&self, key: &AssetKey) -> Result<Option<PathBuf>, Error> {
        let Format::Audio(_) = key.format else { return Ok(None) };
        let folder = self.config.cache_dir.join(FOLDER);
        std::fs::create_dir_all(&folder).map_err(|why| Error::file(&folder, why))?;
        Ok(Some(folder))
    }
}

/// Whether [`Library::first_use`] may know more than [`Library::get`]: clips are files, all of them prepared.
pub(crate) fn may_be_made(key: &AssetKey) -> bool {
    match key.asset {
        Asset::Slide { .. } | Asset::Speech { .. } => true,
        Asset::ClipAudio(_) | Asset::ClipVideo(_) => false,
    }
}
