//! Every bound of the shell, and what happens there.

use std::time::Duration;

/// Pairs of media ports kept bound ahead of calls, so that an answer never waits for a bind; a call that
/// finds none is refused with 503.
pub(crate) const SPARE_PAIRS: usize = 64;

/// How long a pair is left alone after a call: a phone that has not yet heard of the end goes on sending,
/// and must not be heard by the next call. Shorter only when no other pair can be had.
pub(crate) const PORT_REST: Duration = Duration::from_secs(3);

/// How long a rested pair is kept bound for the next call before it is closed.
pub(crate) const PORT_IDLE: Duration = Duration::from_secs(60);

/// Questions to connectors that wait to be sent; one more fails at once.
pub(crate) const QUESTIONS_WAIT_MAX: usize = 1_024;

/// Octets of a secret in a file.
pub(crate) const SECRET_BYTES_MAX: usize = 64 * 1024;

/// Editions of prompts that calls wait for at once; for one more the call goes on without it.
pub(crate) const EDITIONS_WANTED_MAX: usize = 256;

/// Slides and spoken texts with a call's own values that calls wait for at once, for each thread that makes them;
/// for one more the call goes on without it. A thread makes five to twenty a second.
pub(crate) const FIRST_USES_WANTED_MAX: usize = 64;

/// Threads that make them.
pub(crate) const FIRST_USE_THREADS: usize = 2;

/// Packets of sound of one stream that wait to be transcoded; one more is dropped.
pub(crate) const SOUND_WAITS_MAX: usize = 25;

/// Pictures of one stream that wait to be transcoded; after one more, those up to the next key picture are dropped.
pub(crate) const PICTURES_WAIT_MAX: usize = 12;

/// Packets and pictures of all streams of one transcoding thread that wait, each kind for itself; handled as above.
pub(crate) const LANE_WAITS_MAX: usize = 1_024;

/// How long a picture may have waited until the thread counts as behind: then pictures are decoded and not encoded.
pub(crate) const BEHIND_AFTER: Duration = Duration::from_millis(100);

/// How late the frame after a talker's pause may be before background noise takes its place.
pub(crate) const PAUSE_SLACK: Duration = Duration::from_millis(15);

/// Background noise that is made at once in a talker's pause.
pub(crate) const PAUSE_STEP: Duration = Duration::from_millis(20);

/// How long a talker's pause is filled when nothing at all comes any more; then there is silence.
pub(crate) const PAUSE_LONGEST: Duration = Duration::from_secs(10);

/// How often the drops of all sockets are added up.
pub(crate) const DROPS_EVERY: Duration = Duration::from_secs(1);

/// How long to wait before binding more pairs is tried again, after other programs held all that are free.
pub(crate) const REFILL_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Files kept for everything but media sockets when the number of pairs is derived from the limit of
/// open files.
pub(crate) const RESERVED_FILES: u64 = 256;

/// Grid of a shard's timers: what falls due within one tick is sent together, with one wake-up. A frame
/// leaves at most this late, well under the 20 ms of a packet.
pub(crate) const TICK: Duration = Duration::from_millis(5);

/// Longest sleep of an idle shard.
pub(crate) const SLEEP_LONGEST: Duration = Duration::from_secs(1);

/// Calls at once on one shard when nothing is configured.
pub(crate) const CALLS_MAX: usize = 2_000;

/// How long a stopping gateway waits for the answers to its BYEs.
pub(crate) const GOODBYE: Duration = Duration::from_millis(600);

/// What a refused caller is told to wait.
pub(crate) const RETRY_AFTER: Duration = Duration::from_secs(5);

/// How long a telephone may prove who it is with the same nonce.
pub(crate) const NONCE_LIFETIME: Duration = Duration::from_secs(300);

/// Wrong passwords that an address may give within [`REGISTER_TRIES_WITHIN`]; then it is answered 503 until that is over.
pub(crate) const REGISTER_TRIES_MAX: u32 = 20;

/// See [`REGISTER_TRIES_MAX`].
pub(crate) const REGISTER_TRIES_WITHIN: Duration = Duration::from_secs(60);

/// Addresses whose wrong passwords are counted at once; when more give some within a minute, counting begins anew.
pub(crate) const REGISTER_ADDRESSES_MAX: usize = 4_096;

/// How often the hours of queues are looked at.
pub(crate) const HOURS_EVERY: Duration = Duration::from_secs(1);
