//! The project's own hotline with its CRM, and callers who are followed page by page: by what they see, and by where the
//! gateway says that they are.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use media::Picture;
use serde_json::{Value, json};

use super::caller::Caller;
use super::demo::{Demo, exchange, free_udp, get, with_own_service};
use super::gateway::rewrite;
use super::person::Person;
use super::picture::ssim;
use super::reading::is_read;
use super::wait;

/// Until a caller is where a key leads, and until a page can be read: all walk at once, and their pages are drawn meanwhile.
const LIMIT: Duration = Duration::from_secs(45);
/// Between two questions to the gateway where a call is.
const ASK_EVERY: Duration = Duration::from_millis(200);
/// Until what a call did is written down.
const WRITTEN_LIMIT: Duration = Duration::from_secs(10);
/// Luma of a picture that is hardly anything; a page has light letters on dark ground.
const SPREAD_MIN: f64 = 12.0;

/// `vireo demo` with the service of `dialplans/`, on free ports.
pub(crate) struct Hotline {
    pub(crate) demo: Demo,
    crm: SocketAddr,
    /// Where the second agent, who signs, is called.
    pub(crate) signer: SocketAddr,
    supervisor: Person,
    /// Of all pages that were seen, for a person to look at.
    pub(crate) pages: PathBuf,
}

impl Hotline {
    pub(crate) fn start(test: &str) -> Hotline {
        let signer = free_udp();
        let demo = Demo::edited(test, |service| {
            with_own_service(service);
            // Whatever else runs on this machine is no agent of this test.
            rewrite(service, "dialplans/queues.yaml", |text| {
                text.replace("127.0.0.1:5070", &free_udp().to_string())
                    .replace("127.0.0.1:5072", &signer.to_string())
            });
        });
        let pages = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
        // Of the run before, if there was one.
        let _ = fs::remove_dir_all(&pages);
        fs::create_dir_all(&pages).expect("the target folder is writable");
        let supervisor = Person::of(&demo, "supervisor");
        Hotline { crm: demo.crm(), demo, signer, supervisor, pages }
    }

    /// What the CRM answers to a GET.
    pub(crate) fn crm(&self, path: &str) -> Value {
        let answer = get(self.crm, path);
        let (_, body) = answer.split_once("\r\n\r\n").expect("head and body");
        serde_json::from_str(body).unwrap_or_else(|why| panic!("{path}: {why}: {answer}"))
    }

    /// Has the CRM know another amount: a balance, or the price of a pack.
    pub(crate) fn set(&self, path: &str, yuan: &str) {
        let body = json!({ "yuan": yuan.parse::<f64>().expect("an amount") }).to_string();
        let line = format!("PUT {path}");
        let answer = exchange(self.crm, &line, "Content-Type: application/json\r\n", &body);
        assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
    }

    /// What a subscriber has, in fen.
    pub(crate) fn balance(&self, number: &str) -> i64 {
        let balance = self.crm(&format!("/subscribers/{number}/balance"));
        (balance["yuan"].as_f64().expect("an amount") * 100.0).round() as i64
    }

    /// The call from `number`, as the gateway tells it; `null` when there is none.
    pub(crate) fn call(&self, number: &str) -> Value {
        let (status, answer) = self.supervisor.get("/api/v1/calls");
        assert_eq!(status, 200, "{answer}");
        let mut all: Value = serde_json::from_str(&answer).expect("JSON");
        let calls = all["calls"].as_array_mut().expect("a list");
        calls.iter_mut().find(|call| call["caller"] == number).map(Value::take).unwrap_or_default()
    }

    /// The nodes that the last call from `number` came through, as its record has them, once it is over. One whose time
    /// passed while its page was read, and which was told again, stands there once.
    pub(crate) fn path(&self, number: &str) -> Vec<String> {
        let record = || {
            let output = self.demo.process.output();
            let caller = format!("caller=\"{number}\"");
            let line = output.lines().rfind(|line| line.contains("call record") && line.contains(&caller))?;
            let path = line.split_once(" path=\"")?.1.split_once('"')?.0;
            let mut path: Vec<String> = path.split('>').map(str::to_owned).collect();
            path.dedup();
            Some(path)
        };
        wait::until(&format!("the record of {number}"), WRITTEN_LIMIT, record)
    }

    /// What `vireo audit` has of the orders of `number`, a line each.
    pub(crate) fn orders(&self, number: &str) -> Vec<String> {
        let data = self.demo.service.parent().expect("it lies in the data");
        let mut command = Command::new(env!("CARGO_BIN_EXE_vireo"));
        let done = command.args(["audit", "--since", "1h", "--data"]).arg(data).output().expect("it starts");
        let said = String::from_utf8(done.stdout).expect("UTF-8");
        let of = format!(": {number} at ");
        said.lines()
            .filter(|line| line.contains("  order  ") && line.contains(&of))
            .map(str::to_owned)
            .collect()
    }
}

