//! `Hub`: every browser session of a gateway, found by its number or by its token.
//!
//! Sessions are tasks on a runtime of their own; shards and the agent pool reach them through bounded lanes
//! and never wait for them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use call::web::{FromBrowser, SessionId, ToBrowser};
use rand::TryRngCore;
use rand::rngs::OsRng;
use thiserror::Error;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::{mpsc, oneshot};
use tracing::{debug, warn};

use super::config::{Config, IceServer};
use super::lane::{Delivered, Lane, Underway};
use super::limits;
use super::session::{Ends, Task};
use super::word::{AgentNow, AgentState, Command, Event, Message, Role, State};
use crate::pool::ToPool;
use crate::worker::{ToShard, WorkerHandle};

/// Why there is no session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Busy {
    /// All sessions are taken.
    #[error("too many browsers are connected; try again in a minute")]
    Full,
    /// The gateway is stopping.
    #[error("the gateway is stopping")]
    Stopping,
}

/// The way to the sessions, for anyone to clone.
#[derive(Clone)]
pub struct Hub(Arc<Shared>);

/// One browser's end of its session. Dropping it leaves the session alive for [`limits::GRACE`].
#[derive(Debug)]
pub struct Session {
    /// Brings a page back to this session ([`Hub::resume`]); as good as a password.
    pub token: String,
    /// What the browser wants; when it is full, the browser is too fast.
    pub commands: mpsc::Sender<Command>,
    /// What the browser is told; ends when the session does, is taken over, or the browser is too slow.
    pub events: mpsc::Receiver<Event>,
    state: mpsc::Receiver<State>,
}

impl Session {
    /// What goes on at the moment it was attached; `None` when the session has just ended.
    pub async fn state(&mut self) -> Option<State> {
        self.state.recv().await
    }
}

/// A socket's ends, as its session gets them.
pub(crate) struct Attachment {
    pub(crate) commands: mpsc::Receiver<Command>,
    pub(crate) events: mpsc::Sender<Event>,
    pub(crate) state: mpsc::Sender<State>,
}

/// What all sessions share.
pub(crate) struct Shared {
    pub(crate) config: Config,
    /// One for each thread; a session stays on the one it began on.
    runtimes: Vec<Handle>,
    shards: Vec<WorkerHandle>,
    pool: std::sync::mpsc::Sender<ToPool>,
    next: AtomicU64,
    /// Tasks that have not ended.
    alive: AtomicUsize,
    /// `None` when the gateway stops.
    sessions: Mutex<Option<HashMap<SessionId, Entry>>>,
}

struct Entry {
    role: Role,
    token: String,
    lane: Arc<Lane>,
    attachments: mpsc::Sender<Attachment>,
    /// The last word of the agent pool.
    desk: Option<AgentNow>,
}

/// The threads that sessions run on; ends them when dropped.
///
/// Each has a runtime of its own: a session, its peer connection's driver and its socket wake each other hundreds of
/// times a second, which between threads would cost a system call each time.
pub(crate) struct Threads {
    hub: Hub,
    /// Dropped to end its thread.
    running: Vec<oneshot::Sender<()>>,
}

impl Threads {
    pub(crate) fn start(
        config: Config,
        shards: Vec<WorkerHandle>,
        pool: std::sync::mpsc::Sender<ToPool>,
    ) -> std::io::Result<Self> {
        let (mut runtimes, mut running) = (Vec::new(), Vec::new());
        for _ in 0..limits::THREADS {
            let runtime = Builder::new_current_thread().enable_all().build()?;
            let (keep, kept) = oneshot::channel();
            runtimes.push(runtime.handle().clone());
            running.push(keep);
            std::thread::Builder::new().name("webrtc".into()).spawn(move || run(runtime, kept))?;
        }
        let shared = Shared {
            config,
            runtimes,
            shards,
            pool,
            next: AtomicU64::new(1),
            alive: AtomicUsize::new(0),
            sessions: Mutex::new(Some(HashMap::new())),
        };
        Ok(Threads { hub: Hub(Arc::new(shared)), running })
    }

    pub(crate) fn hub(&self) -> &Hub {
        &self.hub
    }

    /// Tasks of sessions that have not ended.
    #[cfg(test)]
    pub(crate) fn alive(&self) -> usize {
        self.hub.0.alive.load(Ordering::Acquire)
    }

    /// Ends every session and closes its connection.
    pub(crate) fn stop(&mut self) {
        self.hub.0.sessions().take();
        if self.running.is_empty() {
            return;
        }
        let until = net::clock::now().mono + limits::GOODBYE;
        while self.hub.0.alive.load(Ordering::Acquire) > 0 && net::clock::now().mono < until {
            std::thread::sleep(limits::GOODBYE_STEP);
        }
        // Not waited for: whoever stops may be on a runtime of their own.
        self.running.clear();
    }
}

