//! The task of one session: between a browser's socket, its peer connection and its shard.
//!
//! A session lives as long as its socket, and [`limits::GRACE`] longer so that a page may come back with its
//! token. It has at most one [`Talk`]; everything that ends one goes through [`Task::end_talk`]. What a page wants
//! is in `commands.rs`, what the shard says in `words.rs`, what the peer connection does in `media.rs`.

mod commands;
mod media;
mod words;

use std::sync::Arc;
use std::time::Instant;

use call::CallId;
use call::web::{FromBrowser, Media, SessionId};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tracing::{Instrument, debug, info, info_span, warn};

use super::hub::{Attachment, Shared};
use super::lane::{Backlog, LaneEnd, Passed, Word};
use super::limits;
use super::talk::{Incoming, Talk};
use super::word::{Command, Event, Role, State};

/// What wakes a session.
enum Wake {
    /// A socket takes the session over.
    Attached(Attachment),
    /// The gateway stops.
    HubGone,
    /// The socket's word; `None`: it is gone.
    Command(Option<Command>),
    Word(Box<Word>),
    Frame(Passed),
    Incoming(Incoming),
    /// Time for something.
    Due,
}

/// One session.
pub(crate) struct Task {
    id: SessionId,
    role: Role,
    shared: Arc<Shared>,
    attachments: mpsc::Receiver<Attachment>,
    client: Option<Attachment>,
    /// When the session ends, since its socket is gone.
    grace: Option<Instant>,
    /// Its page was closed or loaded anew.
    away: bool,
    lane: LaneEnd,
    backlog: Backlog,
    talk: Option<Talk>,
    /// What the caller of the ringing call can do.
    ring: Option<(u64, Media)>,
    state: State,
    /// The shard knows a leg of this session, and the page its call.
    leg: bool,
    /// The shard was told that media flows for this leg.
    joined: bool,
    /// Last words of the shard that are still to come about legs that are over for the page already. A new call
    /// may have begun by then, and must not be ended by them.
    owed: u32,
    signed_in: bool,
}

/// The session's ends of its channels.
pub(crate) struct Ends {
    pub(crate) attachments: mpsc::Receiver<Attachment>,
    pub(crate) lane: LaneEnd,
}

impl Task {
    pub(crate) fn new(id: SessionId, role: Role, shared: Arc<Shared>, ends: Ends) -> Self {
        Task {
            id,
            role,
            shared,
            attachments: ends.attachments,
            client: None,
            grace: Some(net::clock::now().mono + limits::GRACE),
            away: false,
            lane: ends.lane,
            backlog: Backlog::default(),
            talk: None,
            ring: None,
            state: State::default(),
            leg: false,
            joined: false,
            owed: 0,
            signed_in: false,
        }
    }

    /// Runs until the grace is over or the gateway stops.
    pub(crate) async fn run(mut self) {
        let span = info_span!("web", session = self.id.0);
        let id = self.id;
        let shared = Arc::clone(&self.shared);
        async move {
            while self.turn().await {}
            self.bury().await;
        }
        .instrument(span)
        .await;
        shared.ended(id);
    }

    /// Waits for something and does it; false at the end.
    async fn turn(&mut self) -> bool {
        match self.wait().await {
            Wake::Attached(attachment) => self.attach(attachment),
            Wake::HubGone => return false,
            Wake::Command(Some(Command::Leave {})) => {
                self.leave();
                return false;
            }
            Wake::Command(Some(command)) => self.command(command).await,
            Wake::Command(None) => {
                debug!("the browser's socket is gone");
                self.detach();
            }
            Wake::Word(word) => self.word(*word).await,
            Wake::Frame(passed) => {
                if let Some(talk) = &mut self.talk {
                    talk.send(&passed);
                }
            }
            Wake::Incoming(incoming) => self.incoming(incoming).await,
            Wake::Due => {
                let now = net::clock::now();
                if self.grace.is_some_and(|grace| grace <= now.mono) {
                    info!("the browser did not come back");
                    if self.away {
                        self.leave();
                    }
                    return false;
                }
                self.talk_due(now.mono).await;
            }
        }
        self.flush().await;
        true
    }

