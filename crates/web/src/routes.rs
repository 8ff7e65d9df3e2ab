//! What is served where, and the headers that every answer carries.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use gateway::webrtc::{AgentState, Hub};
use gateway::{CallNow, Calls, Gauges};
use serde::Serialize;

use crate::board::{Board, Edition, Sheet};
use crate::{assets, limits, pages, ws};

/// What the pages know of a gateway.
#[derive(Clone)]
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
    /// The way for browsers to call; without it there is no `/ws`.
    pub hub: Option<Hub>,
}

/// `/api/status`.
#[derive(Serialize)]
struct Status {
    version: &'static str,
    service: Edition,
    numbers: Vec<String>,
    sip: Vec<SocketAddr>,
    counts: Counts,
    agents: Vec<Desk>,
}

#[derive(Serialize)]
struct Counts {
    calls: u64,
    accepted: u64,
    refused: u64,
    faults: u64,
    /// Streams that are being transcoded, each direction for itself.
    transcoders: u64,
    /// Packets of sound and pictures that were dropped because the transcoding threads did not keep up.
    not_transcoded: u64,
    /// Datagrams that the send queues of the kernel had no room for.
    send_full: u64,
    /// Datagrams that could not be sent for another reason.
    send_failed: u64,
    /// Datagrams on media ports that were too long for RTP.
    oversize: u64,
    /// Sends that met a closed port or an unreachable host.
    icmp: u64,
}

/// An agent who works at a browser.
#[derive(Serialize)]
struct Desk {
    name: String,
    state: Presence,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Presence {
    Here(AgentState),
    /// `"signed_out"`.
    Away(&'static str),
}

/// `/api/calls`.
#[derive(Serialize)]
struct List {
    calls: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    id: u64,
    /// Null when withheld.
    caller: Option<String>,
    number: String,
    flow: String,
    version: u64,
    /// Null before the first.
    node: Option<String>,
    /// Since the call was taken.
    seconds: u64,
    agent: Option<String>,
}

/// `/api/dialplans`.
#[derive(Serialize)]
struct Dialplans {
    version: u64,
    /// Why the newest edit was refused; null when what is shown is what the folder holds.
    diagnostics: Option<String>,
    flows: Arc<Vec<Sheet>>,
}

pub(crate) fn router(site: Site) -> Router {
    let sockets = site.hub.clone().map(|hub| ws::route(hub, Arc::clone(&site.board)));
    Router::new()
        .route("/api/status", get(status))
        // The address before there was more than one.
        .route("/status", get(status))
        .route("/api/calls", get(calls))
        .route("/api/dialplans", get(dialplans))
        .route("/healthz", get(health))
        .with_state(Arc::new(site))
        .merge(pages::routes())
        .merge(assets::routes())
        .merge(sockets.unwrap_or_default())
        .layer(DefaultBodyLimit::max(limits::BODY_LEN_MAX))
        .layer(map_response(guarded))
}

async fn status(State(site): State<Arc<Site>>) -> impl IntoResponse {
    let service = site.board.edition();
    let drops = site.gauges.drops();
    let status = Status {
        version: site.version,
        numbers: service.numbers.clone(),
        sip: site.sip.clone(),
        counts: Counts {
            calls: site.gauges.calls(),
            accepted: site.gauges.accepted(),
            refused: site.gauges.refused(),
            faults: site.gauges.faults(),
            transcoders: site.gauges.transcoders(),
            not_transcoded: site.gauges.not_transcoded(),
            send_full: drops.send_full,
            send_failed: drops.send_failed,
            oversize: drops.oversize,
            icmp: drops.icmp,
        },
        agents: desks(&service, site.hub.as_ref()),
        service,
    };
    ([(header::CACHE_CONTROL, "no-store")], Json(status))
}

fn desks(service: &Edition, hub: Option<&Hub>) -> Vec<Desk> {
    let present = hub.map(Hub::signed_in).unwrap_or_default();
    let state = |name: &str| {
        let here = present.iter().find(|(agent, _)| agent == name);
        here.map_or(Presence::Away("signed_out"), |(_, state)| Presence::Here(*state))
    };
    let browsers = service.agents.iter().filter(|agent| agent.browser);
    browsers.map(|agent| Desk { name: agent.name.clone(), state: state(&agent.name) }).collect()
}

async fn calls(State(site): State<Arc<Site>>) -> impl IntoResponse {
    let now = net::clock::now().wall;
    let row = |call: CallNow| Row {
        id: call.id,
        caller: call.caller,
        number: call.number,
        flow: call.flow,
        version: call.version,
        node: call.node,
        seconds: now.saturating_sub(call.began).as_secs(),
        agent: call.agent,
    };
    let calls = site.calls.list().into_iter().map(row).collect();
    ([(header::CACHE_CONTROL, "no-store")], Json(List { calls }))
}

async fn dialplans(State(site): State<Arc<Site>>) -> impl IntoResponse {
    let Edition { version, diagnostics, sheets, .. } = site.board.edition();
    ([(header::CACHE_CONTROL, "no-store")], Json(Dialplans { version, diagnostics, flows: sheets }))
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
