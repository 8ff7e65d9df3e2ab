//! Limits of the library.

use std::time::Duration;

/// Encoded octets held in memory by all tracks; an asset beyond it is refused by name.
pub const TRACKS_LEN_MAX: usize = 512 * 1024 * 1024;

/// Characters of one spoken text; a longer one is refused.
pub const SPEECH_TEXT_MAX: usize = 2_000;

/// How long the synthesis of one text may take before its process is ended.
pub const SPEECH_TIME_MAX: Duration = Duration::from_secs(60);

/// The same while a caller waits for it: the presentation goes on without it then.
pub const SPEECH_FIRST_USE_MAX: Duration = Duration::from_secs(5);

/// Octets in memory of tracks made at first use; the least recently used one goes.
pub const PASSING_LEN_MAX: usize = 64 * 1024 * 1024;

/// The same on disk; the oldest files go.
pub const PASSING_FOLDER_LEN_MAX: u64 = 256 * 1024 * 1024;

/// A template, in octets; a larger one is refused.
pub const TEMPLATE_LEN_MAX: u64 = 256 * 1024;

/// A clip or recording, in octets; a larger one is refused.
pub const CLIP_LEN_MAX: u64 = 256 * 1024 * 1024;

/// Frames of one track; a longer one is refused, and a cache file that claims more is made again.
pub const FRAMES_MAX: usize = 60_000;

/// A cache file, in octets; a larger one is made again.
pub const CACHE_FILE_LEN_MAX: u64 = 128 * 1024 * 1024;

/// Threads that encode.
pub const WORKERS: usize = 2;
