//! Every limit and fixed time of this crate.

use std::time::Duration;

/// Tickets of the whole pool; more end as [`crate::Outcome::Failed`].
pub const TICKETS_MAX: usize = 12_000;
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

/// Ways out of one queue; more are left out.
pub const OVERFLOWS_MAX: usize = 8;
/// Length of a caller's number in octets; a longer one is as none.
pub const CALLER_MAX: usize = 64;
/// Skills of a caller; more are left out.
pub const NEEDS_MAX: usize = 8;
/// Callers whose last agent is remembered; the one remembered longest is dropped.
pub const REMEMBERED_MAX: usize = 10_000;
/// Length of the reason of a pause in octets; a longer one is cut.
pub const REASON_MAX: usize = 200;

/// How long a caller who is called back rings, an agent being kept free.
pub const DIAL_MAX: Duration = Duration::from_secs(45);
/// Pause until a caller who did not answer is called back again.
pub const DIAL_AGAIN: Duration = Duration::from_secs(5 * 60);
/// Times that a caller is called back in vain before the ticket ends as [`crate::Outcome::NotReached`].
pub const DIALS_MAX: u32 = 3;

/// Ends of tickets that each queue remembers for its figures; the oldest is dropped.
pub const ENDS_KEPT: usize = 10_000;
/// Conversations that each queue remembers for its estimate; the oldest is dropped.
pub const HANDLED_KEPT: usize = 50;
