//! The harness: a namespace and a folder for each test, guarded processes, peers, pictures and sounds.

pub(crate) mod accounts;
pub(crate) mod baresip;
pub(crate) mod bridge;
pub(crate) mod browser;
pub(crate) mod caller;
pub(crate) mod demo;
pub(crate) mod ffmpeg;
pub(crate) mod gateway;
pub(crate) mod hotline;
pub(crate) mod namespace;
pub(crate) mod pcap;
pub(crate) mod person;
pub(crate) mod picture;
pub(crate) mod process;
pub(crate) mod prompts;
pub(crate) mod reading;
pub(crate) mod sipp;
pub(crate) mod slides;
pub(crate) mod sound;
pub(crate) mod stub;
pub(crate) mod tabs;
pub(crate) mod tshark;
pub(crate) mod wait;
pub(crate) mod websocket;

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use namespace::Namespace;

/// The address that gateway and peers share inside each namespace; ports tell them apart.
pub(crate) const ADDRESS: &str = "10.77.0.1";
/// SIP port of the gateway.
pub(crate) const SIP_PORT: u16 = 5060;

/// What one test works in: a namespace and an empty folder, both gone when the test has passed; the
/// folder stays after a failure.
pub(crate) struct Lab {
    pub(crate) net: Namespace,
    pub(crate) dir: PathBuf,
}

impl Lab {
    /// A fresh lab for `test`, or `None` after saying what is missing: root, or one of `tools`.
    pub(crate) fn new(test: &str, tools: &[&str]) -> Option<Lab> {
        if !rustix::process::geteuid().is_root() {
            not_run(test, "needs root (a network namespace of its own)");
            return None;
        }
        if let Some(tool) = tools.iter().find(|tool| !installed(tool)) {
            not_run(test, &format!("needs {tool}"));
            return None;
        }
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{test}-{}", std::process::id()));
        std::fs::create_dir_all(&dir).expect("the target folder is writable");
        Some(Lab { net: Namespace::new(), dir })
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        if std::thread::panicking() {
            say(&format!("what the failed test left lies in {}", self.dir.display()));
        } else {
            // Nothing hangs on a leftover folder below target/.
            let _ = std::fs::remove_dir_all(&self.dir);
        }
    }
}

/// Says that `test` did not run: on a line of its own, and in the file that `cargo xtask test` counts.
///
/// # Panics
/// When `CI=true`: there, what was not run has not passed.
pub(crate) fn not_run(test: &str, why: &str) {
    say(&format!("NOT RUN: {test}: {why}"));
    // nextest shows nothing of a test that passes, so the run is told by a file.
    if let Some(list) = std::env::var_os("VIREO_NOT_RUN") {
        let mut list =
            OpenOptions::new().append(true).create(true).open(list).expect("cargo xtask test made it");
        writeln!(list, "{test}: {why}").expect("the list can be written");
    }
    assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "{test} must run in CI, but {why}");
}

/// Prints a line past the capture of libtest. The newline in front ends a `test name ... ` that libtest
/// may have begun.
pub(crate) fn say(line: &str) {
    // A closed stdout is no reason to fail a test.
    let _ = writeln!(std::io::stdout().lock(), "\n{line}");
}

fn installed(tool: &str) -> bool {
    Command::new("sh").args(["-c", "command -v \"$0\"", tool]).output().is_ok_and(|out| out.status.success())
}

/// The folder of files that issues refer to, beside the project; not everybody has it.
pub(crate) fn shared() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared")
}
