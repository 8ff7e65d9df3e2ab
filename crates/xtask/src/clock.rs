//! The clock of the commands: steps are timed, waits are bounded.

use std::time::Instant;

/// The monotonic clock.
#[expect(clippy::disallowed_methods, reason = "xtask cannot depend on net::clock, and no core runs here")]
pub(crate) fn now() -> Instant {
    Instant::now()
}
