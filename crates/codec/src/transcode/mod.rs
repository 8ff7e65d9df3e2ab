//! From one codec to another: what stands between two legs that share none.
//!
//! [`AudioTranscoder`] and [`VideoTranscoder`] take frames one by one and give frames; each belongs to one direction
//! of one stream, is `Send`, holds a bounded amount and never waits, so that a pool of threads can own many.
//! They know no clock: times are those of the frames.

mod audio;
mod mixer;
mod video;

pub use audio::{AudioCounters, AudioTranscoder};
pub use mixer::{MIXED, Mixer};
pub use video::{Load, VideoCounters, VideoTranscoder};
