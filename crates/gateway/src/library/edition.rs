//! Sound in a mode of AMR or AMR-WB that was not prepared, made out of what was when a call first needs it.
//!
//! Few phones lack the best mode, and a service in all eight would take eight times as long to prepare. What
//! is encoded anew is G.711 of the same version, so no file is read that may have changed since.

use std::sync::Arc;

use codec::audio::Decoder;
use media::amr::Band;
use media::{AssetKey, AudioFormat, Codec, Format, Track};

use super::address::Address;
use super::{Error, Library, make, sound, store};

impl Library {
    /// The track if it is there, else, of AMR and AMR-WB, an edition of it in another mode, which is kept. Encoding takes
    /// about a hundredth of the time that it sounds: nothing for a shard's thread.
    ///
    /// `None` when nothing of the asset was prepared in G.711.
    ///
    /// # Errors
    /// When the codec fails, the cache folder cannot be written, or memory is full.
    pub fn edition(&self, version: u64, key: &AssetKey) -> Result<Option<Arc<Track>>, Error> {
        if let Some(track) = self.get(version, key) {
            return Ok(Some(track));
        }
        let Some((band, mode)) = mode(key) else { return Ok(None) };
        let Some((origin, track)) = self.in_g711(version, key) else { return Ok(None) };
        let (address, folder) = (origin.edition(band, mode), &self.config.cache_dir);
        let edition = match store::load(folder, address, key.format) {
            Some(edition) => edition,
            None => {
                let edition = encoded(&track, AudioFormat::in_mode(band, mode))
                    .map_err(|why| Error::codec(make::describe(&key.asset).as_ref(), why))?;
                store::save(folder, address, &edition)?;
                edition
            }
        };
        if self.read().has(version) {
            self.keep(version, key.clone(), address, edition)?;
        }
        Ok(self.get(version, key))
    }

    /// Whether [`Library::edition`] can make it: sound in a mode of AMR, of what was prepared.
    pub(crate) fn has_edition(&self, version: u64, key: &AssetKey) -> bool {
        mode(key).is_some() && self.in_g711(version, key).is_some()
    }

    fn in_g711(&self, version: u64, key: &AssetKey) -> Option<(Address, Arc<Track>)> {
        let shelf = self.read();
        [Codec::Pcmu, Codec::Pcma].into_iter().find_map(|codec| {
            let format = Format::Audio(AudioFormat::new(codec));
            shelf.find(version, &AssetKey { asset: key.asset.clone(), format })
        })
    }
}

fn mode(key: &AssetKey) -> Option<(Band, u8)> {
    match key.format {
        Format::Audio(audio) => Band::of(audio.codec).zip(audio.amr_mode),
        Format::Video(_) => None,
    }
}

fn encoded(track: &Track, format: AudioFormat) -> Result<Track, codec::Error> {
    let mut decoder = Decoder::new(track.format.codec())?;
    let mut pcm = Vec::new();
    for frame in track.frames.iter() {
        pcm.extend(decoder.decode(frame)?);
    }
    sound::track(&pcm, format)
}
