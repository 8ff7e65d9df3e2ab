//! Limits of this crate: what is larger is an error, never an allocation.

use std::time::Duration;

use media::Size;

/// The largest picture decoded or read from a file; larger ones are [`crate::Error::WrongSize`].
pub const PICTURE_MAX: Size = Size { width: 1920, height: 1088 };

/// The largest encoded picture handed to a decoder, in octets; a larger one is an error.
pub const ENCODED_LEN_MAX: usize = 512 * 1024;

/// The longest clip or recording that is read; a longer one is an error that names the file.
pub const CLIP_DURATION_MAX: Duration = Duration::from_secs(600);

/// Raw pictures that [`crate::file::read`] holds, in octets; a clip with more is an error that names
/// the file ([`crate::file::Reader`] has no such limit, it holds one picture at a time).
pub const CLIP_PICTURES_LEN_MAX: usize = 512 * 1024 * 1024;

/// Sampling rates accepted from files and callers, in Hz.
pub const SAMPLE_RATES: std::ops::RangeInclusive<u32> = 4_000..=192_000;

/// Reflection coefficients of comfort noise that are used; further ones are passed over (RFC 3389 §3.2 thinks of
/// 5 to 10).
pub const NOISE_ORDER_MAX: usize = 12;

/// Sound that is made up for a gap; where more is missing, the line goes on behind the gap.
pub const CONCEALED_MAX: Duration = Duration::from_millis(120);

/// Samples that wait in a transcoder until they fill a frame; older ones are dropped. More than the longest packet
/// and the longest concealment at 48 kHz.
pub const WAITING_SAMPLES_MAX: usize = 48_000;

/// Frames that a recording keeps until its head can be written: a minute of sound. With one more the oldest is left
/// out.
pub const RECORDED_WAITING_MAX: usize = 3_000;
