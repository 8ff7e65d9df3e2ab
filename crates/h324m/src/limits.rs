//! Every limit of this crate, and the times of its procedures.

use std::time::Duration;

/// A key picture is asked of the peer, and its wish passed on, at most this often.
pub const KEY_PICTURE_INTERVAL: Duration = Duration::from_secs(1);

/// How long a call that has speech waits for pictures before it counts as up.
pub const VIDEO_PATIENCE: Duration = Duration::from_secs(2);

/// A peer that sends nothing of H.223 for so long is gone.
pub const SILENCE_MAX: Duration = Duration::from_secs(10);
