//! `vireo demo` as a person starts it on their own machine: on loopback, without a namespace and without root.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use rustix::process::Signal;

use super::gateway::{READY_LIMIT, copy_service, share_cache};
use super::person::Person;
use super::process::Process;

/// How long an edit may take until something is said of it: pictures may have to be encoded, and all other
/// tests run beside.
pub(crate) const EDIT_LIMIT: Duration = Duration::from_secs(120);

/// An end asked for by a signal.
const END_LIMIT: Duration = Duration::from_secs(10);

/// A running demo and its folder, both gone when the test has passed.
pub(crate) struct Demo {
    /// Its output is what a person sees on the terminal.
    pub(crate) process: Process,
    /// The folder that a person edits.
    pub(crate) service: PathBuf,
    /// Where it takes calls.
    pub(crate) sip: SocketAddr,
    /// Where its pages are.
    pub(crate) http: SocketAddr,
    /// What it was started with.
    words: Vec<String>,
    dir: Folder,
}

/// A folder below target/ that stays after a failure.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(test: &str) -> Folder {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{test}-{}", std::process::id()));
        fs::create_dir_all(&path).expect("the target folder is writable");
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if std::thread::panicking() {
            super::say(&format!("what the failed test left lies in {}", self.0.display()));
        } else {
            // Nothing hangs on a leftover folder below target/.
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}

impl Demo {
    /// Starts the demo on free ports and waits for its line `ready`.
    pub(crate) fn start(test: &str) -> Demo {
        Demo::edited(test, |_| {})
    }

    /// The same, with its service changed by `edit` beforehand.
    pub(crate) fn edited(test: &str, edit: impl Fn(&Path)) -> Demo {
        Demo::begin(test, edit, |data, sip, http| {
            let data = data.to_str().expect("test folders are UTF-8");
            ["demo", "--sip", &sip.to_string(), "--http", &http.to_string(), "--data", data]
                .map(str::to_owned)
                .into()
        })
    }

    /// The same service by `vireo run`, with `more` in its configuration.
    pub(crate) fn configured(test: &str, more: &str, edit: impl Fn(&Path)) -> Demo {
        Demo::begin(test, edit, |data, sip, http| {
            let file = data.join("vireo.toml");
            let text = format!(
                "service = \"service\"\ndata = \".\"\n\n[sip]\nlisten = [\"{sip}\"]\n\n[http]\nlisten = \
                 \"{http}\"\n\n{more}\n"
            );
            fs::write(&file, text).expect("the test's folder is writable");
            let file = file.to_str().expect("test folders are UTF-8");
            ["run", "--config", file].map(str::to_owned).into()
        })
    }

    /// `words`: the command line for a folder of data, a SIP socket and an HTTP socket.
    fn begin(
        test: &str,
        edit: impl Fn(&Path),
        words: impl Fn(&Path, SocketAddr, SocketAddr) -> Vec<String>,
    ) -> Demo {
        let dir = Folder::new(test);
        let data = dir.0.join("data");
        let service = copy_service(&data);
        edit(&service);
        share_cache(&data);
        let (sip, http) = (free_udp(), free_tcp());
        let words = words(&data, sip, http);
        let process = started(&dir.0, &words);
        Demo { process, service, sip, http, words, dir }
    }

    /// Ends it as Ctrl-C does, unless it was killed, and starts it again over the same folder.
    pub(crate) fn restart(&mut self) {
        if self.process.exited().is_none() {
            let ended = self.process.end(Signal::INT, END_LIMIT);
            assert!(ended.is_some_and(|status| status.success()), "an orderly end");
        }
        self.process = started(&self.dir.0, &self.words);
    }

