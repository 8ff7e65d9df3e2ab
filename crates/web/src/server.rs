//! The HTTP server of a gateway, on a thread and runtime of its own.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use store::Store;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Semaphore, oneshot};
use tracing::{error, info, warn};

use crate::auth::Auth;
use crate::connection::{self, Entrance};
use crate::limits;
use crate::routes::{Site, router};
use crate::tls::Certificate;

/// Why the server does not start.
#[derive(Debug, Error)]
pub enum ServerError {
    /// The address is busy or not of this machine.
    #[error("cannot listen for HTTP on {address}: {error}")]
    Bind {
        /// What was asked for.
        address: SocketAddr,
        /// Why not.
        error: io::Error,
    },
    /// The system refuses a thread.
    #[error("the system refuses a thread: {0}")]
    System(#[from] io::Error),
}

/// A bound server that does not serve yet: a busy port shows before anything else is started.
pub struct Server {
    runtime: Runtime,
    listeners: Vec<TcpListener>,
}

/// A serving server; ends when dropped.
pub struct Serving {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Binds `addresses` (port 0: any free one).
    ///
    /// # Errors
    /// [`ServerError`], which names the address.
    pub fn bind(addresses: &[SocketAddr]) -> Result<Self, ServerError> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let bind = |&address: &SocketAddr| {
            let bound = runtime.block_on(TcpListener::bind(address));
            bound.map_err(|error| ServerError::Bind { address, error })
        };
        let listeners = addresses.iter().map(bind).collect::<Result<_, _>>()?;
        Ok(Server { runtime, listeners })
    }

    /// Where it listens, in the order that was asked for.
    ///
    /// # Errors
    /// Passed on from the kernel; not known to happen.
    pub fn addresses(&self) -> io::Result<Vec<SocketAddr>> {
        self.listeners.iter().map(TcpListener::local_addr).collect()
    }

    /// Serves until the returned value is dropped: HTTPS if there is a certificate, else HTTP.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub fn serve(self, site: Site, certificate: Option<&Certificate>) -> Result<Serving, ServerError> {
        self.serve_at_most(limits::CONNECTIONS_MAX, site, certificate)
    }

    pub(crate) fn serve_at_most(
        self,
        connections: usize,
        site: Site,
        certificate: Option<&Certificate>,
    ) -> Result<Serving, ServerError> {
        let Server { runtime, listeners } = self;
        let (stop, stopped) = oneshot::channel::<()>();
        let store = site.store.clone();
        let (site, auth) = (Arc::new(site), Auth::new(store.clone()));
        let entrance = Entrance {
            plain: router(&site, &auth, false),
            secure: router(&site, &auth, true),
            tls: certificate.map(Certificate::acceptor),
            slots: Arc::new(Semaphore::new(connections)),
        };
        let thread = thread::Builder::new().name("http".into()).spawn(move || {
            runtime.block_on(async {
                tokio::spawn(forget_sessions(store));
                for listener in listeners {
                    if let Ok(address) = listener.local_addr() {
                        info!(%address, https = entrance.tls.is_some(), "serves HTTP");
                    }
                    tokio::spawn(connection::accept(listener, entrance.clone()));
                }
                // Ends with an error when the sender is dropped, which is how it is told.
                let _ = stopped.await;
            });
            // Open connections are cut with the runtime: the calls of browsers have been hung up by then.
        })?;
        Ok(Serving { stop: Some(stop), thread: Some(thread) })
    }
}

