//! Headless Chromium as a visitor and as an agent, driven by the script in `tests/browser`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use super::gateway::PAGES;
use super::process::{Process, tail};
use super::{Lab, not_run, wait};

/// A scenario that runs.
pub(crate) struct Browser {
    process: Process,
}

/// The folder of the script.
pub(crate) fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser")
}

/// A lab with a browser, or `None` after saying what is missing.
pub(crate) fn lab(test: &str, more: &[&str]) -> Option<Lab> {
    let lab = Lab::new(test, &[&["node", "chromium"], more].concat())?;
    is_ready(test).then_some(lab)
}

/// Whether the script can run; says so otherwise.
pub(crate) fn is_ready(test: &str) -> bool {
    let ready = script().join("node_modules/playwright-core").is_dir();
    if !ready {
        not_run(test, "needs playwright-core (npm ci in crates/vireo/tests/browser)");
    }
    ready
}

/// Where screenshots are kept for a person to look at.
pub(crate) fn shots() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser");
    std::fs::create_dir_all(&folder).expect("the target folder is writable");
    folder
}

impl Browser {
    /// Starts `scenario` of `drive.mjs` against the gateway of `lab`.
    pub(crate) fn start(lab: &Lab, scenario: &str, more: &[&str]) -> Browser {
        Browser::start_at(lab, PAGES, scenario, more)
    }

    /// The same by another address of the gateway.
    pub(crate) fn start_at(lab: &Lab, pages: &str, scenario: &str, more: &[&str]) -> Browser {
        let driver = script().join("drive.mjs");
        let driver = driver.to_str().expect("the project's folder is UTF-8");
        let args = [&[driver, scenario, "--url", pages], more].concat();
        let log = lab.dir.join(format!("browser-{scenario}.log"));
        let accounts = format!("VIREO_ACCOUNTS={}", lab.dir.join("data/accounts.txt").display());
        let args = [&[&accounts, "node"], &args[..]].concat();
        Browser { process: lab.net.start(&lab.dir, &log, "env", &args) }
    }

    /// Runs `scenario` to its end and answers what it found.
    pub(crate) fn run(lab: &Lab, scenario: &str, more: &[&str], limit: Duration) -> Value {
        Browser::start(lab, scenario, more).result(limit)
    }

    /// Waits until the script says `event`; answers that line.
    pub(crate) fn wait_for(&mut self, event: &str, limit: Duration) -> Value {
        let said = wait::within(limit, || {
            let ended = self.process.exited().is_some();
            let said = lines(&self.process.output()).find(|line| line["event"] == event);
            (said.is_some() || ended).then_some(said)
        });
        said.flatten().unwrap_or_else(|| panic!("no {event:?}:\n{}", tail(&self.process.output())))
    }

    /// Waits for the end and answers the result.
    ///
    /// # Panics
    /// When the script could not go on, or when `limit` passes.
    pub(crate) fn result(mut self, limit: Duration) -> Value {
        let ended = wait::within(limit, || self.process.exited());
        let output = self.process.output();
        assert!(ended.is_some(), "the browser does not come to an end:\n{}", tail(&output));
        let result = lines(&output).last().unwrap_or_else(|| panic!("no result:\n{}", tail(&output)));
        assert_eq!(result["ok"], true, "{}", tail(&output));
        result
    }
}

fn lines(output: &str) -> impl Iterator<Item = Value> + '_ {
    output.lines().filter_map(|line| serde_json::from_str(line).ok())
}

/// Asserts that what `plays` in the driver measured is a live, visible picture with a sound.
pub(crate) fn assert_plays(plays: &Value, who: &str) {
    assert!(plays["pictures"].as_f64() >= Some(5.0), "{who} sees no moving picture: {plays}");
    assert_eq!(plays["black"], false, "{who} sees black: {plays}");
    assert!(plays["packets"].as_f64() >= Some(20.0), "{who} receives no sound: {plays}");
    assert!(plays["level"].as_f64() >= Some(0.001), "{who} hears nothing: {plays}");
}
