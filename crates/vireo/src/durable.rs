//! Files that are on the disk when the word is given that they are: what was told outlives a failing power supply.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use anyhow::Context;

/// Puts `content` into the place of a file of `folder`: a reader, and a start after whatever happened, finds what was
/// there before or all of this.
///
/// # Errors
/// When it cannot be written; then it is as it was.
pub(crate) fn replace(folder: &Path, name: &str, content: &[u8]) -> anyhow::Result<()> {
    let (aside, path) = (folder.join(format!("{name}.new")), folder.join(name));
    let written = write(&aside, content).and_then(|()| fs::rename(&aside, &path)).and_then(|()| sync(folder));
    written.with_context(|| format!("cannot write {}", path.display()))
}

/// Removes a file of `folder`, if it is there.
///
/// # Errors
/// When it stays.
pub(crate) fn remove(folder: &Path, name: &str) -> anyhow::Result<()> {
    let path = folder.join(name);
    match fs::remove_file(&path) {
        Err(why) if why.kind() != io::ErrorKind::NotFound => {
            Err(why).with_context(|| format!("cannot remove {}", path.display()))
        }
        Ok(()) => sync(folder).with_context(|| format!("cannot remove {}", path.display())),
        Err(_) => Ok(()),
    }
}

/// Writes a file that is on the disk when this returns.
pub(crate) fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(content)?;
    file.sync_all()
}

/// Brings the names of a folder to the disk.
pub(crate) fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
