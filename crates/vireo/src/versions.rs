//! The versions of a service that were published: each a folder of its own below the gateway's data, never changed again.
//!
//! `versions/7/` holds `dialplans/`, `media/` and `version.json`; the file `live` names the one that is live. A version
//! appears as a whole or not at all, and so does the word that it is live: both are written aside, brought to the disk, and
//! renamed. What lies in the operator's own folder meanwhile does not matter.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use gateway::service::Folder;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::durable::{self, sync, write};

/// Files of one version; a folder with more is none of a service.
const FILES_MAX: usize = 10_000;
/// Octets of one version.
const BYTES_MAX: u64 = 1 << 30;
/// Octets of a comment.
const COMMENT_MAX: usize = 200;

/// What is known of a version.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Version {
    /// Counted from 1.
    pub(crate) number: u64,
    /// When it was published, in seconds since 1970-01-01T00:00:00Z.
    pub(crate) at: u64,
    /// Of the names and contents of its files.
    pub(crate) sha256: String,
    /// What the operator said of it.
    pub(crate) comment: String,
}

/// The versions below a gateway's data.
#[derive(Clone, Debug)]
pub(crate) struct Versions {
    data: PathBuf,
}

impl Versions {
    pub(crate) fn new(data: &Path) -> Self {
        Versions { data: data.to_owned() }
    }

    fn root(&self) -> PathBuf {
        self.data.join("versions")
    }

    /// Where a version lies.
    pub(crate) fn folder(&self, number: u64) -> Folder {
        let root = self.root().join(number.to_string());
        Folder { dialplans: root.join("dialplans"), media: root.join("media") }
    }

    /// All of them, the newest first. What is not whole is passed over.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub(crate) fn list(&self) -> anyhow::Result<Vec<Version>> {
        let root = self.root();
        let mut all = Vec::new();
        if !root.exists() {
            return Ok(all);
        }
        for entry in fs::read_dir(&root).with_context(|| format!("cannot read {}", root.display()))? {
            let text = fs::read(entry?.path().join("version.json")).ok();
            all.extend(text.and_then(|text| serde_json::from_slice::<Version>(&text).ok()));
        }
        all.sort_by_key(|version| std::cmp::Reverse(version.number));
        Ok(all)
    }

    /// The version that is live; `None` before the first was published.
    ///
    /// # Errors
    /// When something says so and it is not there.
    pub(crate) fn live(&self) -> anyhow::Result<Option<u64>> {
        let path = self.data.join("live");
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(why) => return Err(why).with_context(|| format!("cannot read {}", path.display())),
        };
        let number = text.trim().parse().with_context(|| format!("{} names no version", path.display()))?;
        if !self.folder(number).dialplans.is_dir() {
            bail!("{} says that version {number} is live, and it is not there", path.display());
        }
        Ok(Some(number))
    }

    /// From now on this one is live, also after a restart.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn switch(&self, number: u64) -> anyhow::Result<()> {
        durable::replace(&self.data, "live", format!("{number}\n").as_bytes())
    }

    /// Keeps what lies in `folder` as a version; the one that is the same as the newest is that one again.
    ///
    /// # Errors
    /// When it cannot be read or written, or is too large; then there is no new version.
    pub(crate) fn add(&self, folder: &Folder, comment: &str, at: u64) -> anyhow::Result<Version> {
        if comment.len() > COMMENT_MAX {
            bail!("a comment has at most {COMMENT_MAX} octets");
        }
        let files = files(folder)?;
        let sha256 = digest(&files)?;
        let known = self.list()?;
        if let Some(same) = known.first().filter(|newest| newest.sha256 == sha256) {
            return Ok(same.clone());
        }
        let number = known.first().map_or(1, |newest| newest.number + 1);
        let version = Version { number, at, sha256, comment: comment.to_owned() };
        let root = self.root();
        let aside = root.join(format!("{number}.incomplete"));
        let kept = keep(&files, &version, &aside);
        kept.with_context(|| format!("cannot write {}", aside.display()))?;
        // Two that publish at once: the second finds the place taken, and loses nothing but its turn.
        let place = root.join(number.to_string());
        fs::rename(&aside, &place).with_context(|| format!("cannot write {}", place.display()))?;
        sync(&root)?;
        Ok(version)
    }

    /// The files of a version, by their path below it.
    ///
    /// # Errors
    /// When it is not there or cannot be read.
    pub(crate) fn files(&self, number: u64) -> anyhow::Result<Vec<(String, PathBuf)>> {
        let folder = self.folder(number);
        if !folder.dialplans.is_dir() {
            bail!("there is no version {number}");
        }
        files(&folder)
    }
}

/// The files of a service, in the order of their names.
fn files(folder: &Folder) -> anyhow::Result<Vec<(String, PathBuf)>> {
    let mut all = Vec::new();
    for (name, root) in [("dialplans", &folder.dialplans), ("media", &folder.media)] {
        if root.is_dir() {
            gather(root, name, &mut all)?;
        }
    }
    all.sort();
    let mut size = 0;
    for (_, path) in &all {
        size += fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?.len();
    }
    if size > BYTES_MAX {
        bail!("{} holds more than {BYTES_MAX} octets", folder.dialplans.display());
    }
    Ok(all)
}

