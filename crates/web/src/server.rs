//! The HTTP server of a gateway, on a thread and runtime of its own.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse};
use axum::routing::get;
use axum::{Json, Router};
use gateway::Gauges;
use serde::Serialize;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;
use tracing::{error, info};

use crate::page::{About, Counts, html};

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
    listener: TcpListener,
}

/// A serving server; ends when dropped.
pub struct Serving {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

struct Live {
    about: About,
    gauges: Arc<Gauges>,
}

#[derive(Serialize)]
struct Status {
    #[serde(flatten)]
    about: About,
    #[serde(flatten)]
    counts: Counts,
}

impl Server {
    /// Binds `address` (port 0: any free one).
    ///
    /// # Errors
    /// [`ServerError`], which names the address.
    pub fn bind(address: SocketAddr) -> Result<Self, ServerError> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let bound = runtime.block_on(TcpListener::bind(address));
        let listener = bound.map_err(|error| ServerError::Bind { address, error })?;
        Ok(Server { runtime, listener })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// Passed on from the kernel; not known to happen.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until the returned value is dropped.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub fn serve(self, about: About, gauges: Arc<Gauges>) -> Result<Serving, ServerError> {
        let Server { runtime, listener } = self;
        let (stop, stopped) = oneshot::channel();
        let app = router(Arc::new(Live { about, gauges }));
        let thread = thread::Builder::new().name("http".into()).spawn(move || {
            if let Ok(address) = listener.local_addr() {
                info!(%address, "serves HTTP");
            }
            let served = runtime.block_on(async {
                // Open connections are cut: a status page has nothing to lose.
                tokio::select! {
                    served = async { axum::serve(listener, app).await } => served,
                    _ = stopped => Ok(()),
                }
            });
            if let Err(error) = served {
                error!(%error, "the HTTP server has ended");
            }
        })?;
        Ok(Serving { stop: Some(stop), thread: Some(thread) })
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

fn router(live: Arc<Live>) -> Router {
    Router::new()
        .route("/", get(index))
        .route("/status", get(status))
        .route("/healthz", get(health))
        .with_state(live)
}

async fn index(State(live): State<Arc<Live>>) -> impl IntoResponse {
    let policy = HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'");
    let headers: [(HeaderName, HeaderValue); 1] = [(header::CONTENT_SECURITY_POLICY, policy)];
    (headers, Html(html(&live.about, live.counts())))
}

async fn status(State(live): State<Arc<Live>>) -> impl IntoResponse {
    Json(Status { about: live.about.clone(), counts: live.counts() })
}

async fn health(State(live): State<Arc<Live>>) -> impl IntoResponse {
    match live.gauges.ended() {
        false => (StatusCode::OK, "ok\n"),
        true => (StatusCode::SERVICE_UNAVAILABLE, "a thread of the gateway has ended\n"),
    }
}

impl Live {
    fn counts(&self) -> Counts {
        let drops = self.gauges.drops();
        Counts {
            calls: self.gauges.calls(),
            accepted: self.gauges.accepted(),
            refused: self.gauges.refused(),
            faults: self.gauges.faults(),
            send_full: drops.send_full,
            send_failed: drops.send_failed,
            oversize: drops.oversize,
            icmp: drops.icmp,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;

    use super::*;

    fn about() -> About {
        About { numbers: vec!["1008621".into()], sip: Vec::new(), service: String::new(), version: "0" }
    }

    fn fetch(address: SocketAddr, path: &str) -> String {
        let mut stream = TcpStream::connect(address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn serves_status_as_page_and_json_until_dropped() {
        let server = Server::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = server.address().unwrap();
        let serving = server.serve(about(), Arc::new(Gauges::default())).unwrap();
        assert!(fetch(address, "/").contains("<title>Vireo</title>"));
        assert!(fetch(address, "/status").contains(r#""numbers":["1008621"]"#));
        assert!(fetch(address, "/healthz").ends_with("ok\n"));
        assert!(fetch(address, "/nothing").starts_with("HTTP/1.1 404"));
        drop(serving);
        assert!(TcpStream::connect(address).is_err());
    }

    #[test]
    fn a_busy_port_is_named() {
        let first = Server::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = first.address().unwrap();
        let Err(error) = Server::bind(address) else { panic!("the port is taken") };
        assert!(error.to_string().contains(&address.to_string()), "{error}");
    }
}
