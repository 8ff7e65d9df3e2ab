//! Agents and queues as a supervisor sees them, and what a supervisor can do to them.

use std::time::Duration;

use acd::{AgentState, AgentStatus, Doors};
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use gateway::webrtc::Message;
use gateway::{Order, PoolNow};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Api, Problem};
use crate::auth::Signed;
use crate::limits;

/// Every agent, by name.
#[derive(Serialize, ToSchema)]
pub(crate) struct AgentList {
    agents: Vec<AgentShown>,
}

/// An agent.
#[derive(Serialize, ToSchema)]
struct AgentShown {
    name: String,
    /// Works at a desk in a browser; otherwise with a SIP telephone.
    browser: bool,
    /// `signed_out`, `not_ready`, `ready`, `ringing`, `talking`, `on_hold` or `wrap_up`.
    state: &'static str,
    /// Why the agent takes no calls; null when there is nothing to say.
    reason: Option<String>,
    /// The call that the agent talks in, see `GET /api/v1/calls`.
    call: Option<u64>,
}

/// Every queue, by name.
#[derive(Serialize, ToSchema)]
pub(crate) struct QueueList {
    queues: Vec<QueueShown>,
}

/// A queue.
#[derive(Serialize, ToSchema)]
struct QueueShown {
    name: String,
    #[schema(value_type = String, example = "open")]
    doors: DoorsShown,
    /// Callers that wait or whose agent rings.
    waiting: u32,
    /// Seconds that the one waits who came first; null when nobody does.
    longest: Option<u64>,
}

/// `open`; `closing`: nobody new; `closed`: who waits is let go, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum DoorsShown {
    Open,
    Closing,
    Closed,
}

/// Whether an agent takes calls.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Readiness {
    ready: bool,
    /// Why not; at most 200 characters.
    #[serde(default)]
    reason: String,
}

/// Whether a queue takes callers.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DoorsWanted {
    /// `open`; `closing`: nobody new; `closed`: who waits is let go, too.
    #[schema(value_type = String, example = "closing")]
    doors: DoorsShown,
}

/// Something to say to an agent.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Words {
    /// 1 to 200 characters.
    text: String,
}