fn gather(folder: &Path, name: &str, all: &mut Vec<(String, PathBuf)>) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let entry = entry?;
        let (path, own) = (entry.path(), entry.file_name());
        // Editors keep scratch files beside the one that is open.
        let Some(own) = own.to_str().filter(|own| !own.starts_with('.')) else { continue };
        let name = format!("{name}/{own}");
        if entry.file_type()?.is_dir() {
            gather(&path, &name, all)?;
        } else if path.is_file() {
            all.push((name, path));
        }
        if all.len() > FILES_MAX {
            bail!("{} holds more than {FILES_MAX} files", folder.display());
        }
    }
    Ok(())
}

fn digest(files: &[(String, PathBuf)]) -> anyhow::Result<String> {
    let mut all = Sha256::new();
    for (name, path) in files {
        let content = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        all.update(name.as_bytes());
        all.update([0]);
        all.update(Sha256::digest(&content));
    }
    Ok(all.finalize().iter().map(|octet| format!("{octet:02x}")).collect())
}

fn keep(files: &[(String, PathBuf)], version: &Version, to: &Path) -> io::Result<()> {
    // What an earlier attempt left.
    if to.exists() {
        fs::remove_dir_all(to)?;
    }
    fs::create_dir_all(to)?;
    for (name, path) in files {
        let to = to.join(name);
        let folder = to.parent().unwrap_or(&to);
        fs::create_dir_all(folder)?;
        write(&to, &fs::read(path)?)?;
    }
    let told = serde_json::to_vec_pretty(version)?;
    write(&to.join("version.json"), &told)?;
    sync(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of data and a service in it, of this test's own.
    fn place(test: &str) -> (PathBuf, Folder) {
        let data = std::env::temp_dir().join(format!("vireo-versions-{test}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&data);
        let service = data.join("own");
        let folder = Folder { dialplans: service.join("dialplans"), media: service.join("media") };
        fs::create_dir_all(folder.dialplans.join("texts")).expect("it can be made");
        fs::create_dir_all(folder.media.join("slides")).expect("it can be made");
        fs::write(folder.dialplans.join("care.yaml"), "flow: care\n").expect("it can be written");
        fs::write(folder.dialplans.join("texts/en.yaml"), "hi: hi\n").expect("it can be written");
        fs::write(folder.dialplans.join(".care.yaml.swp"), "scratch").expect("it can be written");
        fs::write(folder.media.join("slides/menu.svg"), "<svg/>").expect("it can be written");
        (data, folder)
    }

    #[test]
    fn a_version_is_kept_as_it_was_and_the_live_one_is_named() {
        let (data, folder) = place("kept");
        let versions = Versions::new(&data);
        assert_eq!((versions.list().expect("none"), versions.live().expect("none")), (vec![], None));
        let first = versions.add(&folder, "the first", 100).expect("it can be kept");
        assert_eq!((first.number, first.comment.as_str(), first.at), (1, "the first", 100));
        assert_eq!(versions.add(&folder, "again", 110).expect("the same").number, 1, "nothing has changed");
        fs::write(folder.dialplans.join("texts/en.yaml"), "hi: hello\n").expect("it can be written");
        let second = versions.add(&folder, "", 120).expect("it can be kept");
        assert_eq!(second.number, 2);
        versions.switch(2).and_then(|()| versions.switch(1)).expect("they are there");
        assert_eq!(versions.live().expect("it is there"), Some(1));
        let texts = |number| {
            fs::read_to_string(versions.folder(number).dialplans.join("texts/en.yaml")).expect("kept")
        };
        assert_eq!((texts(1), texts(2)), ("hi: hi\n".to_owned(), "hi: hello\n".to_owned()));
        let names: Vec<String> =
            versions.files(1).expect("it is there").into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["dialplans/care.yaml", "dialplans/texts/en.yaml", "media/slides/menu.svg"]);
        let numbers: Vec<u64> = versions.list().expect("two").iter().map(|version| version.number).collect();
        assert_eq!(numbers, [2, 1]);
        fs::remove_dir_all(&data).expect("it is ours");
    }

    #[test]
    fn what_was_broken_off_is_no_version() {
        let (data, folder) = place("broken");
        let versions = Versions::new(&data);
        let half = data.join("versions/1.incomplete/dialplans");
        fs::create_dir_all(&half).expect("it can be made");
        fs::write(half.join("stray.yaml"), "x").expect("it can be written");
        assert!(versions.list().expect("it can be read").is_empty());
        let first = versions.add(&folder, "", 1).expect("it can be kept");
        assert_eq!(
            (first.number, versions.files(1).expect("kept").len()),
            (1, 3),
            "nothing of the half one is in it"
        );
        assert!(versions.files(2).is_err());
        fs::write(data.join("live"), "7\n").expect("it can be written");
        assert!(versions.live().is_err_and(|why| why.to_string().contains("version 7")));
        fs::write(data.join("live"), "seven").expect("it can be written");
        assert!(versions.live().is_err());
        fs::remove_dir_all(&data).expect("it is ours");
    }
}
