//! Programs from PyPI that tests ask, each in an environment of its own: pycrate, another reader of H.245, and
//! schemathesis, which tries the HTTP API by its own document.
//!
//! They are fetched once. Without Python, or without a way to PyPI, the tests that want them note that they did not
//! run.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Error, process, workspace};

/// A folder below target/, what is installed there (pinned: what it writes is compared), and a module by which it is known to
/// be whole.
const PACKAGES: [(&str, &str, &str); 2] = [
    ("pycrate", "pycrate==0.8.1", "pycrate_asn1dir"),
    ("schemathesis", "schemathesis==4.32.5", "schemathesis.cli"),
];

/// Gets them, unless they are there.
pub(super) fn fetch() -> Result<(), Error> {
    for (folder, package, module) in PACKAGES {
        fetch_one(&workspace::target_dir().join(folder), package, module)?;
    }
    Ok(())
}

fn fetch_one(folder: &PathBuf, package: &str, module: &str) -> Result<(), Error> {
    if is_there(folder, module) {
        return Ok(());
    }
    if !process::exists("python3") {
        println!("No {package}: needs python3");
        return Ok(());
    }
    let made = process::status(Command::new("python3").args(["-m", "venv"]).arg(folder))?.success();
    let pip = folder.join("bin/pip");
    let words = ["install", "--quiet", "--no-input", "--disable-pip-version-check", package];
    if !made || !pip.is_file() || !process::status(Command::new(pip).args(words))?.success() {
        println!("No {package}: it cannot be installed into {}", folder.display());
        // A half-made one would be taken for whole by the tests.
        std::fs::remove_dir_all(folder).or_else(absent)?;
    }
    Ok(())
}

/// Whether its Python knows the module.
fn is_there(folder: &Path, module: &str) -> bool {
    let python = folder.join("bin/python");
    let asks = ["-c".to_owned(), format!("import {module}")];
    python.is_file() && process::status(Command::new(python).args(asks)).is_ok_and(|status| status.success())
}

fn absent(error: std::io::Error) -> std::io::Result<()> {
    if error.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_folder_has_no_module() {
        let folder = std::env::temp_dir().join(format!("vireo-python-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("bin")).unwrap();
        assert!(!is_there(&folder, "sys"));
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(!is_there(&folder, "sys"));
    }
}
