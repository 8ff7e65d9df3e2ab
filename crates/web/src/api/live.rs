//! What goes on in the gateway: the live service, counts, calls, agents.

use std::net::SocketAddr;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use gateway::CallNow;
use gateway::webrtc::{AgentState, Hub};
use serde::{Deserialize, Serialize};
use store::statistics::Recent;
use utoipa::{IntoParams, ToSchema};

use super::{Api, Problem};
use crate::board::Edition;

/// What strangers are told.
#[derive(Serialize, ToSchema)]
pub(crate) struct Open {
    /// Of the program.
    program: &'static str,
    /// Of the service; up with each change.
    version: u64,
    /// The numbers it serves.
    numbers: Vec<String>,
}

/// The gateway at this moment.
#[derive(Serialize, ToSchema)]
pub(crate) struct Status {
    /// Of the program.
    version: &'static str,
    service: ServiceNow,
    /// The numbers it serves.
    numbers: Vec<String>,
    /// Where it is called by SIP.
    #[schema(value_type = Vec<String>)]
    sip: Vec<SocketAddr>,
    counts: Counts,
    /// Agents who work at a browser.
    agents: Vec<Desk>,
}

/// The live service.
#[derive(Serialize, ToSchema)]
struct ServiceNow {
    /// The names of its flows.
    name: String,
    /// Up with each change.
    version: u64,
    /// One line, as `vireo check` prints it.
    summary: String,
    /// When it went live, in seconds since 1970-01-01T00:00:00Z.
    loaded_at: u64,
    /// Why the newest edit was refused; null when the folder's content is what is live.
    diagnostics: Option<String>,
}

impl From<&Edition> for ServiceNow {
    fn from(edition: &Edition) -> ServiceNow {
        let Edition { name, version, summary, loaded_at, diagnostics, .. } = edition.clone();
        ServiceNow { name, version, summary, loaded_at, diagnostics }
    }
}

#[derive(Serialize, ToSchema)]
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
#[derive(Serialize, ToSchema)]
struct Desk {
    name: String,
    /// `signed_out`, `not_ready`, `ready`, `ringing`, `talking`, `wrap_up`.
    #[schema(value_type = String)]
    state: Presence,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Presence {
    Here(AgentState),
    /// `"signed_out"`.
    Away(&'static str),
}

/// The calls in progress.
#[derive(Serialize, ToSchema)]
pub(crate) struct CallList {
    calls: Vec<CallRow>,
}

/// A call in progress.
#[derive(Serialize, ToSchema)]
struct CallRow {
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

/// The live flows.
#[derive(Serialize, ToSchema)]
pub(crate) struct Dialplans {
    version: u64,
    /// Why the newest edit was refused; null when what is shown is what the folder holds.
    diagnostics: Option<String>,
    /// Each with its name, file, source and drawing (as `vireo graph --json` has it; null when it is too large).
    #[schema(value_type = Vec<Object>)]
    flows: std::sync::Arc<Vec<crate::board::Sheet>>,
}

/// What is served here, for everyone.
#[utoipa::path(get, path = "/api/v1/service", security(()), responses((status = 200, body = Open)))]
pub(crate) async fn service(State(api): State<Api>) -> Json<Open> {
    let Edition { version, numbers, .. } = api.site.board.edition();
    Json(Open { program: api.site.version, version, numbers })
}

/// The live service, counts and agents.
#[utoipa::path(get, path = "/api/v1/status", responses((status = 200, body = Status),
    (status = 401, body = Problem), (status = 403, body = Problem)))]
pub(crate) async fn status(State(api): State<Api>) -> Json<Status> {
    let site = &api.site;
    let edition = site.board.edition();
    let drops = site.gauges.drops();
    Json(Status {
        version: site.version,
        service: ServiceNow::from(&edition),
        numbers: edition.numbers.clone(),
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
        agents: desks(&edition, site.hub.as_ref()),
    })
}

fn desks(edition: &Edition, hub: Option<&Hub>) -> Vec<Desk> {
    let present = hub.map(Hub::signed_in).unwrap_or_default();
    let state = |name: &str| {
        let here = present.iter().find(|(agent, _)| agent == name);
        here.map_or(Presence::Away("signed_out"), |(_, state)| Presence::Here(*state))
    };
    let browsers = edition.agents.iter().filter(|agent| agent.browser);
    browsers.map(|agent| Desk { name: agent.name.clone(), state: state(&agent.name) }).collect()
}

/// The calls in progress.
#[utoipa::path(get, path = "/api/v1/calls", responses((status = 200, body = CallList),
    (status = 401, body = Problem), (status = 403, body = Problem)))]
pub(crate) async fn calls(State(api): State<Api>) -> Json<CallList> {
    Json(calls_of(&api))
}

/// The calls in progress.
pub(super) fn calls_of(api: &Api) -> CallList {
    let now = net::clock::now().wall;
    let row = |call: CallNow| CallRow {
        id: call.id,
        caller: call.caller,
        number: call.number,
        flow: call.flow,
        version: call.version,
        node: call.node,
        seconds: now.saturating_sub(call.began).as_secs(),
        agent: call.agent,
    };
    CallList { calls: api.site.calls.list().into_iter().map(row).collect() }
}

/// The live flows: source, drawing, and why the newest edit was refused.
#[utoipa::path(get, path = "/api/v1/dialplans", responses((status = 200, body = Dialplans),
    (status = 401, body = Problem), (status = 403, body = Problem)))]
pub(crate) async fn dialplans(State(api): State<Api>) -> Json<Dialplans> {
    let Edition { version, diagnostics, sheets, .. } = api.site.board.edition();
    Json(Dialplans { version, diagnostics, flows: sheets })
}

/// Which figures.
#[derive(Deserialize, IntoParams)]
pub(crate) struct FiguresQuery {
    /// Of calls that ended then or later, in seconds since 1970-01-01T00:00:00Z, such as the reader's midnight. Goes by
    /// quarters of an hour, and back two days.
    #[param(minimum = 0)]
    pub(super) since: u64,
}

/// What callers did in the nodes of flows.
#[derive(Serialize, ToSchema)]
pub(crate) struct Figures {
    /// By flow and node: `entries`, `timeouts` (no key came in time), `hung_up`, and of those `abandoned`, before any goal.
    #[schema(value_type = Object)]
    flows: Recent,
}

/// What callers did in the nodes of flows, of all versions together.
#[utoipa::path(get, path = "/api/v1/dialplans/figures", params(FiguresQuery), responses((status = 200, body = Figures),
    (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem)))]
pub(crate) async fn figures(
    State(api): State<Api>,
    query: Result<Query<FiguresQuery>, QueryRejection>,
) -> Result<Json<Figures>, Problem> {
    let Query(FiguresQuery { since }) = query.map_err(|why| Problem::bad_request(why.body_text()))?;
    let flows = api.site.store.recent(since).await.map_err(|why| Problem::of_store(&why))?;
    Ok(Json(Figures { flows }))
}
