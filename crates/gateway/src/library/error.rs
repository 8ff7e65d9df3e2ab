//! Why an asset cannot be played, in words that name the file.

use std::path::{Path, PathBuf};

/// An asset that could not be made ready, or a library that could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file is missing or cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A template, clip, recording or font is not usable.
    #[error("{}: {why}", path.display())]
    Asset {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, with the line where known.
        why: String,
    },
    /// A text cannot be spoken: no recording, and the synthesiser failed.
    #[error("speech {text:?} ({language}): {why}")]
    Speech {
        /// The text's first characters.
        text: String,
        /// BCP 47 tag.
        language: String,
        /// What is wrong, with the program's name.
        why: String,
    },
    /// The limit on memory is reached.
    #[error("{what}: no room, all tracks together may hold {} MB", crate::library::limits::TRACKS_LEN_MAX >> 20)]
    Full {
        /// What was to be loaded.
        what: String,
    },
}

impl Error {
    pub(super) fn file(path: &Path, source: std::io::Error) -> Self {
        Error::File { path: path.to_owned(), source }
    }

    pub(super) fn asset(path: &Path, why: &dyn std::fmt::Display) -> Self {
        Error::Asset { path: path.to_owned(), why: why.to_string() }
    }

    /// An error of the codec crate about `path`, without naming it twice.
    pub(super) fn codec(path: &Path, error: codec::Error) -> Self {
        match error {
            codec::Error::File { path, why } => Error::Asset { path, why },
            other => Error::asset(path, &other),
        }
    }
}