/// Sessions that have expired are worth nothing; this only takes them out of the database.
async fn forget_sessions(store: Store) {
    loop {
        if let Err(why) = store.forget_sessions(net::clock::now().wall.as_secs()).await {
            warn!(%why, "old sessions are kept");
        }
        tokio::time::sleep(limits::SESSIONS_SWEPT_EVERY).await;
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.stop.take());
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            error!("the HTTP server ended by a panic");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;
    use std::time::Duration;

    use store::accounts::Role;

    use super::*;
    use crate::board::{Edition, Sheet};
    use crate::testing::{CONNECTIONS, World, answer_to};

    fn fetch(address: SocketAddr, path: &str) -> String {
        answer_to(address, &format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
    }

    #[test]
    fn serves_the_flows_with_their_source_and_drawing() {
        let world = World::new();
        let graph = serde_json::json!({ "nodes": [] });
        let sheet = |name: &str, graph| Sheet {
            name: name.into(),
            path: "f.yaml".into(),
            source: "flow: f\n".into(),
            graph,
        };
        let sheets = vec![sheet("f", graph), sheet("large", serde_json::Value::Null)];
        world.board.publish(Edition { version: 4, sheets: Arc::new(sheets), ..Edition::default() });
        world.board.diagnose(Some("line 3".into()));
        let mut operator = world.signed_in(Role::Operator);
        let told = operator.get("/api/v1/dialplans").body;
        assert_eq!((&told["version"], &told["diagnostics"]), (&4.into(), &"line 3".into()));
        assert_eq!(told["flows"][0]["source"], "flow: f\n");
        assert!(told["flows"][0]["graph"]["nodes"].is_array() && told["flows"][1]["graph"].is_null());
        let status = operator.get("/api/v1/status").body.to_string();
        assert!(!status.contains("f.yaml"), "what is asked for each second stays small");
        assert!(fetch(world.address, "/dialplans").contains("page-dialplans"));
    }

    #[test]
    fn serves_pages_status_and_health_until_dropped() {
        let mut world = World::new();
        let address = world.address;
        assert!(fetch(address, "/").contains("<title>Vireo</title>"));
        let service = world.stranger().get("/api/v1/service");
        assert_eq!(service.body, serde_json::json!({ "program": "0", "version": 3, "numbers": ["1008621"] }));
        let mut agent = world.signed_in(Role::Agent);
        let status = agent.get("/api/v1/status");
        assert_eq!(status.header("cache-control"), Some("no-store"));
        assert!(status.body["service"]["version"] == 3 && status.body["service"]["diagnostics"].is_null());
        world.board.diagnose(Some("hotline.yaml:3:1: <error>".into()));
        let told = agent.get("/api/v1/status").body["service"]["diagnostics"].clone();
        assert_eq!(told, "hotline.yaml:3:1: <error>");
        let calls = world.signed_in(Role::Supervisor).get("/api/v1/calls").body;
        assert_eq!(calls, serde_json::json!({ "calls": [] }));
        assert!(fetch(address, "/healthz").ends_with("ok\n"));
        assert!(fetch(address, "/nothing").starts_with("HTTP/1.1 404"));
        world.close();
        assert!(TcpStream::connect(address).is_err());
    }

    #[test]
    fn every_answer_is_guarded() {
        let world = World::new();
        let address = world.address;
        for path in ["/", "/phone", "/api/v1/status", "/healthz", "/nothing", "/assets/vireo.css"] {
            let answer = fetch(address, path).to_lowercase();
            let head = answer.split("\r\n\r\n").next().unwrap();
            for part in [
                "frame-ancestors 'none'",
                "x-content-type-options: nosniff",
                "referrer-policy: no-referrer",
                "camera=(self), microphone=(self)",
            ] {
                assert_eq!(head.matches(part).count(), 1, "{path}: {part}\n{head}");
            }
            assert!(!head.contains("unsafe-"), "{path}\n{head}");
        }
    }

    #[test]
    fn requests_beyond_the_limits_are_refused_and_others_served() {
        let world = World::new();
        let address = world.address;
        let long = "x".repeat(limits::HEAD_LEN_MAX + 1);
        assert!(fetch(address, &format!("/{long}")).starts_with("HTTP/1.1 4"));
        let many: String = (0..=limits::HEAD_FIELDS_MAX).map(|n| format!("x{n}: 1\r\n")).collect();
        let request = format!("GET / HTTP/1.1\r\nHost: x\r\n{many}\r\n");
        assert!(answer_to(address, &request).starts_with("HTTP/1.1 431"));
        assert!(answer_to(address, "\u{16}\u{3}\u{1} rubbish\r\n\r\n").starts_with("HTTP/1.1 400"));
        assert!(fetch(address, "/healthz").ends_with("ok\n"));
    }

    #[test]
    fn connections_beyond_the_limit_are_closed_and_room_comes_back() {
        let world = World::new();
        let address = world.address;
        let open: Vec<_> = (0..CONNECTIONS).map(|_| TcpStream::connect(address).unwrap()).collect();
        assert_eq!(fetch(address, "/healthz"), "");
        drop(open);
        let mut tries = std::iter::repeat_with(|| fetch(address, "/healthz")).take(10_000);
        assert!(tries.any(|answer| answer.ends_with("ok\n")));
    }

    #[test]
    fn with_a_certificate_this_machine_may_stay_with_http() {
        let folder = std::env::temp_dir().join(format!("vireo-https-{}", std::process::id()));
        let certificate = Certificate::open(&folder, &[], Duration::from_secs(1_700_000_000)).unwrap();
        let world = World::with(Some(&certificate));
        let address = world.address;
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(fetch(address, "/healthz").ends_with("ok\n"));
        // A handshake that is none is answered by an alert (RFC 8446 §6), and others are served.
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(&[22, 3, 1, 0, 4, 1, 0, 0, 0]).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        assert_eq!(answer.first(), Some(&21));
        assert!(fetch(address, "/healthz").ends_with("ok\n"));
    }

    #[test]
    fn a_busy_port_is_named() {
        let first = Server::bind(&["127.0.0.1:0".parse().unwrap()]).unwrap();
        let address = first.addresses().unwrap()[0];
        let Err(error) = Server::bind(&[address]) else { panic!("the port is taken") };
        assert!(error.to_string().contains(&address.to_string()), "{error}");
    }
}
