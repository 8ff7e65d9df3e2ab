//! Encode, decode, scale, resample, and read files: everything that needs a codec library.
//!
//! H.264 is encoded by openh264, VP8 by libvpx, other pictures by Debian's libav* through `ffmpeg-next`, which
//! decodes them all; AMR is opencore-amr's (wide-band: encoded by vo-amrwbenc), Opus libopus's, G.722 libav's,
//! G.711 our own. What their bindings lack, and those without one, are in `ffi`, the only place of the project
//! with `unsafe`. It does not know RTP, tracks or calls. Start at [`video::Encoder`] and [`video::Decoder`],
//! [`audio::Encoder`] and [`audio::Decoder`]; [`transcode`] puts them together for a bridge, [`dtmf`] hears keys,
//! [`file::read`] opens clips, [`loudness`] makes them equally loud, [`compare`] says how alike pictures are.

pub mod amr;
pub mod amr_wb;
pub mod audio;
pub mod comfort_noise;
pub mod compare;
pub mod dtmf;
mod error;
mod ffi;
pub mod file;
pub mod g711;
pub mod g722;
pub mod limits;
pub mod loudness;
pub mod opus;
mod overlay;
mod plane;
pub mod plc;
pub mod png;
mod quiet;
mod resample;
mod rotate;
mod scale;
pub mod transcode;
pub mod video;

pub use error::Error;
pub use overlay::Overlay;
pub use resample::{SAMPLE_RATE, Stream as ResampleStream, resample};
pub use rotate::rotate;
pub use scale::scale;
pub use video::mpeg4_config;
