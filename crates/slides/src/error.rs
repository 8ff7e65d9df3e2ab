//! Why a slide cannot be drawn, in words for the person who wrote the template or the dialplan.

use media::Size;

/// A slide that cannot be drawn.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No font was given, or none of the files is a font.
    #[error("no usable font among the {0} given")]
    NoFont(usize),
    /// The size is not one that a slide can have: even sides within [`crate::limits::SIDE`].
    #[error("a slide of {0}: sides must be even and between 96 and 1920")]
    Size(Size),
    /// The template is wrong, needs a value that was not given, or called `fail`.
    #[error("line {line}: {why}")]
    Template {
        /// Line of the template, from 1; 0 when unknown.
        line: usize,
        /// What is wrong.
        why: String,
    },
    /// The filled-in template is not an SVG picture.
    #[error("not valid SVG: {0}")]
    Svg(String),
}
