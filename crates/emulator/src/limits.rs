//! Upper bounds of everything that grows with what a peer sends, and the times a scripted caller keeps.

use std::time::Duration;

/// Most sound that a report keeps, in samples at 8 kHz: ten minutes. What follows is not kept.
pub const SOUND_LEN_MAX: usize = 8_000 * 600;

/// Most keys in one script; more are refused before the call.
pub const KEYS_MAX: usize = 64;

/// How long a picture must stand still before the next key is pressed.
pub const SETTLE: Duration = Duration::from_millis(600);

/// The same for the first page: a welcome of some seconds may come before the menu.
pub const SETTLE_FIRST: Duration = Duration::from_secs(5);

/// A picture that does not come to rest, a clip for instance, is taken as it is when this has passed beyond the time that it
/// should stand still.
pub const SETTLE_MAX: Duration = Duration::from_secs(4);

/// How long after a key the picture may stay the same before the key is taken for one that changes
/// nothing.
pub const CHANGE_MAX: Duration = Duration::from_secs(5);

/// How long a key is held down.
pub const KEY_PRESS: Duration = Duration::from_millis(100);

/// How long a call without any picture is kept before it is given up.
pub const FIRST_PICTURE_MAX: Duration = Duration::from_secs(15);

/// After hanging up, how long the last messages may take before the sockets close.
pub const GOODBYE_MAX: Duration = Duration::from_secs(2);

/// When a sender is behind by more than this, the frames in between are left out.
pub const BEHIND_MAX: Duration = Duration::from_millis(500);
