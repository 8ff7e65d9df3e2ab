//! MPEG-4 visual, simple profile (ISO/IEC 14496-2), as far as the key pictures of slides need it: headers, and
//! macroblocks of I-VOPs that use one quantiser, without prediction of AC coefficients and data partitioning.
//!
//! Pixels are not decoded. Start at [`Still`].

mod header;
mod still;
mod tables;
mod walker;

pub use still::{Still, Time};

#[cfg(test)]
mod tests;
