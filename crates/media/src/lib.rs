//! The currency between legs: encoded frames, pictures, the codecs' names and parameters, and what a
//! prompt is before any codec is chosen.
//!
//! Pure: no socket, clock, file or codec library. Start at [`Frame`]; [`Asset`] and [`Track`] are what
//! is played, [`Format`] is what two legs compare to decide between passthrough and transcoding.

pub mod amr;
mod asset;
mod codec;
mod format;
mod frame;
pub mod h263;
pub mod h264;
pub mod mpeg4;
pub mod opus;
mod picture;
mod still;
mod time;
pub mod vp8;

pub use asset::{Asset, AssetKey, Row, SlideValues, Track};
pub use codec::{Codec, Kind};
pub use format::{AudioFormat, Format, H264Level, VideoFormat};
pub use frame::{Frame, Rotation};
pub use picture::{Picture, Size, Sizes};
pub use still::Still;
pub use time::Now;
