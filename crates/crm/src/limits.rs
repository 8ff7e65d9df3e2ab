//! Every bound of the CRM, and what happens there.

use std::time::Duration;

/// Connections at once; one more waits in the system's queue until another is closed.
pub(crate) const CONNECTIONS_MAX: usize = 64;

/// The head of a request must be there by then, or the connection is closed.
pub(crate) const HEAD_WITHIN: Duration = Duration::from_secs(10);

/// Octets of a request's body; more is answered with 413.
pub(crate) const BODY_BYTES_MAX: usize = 16 * 1024;

/// Connections to the database; a request waits for one of them.
pub(crate) const DATABASE_CONNECTIONS: u32 = 4;

/// How long a request waits for the database before it is answered with 500.
pub(crate) const DATABASE_WITHIN: Duration = Duration::from_secs(5);

/// Digits of a telephone number; more is no number.
pub(crate) const NUMBER_LEN_MAX: usize = 20;

/// Octets of an `Idempotency-Key`; more is answered with 400.
pub(crate) const KEY_LEN_MAX: usize = 128;

/// Characters of a message or of what a complaint is about; more is answered with 400.
pub(crate) const TEXT_LEN_MAX: usize = 1_000;

/// Yuan of a balance that is set, below zero too, and of a price; more is answered with 400.
pub(crate) const YUAN_MAX: f64 = 1_000_000.0;

/// Rows of the logs (messages, complaints, ratings, audit), each for itself; the oldest make room.
pub(crate) const LOG_ROWS_MAX: i64 = 10_000;

/// Orders that are remembered; one more is refused with 507, since a forgotten key could be used again.
pub(crate) const ORDERS_MAX: i64 = 100_000;

/// Rows that a list in an answer has at most, the newest or nearest first.
pub(crate) const ROWS_TOLD_MAX: i64 = 20;

/// Wrong PINs in a row until no PIN is taken any more.
pub(crate) const PIN_TRIES: i64 = 3;

/// How long a right PIN opens the details of its number.
pub(crate) const PIN_OPENS: Duration = Duration::from_secs(300);
