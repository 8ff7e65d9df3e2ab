//! `/ws`: the WebSocket between a page and its session in the gateway (PROTOCOL.md).
//!
//! One socket is one session of `gateway::webrtc`; what a session means is decided there. Here: who may
//! connect, JSON, pace, silence, and closing with a reason. Mounted by `server` with [`route`].

use std::sync::Arc;
use std::time::Instant;

use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use gateway::webrtc::{Command, Event, Hub, Part, Role, Session};
use store::accounts::Role as AccountRole;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::watch;
use tokio::time::{sleep_until, timeout};
use tracing::{debug, warn};

use crate::auth::{self, Auth, Peer};
use crate::board::{self, Board};
use crate::ws_gate::{Bucket, Gate, Pass};
use crate::ws_limits as limits;
use crate::ws_wire::{self, Edition, Mistake, Said, Seat, Server, Told, Welcome};

/// What every socket needs.
struct Door {
    hub: Hub,
    board: Arc<Board>,
    gate: Gate,
    auth: Auth,
}

/// Who is at the other end, as far as the cookie tells.
struct Caller {
    session: tower_sessions::Session,
    peer: Peer,
    /// What this account may be.
    rights: Rights,
}

/// What an account may be beside a phone, which strangers have, too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Rights {
    /// The agent whose desk it may take.
    agent: Option<String>,
    /// Its name, if it may listen to conversations.
    leads: Option<String>,
}

impl Rights {
    fn allow(&self, role: Role) -> bool {
        match role {
            Role::Phone => true,
            Role::Desk => self.agent.is_some(),
            Role::Lead => self.leads.is_some(),
        }
    }
}

/// The route `/ws`, to be merged into the server's router.
pub(crate) fn route(hub: Hub, board: Arc<Board>, auth: Auth) -> Router {
    let door = Door { hub, board, gate: Gate::new(now()), auth };
    Router::new().route("/ws", get(upgrade)).with_state(Arc::new(door))
}

async fn upgrade(
    State(door): State<Arc<Door>>,
    Extension(peer): Extension<Peer>,
    session: tower_sessions::Session,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let pass = match door.gate.enter(&headers, now()) {
        Ok(pass) => pass,
        Err(refusal) => return refusal.into_response(),
    };
    upgrade.max_message_size(limits::MESSAGE_LEN_MAX).max_frame_size(limits::MESSAGE_LEN_MAX).on_upgrade(
        async move |socket| {
            let rights = rights_of(&door.auth, &session, peer).await.unwrap_or_default();
            serve(door, socket, Caller { session, peer, rights }, pass).await;
        },
    )
}

/// What whoever has this cookie may be.
async fn rights_of(auth: &Auth, session: &tower_sessions::Session, peer: Peer) -> Option<Rights> {
    let account = auth.signed(session, peer).await.ok()??.account;
    let leads = matches!(account.role, AccountRole::Supervisor | AccountRole::Admin).then_some(account.name);
    Some(Rights { agent: account.agent, leads }).filter(|_| !account.must_change)
}

/// Why a socket is closed.
struct Closing {
    code: u16,
    why: &'static str,
}

/// A desk without an account, or whose account may not have it any more (codes from 4000 on are the application's).
const NOT_SIGNED_IN: Closing = Closing { code: 4_401, why: "sign in" };

const GONE: Closing = Closing { code: close_code::NORMAL, why: "" };

/// One of our pages closes so when it is closed or loaded anew, which it cannot tell apart (RFC 6455 §7.4.2: codes
/// from 4000 on are the application's).
const AWAY: u16 = 4_001;

/// A browser closes so when its page is closed or left (RFC 6455 §7.4.1); a broken connection says nothing.
const LEFT: [u16; 2] = [close_code::NORMAL, close_code::AWAY];

fn policy(why: &'static str) -> Closing {
    Closing { code: close_code::POLICY, why }
}

/// Whether the same desk may still be taken; a database that fails takes nobody's desk away.
async fn still(auth: &Auth, caller: &Caller) -> bool {
    caller.session.load().await.is_err()
        || rights_of(auth, &caller.session, caller.peer).await.unwrap_or_default() == caller.rights
}

async fn serve(door: Arc<Door>, socket: WebSocket, caller: Caller, _pass: Pass) {
    let mut socket = Socket { socket, mistakes: 0, bucket: Bucket::new(limits::MESSAGES_PER_SECOND, now()) };
    let closing = match greet(&door, &mut socket, &caller).await {
        Ok((role, session)) => converse(&door, &mut socket, session, role, &caller).await,
        Err(closing) => closing,
    };
    debug!(code = closing.code, why = closing.why, "a WebSocket is closed");
    socket.close(closing).await;
}

