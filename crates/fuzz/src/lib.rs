//! Fuzz targets: what reads octets of strangers, or what operators write, each as a plain function of any octets.
//!
//! A target panics when something is wrong: a panic of ours, more output than input can justify, or time that
//! never ends. `tests/replay.rs` runs every target over its corpus (`corpus/TARGET`) and some seconds of
//! mutations of it; `src/bin/libfuzzer.rs` runs one under libFuzzer, see README.md.

mod control;
mod dialplan;
mod multiplex;
mod terminal;

pub use control::{h245, wnsrp};
pub use dialplan::{dialplan, expression};
pub use multiplex::demultiplexer;
pub use terminal::session;

/// Takes any octets.
pub type Target = fn(&[u8]);

/// Every target by the name of its folder in the corpus.
pub const TARGETS: [(&str, Target); 6] = [
    ("demultiplexer", demultiplexer),
    ("h245", h245),
    ("wnsrp", wnsrp),
    ("session", session),
    ("dialplan", dialplan),
    ("expression", expression),
];

/// A moment to count from: its value is of no consequence.
#[allow(clippy::disallowed_methods)]
pub(crate) fn base() -> std::time::Instant {
    std::time::Instant::now()
}