    async fn wait(&mut self) -> Wake {
        let due = [self.grace, self.talk.as_ref().and_then(Talk::due)].into_iter().flatten().min();
        let due = async {
            match due {
                Some(due) => tokio::time::sleep_until(due.into()).await,
                None => std::future::pending().await,
            }
        };
        let command = async {
            match &mut self.client {
                Some(client) => client.commands.recv().await,
                None => std::future::pending().await,
            }
        };
        let incoming = async {
            match &mut self.talk {
                Some(talk) => talk.incoming().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            attached = self.attachments.recv() => attached.map_or(Wake::HubGone, Wake::Attached),
            command = command => Wake::Command(command),
            Some(word) = self.lane.words.recv() => Wake::Word(Box::new(word)),
            Some(passed) = self.lane.frames.recv() => Wake::Frame(passed),
            incoming = incoming => Wake::Incoming(incoming),
            () = due => Wake::Due,
        }
    }

    /// A socket takes the session: the one before it, if any, is closed.
    fn attach(&mut self, attachment: Attachment) {
        self.grace = None;
        self.away = false;
        // Ignored: a socket that is gone already shows at its next word.
        let _ = attachment.state.try_send(self.state.clone());
        self.client = Some(attachment);
    }

    fn detach(&mut self) {
        self.client = None;
        self.grace = Some(net::clock::now().mono + limits::GRACE);
    }

    /// The page is closed or loaded anew. A call that was on its way only cannot be drawn by a new page.
    async fn go_away(&mut self) {
        if self.state.since.is_none() {
            match self.role {
                Role::Phone | Role::Lead => self.part(FromBrowser::HangUp),
                Role::Desk => self.part(FromBrowser::Lost),
            }
            self.end_talk().await;
        }
        // Whoever rings is not to wait for a page that may never come.
        if let Some((call, _)) = self.ring.take() {
            self.state.ring = None;
            self.to_shard(FromBrowser::Reject { call: CallId(call) });
        }
        self.client = None;
        self.away = true;
        self.grace = Some(net::clock::now().mono + limits::RELOAD);
    }

    /// Tells the browser; one that does not keep up loses its socket.
    fn tell(&mut self, event: Event) {
        self.state.note(&event);
        let Some(client) = &self.client else { return };
        match client.events.try_send(event) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => {
                warn!("a browser does not keep up: its socket is closed");
                self.detach();
            }
            // Its end of the commands tells the same.
            Err(TrySendError::Closed(_)) => self.detach(),
        }
    }

    fn complain(&mut self, code: &'static str, text: impl Into<String>) {
        self.tell(Event::Error { code, text: text.into() });
    }

    fn to_shard(&self, word: FromBrowser) {
        self.shared.to_shard(self.id, word, None);
    }

    /// The leg is over for the page: `word` tells the shard why.
    fn part(&mut self, word: FromBrowser) {
        if std::mem::replace(&mut self.leg, false) {
            self.owed += 1;
            self.to_shard(word);
        }
    }

    fn pool(&self, word: acd::Input) {
        self.shared.to_pool(word);
    }

    /// Closes the peer connection; false when there was none.
    async fn end_talk(&mut self) -> bool {
        let Some(talk) = self.talk.take() else { return false };
        talk.close().await;
        true
    }

    /// The end: nobody is left waiting for this browser.
    async fn bury(&mut self) {
        if self.leg {
            self.to_shard(FromBrowser::Lost);
        } else if let Some((call, _)) = self.ring.take() {
            self.to_shard(FromBrowser::Reject { call: CallId(call) });
        }
        if self.signed_in || self.role == Role::Desk {
            self.pool(acd::Input::SignOut { session: self.id.0 });
        }
        self.end_talk().await;
    }
}
