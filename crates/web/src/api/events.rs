//! What goes on, told as it changes: a WebSocket beside the routes that are asked.
//!
//! Each message is an object with `type` (`agents`, `queues`, `calls` or `service`) and what `GET` of that name answers,
//! sent whole when it has changed. Nothing is heard but pings and the end.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tower_sessions::Session;

use super::{Api, Problem, live, supervisor};
use crate::auth::{Peer, Signed};
use crate::{limits, ws_gate};

/// Sockets that are open.
#[derive(Clone, Debug, Default)]
pub(crate) struct Listeners(Arc<AtomicUsize>);

/// One of them; counts until it is dropped.
struct Listener(Arc<AtomicUsize>);

impl Drop for Listener {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Listeners {
    fn enter(&self) -> Result<Listener, Problem> {
        let listener = Listener(Arc::clone(&self.0));
        match self.0.fetch_add(1, Ordering::Relaxed) < limits::LISTENERS_MAX {
            true => Ok(listener),
            false => Err(Problem::busy("too many programs and pages listen already")),
        }
    }
}

/// What a socket is told.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Told {
    Agents(supervisor::AgentList),
    Queues(supervisor::QueueList),
    Calls(live::CallList),
    Service { version: u64 },
}

/// Agents, queues and calls as they change, by WebSocket (RFC 6455): messages of JSON, each with `type` `agents`, `queues`,
/// `calls` (as `GET` of that name answers) or `service` (`version`).
#[utoipa::path(get, path = "/api/v1/events", responses((status = 101, description = "the messages follow"),
    (status = 400, description = "the request asks for no WebSocket", body = Problem), (status = 401, body = Problem),
    (status = 403, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn events(
    State(api): State<Api>,
    Extension(signed): Extension<Signed>,
    Extension(peer): Extension<Peer>,
    session: Session,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let upgrade = upgrade.map_err(|why| Problem::bad_request(why.body_text()))?;
    // A page of another host has the browser send our cookie, too.
    if !ws_gate::same_origin(&headers) {
        return Err(Problem::forbidden("csrf", "this is for pages of this host only"));
    }
    let listener = api.listeners.enter()?;
    let upgrade = upgrade.max_message_size(limits::HEARD_LEN_MAX).max_frame_size(limits::HEARD_LEN_MAX);
    Ok(upgrade.on_upgrade(async move |socket| serve(api, socket, signed, peer, session, listener).await))
}

async fn serve(
    api: Api,
    mut socket: WebSocket,
    signed: Signed,
    peer: Peer,
    session: Session,
    _listener: Listener,
) {
    let mut said = [const { String::new() }; 4];
    let mut accounts = api.auth.changes();
    let mut ticks = interval(limits::EVENTS_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut quiet, mut looked) = (Duration::ZERO, Duration::ZERO);
    let closing = loop {
        tokio::select! {
            heard = socket.recv() => match heard {
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => break (close_code::POLICY, "nothing is heard here"),
            },
            Ok(()) = accounts.changed() => looked = limits::DESK_LOOKS_EVERY,
            _ = ticks.tick() => {}
        }
        (quiet, looked) = (quiet + limits::EVENTS_EVERY, looked + limits::EVENTS_EVERY);
        if looked >= limits::DESK_LOOKS_EVERY {
            looked = Duration::ZERO;
            let still = api.auth.signed(&session, peer).await;
            // A database that fails takes nobody's socket away.
            let changed =
                |now: &Option<Signed>| now.as_ref().map(|now| &now.account) != Some(&signed.account);
            if session.load().await.is_ok() && still.as_ref().is_ok_and(changed) {
                break (NOT_SIGNED_IN, "sign in");
            }
        }
        let Some(now) = look(&api).await else { break (close_code::AWAY, "the gateway is stopping") };
        for (before, (state, text)) in said.iter_mut().zip(now) {
            if *before == state {
                continue;
            }
            *before = state;
            quiet = Duration::ZERO;
            if !matches!(
                timeout(limits::TOLD_WITHIN, socket.send(Message::Text(text.into()))).await,
                Ok(Ok(()))
            ) {
                return;
            }
        }
        if quiet >= limits::PINGED_EVERY {
            quiet = Duration::ZERO;
            let ping = socket.send(Message::Ping(axum::body::Bytes::new()));
            if !matches!(timeout(limits::TOLD_WITHIN, ping).await, Ok(Ok(()))) {
                return;
            }
        }
    };
    let frame = CloseFrame { code: closing.0, reason: closing.1.into() };
    // Ignored: whoever is gone needs no word.
    let _ = timeout(limits::TOLD_WITHIN, socket.send(Message::Close(Some(frame)))).await;
}

/// As `/ws` closes a socket whose account may not have it any more.
const NOT_SIGNED_IN: u16 = 4_401;

/// Everything as it is, each with what of it is looked at for changes: seconds that pass are none. `None` when the gateway is
/// stopping.
async fn look(api: &Api) -> Option<[(String, String); 4]> {
    let pool = supervisor::look(api).await.ok()?;
    let queues: Vec<_> = pool.queues.iter().map(|queue| (&queue.name, queue.doors, queue.waiting)).collect();
    let queues = format!("{queues:?}");
    let calls: Vec<_> =
        api.site.calls.list().into_iter().map(|call| (call.id, call.node, call.agent)).collect();
    let calls = format!("{calls:?}");
    let text = |told| serde_json::to_string(&told).expect("it has no keys but strings");
    let agents = text(Told::Agents(supervisor::agents_of(api, pool.agents)));
    let version = text(Told::Service { version: api.site.board.edition().version });
    Some([
        (agents.clone(), agents),
        (queues, text(Told::Queues(supervisor::queues_of(pool.queues)))),
        (calls, text(Told::Calls(live::calls_of(api)))),
        (version.clone(), version),
    ])
}
