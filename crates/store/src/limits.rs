//! What the database is never asked to hold, and what happens there.

use std::time::Duration;

/// Words that wait for the thread that writes: an ended call or an order that finds no room is counted and lost, a change that must
/// be acknowledged is refused ([`StoreError::Busy`](crate::StoreError::Busy)).
pub(crate) const WAITING_MAX: usize = 4_096;

/// Words that are written in one transaction.
pub(crate) const GROUP_MAX: usize = 512;

/// Versions of the service whose calls may still end.
pub(crate) const EDITIONS_KNOWN_MAX: usize = 64;

/// Connections that read, at once; one more question waits.
pub(crate) const READERS_MAX: u32 = 4;

/// For how long tickets, what the agent pool decided, and ratings are kept.
pub(crate) const RECORDS_KEPT: Duration = Duration::from_secs(400 * 24 * 3_600);

/// Beginnings of numbers that a board shows.
pub(crate) const PREFIXES_MAX: u64 = 8;

/// For how long it is known what callers did in the nodes of flows in a quarter of an hour: today and yesterday.
pub(crate) const RECENT_KEPT: Duration = Duration::from_secs(48 * 3_600);

/// Conversations that are told at once.
pub(crate) const CONTACTS_MAX: u64 = 50;

/// Pictures that an agent keeps of one conversation; one more is refused.
pub const SNAPSHOTS_MAX: u64 = 10;

/// Alerts that are told at once.
pub(crate) const ALERTS_MAX: u64 = 50;

/// Conversations whose notes are read for the words that are used most.
pub(crate) const REMARKS_MAX: u64 = 500;

/// How often what is too old is dropped while a gateway runs.
pub(crate) const PRUNED_EVERY: Duration = Duration::from_secs(24 * 3_600);
