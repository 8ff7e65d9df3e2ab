//! Tracks that were made when a call first needed them: the newest of them, up to a limit.
//!
//! They tell of the values of one call, and most are never wanted again, so that the least recently used goes when
//! there is no room.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use media::{AssetKey, Track};

use super::shelf::octets;

/// What is remembered, by version and key.
pub(super) struct Passing {
    tracks: HashMap<u64, HashMap<AssetKey, Kept>>,
    /// Octets of all tracks.
    len: usize,
    len_max: usize,
    /// Counts uses.
    now: AtomicU64,
}

struct Kept {
    track: Arc<Track>,
    /// Atomic, since whoever looks up does not write otherwise.
    used: AtomicU64,
}

impl Passing {
    /// Room for so many octets.
    pub(super) fn new(len_max: usize) -> Passing {
        Passing { tracks: HashMap::new(), len: 0, len_max, now: AtomicU64::new(0) }
    }

    pub(super) fn get(&self, version: u64, key: &AssetKey) -> Option<Arc<Track>> {
        let kept = self.tracks.get(&version)?.get(key)?;
        kept.used.store(self.now.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        Some(Arc::clone(&kept.track))
    }

    /// Puts a track in. One that is larger than all the room is not kept.
    pub(super) fn keep(&mut self, version: u64, key: AssetKey, track: Arc<Track>) {
        let len = octets(&track);
        if len > self.len_max {
            return;
        }
        let used = AtomicU64::new(self.now.fetch_add(1, Ordering::Relaxed));
        let before = self.tracks.entry(version).or_default().insert(key, Kept { track, used });
        self.len = self.len + len - before.map_or(0, |kept| octets(&kept.track));
        while self.len > self.len_max && self.forget_oldest() {}
    }

    pub(super) fn retain(&mut self, versions: &[u64]) {
        self.tracks.retain(|version, _| versions.contains(version));
        self.len = self.tracks.values().flat_map(HashMap::values).map(|kept| octets(&kept.track)).sum();
    }

    /// Looks through all: a few thousand at most, each time one is made.
    fn forget_oldest(&mut self) -> bool {
        let all =
            self.tracks.iter().flat_map(|(version, keys)| keys.iter().map(move |entry| (*version, entry)));
        let oldest = all.min_by_key(|(_, (_, kept))| kept.used.load(Ordering::Relaxed));
        let Some((version, key)) = oldest.map(|(version, (key, _))| (version, key.clone())) else {
            return false;
        };
        let gone = self.tracks.get_mut(&version).and_then(|keys| keys.remove(&key));
        self.len -= gone.as_ref().map_or(0, |kept| octets(&kept.track));
        gone.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::super::shelf::testing::{key, track};
    use super::*;

    #[test]
    fn what_was_not_used_for_longest_goes_first() {
        let len = octets(&track(0));
        let mut passing = Passing::new(3 * len);
        for (name, version) in [("a", 1), ("b", 1), ("c", 2)] {
            passing.keep(version, key(name), Arc::new(track(0)));
        }
        assert!(passing.get(1, &key("a")).is_some() && passing.get(2, &key("a")).is_none());
        passing.keep(2, key("d"), Arc::new(track(0)));
        let there =
            [(1, "a"), (1, "b"), (2, "c"), (2, "d")].map(|(v, name)| passing.get(v, &key(name)).is_some());
        assert_eq!((there, passing.len), ([true, false, true, true], 3 * len));

        passing.keep(2, key("d"), Arc::new(track(1)));
        assert_eq!(passing.len, 3 * len, "the same again takes no more room");
        passing.retain(&[2]);
        assert_eq!((passing.get(1, &key("a")), passing.len), (None, 2 * len));
    }
}
