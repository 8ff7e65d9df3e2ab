//! Another reader of H.245 for the tests of ours: pycrate, from PyPI, in an environment of its own.
//!
//! It is fetched once. Without Python, or without a way to PyPI, the tests that want it note that they did not
//! run.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Error, process, workspace};

/// Pinned: what it writes is compared octet for octet.
const PACKAGE: &str = "pycrate==0.8.1";

/// Gets the oracle, unless it is there.
pub(super) fn fetch() -> Result<(), Error> {
    let folder = folder();
    if is_there(&folder) {
        return Ok(());
    }
    if !process::exists("python3") {
        println!("No H.245 oracle: needs python3");
        return Ok(());
    }
    let made = process::status(Command::new("python3").args(["-m", "venv"]).arg(&folder))?.success();
    let pip = folder.join("bin/pip");
    let words = ["install", "--quiet", "--no-input", "--disable-pip-version-check", PACKAGE];
    if !made || !pip.is_file() || !process::status(Command::new(pip).args(words))?.success() {
        println!("No H.245 oracle: {PACKAGE} cannot be installed into {}", folder.display());
        // A half-made one would be taken for whole by the tests.
        std::fs::remove_dir_all(&folder).or_else(absent)?;
    }
    Ok(())
}

/// The tests look there too: beside what cargo builds.
fn folder() -> PathBuf {
    workspace::target_dir().join("pycrate")
}

/// Whether its Python knows the module.
fn is_there(folder: &Path) -> bool {
    let python = folder.join("bin/python");
    let asks = ["-c", "import pycrate_asn1dir"];
    python.is_file() && process::status(Command::new(python).args(asks)).is_ok_and(|status| status.success())
}

fn absent(error: std::io::Error) -> std::io::Result<()> {
    if error.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_folder_is_no_oracle() {
        let folder = std::env::temp_dir().join(format!("vireo-oracle-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("bin")).unwrap();
        assert!(!is_there(&folder));
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(!is_there(&folder));
    }
}
