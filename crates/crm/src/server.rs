//! HTTP with limits: so many connections, and a time for the head of a request.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tracing::{debug, warn};

use crate::limits;

/// After a refusal of the system (out of descriptors) trying at once again would only burn time.
const REST: Duration = Duration::from_millis(100);

/// Serves connections until it is dropped.
pub(crate) async fn run(listener: TcpListener, routes: Router) {
    let rooms = Arc::new(Semaphore::new(limits::CONNECTIONS_MAX));
    loop {
        let room = Arc::clone(&rooms).acquire_owned().await.expect("nobody closes it");
        match listener.accept().await {
            Ok((stream, _)) => {
                let routes = routes.clone();
                tokio::spawn(async move {
                    talk(stream, routes).await;
                    drop(room);
                });
            }
            Err(why) => {
                warn!(%why, "cannot take a connection");
                tokio::time::sleep(REST).await;
            }
        }
    }
}

async fn talk(stream: TcpStream, routes: Router) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(limits::HEAD_WITHIN);
    let served = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(routes)).await;
    if let Err(why) = served {
        debug!(%why, "a connection ended");
    }
}
