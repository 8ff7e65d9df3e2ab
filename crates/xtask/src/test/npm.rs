//! The scripts of the web pages: their types and unit tests, and the driver that the browser tests use.
//!
//! Packages come by `npm ci`, exactly as the lock files say, and only when a lock file is newer than what is
//! there. Without npm, or without a way to its registry, that is noted as not run.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Environment, Outcome, counted, not_run};
use crate::{Error, process, workspace};

/// Types and unit tests of the pages' scripts.
const PAGES: &str = "crates/web/assets-dev";
/// What drives the browser; the tests that do are among the Rust ones.
const DRIVER: &str = "crates/vireo/tests/browser";

/// `npm test` for the pages.
pub(super) fn pages(environment: &Environment) -> Outcome {
    match fetched(PAGES)? {
        Err(why) => not_run(environment, "pages", &why),
        Ok(folder) => counted(npm(&folder, &["test"])),
    }
}

/// Gets the browser tests what they need. Each of them looks whether it is there, and is noted if not.
pub(super) fn fetch_driver() -> Result<(), Error> {
    if let Err(why) = fetched(DRIVER)? {
        println!("No browser driver: {why}");
    }
    Ok(())
}

/// The folder with its packages in place, or why that cannot be.
fn fetched(folder: &str) -> Result<Result<PathBuf, String>, Error> {
    let folder = workspace::root().join(folder);
    if !["node", "npm"].into_iter().all(process::exists) {
        return Ok(Err("needs nodejs and npm".to_owned()));
    }
    if !folder.join("package-lock.json").is_file() {
        return Ok(Err(format!("{} has no package-lock.json", folder.display())));
    }
    if is_fresh(&folder) {
        return Ok(Ok(folder));
    }
    // No package of ours needs a script to be installed.
    let status = process::status(&mut npm(&folder, &["ci", "--no-audit", "--no-fund", "--ignore-scripts"]))?;
    Ok(if status.success() { Ok(folder) } else { Err("npm cannot fetch its packages".to_owned()) })
}

/// npm writes a copy of the lock file last, when all packages are in place.
fn is_fresh(folder: &Path) -> bool {
    let time = |path: PathBuf| path.metadata().and_then(|about| about.modified()).ok();
    let (wanted, there) =
        (time(folder.join("package-lock.json")), time(folder.join("node_modules/.package-lock.json")));
    there.is_some() && there >= wanted
}

fn npm(folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new("npm");
    command.args(words).current_dir(folder);
    command
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Duration;

    use super::*;

    #[test]
    fn packages_are_fetched_once_and_again_after_the_lock_changed() {
        let folder = std::env::temp_dir().join(format!("vireo-npm-{}", std::process::id()));
        fs::create_dir_all(folder.join("node_modules")).unwrap();
        let (lock, copy) = (folder.join("package-lock.json"), folder.join("node_modules/.package-lock.json"));
        fs::write(&lock, "1").unwrap();
        assert!(!is_fresh(&folder));
        fs::write(&copy, "1").unwrap();
        let written = copy.metadata().unwrap().modified().unwrap();
        let set = |time| fs::File::options().write(true).open(&lock).unwrap().set_modified(time).unwrap();
        set(written);
        assert!(is_fresh(&folder));
        set(written + Duration::from_secs(1));
        assert!(!is_fresh(&folder));
        fs::remove_dir_all(&folder).unwrap();
    }
}
