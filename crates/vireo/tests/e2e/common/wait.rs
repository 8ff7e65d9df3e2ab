//! Waiting for a condition, with a bound; never for a time alone.

use std::time::Duration;

/// Between two looks at a condition.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Asks `look` until it answers, at most for `limit`.
///
/// # Panics
/// When `limit` has passed; the message names `what`.
pub(crate) fn until<T>(what: &str, limit: Duration, look: impl FnMut() -> Option<T>) -> T {
    within(limit, look).unwrap_or_else(|| panic!("waited {limit:?} in vain for {what}"))
}

/// Asks `look` until it answers or `limit` has passed.
pub(crate) fn within<T>(limit: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let end = net::clock::now().mono + limit;
    loop {
        if let Some(found) = look() {
            return Some(found);
        }
        if net::clock::now().mono >= end {
            return None;
        }
        std::thread::sleep(LOOK_EVERY);
    }
}