/// Waits for `hello`, opens the session, answers `welcome`.
async fn greet(door: &Door, socket: &mut Socket, caller: &Caller) -> Result<(Role, Session), Closing> {
    let hello = timeout(limits::HELLO, async {
        loop {
            match socket.receive().await? {
                Said::Hello { role, resume } => return Ok((role, resume)),
                Said::Ping | Said::Command(_) => socket.mistake("the first message is \"hello\"").await?,
            }
        }
    });
    let (role, resume) = hello.await.unwrap_or(Err(policy("no hello in time")))?;
    let hub = &door.hub;
    if !caller.rights.allow(role) {
        let text = match role {
            Role::Lead => "conversations are listened to by supervisors who are signed in",
            Role::Desk | Role::Phone => {
                "a desk is taken by whoever is signed in with an account that has one"
            }
        };
        socket.tell(&Told::Error { code: "sign_in", text }).await?;
        return Err(NOT_SIGNED_IN);
    }
    let resumed = resume.and_then(|token| hub.resume(role, &token));
    let was_resumed = resumed.is_some();
    let mut session = match resumed {
        Some(session) => session,
        None => open(hub, socket, role).await?,
    };
    let ended = Closing { code: close_code::AGAIN, why: "the session has just ended" };
    let state = session.state().await.ok_or(ended)?;
    let edition = door.board.edition();
    let welcome = Welcome {
        token: &session.token,
        resumed: was_resumed,
        state: &state,
        ice_servers: servers(hub),
        agents: seats(&edition, hub, caller.rights.agent.as_deref()),
        numbers: edition.numbers,
        service: Edition { version: edition.version },
    };
    socket.tell(&Told::Welcome(Box::new(welcome))).await?;
    Ok((role, session))
}

async fn open(hub: &Hub, socket: &mut Socket, role: Role) -> Result<Session, Closing> {
    match hub.open(role) {
        Ok(session) => Ok(session),
        Err(busy) => {
            socket.tell(&Told::Error { code: "busy", text: &busy.to_string() }).await?;
            Err(Closing { code: close_code::AGAIN, why: "busy" })
        }
    }
}

/// The desk that may be taken: that of the account, if the service knows it and it is at a browser.
fn seats(edition: &board::Edition, hub: &Hub, own: Option<&str>) -> Vec<Seat> {
    let signed_in = hub.signed_in();
    let taken = |name: &str| signed_in.iter().any(|(agent, _)| agent == name);
    let browsers = edition.agents.iter().filter(|agent| agent.browser && own == Some(&agent.name));
    browsers.map(|agent| Seat { name: agent.name.clone(), taken: taken(&agent.name) }).collect()
}

fn servers(hub: &Hub) -> Vec<Server> {
    let one = |server: &gateway::webrtc::IceServer| Server {
        urls: server.urls.clone(),
        username: server.username.clone(),
        credential: server.credential.clone(),
    };
    hub.ice_servers().iter().map(one).collect()
}

/// Passes words both ways until one side ends.
async fn converse(
    door: &Door,
    socket: &mut Socket,
    mut session: Session,
    role: Role,
    caller: &Caller,
) -> Closing {
    let mut editions = door.board.watch();
    let mut accounts = door.auth.changes();
    let mut version = editions.borrow().version;
    let mut silent_until = now() + limits::IDLE;
    loop {
        let told = tokio::select! {
            said = socket.receive() => {
                silent_until = now() + limits::IDLE;
                match said {
                    Ok(said) => obey(door, socket, &session, said, caller).await,
                    Err(closing) => Err(closing),
                }
            }
            event = session.events.recv() => tell_event(socket, event).await,
            live = changed(&mut editions) => match std::mem::replace(&mut version, live) == live {
                true => Ok(()), // an edit was refused, or that was taken back
                false => socket.tell(&Told::Service { version: live }).await,
            },
            () = look_again(&mut accounts), if role != Role::Phone => {
                if still(&door.auth, caller).await { Ok(()) } else { Err(NOT_SIGNED_IN) }
            }
            () = sleep_until(silent_until.into()) => Err(policy("silent for too long")),
        };
        if let Err(closing) = told {
            return closing;
        }
    }
}

/// Ends when an account may have changed.
async fn look_again(accounts: &mut watch::Receiver<u64>) {
    // Ends with an error when the gateway stops; the timer is then all there is.
    let _ = timeout(crate::limits::DESK_LOOKS_EVERY, accounts.changed()).await;
}

async fn tell_event(socket: &mut Socket, event: Option<Event>) -> Result<(), Closing> {
    match event {
        Some(event) => socket.send(ws_wire::event(&event)).await,
        None => Err(Closing {
            code: close_code::AGAIN,
            why: "the session ended, was taken over, or this page was too slow",
        }),
    }
}

async fn changed(editions: &mut watch::Receiver<board::Edition>) -> u64 {
    match editions.changed().await {
        Ok(()) => editions.borrow_and_update().version,
        // The gateway is stopping; the session ends by itself.
        Err(_) => std::future::pending().await,
    }
}

