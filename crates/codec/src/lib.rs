//! Encode, decode, scale, resample, and read files: everything that needs a codec library.
//!
//! H.264 is encoded by openh264, other pictures by Debian's libav* through `ffmpeg-next`; AMR is
//! opencore-amrnb's, G.711 our own. Two libraries are used through safe bindings; what those lack, and the
//! third, is in `ffi`, the only place of the project with `unsafe`. It does not know RTP, tracks or calls.
//! Start at [`video::Encoder`] and [`video::Decoder`], [`audio::Encoder`] and [`audio::Decoder`];
//! [`file::read`] opens clips, [`compare`] says how alike pictures are.

pub mod amr;
pub mod audio;
pub mod compare;
mod error;
mod ffi;
pub mod file;
pub mod g711;
pub mod limits;
mod plane;
pub mod png;
mod quiet;
mod resample;
mod scale;
pub mod video;

pub use error::Error;
pub use resample::{SAMPLE_RATE, resample};
pub use scale::scale;
pub use video::mpeg4_config;
