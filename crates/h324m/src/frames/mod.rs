//! SDUs of the media channels to frames and back: speech in [`amr`], pictures in [`pictures`] (what comes)
//! and [`cut`] (what goes), their time line in [`clock`].
//!
//! Nothing is decoded: AMR octets are shifted into the other packing, pictures are found by their start codes.

pub mod amr;
pub mod clock;
pub mod cut;
pub mod mpeg4;
pub mod pictures;
mod scan;