async fn obey(
    door: &Door,
    socket: &mut Socket,
    session: &Session,
    mut said: Said,
    caller: &Caller,
) -> Result<(), Closing> {
    if let (Said::Command(command), Some(name)) = (&mut said, &caller.rights.leads)
        && let Some(about) = led(command, name)
    {
        let entry = auth::entry(name, "listening", about, caller.peer);
        if let Err(error) = door.auth.store().note(entry).await {
            warn!(%error, "what a supervisor does is not written down, and not done");
            let text = "the gateway cannot do this now; its log says why";
            return socket.tell(&Told::Error { code: "busy", text }).await;
        }
    }
    match said {
        Said::Command(Command::SignIn { agent, .. }) if caller.rights.agent.as_ref() != Some(&agent) => {
            let text = "this desk is not that of the account that is signed in";
            socket.tell(&Told::Error { code: "not_yours", text }).await
        }
        Said::Ping => socket.tell(&Told::Pong).await,
        Said::Hello { .. } => socket.mistake("\"hello\" was said already").await,
        Said::Command(command) => match session.commands.try_send(command) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(_)) => {
                socket
                    .tell(&Told::Error { code: "too_fast", text: "this came too fast and is passed over" })
                    .await
            }
            Err(TrySendError::Closed(_)) => Ok(()), // its events end too, with a reason
        },
    }
}

/// What is to be written down of a supervisor's command, which is told whose it is.
fn led(command: &mut Command, name: &str) -> Option<String> {
    match command {
        Command::Listen { call, part, by, .. } => {
            name.clone_into(by);
            Some(format!("call {call}: {}", part_name(*part)))
        }
        Command::Part(part) => Some(part_name(*part).to_owned()),
        _ => None,
    }
}

fn part_name(part: Part) -> &'static str {
    match part {
        Part::Monitor { .. } => "monitor",
        Part::Whisper { .. } => "whisper",
        Part::BargeIn { .. } => "barge in",
        Part::TakeOver {} => "take over",
    }
}

/// A socket with what is known of its browser's manners.
struct Socket {
    socket: WebSocket,
    mistakes: u32,
    bucket: Bucket,
}

impl Socket {
    /// The next message that makes sense; the others are answered here.
    async fn receive(&mut self) -> Result<Said, Closing> {
        loop {
            let message = match self.socket.recv().await {
                Some(Ok(message)) => message,
                Some(Err(error)) => {
                    debug!(%error, "a WebSocket breaks");
                    return Err(Closing { code: close_code::SIZE, why: "the message is too long or broken" });
                }
                None => return Err(GONE),
            };
            if !self.bucket.take(now()) {
                return Err(policy("too many messages"));
            }
            let read = match message {
                Message::Text(text) => ws_wire::read(&text),
                Message::Binary(_) => Err(Mistake::Message("messages are JSON text".to_owned())),
                Message::Ping(_) | Message::Pong(_) => continue,
                Message::Close(Some(frame)) if frame.code == AWAY => {
                    return Ok(Said::Command(Command::Away {}));
                }
                Message::Close(Some(frame)) if LEFT.contains(&frame.code) => {
                    return Ok(Said::Command(Command::Leave {}));
                }
                Message::Close(_) => return Err(GONE),
            };
            match read {
                Ok(said) => return Ok(said),
                Err(Mistake::Version) => {
                    let text = format!("this gateway speaks version {} of the protocol", ws_wire::VERSION);
                    self.tell(&Told::Error { code: "bad_version", text: &text }).await?;
                    return Err(policy("unknown version"));
                }
                Err(Mistake::Message(why)) => self.mistake(&why).await?,
            }
        }
    }

    /// Answers a message that makes no sense; too many close the socket.
    async fn mistake(&mut self, why: &str) -> Result<(), Closing> {
        self.mistakes += 1;
        self.tell(&Told::Error { code: "bad_message", text: why }).await?;
        if self.mistakes >= limits::MISTAKES_MAX { Err(policy("too many bad messages")) } else { Ok(()) }
    }

    async fn tell(&mut self, word: &Told<'_>) -> Result<(), Closing> {
        self.send(ws_wire::told(word)).await
    }

    async fn send(&mut self, text: String) -> Result<(), Closing> {
        match timeout(limits::SEND, self.socket.send(Message::Text(text.into()))).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(GONE),
            Err(_) => Err(Closing { code: close_code::AGAIN, why: "this page is too slow" }),
        }
    }

    async fn close(mut self, closing: Closing) {
        let frame = CloseFrame { code: closing.code, reason: closing.why.into() };
        // Ignored: most sockets that are closed are gone already.
        let _ = timeout(limits::SEND, self.socket.send(Message::Close(Some(frame)))).await;
    }
}

fn now() -> Instant {
    net::clock::now().mono
}
