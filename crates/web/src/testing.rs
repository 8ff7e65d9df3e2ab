//! A server with accounts, and visitors who come by plain sockets, for the tests of this crate.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use gateway::{Calls, Gauges};
use serde_json::Value;
use store::accounts::{Account, Hashed, Role};
use store::audit::Entry;
use store::{Place, Store};

use crate::board::{Board, Edition};
use crate::{Certificate, Server, Serving, Site};

/// Connections at once in these tests; the real limit is more than a test may open files.
pub(crate) const CONNECTIONS: usize = 20;

/// Of every account here.
pub(crate) const PASSWORD: &str = "right password";

/// A server with a database of its own, and one account for each role, called like it.
pub(crate) struct World {
    pub(crate) address: SocketAddr,
    pub(crate) board: Arc<Board>,
    pub(crate) store: Store,
    serving: Option<Serving>,
    writer: Option<JoinHandle<()>>,
    folder: PathBuf,
}

impl World {
    pub(crate) fn new() -> World {
        World::with(None)
    }

    pub(crate) fn with(certificate: Option<&Certificate>) -> World {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("vireo-web-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let (store, writer) = Store::open(&Place::File(folder.join("vireo.sqlite"))).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let hashed = Hashed::new(PASSWORD).unwrap();
        for role in Role::ALL {
            let account = Account {
                name: role.name().to_owned(),
                role,
                agent: (role == Role::Agent).then(|| "anna".to_owned()),
                must_change: false,
                locked: false,
                created_at: 0,
            };
            runtime.block_on(store.add_account(account, hashed.clone(), entry())).unwrap().unwrap();
        }
        let edition = Edition { version: 3, numbers: vec!["1008621".into()], ..Edition::default() };
        let board = Arc::new(Board::new(edition));
        let site = Site {
            version: "0",
            sip: Vec::new(),
            board: Arc::clone(&board),
            gauges: Arc::new(Gauges::default()),
            calls: Calls::default(),
            pool: None,
            hub: None,
            store: store.clone(),
        };
        let server = Server::bind(&["127.0.0.1:0".parse().unwrap()]).unwrap();
        let address = server.addresses().unwrap()[0];
        let serving = Some(server.serve_at_most(CONNECTIONS, site, certificate).unwrap());
        World { address, board, store, serving, writer: Some(writer), folder }
    }

    /// Ends the server; the database stays.
    pub(crate) fn close(&mut self) {
        self.serving = None;
    }

    /// A browser that has just been opened.
    pub(crate) fn stranger(&self) -> Visitor {
        Visitor { address: self.address, cookie: String::new(), csrf: String::new() }
    }

    /// One that is signed in with the account of a role.
    pub(crate) fn signed_in(&self, role: Role) -> Visitor {
        let mut visitor = self.stranger();
        let answer = visitor.sign_in(role.name(), PASSWORD);
        assert_eq!(answer.status, 200, "{answer:?}");
        visitor
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.close();
        self.store.stop();
        if let Some(writer) = self.writer.take() {
            // A panic there has been printed.
            let _ = writer.join();
        }
        // Nothing hangs on a leftover folder.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

pub(crate) fn entry() -> Entry {
    let text = str::to_owned;
    Entry { at: 1, account: text("test"), what: text("made"), about: text(""), address: text("") }
}

/// A browser.
#[derive(Clone)]
pub(crate) struct Visitor {
    address: SocketAddr,
    /// `name=value` as it is sent; empty without one.
    pub(crate) cookie: String,
    pub(crate) csrf: String,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    /// Null where there is no JSON.
    pub(crate) body: Value,
}

impl Answer {
    /// The value of a header; the first, if there are several.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let fields = self.head.lines().filter_map(|line| line.split_once(": "));
        fields.into_iter().find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

impl Visitor {
    pub(crate) fn get(&mut self, path: &str) -> Answer {
        self.ask("GET", path, None)
    }

    pub(crate) fn sign_in(&mut self, name: &str, password: &str) -> Answer {
        let answer = self.ask(
            "POST",
            "/api/v1/session",
            Some(serde_json::json!({ "name": name, "password": password })),
        );
        if let Some(csrf) = answer.body["csrf"].as_str() {
            self.csrf = csrf.to_owned();
        }
        answer
    }

    /// Sends what a page of ours would; a cookie that comes back is kept.
    #[allow(clippy::needless_pass_by_value)]
    pub(crate) fn ask(&mut self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let more = match self.csrf.as_str() {
            "" => String::new(),
            csrf => format!("X-CSRF-Token: {csrf}\r\n"),
        };
        self.ask_with(method, path, body.as_ref(), &more)
    }

    /// The same with other header fields than the token.
    pub(crate) fn ask_with(&mut self, method: &str, path: &str, body: Option<&Value>, more: &str) -> Answer {
        let body = body.map(Value::to_string).unwrap_or_default();
        let cookie = match self.cookie.as_str() {
            "" => String::new(),
            cookie => format!("Cookie: {cookie}\r\n"),
        };
        let kind = if body.is_empty() { "" } else { "Content-Type: application/json\r\n" };
        let text = answer_to(
            self.address,
            &format!(
                "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{cookie}{more}{kind}Content-Length: \
                 {}\r\n\r\n{body}",
                self.address,
                body.len()
            ),
        );
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        let answer =
            Answer { status, head: head.to_owned(), body: serde_json::from_str(body).unwrap_or(Value::Null) };
        if let Some(cookie) = answer.header("set-cookie") {
            self.cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        }
        answer
    }
}

/// All that a server says to `request`.
pub(crate) fn answer_to(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let mut answer = Vec::new();
    // A server that has enough of a request may close before it has read all of it.
    let _ = stream.write_all(request.as_bytes());
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}