/// A caller on the way through the hotline. A page that is no more than a colour, or a key that leads elsewhere, ends the
/// test.
pub(crate) struct Walk<'a> {
    hotline: &'a Hotline,
    number: &'a str,
    caller: Caller,
    pages: usize,
}

impl<'a> Walk<'a> {
    /// Calls from `number`, and waits for the page of `node`.
    pub(crate) fn begin(hotline: &'a Hotline, number: &'a str, node: &str) -> Walk<'a> {
        let caller = Caller::of(number, hotline.demo.sip);
        let mut walk = Walk { hotline, number, caller, pages: 0 };
        walk.comes_to(node);
        walk
    }

    /// Presses `keys`, one or as many as a number has, and waits for the page of `node`.
    pub(crate) fn press(&mut self, keys: &str, node: &str) {
        self.type_in(keys);
        self.comes_to(node);
    }

    /// Presses `keys` and waits for nothing.
    pub(crate) fn type_in(&mut self, keys: &str) {
        println!("{} presses {keys}", self.number);
        self.caller.type_in(keys);
    }

    /// Waits until the call is at `node`, and until a page stands still there; that page is kept.
    pub(crate) fn comes_to(&mut self, node: &str) -> PathBuf {
        let end = net::clock::now().mono + LIMIT;
        let mut at = Value::Null;
        while at["node"] != node {
            assert!(net::clock::now().mono < end, "{} is not at {node}, but: {at}", self.number);
            assert!(!self.caller.is_over(), "{} was hung up on before {node}, at: {at}", self.number);
            self.caller.look(ASK_EVERY);
            at = self.hotline.call(self.number);
        }
        // The page of before may stand for a moment longer, and the one that comes may be much like it.
        self.caller.look(Duration::from_secs(1));
        let page = self.caller.rests();
        let spread = spread(&page);
        assert!(spread > SPREAD_MIN, "{} sees nothing at {node}: luma spreads by {spread:.1}", self.number);
        self.keep(&page, node)
    }

    /// Presses a key within a node, and waits until the page is another.
    pub(crate) fn turns_page(&mut self, key: char, name: &str) -> PathBuf {
        let before = self.caller.rests();
        let page = self.caller.press(key, &before);
        self.keep(&page, name)
    }

    /// Looks at the page until `words`, which have no blanks, can be read on it.
    pub(crate) fn reads(&mut self, words: &str) {
        let name = format!("reads-{}", self.pages);
        let read = self.looks_for(&name, |file| is_read(file, words).then_some(()));
        assert!(
            read.is_some(),
            "{} cannot read {words}: see {name} in {}",
            self.number,
            self.hotline.pages.display()
        );
    }

    /// Looks at the page, again and again, until `find` finds on it what it looks for.
    pub(crate) fn looks_for<T: Send>(
        &mut self,
        name: &str,
        find: impl Fn(&Path) -> Option<T> + Sync,
    ) -> Option<T> {
        let end = net::clock::now().mono + LIMIT;
        while net::clock::now().mono < end {
            let page = self.caller.rests();
            let file = self.keep(&page, name);
            if let Some(found) = self.caller.look_while(|| find(&file)) {
                return Some(found);
            }
            self.caller.look(Duration::from_secs(1));
        }
        None
    }

    /// Looks on for so long; how much of what was shown before is left at the end, 1 for all.
    pub(crate) fn likeness_after(&mut self, time: Duration) -> f64 {
        let before = self.caller.shows().expect("something is shown").clone();
        self.caller.look(time);
        ssim(&before, self.caller.shows().expect("something is shown"))
    }

    /// Waits until `is_it`.
    pub(crate) fn until(&mut self, what: &str, is_it: impl Fn() -> bool) {
        self.caller.look_until(what, LIMIT, is_it);
    }

    /// Hangs up, unless the hotline has; the nodes that the call came through.
    pub(crate) fn ends(self) -> Vec<String> {
        let Walk { hotline, number, caller, .. } = self;
        drop(caller);
        hotline.path(number)
    }

    /// Waits until the hotline hangs up; the nodes that the call came through.
    pub(crate) fn waits_for_the_end(mut self) -> Vec<String> {
        self.caller.look(LIMIT);
        assert!(self.caller.is_over(), "{} is not hung up on", self.number);
        self.ends()
    }

    fn keep(&mut self, page: &Picture, name: &str) -> PathBuf {
        self.pages += 1;
        let file = self.hotline.pages.join(format!("{}-{:02}-{name}.png", self.number, self.pages));
        codec::png::write(&file, page).expect("the target folder is writable");
        file
    }
}

/// Standard deviation of luma.
fn spread(picture: &Picture) -> f64 {
    let count = picture.y.len() as f64;
    let mean = picture.y.iter().map(|luma| f64::from(*luma)).sum::<f64>() / count;
    (picture.y.iter().map(|luma| (f64::from(*luma) - mean).powi(2)).sum::<f64>() / count).sqrt()
}
