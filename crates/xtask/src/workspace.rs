//! Where things are: the project's root, cargo, what cargo built.

use std::path::{Path, PathBuf};

/// The project's root folder, two above this crate's manifest.
///
/// # Panics
/// Never in a checkout: this crate lies in `crates/xtask`.
#[must_use]
pub fn root() -> PathBuf {
    let crate_dir = Path::new(env!("CARGO_MANIFEST_DIR"));
    crate_dir.ancestors().nth(2).expect("crates/xtask lies two folders below the root").to_path_buf()
}

/// Cargo's output folder.
pub(crate) fn target_dir() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |dir| root().join(dir))
}

/// The `vireo` binary of the dev profile.
pub(crate) fn vireo() -> PathBuf {
    target_dir().join("debug").join("vireo")
}

/// The `vireo` binary of the release profile.
pub(crate) fn release_vireo() -> PathBuf {
    target_dir().join("release").join("vireo")
}

/// The cargo that runs us, so that a toolchain chosen on the command line stays chosen.
pub(crate) fn cargo() -> PathBuf {
    std::env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from)
}