/// Agents, and what each is doing.
#[utoipa::path(get, path = "/api/v1/agents", responses((status = 200, body = AgentList),
    (status = 401, body = Problem), (status = 403, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn agents(State(api): State<Api>) -> Result<Json<AgentList>, Problem> {
    Ok(Json(agents_of(&api, look(&api).await?.agents)))
}

/// The pool's agents with their calls.
pub(super) fn agents_of(api: &Api, agents: Vec<AgentStatus>) -> AgentList {
    let calls = api.site.calls.list();
    let shown = |status: AgentStatus| {
        let call = calls.iter().find(|call| call.agent.as_deref() == Some(&status.name));
        AgentShown {
            state: state_name(&status),
            call: call.map(|call| call.id),
            name: status.name,
            browser: status.browser,
            reason: status.reason.filter(|reason| !reason.is_empty()),
        }
    };
    AgentList { agents: agents.into_iter().map(shown).collect() }
}

/// Queues, and who waits in each.
#[utoipa::path(get, path = "/api/v1/queues", responses((status = 200, body = QueueList),
    (status = 401, body = Problem), (status = 403, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn queues(State(api): State<Api>) -> Result<Json<QueueList>, Problem> {
    Ok(Json(queues_of(look(&api).await?.queues)))
}

/// The pool's queues.
pub(super) fn queues_of(queues: Vec<acd::QueueStatus>) -> QueueList {
    let shown = |status: acd::QueueStatus| QueueShown {
        name: status.name,
        doors: match status.doors {
            Doors::Open => DoorsShown::Open,
            Doors::Closing => DoorsShown::Closing,
            Doors::Closed => DoorsShown::Closed,
        },
        waiting: status.waiting,
        longest: status.longest.as_ref().map(Duration::as_secs),
    };
    QueueList { queues: queues.into_iter().map(shown).collect() }
}

/// Make an agent take calls, or none; a call in progress goes on.
#[utoipa::path(put, path = "/api/v1/agents/{name}/ready", params(("name" = String, Path)), request_body = Readiness,
    responses((status = 204), (status = 400, body = Problem), (status = 401, body = Problem),
    (status = 403, body = Problem), (status = 404, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn set_ready(
    State(api): State<Api>,
    Extension(signed): Extension<Signed>,
    Path(name): Path<String>,
    body: Result<Json<Readiness>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(Readiness { ready, reason }) = body?;
    let reason = reason.trim().to_owned();
    check_words(&reason)?;
    let told = if ready { "ready".to_owned() } else { format!("not ready: {reason}") };
    let about = format!("{name}: {told}");
    let order = Order::Ready { agent: name, ready, reason };
    carry_out(&api, &signed, order, "agent set", about, "there is no such agent").await
}

/// Open or close a queue at once.
#[utoipa::path(put, path = "/api/v1/queues/{name}/doors", params(("name" = String, Path)), request_body = DoorsWanted,
    responses((status = 204), (status = 400, body = Problem), (status = 401, body = Problem),
    (status = 403, body = Problem), (status = 404, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn set_doors(
    State(api): State<Api>,
    Extension(signed): Extension<Signed>,
    Path(name): Path<String>,
    body: Result<Json<DoorsWanted>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(DoorsWanted { doors }) = body?;
    let (doors, told) = match doors {
        DoorsShown::Open => (Doors::Open, "open"),
        DoorsShown::Closing => (Doors::Closing, "closing"),
        DoorsShown::Closed => (Doors::Closed, "closed"),
    };
    let about = format!("{name}: {told}");
    let order = Order::Doors { queue: name, doors };
    carry_out(&api, &signed, order, "queue set", about, "there is no such queue").await
}

/// Say something to an agent at a desk.
#[utoipa::path(post, path = "/api/v1/agents/{name}/message", params(("name" = String, Path)), request_body = Words,
    responses((status = 204), (status = 400, body = Problem), (status = 401, body = Problem),
    (status = 403, body = Problem), (status = 404, description = "nobody of that name is at a desk", body = Problem)))]
pub(crate) async fn message(
    State(api): State<Api>,
    Extension(signed): Extension<Signed>,
    Path(name): Path<String>,
    body: Result<Json<Words>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(Words { text }) = body?;
    let text = text.trim().to_owned();
    check_words(&text)?;
    if text.is_empty() {
        return Err(Problem::bad_request("there is nothing to say"));
    }
    let said = Message { from: signed.account.name.clone(), text };
    match api.site.hub.as_ref().is_some_and(|hub| hub.message(&name, said)) {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::not_found("nobody of that name is at a desk")),
    }
}

pub(super) async fn look(api: &Api) -> Result<PoolNow, Problem> {
    let Some(pool) = &api.site.pool else { return Ok(PoolNow::default()) };
    pool.look().await.ok_or_else(|| Problem::of_store(&"the gateway is stopping"))
}

/// Has something done and notes who wanted it.
async fn carry_out(
    api: &Api,
    signed: &Signed,
    order: Order,
    what: &str,
    about: String,
    unknown: &str,
) -> Result<StatusCode, Problem> {
    let done = match &api.site.pool {
        Some(pool) => pool.order(order).await,
        None => Some(false),
    };
    match done {
        Some(true) => {}
        Some(false) => return Err(Problem::not_found(unknown)),
        None => return Err(Problem::of_store(&"the gateway is stopping")),
    }
    let entry = signed.entry(what, about);
    api.auth.store().note(entry).await.map_err(|why| Problem::of_store(&why))?;
    Ok(StatusCode::NO_CONTENT)
}

fn check_words(text: &str) -> Result<(), Problem> {
    match text.chars().count() > limits::WORDS_CHARS_MAX || text.chars().any(char::is_control) {
        true => Err(Problem::bad_request(format!(
            "words are one line of at most {} characters",
            limits::WORDS_CHARS_MAX
        ))),
        false => Ok(()),
    }
}

/// As JSON and pages name it.
pub(super) fn state_name(agent: &AgentStatus) -> &'static str {
    match (&agent.state, agent.on_hold) {
        (None, _) => "signed_out",
        (Some(_), true) => "on_hold",
        (Some(AgentState::NotReady), _) => "not_ready",
        (Some(AgentState::Ready), _) => "ready",
        (Some(AgentState::Ringing { .. }), _) => "ringing",
        (Some(AgentState::Talking), _) => "talking",
        (Some(AgentState::WrapUp { .. }), _) => "wrap_up",
    }
}
