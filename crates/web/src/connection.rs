//! Connections: taken up to a limit, told apart by their first octet, bounded in time.
//!
//! On an address that other machines reach, HTTPS is served; who comes without it is sent there, and this
//! machine's own browser may stay with HTTP (it trusts loopback as it trusts HTTPS). Start at [`accept`].

use std::io;
use std::sync::Arc;

use axum::Router;
use axum::http::header::{HOST, LOCATION};
use axum::http::{HeaderValue, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use hyper::body::Incoming;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tracing::{debug, warn};

use crate::auth::Peer;
use crate::limits;

/// The first octet of a TLS connection: a handshake record (RFC 8446 §5.1).
const HANDSHAKE: u8 = 22;

/// What each connection needs.
#[derive(Clone)]
pub(crate) struct Entrance {
    /// For those who come by HTTP.
    pub(crate) plain: Router,
    /// For those who come by HTTPS: their cookie must not go by HTTP.
    pub(crate) secure: Router,
    /// None: HTTP alone.
    pub(crate) tls: Option<TlsAcceptor>,
    pub(crate) slots: Arc<Semaphore>,
}

/// Takes connections for ever.
pub(crate) async fn accept(listener: TcpListener, entrance: Entrance) {
    let mut told = false;
    loop {
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // One peer's trouble, or no descriptor left for now: neither ends the server.
                debug!(%error, "a connection was not taken");
                sleep(limits::ACCEPT_AGAIN_AFTER).await;
                continue;
            }
        };
        let Ok(slot) = Arc::clone(&entrance.slots).try_acquire_owned() else {
            if !told {
                warn!(%peer, "as many connections as are allowed; more are closed");
            }
            told = true;
            continue;
        };
        told = false;
        let entrance = entrance.clone();
        tokio::spawn(async move {
            if let Err(error) = entrance.serve(stream, Peer(peer.ip())).await {
                debug!(%peer, %error, "a connection has ended early");
            }
            drop(slot);
        });
    }
}

impl Entrance {
    async fn serve(self, stream: TcpStream, peer: Peer) -> io::Result<()> {
        stream.set_nodelay(true)?;
        SockRef::from(&stream).set_tcp_user_timeout(Some(limits::UNREAD_TIME_MAX))?;
        let Some(tls) = self.tls else { return speak(stream, self.plain, peer).await };
        let mut first = [0];
        // No octet at all is an end, not a fault.
        if timeout(limits::HANDSHAKE_TIME_MAX, stream.peek(&mut first)).await?? == 0 {
            return Ok(());
        }
        if first[0] == HANDSHAKE {
            let stream = timeout(limits::HANDSHAKE_TIME_MAX, tls.accept(stream)).await??;
            return speak(stream, self.secure, peer).await;
        }
        let own = stream.local_addr()?.ip().is_loopback();
        speak(stream, if own { self.plain } else { Router::new().fallback(to_https) }, peer).await
    }
}

async fn speak(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    app: Router,
    peer: Peer,
) -> io::Result<()> {
    let app = TowerToHyperService::new(app);
    let app = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        app.call(request)
    });
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(limits::HEAD_TIME_MAX)
        .max_buf_size(limits::HEAD_LEN_MAX)
        .max_headers(limits::HEAD_FIELDS_MAX);
    let served = http.serve_connection(TokioIo::new(stream), app).with_upgrades();
    served.await.map_err(io::Error::other)
}

/// Sends the browser to the same address by HTTPS.
async fn to_https(request: Request<axum::body::Body>) -> Response {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let target = HeaderValue::from_str(&format!("https://{host}{}", request.uri().path()));
    match target {
        Ok(target) if !host.is_empty() => {
            (StatusCode::TEMPORARY_REDIRECT, [(LOCATION, target)], "this address speaks HTTPS\n")
                .into_response()
        }
        _ => (StatusCode::BAD_REQUEST, "this address speaks HTTPS\n").into_response(),
    }
}
