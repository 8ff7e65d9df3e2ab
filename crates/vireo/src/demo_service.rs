//! The demo's service, carried in the binary, and its copy that a person edits.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

// `FILES`: path below the service's folder, content; written by build.rs.
include!(concat!(env!("OUT_DIR"), "/demo_files.rs"));

/// Copies the service to `data/service` unless there is one, and gives that folder.
///
/// The copy appears as a whole or not at all, so that a start that was broken off does not leave half a
/// service behind.
///
/// # Errors
/// When a folder or file cannot be written.
pub(crate) fn install(data: &Path) -> anyhow::Result<PathBuf> {
    let service = data.join("service");
    if service.exists() {
        return Ok(service);
    }
    let half = data.join("service.incomplete");
    let cannot = |path: &Path| format!("cannot write {}", path.display());
    if half.exists() {
        fs::remove_dir_all(&half).with_context(|| cannot(&half))?;
    }
    for (name, content) in FILES {
        let path = half.join(name);
        let folder = path.parent().unwrap_or(&half);
        fs::create_dir_all(folder).with_context(|| cannot(folder))?;
        fs::write(&path, content).with_context(|| cannot(&path))?;
    }
    fs::rename(&half, &service).with_context(|| cannot(&service))?;
    Ok(service)
}

/// A file of the demo's service by its path below the folder.
pub(crate) fn file(path: &Path) -> Option<&'static [u8]> {
    FILES.iter().find(|(name, _)| Path::new(name) == path).map(|(_, content)| *content)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn temporary(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("vireo-demo-{name}-{}", std::process::id()))
    }

    #[test]
    fn the_copy_holds_every_file_of_the_service() {
        let data = temporary("copy");
        let service = install(&data).expect("it can be written");
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        for name in ["dialplans", "media"] {
            assert!(FILES.iter().any(|(path, _)| path.starts_with(name)), "nothing of {name}/ is carried");
        }
        for (name, _) in FILES {
            let (ours, theirs) = (fs::read(root.join(name)), fs::read(service.join(name)));
            assert_eq!(ours.expect("in the project"), theirs.expect("in the copy"), "{name}");
        }
        fs::remove_dir_all(&data).expect("it is ours");
    }

    #[test]
    fn what_a_person_edited_stays() {
        let data = temporary("edited");
        let service = install(&data).expect("it can be written");
        let (name, _) = FILES[0];
        fs::write(service.join(name), "edited").expect("it can be written");
        assert_eq!(install(&data).expect("it is there"), service);
        assert_eq!(fs::read_to_string(service.join(name)).expect("it is there"), "edited");
        fs::remove_dir_all(&data).expect("it is ours");
    }

    #[test]
    fn a_copy_that_was_broken_off_is_made_again() {
        let data = temporary("broken");
        fs::create_dir_all(data.join("service.incomplete")).expect("it can be made");
        fs::write(data.join("service.incomplete").join("stray"), "x").expect("it can be written");
        let service = install(&data).expect("it can be written");
        assert!(!service.join("stray").exists());
        assert!(!data.join("service.incomplete").exists());
        fs::remove_dir_all(&data).expect("it is ours");
    }
}