/// A thread of sessions, until its other end is dropped.
fn run(runtime: Runtime, kept: oneshot::Receiver<()>) {
    // Nothing is ever sent: an error is the end.
    let _ = runtime.block_on(kept);
    runtime.shutdown_background();
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Hub {
    /// Opens a session.
    ///
    /// # Errors
    /// [`Busy`], in words for the person at the browser.
    pub fn open(&self, role: Role) -> Result<Session, Busy> {
        let shared = &self.0;
        let mut guard = shared.sessions();
        let sessions = guard.as_mut().ok_or(Busy::Stopping)?;
        if sessions.len() >= limits::SESSIONS_MAX {
            return Err(Busy::Full);
        }
        let id = SessionId(shared.next.fetch_add(1, Ordering::Relaxed));
        let (lane, lane_end) = Lane::new();
        let (attachments, attachments_end) = mpsc::channel(1);
        let entry = Entry { role, token: draw_token(), lane: Arc::new(lane), attachments, desk: None };
        let session = entry.attach().ok_or(Busy::Stopping)?;
        sessions.insert(id, entry);
        let ends = Ends { attachments: attachments_end, lane: lane_end };
        shared.alive.fetch_add(1, Ordering::Relaxed);
        let runtime = &shared.runtimes[id.0 as usize % shared.runtimes.len()];
        runtime.spawn(Task::new(id, role, Arc::clone(shared), ends).run());
        Ok(session)
    }

    /// Comes back to a session whose socket was lost, or takes it over from one that still is there.
    #[must_use]
    pub fn resume(&self, role: Role, token: &str) -> Option<Session> {
        let guard = self.0.sessions();
        let mut sessions = guard.as_ref()?.values();
        sessions.find(|entry| entry.role == role && entry.token == token)?.attach()
    }

    /// STUN and TURN servers that browsers are told of.
    #[must_use]
    pub fn ice_servers(&self) -> &[IceServer] {
        &self.0.config.ice_servers
    }

    /// Agents who are signed in at a desk, and what they are doing.
    #[must_use]
    pub fn signed_in(&self) -> Vec<(String, AgentState)> {
        let guard = self.0.sessions();
        let desks = guard.iter().flat_map(HashMap::values).filter_map(|entry| entry.desk.clone());
        desks.filter_map(|now| Some((now.agent?, now.state))).collect()
    }

    /// Says something to the agent who is signed in at a desk; false when nobody of that name is.
    #[must_use]
    pub fn message(&self, agent: &str, message: Message) -> bool {
        let lane = {
            let guard = self.0.sessions();
            let mut desks = guard.iter().flat_map(HashMap::values);
            let is_it =
                |entry: &&Entry| entry.desk.as_ref().is_some_and(|desk| desk.agent.as_deref() == Some(agent));
            desks.find(is_it).map(|entry| Arc::clone(&entry.lane))
        };
        lane.is_some_and(|lane| lane.message(message) == Delivered::Taken)
    }

    /// Sessions that are open or within their grace.
    #[must_use]
    pub fn sessions(&self) -> usize {
        self.0.sessions().as_ref().map_or(0, HashMap::len)
    }

    /// A word of a shard; called from its thread.
    pub(crate) fn deliver(&self, session: SessionId, word: ToBrowser) -> Delivered {
        let lane =
            self.0.sessions().as_ref().and_then(|all| all.get(&session)).map(|entry| Arc::clone(&entry.lane));
        let Some(lane) = lane else { return Delivered::Gone };
        let delivered = lane.deliver(word);
        if delivered == Delivered::Gone {
            warn!(session = session.0, "a browser session does not hear its shard and is given up");
            self.0.forget(session);
        }
        delivered
    }

    /// A word of the agent pool; called from its thread.
    pub(crate) fn agent(&self, session: SessionId, now: AgentNow) {
        let lane = {
            let mut guard = self.0.sessions();
            let Some(entry) = guard.as_mut().and_then(|all| all.get_mut(&session)) else { return };
            entry.desk = Some(now.clone());
            Arc::clone(&entry.lane)
        };
        if lane.agent(now) == Delivered::Gone {
            warn!(session = session.0, "a desk does not hear the agent pool and is given up");
            self.0.forget(session);
        }
    }
}

impl Entry {
    /// `None` when the session is just ending, or another socket comes back at the same moment.
    fn attach(&self) -> Option<Session> {
        let (commands, commands_end) = mpsc::channel(limits::COMMANDS);
        let (events, events_end) = mpsc::channel(limits::EVENTS);
        let (state, state_end) = mpsc::channel(1);
        let attachment = Attachment { commands: commands_end, events, state };
        self.attachments.try_send(attachment).ok()?;
        Some(Session { token: self.token.clone(), commands, events: events_end, state: state_end })
    }
}

impl Shared {
    fn sessions(&self) -> MutexGuard<'_, Option<HashMap<SessionId, Entry>>> {
        // Nothing is done under this lock that could panic half way.
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The session is to end: its task sees that nobody can reach it any more.
    pub(crate) fn forget(&self, session: SessionId) {
        if let Some(sessions) = self.sessions().as_mut() {
            sessions.remove(&session);
        }
    }

    /// The session's task has ended.
    pub(crate) fn ended(&self, session: SessionId) {
        self.forget(session);
        self.alive.fetch_sub(1, Ordering::Release);
    }

    /// A word to the shard that serves this session. Frames carry their place in the session's backlog.
    pub(crate) fn to_shard(&self, session: SessionId, word: FromBrowser, underway: Option<Underway>) {
        if let Some(shard) = self.shards.get(session.0 as usize % self.shards.len().max(1)) {
            shard.send(ToShard::Web { session, word: Box::new(word), underway });
        }
    }

    /// A word to the agent pool.
    pub(crate) fn to_pool(&self, word: acd::Input) {
        if self.pool.send(ToPool::Call(word)).is_err() {
            debug!("the pool has ended");
        }
    }
}

/// 128 bits that nobody guesses.
fn draw_token() -> String {
    let mut octets = [0; 16];
    OsRng.try_fill_bytes(&mut octets).expect("the system's random numbers are always there");
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}
