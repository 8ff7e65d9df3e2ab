//! What the pages say of the service that is live: its version, and why an edit of it was refused.
//!
//! One writer (whoever loads services), any number of readers; a reader may wait for the next change.

use std::sync::Arc;

use serde::Serialize;
use tokio::sync::watch;

/// A service as it went live.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Edition {
    /// The names of its flows.
    pub name: String,
    /// Counts from 1, up with each edit that went live.
    pub version: u64,
    /// One line, as `vireo check` prints it.
    pub summary: String,
    /// When it went live, in seconds since 1970.
    pub loaded_at: u64,
    /// Why the newest edit was refused, as on the terminal; `None` when the folder's content is what is live.
    pub diagnostics: Option<String>,
    /// The numbers it serves.
    #[serde(skip)]
    pub numbers: Vec<String>,
    /// Its flows, as the page of dialplans shows them.
    #[serde(skip)]
    pub sheets: Arc<Vec<Sheet>>,
    /// The agents it knows.
    #[serde(skip)]
    pub agents: Vec<Agent>,
}

/// A flow to look at.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sheet {
    /// As the service calls it.
    pub name: String,
    /// The name of its file.
    pub path: String,
    /// What stands in the file.
    pub source: String,
    /// Where its nodes and what leads between them lie, as `vireo graph --json` has it; null when it is too large.
    pub graph: serde_json::Value,
}

/// An agent as the service names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent {
    /// As queues.yaml has it.
    pub name: String,
    /// Signs in by the desk page; else a SIP phone is called.
    pub browser: bool,
}

/// Holds the live edition.
#[derive(Debug)]
pub struct Board {
    edition: watch::Sender<Edition>,
}

impl Board {
    /// A board that begins with `edition`.
    #[must_use]
    pub fn new(edition: Edition) -> Self {
        Board { edition: watch::Sender::new(edition) }
    }

    /// Another edition is live; there is nothing wrong with it.
    pub fn publish(&self, edition: Edition) {
        self.edition.send_replace(edition);
    }

    /// The newest edit is not live, for this reason; `None`: the mistake has been taken back.
    pub fn diagnose(&self, diagnostics: Option<String>) {
        self.edition.send_if_modified(|edition| {
            let changed = edition.diagnostics != diagnostics;
            edition.diagnostics = diagnostics;
            changed
        });
    }

    /// The live edition.
    #[must_use]
    pub fn edition(&self) -> Edition {
        self.edition.borrow().clone()
    }

    /// Tells each change from now on.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Edition> {
        self.edition.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_are_told_of_changes_only() {
        let board = Board::new(Edition { version: 1, ..Edition::default() });
        let mut reader = board.watch();
        board.diagnose(None);
        assert!(!reader.has_changed().unwrap());
        board.diagnose(Some("line 3".into()));
        assert!(reader.has_changed().unwrap());
        assert_eq!(reader.borrow_and_update().diagnostics.as_deref(), Some("line 3"));
        board.publish(Edition { version: 2, ..Edition::default() });
        assert_eq!((board.edition().version, board.edition().diagnostics), (2, None));
    }
}
