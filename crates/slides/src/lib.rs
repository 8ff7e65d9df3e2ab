//! Slides: SVG templates filled in with a node's values and drawn as pictures.
//!
//! A template is an SVG file with minijinja in it; what it can use is listed in [`template`]. The same
//! template serves every size: it is laid out in view units (see [`view::View`]) and branches on
//! `compact` where QCIF needs another layout than a mere scaling. Pure: fonts and templates are handed
//! in, nothing is read from disk, and links in an SVG are not followed. Start at [`Renderer`].

mod error;
mod inspect;
pub mod limits;
mod measure;
mod renderer;
pub mod template;
pub mod view;

pub use error::Error;
pub use inspect::{Inspection, Lettering};
pub use renderer::Renderer;
