//! Tabs of headless Chromium that a test leads step by step, by the scenario `serve` of the script in `tests/browser`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use media::Picture;
use serde_json::{Value, json};

use super::browser::script;
use super::demo::Demo;
use super::picture::ssim;
use super::process::{Process, tail};
use super::reading::{code, is_read, is_seen, picture};
use super::wait;

/// One step; the driver itself gives up after 20 s, in words that say what it waited for.
const STEP_LIMIT: Duration = Duration::from_secs(60);
/// Until words can be read in the picture.
const READ_LIMIT: Duration = Duration::from_secs(45);

/// A picture that stays the same for so long is taken for the one that was waited for.
const CHANGE_LIMIT: Duration = Duration::from_secs(3);
/// From here on two pictures are one page.
const ALIKE: f64 = 0.97;

/// The tab of a phone in a browser of its own.
pub(crate) struct Tab {
    driver: Process,
    /// Steps that were asked for, each of which is answered by a line.
    steps: usize,
    pages: PathBuf,
    pages_seen: usize,
    /// What was looked at last.
    shows: Option<Picture>,
}

impl Tab {
    /// Opens the page of the phone; what it receives is kept in the folder `pages`.
    pub(crate) fn phone(demo: &Demo, pages: &Path) -> Tab {
        let driver = script().join("drive.mjs");
        let url = format!("http://{}", demo.http);
        let words = [driver.to_str().expect("the project's folder is UTF-8"), "serve", "--url", &url];
        let log = demo.dir().join("browser.log");
        let driver = Process::obedient(demo.dir(), &log, "node", &words);
        let mut tab = Tab { driver, steps: 0, pages: pages.to_owned(), pages_seen: 0, shows: None };
        tab.step(&json!({ "do": "open", "tab": "a", "path": "/phone" }));
        tab
    }

    /// Calls as `name`, which stands for a number, and waits for a picture.
    pub(crate) fn call(&mut self, number: &str, name: &str) {
        self.does("call", &[number, name]);
    }

    /// Presses `keys` and waits until the call is at `node`; what is said there.
    pub(crate) fn press(&mut self, keys: &str, node: &str) -> String {
        for key in keys.chars() {
            self.does("key", &[&key.to_string()]);
        }
        self.reaches(node)
    }

    /// Waits until the call is at `node` and another page stands still; what is said there.
    pub(crate) fn reaches(&mut self, node: &str) -> String {
        let said = self.does("reaches", &[node]);
        self.pages_seen += 1;
        self.changes();
        said.as_str().expect("a text").to_owned()
    }

    /// Waits until `words`, which have no blanks, can be read in the received picture.
    pub(crate) fn reads(&mut self, words: &str) {
        let find = |file: &Path, stands: bool| {
            (is_seen(file, words) || stands && is_read(file, words)).then_some(())
        };
        assert!(self.looks_for(find).is_some(), "{words} cannot be read on {}", self.page().display());
    }

    /// The code of an order, read in the received picture.
    pub(crate) fn code(&mut self) -> String {
        let read = self.looks_for(|file, _| code(file));
        read.unwrap_or_else(|| panic!("there are no four digits on {}", self.page().display()))
    }

    /// Looks at the page until `find` finds on it what it looks for; `find` is told whether the page has stood for long.
    fn looks_for<T>(&mut self, find: impl Fn(&Path, bool) -> Option<T>) -> Option<T> {
        let end = net::clock::now().mono + READ_LIMIT;
        let mut stands = false;
        loop {
            if let Some(found) = find(&self.page(), stands) {
                return Some(found);
            }
            if net::clock::now().mono > end {
                return None;
            }
            stands = !self.changes();
        }
    }

    /// Waits for a page that stands still and is not the one of before, and keeps it; whether there is one. What is said at
    /// a node is known before its picture is there, which may have to be drawn.
    fn changes(&mut self) -> bool {
        let (before, file) = (self.shows.take(), self.page());
        let path = file.to_str().expect("the target folder is UTF-8");
        let mut last: Option<Picture> = None;
        let changed = wait::within(CHANGE_LIMIT, || {
            self.does("received", &[path]);
            let seen = picture(&file);
            let is = |than: &Option<Picture>| than.as_ref().is_some_and(|than| ssim(than, &seen) >= ALIKE);
            let rests = is(&last) && !is(&before);
            last = Some(seen);
            rests.then_some(())
        });
        self.shows = last;
        changed.is_some()
    }

    /// Where the page is kept that was seen last.
    fn page(&self) -> PathBuf {
        self.pages.join(format!("{:02}.png", self.pages_seen))
    }

    /// Hangs up.
    pub(crate) fn hang_up(&mut self) {
        self.does("hangUp", &[]);
    }

    fn does(&mut self, what: &str, words: &[&str]) -> Value {
        self.step(&json!({ "do": what, "tab": "a", "with": words }))
    }

    /// # Panics
    /// When the step fails, with what the driver says of it.
    fn step(&mut self, step: &Value) -> Value {
        self.driver.tell(&step.to_string());
        self.steps += 1;
        let answer = wait::within(STEP_LIMIT, || {
            let output = self.driver.output();
            let lines = output.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
            lines.filter(|line| line.get("did").is_some() || line["ok"] == false).nth(self.steps - 1)
        });
        let answer = answer.unwrap_or_else(|| panic!("{step}: no answer:\n{}", tail(&self.driver.output())));
        assert!(answer.get("result").is_some(), "{step}: {answer}");
        answer["result"].clone()
    }
}
