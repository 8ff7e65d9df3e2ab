//! What is served where, and the headers that every answer carries.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use gateway::webrtc::Hub;
use gateway::{Calls, Gauges, PoolView};
use store::Store;

use crate::api::{self, Api, Listeners};
use crate::auth::Auth;
use crate::board::Board;
use crate::{assets, limits, pages, ws};

/// What the pages know of a gateway.
pub struct Site {
    /// Version of the program.
    pub version: &'static str,
    /// SIP addresses.
    pub sip: Vec<SocketAddr>,
    /// The live service.
    pub board: Arc<Board>,
    /// Live counts.
    pub gauges: Arc<Gauges>,
    /// The calls in progress.
    pub calls: Calls,
    /// The way to look at the agent pool; without it the wallboard has no queues.
    pub pool: Option<PoolView>,
    /// The way for browsers to call; without it there is no `/ws`.
    pub hub: Option<Hub>,
    /// Accounts, sessions and the audit.
    pub store: Store,
}

/// `secure`: the browser comes by HTTPS.
pub(crate) fn router(site: &Arc<Site>, auth: &Auth, secure: bool) -> Router {
    let sockets = site.hub.clone().map(|hub| ws::route(hub, Arc::clone(&site.board), auth.clone()));
    Router::new()
        .merge(api::routes(Api {
            site: Arc::clone(site),
            auth: auth.clone(),
            listeners: Listeners::default(),
        }))
        .merge(sockets.unwrap_or_default())
        .layer(auth.layer(secure))
        .merge(Router::new().route("/healthz", get(health)).with_state(Arc::clone(site)))
        .merge(pages::routes())
        .merge(assets::routes())
        .layer(DefaultBodyLimit::max(limits::BODY_LEN_MAX))
        .layer(map_response(guarded))
}

async fn health(State(site): State<Arc<Site>>) -> impl IntoResponse {
    match site.gauges.ended() {
        false => (StatusCode::OK, "ok\n"),
        true => (StatusCode::SERVICE_UNAVAILABLE, "a thread of the gateway has ended\n"),
    }
}

/// What no answer goes without; one that has said something stricter or wider keeps it.
const GUARDS: [(HeaderName, &str); 6] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(self), microphone=(self), geolocation=(), payment=(), usb=()",
    ),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

async fn guarded(mut response: Response) -> Response {
    for (name, value) in GUARDS {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}
