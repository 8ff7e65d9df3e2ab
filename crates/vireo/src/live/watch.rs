//! Notices that something in the folders of a service was saved, and waits until it lies still.
//!
//! The kernel's word (inotify) only wakes; what counts is a look at names, lengths and times of all files. So a
//! word too many costs nothing, and one that is never said (a folder removed and made again, a network disk,
//! no inotify left) costs a second. Start at [`Watch::changed`].

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, SystemTime};

use notify::event::{AccessKind, AccessMode};
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};

/// A look without any word of the kernel.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// So long nothing may change before what was saved counts as whole: editors write several files, some in
/// several steps.
const QUIET: Duration = Duration::from_millis(200);

/// No longer than this is waited for quiet; a file that is still being written is then judged as it is, and
/// judged again later.
const RESTLESS_MAX: Duration = Duration::from_secs(3);

/// Folders within folders that are looked into: `media/prompts/zh-CN` is two below `media`.
const DEPTH_MAX: usize = 4;

/// Files that are looked at; changes of those beyond are not noticed.
const FILES_MAX: usize = 20_000;

/// What a file looks like from outside.
type Look = (u64, Option<SystemTime>);

/// Every file below some folders.
pub(super) type Looks = BTreeMap<PathBuf, Look>;

/// Watches folders, which may come and go.
pub(super) struct Watch {
    folders: Vec<PathBuf>,
    seen: Looks,
    words: Receiver<()>,
    /// None: the kernel does not help.
    watcher: Option<RecommendedWatcher>,
}

impl Watch {
    /// Changes count from now on.
    pub(super) fn new(folders: Vec<PathBuf>) -> Watch {
        let (tell, words) = mpsc::sync_channel(1);
        let watcher = notify::recommended_watcher(move |word: notify::Result<notify::Event>| {
            // A full channel has said it already. Errors are a reason to look, too.
            if word.is_ok_and(|event| is_reading(event.kind)) {
                return;
            }
            let _ = tell.try_send(());
        });
        let watcher = watcher.inspect_err(|error| tracing::warn!(%error, "files are looked at every second"));
        let mut watch = Watch { seen: looks(&folders), folders, words, watcher: watcher.ok() };
        watch.watch_anew();
        watch
    }

    /// What was there at the last look.
    pub(super) fn seen(&self) -> &Looks {
        &self.seen
    }

    /// Waits until something is different and lies still, or until `ended`; true for the former.
    pub(super) fn changed(&mut self, ended: impl Fn() -> bool) -> bool {
        while !ended() {
            self.wait(LOOK_EVERY);
            let mut now = looks(&self.folders);
            if now == self.seen {
                continue;
            }
            for _ in 0..RESTLESS_MAX.as_millis() / QUIET.as_millis() {
                let told = self.wait(QUIET);
                let later = looks(&self.folders);
                let still = later == now && !told;
                now = later;
                if still {
                    break;
                }
            }
            self.seen = now;
            self.watch_anew();
            return true;
        }
        false
    }

    /// Waits for a word of the kernel; false when there was none.
    fn wait(&self, longest: Duration) -> bool {
        match self.words.recv_timeout(longest) {
            Ok(()) => true,
            Err(RecvTimeoutError::Timeout) => false,
            Err(RecvTimeoutError::Disconnected) => {
                std::thread::sleep(longest);
                false
            }
        }
    }

    /// A folder that was made again is another one to the kernel.
    fn watch_anew(&mut self) {
        let Some(watcher) = &mut self.watcher else { return };
        for folder in &self.folders {
            // It was perhaps not watched, or is not there now; then the next look finds it.
            let _ = watcher.unwatch(folder);
            if let Err(error) = watcher.watch(folder, RecursiveMode::Recursive) {
                tracing::debug!(folder = %folder.display(), %error, "is looked at every second");
            }
        }
    }
}

/// Our own look at the files is told by the kernel as well, and must not be a reason for the next.
fn is_reading(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => false,
        EventKind::Access(_) => true,
        EventKind::Any
        | EventKind::Create(_)
        | EventKind::Modify(_)
        | EventKind::Remove(_)
        | EventKind::Other => false,
    }
}

