//! Upper bounds of everything that grows with what a peer sends, and the times scripted callers keep.

use std::time::Duration;

/// Most sound that a report keeps, in samples at 8 kHz: ten minutes. What follows is not kept.
pub const SOUND_LEN_MAX: usize = 8_000 * 600;

/// Pictures that a record keeps, the newest; of the others the times alone.
pub const PICTURES_KEPT: usize = 8;

/// Most pictures that are written one by one; those that follow are not.
pub const PICTURES_MAX: usize = 20_000;

/// Most keys in one script; more are refused before the call.
pub const KEYS_MAX: usize = 64;

/// Most keys that are pressed to see how soon they are answered; more are refused.
pub const PRESSES_MAX: usize = 10_000;
/// Packets of a telephone that is listened to, until they are asked for; of more the oldest are forgotten.
pub const HEARD_MAX: usize = 4_096;

/// A picture that does not come to rest, a clip for instance, is taken as it is when this has passed beyond the time that it
/// should stand still.
pub const SETTLE_MAX: Duration = Duration::from_secs(4);

/// How much longer a page is watched of which fewer pictures came than it should have shown.
pub const PATIENCE: Duration = Duration::from_secs(4);

/// How long a key is held down.
pub const KEY_PRESS: Duration = Duration::from_millis(100);

/// How long a call without any picture is kept before it is given up.
pub const FIRST_PICTURE_MAX: Duration = Duration::from_secs(15);

/// After hanging up, how long the last messages may take before the sockets close.
pub const GOODBYE_MAX: Duration = Duration::from_secs(2);

/// When a sender is behind by more than this, the frames in between are left out.
pub const BEHIND_MAX: Duration = Duration::from_millis(500);

/// The first of a file that is sent, round and round; the rest is left out.
pub const MATERIAL_MAX: Duration = Duration::from_secs(30);

/// Pictures of one round of the test picture.
pub const TEST_LOOP_LEN: usize = 30;

/// How long a 3G terminal may take to tell its peer that the session ends before the call is ended. It says
/// so within a packet or two; nobody has to answer (H.245 §8.12).
pub const END_SESSION_MAX: Duration = Duration::from_millis(500);

/// Telephones on one thread, each with a SIP socket; a further one is refused.
pub const CROWD_MAX: usize = 200;

/// How often the telephones of a load look for what is due and what has come: as often as a gateway's shard.
pub const GRID: Duration = Duration::from_millis(5);

/// Calls of one load; more are refused. Each takes three to five sockets.
pub const CALLS_MAX: usize = 2_000;

/// Bridged calls of one load; more are refused. All telephones are on one thread.
pub const BRIDGES_MAX: usize = CROWD_MAX / 2;

/// Different reasons that a load's report tells apart; calls that fail for others are counted together.
pub const REASONS_MAX: usize = 20;

/// Between two keys of a call that decodes nothing, and so does not see what they do.
pub const BLIND_KEY_EVERY: Duration = Duration::from_secs(4);
