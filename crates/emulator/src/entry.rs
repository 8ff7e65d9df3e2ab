//! `Entry`: what is typed between two pages, one key or all digits of a number.

use std::fmt;

use rtp::Digit;

/// Keys that are pressed one after another, without a look at the page in between; at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry(Vec<Digit>);

impl Entry {
    /// The digits of a number; `None` when there are none.
    #[must_use]
    pub fn new(keys: Vec<Digit>) -> Option<Entry> {
        (!keys.is_empty()).then_some(Entry(keys))
    }

    /// In the order in which they are pressed.
    #[must_use]
    pub fn keys(&self) -> &[Digit] {
        &self.0
    }
}

impl From<Digit> for Entry {
    fn from(key: Digit) -> Entry {
        Entry(vec![key])
    }
}

impl fmt::Display for Entry {
    /// As on the keys: `1`, `2580#`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|key| write!(f, "{}", key.as_char()))
    }
}