    /// Rewrites a file of the service as an editor does: beside it, then in its place.
    pub(crate) fn save(&self, file: &str, edit: impl Fn(&str) -> String) {
        let path = self.service.join(file);
        let before = fs::read_to_string(&path).expect("the demo has this file");
        let after = edit(&before);
        assert_ne!(before, after, "the edit of {file} changes something");
        let fresh = path.with_extension("new~");
        fs::write(&fresh, after).expect("the test's folder is writable");
        fs::rename(&fresh, &path).expect("the test's folder is writable");
    }

    /// The value of `service` in `/api/v1/status`, as the admin sees it.
    pub(crate) fn status(&self) -> serde_json::Value {
        let (_, answer) = Person::of(self, "admin").get("/api/v1/status");
        let mut status: serde_json::Value =
            serde_json::from_str(&answer).unwrap_or_else(|why| panic!("{why}: {answer}"));
        status["service"].take()
    }

    /// Where its CRM is, as a person is told it.
    pub(crate) fn crm(&self) -> SocketAddr {
        let said = self.process.output();
        let (_, rest) = said.split_once("Its CRM is at http://").expect("the greeting says where");
        let (address, _) = rest.split_once(": ").expect("more of the sentence");
        address.parse().expect("an address")
    }

    /// The folder of the test.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir.0
    }
}

/// Puts the project's own dialplans and media in place of the small service of other tests.
pub(crate) fn with_own_service(service: &Path) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    fs::remove_dir_all(service).expect("the test's folder is writable");
    fs::create_dir(service).expect("the test's folder is writable");
    for folder in ["dialplans", "media"] {
        // Its clips may be links.
        let copied = Command::new("cp").arg("-rL").arg(root.join(folder)).arg(service).status();
        assert!(copied.is_ok_and(|status| status.success()), "{folder} is copied");
    }
}

/// The process, once it takes calls; its log begins anew.
fn started(dir: &Path, words: &[String]) -> Process {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut process = Process::start(dir, &dir.join("gateway.log"), env!("CARGO_BIN_EXE_vireo"), &words);
    process.wait_for_line("ready", READY_LIMIT, |line| line == "ready");
    process
}

/// Ports that nobody is given who asks for any: below what Linux hands out by itself, and below media. So what was free
/// a moment ago still is, whatever sockets a test opens meanwhile.
const PORTS: Range<u16> = 11_000..19_000;

/// A port of [`PORTS`] that `binds` can have, and none that this process was told before.
fn free(binds: impl Fn(SocketAddr) -> bool) -> SocketAddr {
    static TAKEN: AtomicU16 = AtomicU16::new(0);
    let count = PORTS.end - PORTS.start;
    // Tests are processes of their own.
    let first = u16::try_from(std::process::id() % u32::from(count)).expect("below a u16");
    let mut ports = std::iter::repeat_with(|| {
        let taken = TAKEN.fetch_add(1, Ordering::Relaxed) % count;
        SocketAddr::from((Ipv4Addr::LOCALHOST, PORTS.start + (first + taken) % count))
    });
    ports.by_ref().take(usize::from(count)).find(|address| binds(*address)).expect("a free port")
}

/// A UDP port that is free.
pub(crate) fn free_udp() -> SocketAddr {
    free(|address| UdpSocket::bind(address).is_ok())
}

/// A TCP port that is free.
pub(crate) fn free_tcp() -> SocketAddr {
    free(|address| TcpListener::bind(address).is_ok())
}

/// The whole answer to a GET.
pub(crate) fn get(address: SocketAddr, path: &str) -> String {
    exchange(address, &format!("GET {path}"), "", "")
}

/// The whole answer to `line`, a method and a path, with header fields and a body.
pub(crate) fn exchange(address: SocketAddr, line: &str, fields: &str, body: &str) -> String {
    try_exchange(address, line, fields, body).expect("the web side answers")
}

/// The same with a gateway that may be gone.
pub(crate) fn try_exchange(
    address: SocketAddr,
    line: &str,
    fields: &str,
    body: &str,
) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let len = body.len();
    write!(
        stream,
        "{line} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{fields}Content-Length: {len}\r\n\r\n{body}"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
