//! Tracks in memory: each content once, and for each version of the service what its assets look like.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use media::{AssetKey, Track};

use super::address::Address;
use super::limits;
use super::passing::Passing;

/// What is playable now.
pub(super) struct Shelf {
    tracks: HashMap<Address, Arc<Track>>,
    versions: BTreeMap<u64, HashMap<AssetKey, Address>>,
    /// Octets of all tracks; at most [`limits::TRACKS_LEN_MAX`].
    len: usize,
    /// The slide templates of each version, by name.
    templates: BTreeMap<u64, HashMap<String, Arc<str>>>,
    /// What was made at first use.
    pub(super) passing: Passing,
}

impl Default for Shelf {
    fn default() -> Self {
        let passing = Passing::new(limits::PASSING_LEN_MAX);
        let (tracks, versions, templates) = Default::default();
        Shelf { tracks, versions, len: 0, templates, passing }
    }
}

impl Shelf {
    pub(super) fn get(&self, version: u64, key: &AssetKey) -> Option<Arc<Track>> {
        let prepared = self.find(version, key).map(|(_, track)| track);
        prepared.or_else(|| self.passing.get(version, key))
    }

    /// The track with its address.
    pub(super) fn find(&self, version: u64, key: &AssetKey) -> Option<(Address, Arc<Track>)> {
        let address = *self.versions.get(&version)?.get(key)?;
        self.tracks.get(&address).map(|track| (address, Arc::clone(track)))
    }

    /// What a template says in that version, if a slide of it was prepared.
    pub(super) fn template(&self, version: u64, name: &str) -> Option<Arc<str>> {
        self.templates.get(&version)?.get(name).cloned()
    }

    pub(super) fn keep_template(&mut self, version: u64, name: &str, text: &str) {
        let of_version = self.templates.entry(version).or_default();
        if of_version.get(name).is_none_or(|known| **known != *text) {
            of_version.insert(name.to_owned(), text.into());
        }
    }

    /// Whether that version has not been forgotten.
    pub(super) fn has(&self, version: u64) -> bool {
        self.versions.contains_key(&version)
    }

    /// Puts a track that another version has into `version` too; false when there is none.
    pub(super) fn share(&mut self, version: u64, key: &AssetKey, address: Address) -> bool {
        let known = self.tracks.contains_key(&address);
        if known {
            self.versions.entry(version).or_default().insert(key.clone(), address);
        }
        known
    }

    /// Puts a new track in; false when it does not fit.
    pub(super) fn keep(&mut self, version: u64, key: AssetKey, address: Address, track: Track) -> bool {
        let len = octets(&track);
        if !self.tracks.contains_key(&address) {
            if self.len + len > limits::TRACKS_LEN_MAX {
                return false;
            }
            self.len += len;
            self.tracks.insert(address, Arc::new(track));
        }
        self.versions.entry(version).or_default().insert(key, address);
        true
    }

    /// Forgets all other versions, and what only they had.
    pub(super) fn retain(&mut self, versions: &[u64]) {
        self.versions.retain(|version, _| versions.contains(version));
        let used: HashSet<Address> = self.versions.values().flat_map(|keys| keys.values().copied()).collect();
        self.tracks.retain(|address, _| used.contains(address));
        self.len = self.tracks.values().map(|track| octets(track)).sum();
        self.templates.retain(|version, _| versions.contains(version));
        self.passing.retain(versions);
    }
}

/// Memory that a track takes: its payload and some for each frame's own fields.
pub(super) fn octets(track: &Track) -> usize {
    track.frames.iter().map(|frame| frame.data.len() + size_of::<media::Frame>()).sum()
}

#[cfg(test)]
pub(super) mod testing {
    use std::time::Duration;

    use bytes::Bytes;
    use media::{Asset, AudioFormat, Codec, Format, Frame};

    use super::*;

    pub(in super::super) fn key(name: &str) -> AssetKey {
        let format = Format::Audio(AudioFormat::new(Codec::Pcmu));
        AssetKey { asset: Asset::ClipAudio(name.into()), format }
    }

    pub(in super::super) fn track(octet: u8) -> Track {
        let at = Duration::from_millis(20);
        let frame = Frame::new(Codec::Pcmu, Duration::ZERO, at, true, Bytes::from(vec![octet; 160]));
        Track::new(key("").format, [frame].into(), at)
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{key, track};
    use super::*;

    fn shown(shelf: &Shelf, version: u64, name: &str) -> Option<u8> {
        shelf.get(version, &key(name)).map(|track| track.frames[0].data[0])
    }

    #[test]
    fn a_changed_file_is_new_in_its_version_and_old_in_the_one_before() {
        let mut shelf = Shelf::default();
        assert!(shelf.keep(1, key("a"), Address([1; 32]), track(1)));
        assert!(shelf.keep(1, key("b"), Address([2; 32]), track(2)));
        assert!(shelf.keep(2, key("a"), Address([3; 32]), track(3)));
        assert!(shelf.share(2, &key("b"), Address([2; 32])));
        assert!(!shelf.share(2, &key("c"), Address([4; 32])), "nobody has it");
        let both = |version| ["a", "b", "c"].map(|name| shown(&shelf, version, name));
        assert_eq!(
            (both(1), both(2), both(3)),
            ([Some(1), Some(2), None], [Some(3), Some(2), None], [None; 3])
        );

        shelf.retain(&[2]);
        assert_eq!((shown(&shelf, 1, "b"), shown(&shelf, 2, "b")), (None, Some(2)));
        assert_eq!(shelf.tracks.len(), 2, "what only version 1 had is gone");
        assert_eq!(shelf.len, 2 * octets(&track(0)));
    }
}
