//! Every limit and fixed time of this crate.

use std::time::Duration;

/// Tickets of the whole pool; more end as [`crate::Outcome::Failed`].
pub const TICKETS_MAX: usize = 10_000;
/// Agents ever named, over all reloads; more are left out.
pub const AGENTS_MAX: usize = 10_000;
/// Places of a queue of which each change is told; a caller further back is told its place on entry and
/// again once it is among these. A change costs this many messages at most, and one for a newcomer.
pub const PLACES_TOLD: u32 = 10;

/// Points that a minute of waiting adds at most; more means this.
pub const PER_MINUTE_MAX: u32 = 1_000;

/// Longest ringing, waiting and wrap-up; a configuration that says more means this.
pub const DURATION_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// Rest of an agent that rejected a call: long enough that the next agent is tried first, short enough
/// that a slip of the finger does not cost much.
pub const REJECTED_REST: Duration = Duration::from_secs(5);
/// Rest of an agent whose phone was busy with a call that is not ours.
pub const BUSY_REST: Duration = Duration::from_secs(10);
/// Rest of an agent who let it ring: most likely away from the desk.
pub const NO_ANSWER_REST: Duration = Duration::from_secs(10);
/// Rest of an agent whose phone cannot be reached.
pub const UNREACHABLE_REST: Duration = Duration::from_secs(15);
/// Pause after ringing that was called off, while the phone takes the CANCEL in. Costs no idle time.
pub const SETTLE: Duration = Duration::from_millis(500);
