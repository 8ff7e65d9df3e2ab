//! What can go wrong in a codec or a file, by what the caller may do about it.

use std::path::PathBuf;

use media::{Codec, Size, Sizes};

/// A failure of this crate.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The library refused to open a codec with these parameters; another format may work.
    #[error("cannot open {codec} for {size}: {why}")]
    Open {
        /// The codec asked for.
        codec: Codec,
        /// The picture size asked for.
        size: Size,
        /// The library's words.
        why: String,
    },
    /// The codec is not one for this job, such as G.711 for pictures.
    #[error("{codec} cannot be used for {job}")]
    WrongCodec {
        /// The codec asked for.
        codec: Codec,
        /// The job.
        job: &'static str,
    },
    /// A picture or frame is not of the size that was agreed; drop it.
    #[error("a picture of {got} where {want} was agreed")]
    WrongSize {
        /// What came.
        got: Size,
        /// What was agreed, or the limit.
        want: Sizes,
    },
    /// The bitstream could not be decoded; ask for a key frame.
    #[error("{codec} picture cannot be decoded: {why}")]
    Decode {
        /// The codec.
        codec: Codec,
        /// The library's words.
        why: String,
    },
    /// The picture could not be encoded.
    #[error("{codec} picture cannot be encoded: {why}")]
    Encode {
        /// The codec.
        codec: Codec,
        /// The library's words.
        why: String,
    },
    /// A codec for sound could not be opened.
    #[error("cannot open {codec}: {why}")]
    Sound {
        /// The codec.
        codec: Codec,
        /// What is wrong.
        why: String,
    },
    /// Scaling or resampling failed.
    #[error("cannot convert {what}: {why}")]
    Convert {
        /// What was to be converted.
        what: &'static str,
        /// The library's words.
        why: String,
    },
    /// A file cannot be read or written, or holds nothing of use.
    #[error("{}: {why}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
}

impl Error {
    pub(crate) fn file(path: &std::path::Path, why: &dyn std::fmt::Display) -> Self {
        Error::File { path: path.to_owned(), why: why.to_string() }
    }
}