fn looks(folders: &[PathBuf]) -> Looks {
    let mut all = Looks::new();
    folders.iter().for_each(|folder| look_into(folder, DEPTH_MAX, &mut all));
    all
}

/// What cannot be read is as good as absent; whether that is a mistake is the checker's business.
fn look_into(folder: &Path, depth: usize, all: &mut Looks) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries.filter(|entry| !is_scratch(&entry.file_name().to_string_lossy())) {
        let Ok(about) = fs::metadata(entry.path()) else { continue };
        if about.is_dir() && depth > 0 {
            look_into(&entry.path(), depth - 1, all);
        } else if about.is_file() && all.len() < FILES_MAX {
            all.insert(entry.path(), (about.len(), about.modified().ok()));
        }
    }
}

/// What editors leave beside a file: `.hotline.yaml.swp`, `.#hotline.yaml`, `hotline.yaml~`.
fn is_scratch(name: &str) -> bool {
    name.starts_with('.') || name.ends_with('~')
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::Sender;
    use std::thread;

    use super::*;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Folder {
            let path = std::env::temp_dir().join(format!("vireo-watch-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&path);
            fs::create_dir_all(path.join("texts")).unwrap();
            fs::write(path.join("a.yaml"), "a").unwrap();
            Folder(path)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    /// Watches on a thread of its own until the receiver is dropped; one message a change.
    fn watched(folder: &Folder) -> Receiver<Looks> {
        let mut watch = Watch::new(vec![folder.0.clone()]);
        let (tell, changes): (Sender<Looks>, _) = mpsc::channel();
        thread::spawn(move || {
            while watch.changed(|| false) {
                if tell.send(watch.seen().clone()).is_err() {
                    return;
                }
            }
        });
        changes
    }

    const LIMIT: Duration = Duration::from_secs(20);

    #[test]
    fn several_files_saved_in_several_ways_are_one_change() {
        let folder = Folder::new("ways");
        let changes = watched(&folder);
        fs::write(folder.0.join("a.yaml"), "").unwrap();
        fs::write(folder.0.join("a.yaml"), "longer").unwrap();
        fs::write(folder.0.join("texts/en.yaml.new"), "en").unwrap();
        fs::rename(folder.0.join("texts/en.yaml.new"), folder.0.join("texts/en.yaml")).unwrap();
        let seen = changes.recv_timeout(LIMIT).unwrap();
        let names: Vec<_> =
            seen.keys().map(|path| path.strip_prefix(&folder.0).unwrap().to_owned()).collect();
        assert_eq!(names, [Path::new("a.yaml"), Path::new("texts/en.yaml")]);
        assert_eq!(changes.recv_timeout(LOOK_EVERY + QUIET), Err(RecvTimeoutError::Timeout), "it was one");
    }

    #[test]
    fn what_editors_leave_beside_a_file_is_no_change() {
        let folder = Folder::new("scratch");
        let changes = watched(&folder);
        for name in [".a.yaml.swp", "a.yaml~", "texts/.#en.yaml"] {
            fs::write(folder.0.join(name), "x").unwrap();
        }
        assert!(changes.recv_timeout(2 * LOOK_EVERY).is_err());
    }

    #[test]
    fn a_folder_that_was_removed_and_made_again_is_watched_again() {
        let folder = Folder::new("again");
        let changes = watched(&folder);
        fs::remove_dir_all(&folder.0).unwrap();
        assert!(changes.recv_timeout(LIMIT).unwrap().is_empty());
        fs::create_dir_all(&folder.0).unwrap();
        fs::write(folder.0.join("b.yaml"), "b").unwrap();
        assert_eq!(changes.recv_timeout(LIMIT).unwrap().len(), 1);
        fs::write(folder.0.join("b.yaml"), "bb").unwrap();
        assert_eq!(changes.recv_timeout(LIMIT).unwrap()[&folder.0.join("b.yaml")].0, 2);
    }
}
