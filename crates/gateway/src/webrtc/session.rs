//! The task of one session: between a browser's socket, its peer connection and its shard.
//!
//! A session lives as long as its socket, and [`limits::GRACE`] longer so that a page may come back with its
//! token. It has at most one [`Talk`]; everything that ends one goes through [`Task::end_talk`].

use std::sync::Arc;
use std::time::Instant;

use call::CallId;
use call::web::{Ended, FromBrowser, Media, SessionId, StopRinging, ToBrowser};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tracing::{Instrument, debug, info, info_span, warn};
use webrtc::peer_connection::RTCPeerConnectionState;

use super::hub::{Attachment, Shared};
use super::lane::{Backlog, LaneEnd, Passed};
use super::limits;
use super::negotiation::{Plan, Unusable};
use super::peer::{Happening, PeerError};
use super::talk::{Incoming, Talk};
use super::word::{AgentNow, Command, Event, Role, State};

/// What wakes a session.
enum Wake {
    /// A socket takes the session over.
    Attached(Attachment),
    /// The gateway stops.
    HubGone,
    /// The socket's word; `None`: it is gone.
    Command(Option<Command>),
    Word(Box<ToBrowser>),
    /// A word of the agent pool.
    Agent(AgentNow),
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
    lane: LaneEnd,
    agent: mpsc::Receiver<AgentNow>,
    backlog: Backlog,
    talk: Option<Talk>,
    /// What the caller of the ringing call can do.
    ring: Option<(u64, Media)>,
    state: State,
    /// The shard knows a leg of this session.
    leg: bool,
    signed_in: bool,
}

/// The session's ends of its channels.
pub(crate) struct Ends {
    pub(crate) attachments: mpsc::Receiver<Attachment>,
    pub(crate) lane: LaneEnd,
    pub(crate) agent: mpsc::Receiver<AgentNow>,
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
            lane: ends.lane,
            agent: ends.agent,
            backlog: Backlog::default(),
            talk: None,
            ring: None,
            state: State::default(),
            leg: false,
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
            Wake::Agent(now) => {
                self.signed_in = now.agent.is_some();
                self.tell(Event::Agent(now));
            }
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
            Some(agent) = self.agent.recv() => Wake::Agent(agent),
            Some(passed) = self.lane.frames.recv() => Wake::Frame(passed),
            incoming = incoming => Wake::Incoming(incoming),
            () = due => Wake::Due,
        }
    }

    /// A socket takes the session: the one before it, if any, is closed.
    fn attach(&mut self, attachment: Attachment) {
        self.grace = None;
        // Ignored: a socket that is gone already shows at its next word.
        let _ = attachment.state.try_send(self.state.clone());
        self.client = Some(attachment);
    }

    fn detach(&mut self) {
        self.client = None;
        self.grace = Some(net::clock::now().mono + limits::GRACE);
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

    async fn command(&mut self, command: Command) {
        match (self.role, command) {
            (Role::Phone, Command::Call { number, sdp, name }) => self.call(number, name, &sdp).await,
            (Role::Desk, Command::Accept { call, sdp }) => self.accept(call, &sdp).await,
            (Role::Desk, Command::Reject { call }) => self.reject(call),
            (Role::Desk, Command::SignIn { agent }) => self.sign_in(agent),
            (Role::Desk, Command::SignOut {}) => self.pool(acd::Input::SignOut { session: self.id.0 }),
            (Role::Desk, Command::Ready { ready, reason }) => self.ready(ready, reason),
            (_, Command::Key { digit }) => self.key(digit),
            (_, Command::HangUp {}) => self.hang_up().await,
            (_, Command::Restart { sdp }) => self.restart(&sdp).await,
            (_, Command::Candidate(candidate)) => {
                if let Some(talk) = &mut self.talk {
                    talk.candidate(candidate).await;
                }
            }
            // Taken out before: it ends the session.
            (_, Command::Leave {}) => {}
            (Role::Phone, _) => self.complain("wrong_role", "this is for an agent's desk only"),
            (Role::Desk, Command::Call { .. }) => {
                self.complain("wrong_role", "a desk takes calls and makes none");
            }
        }
    }

    async fn call(&mut self, number: String, name: Option<String>, sdp: &str) {
        if self.leg || self.talk.is_some() {
            return self.complain("busy", "there is a call in progress already");
        }
        if number.is_empty() || number.chars().count() > limits::NUMBER_LEN_MAX {
            return self.refuse(404, "no such number");
        }
        let media = match self.answer(sdp, None).await {
            Ok(media) => media,
            Err(error) => return self.refuse(status(&error), &error.to_string()),
        };
        let name = name.unwrap_or_default().trim().chars().take(limits::NAME_LEN_MAX).collect();
        self.leg = true;
        self.to_shard(FromBrowser::Call { number, name, media: media.into() });
    }

    fn refuse(&mut self, status: u16, reason: &str) {
        self.tell(Event::Refused { status, reason: reason.to_owned(), retry_after: None });
    }

    /// Makes the peer connection for an offer and sends the answer.
    async fn answer(&mut self, sdp: &str, like: Option<&Media>) -> Result<Media, PeerError> {
        let plan = Plan::new(sdp, like)?;
        let media = plan.media.clone();
        let (talk, answer) = Talk::begin(plan, &self.shared.config, like, self.id).await?;
        let pictures = talk.pictures();
        self.talk = Some(talk);
        self.tell(Event::Answer { sdp: answer, pictures });
        Ok(media)
    }

    async fn accept(&mut self, call: u64, sdp: &str) {
        let Some((_, like)) = self.ring.take_if(|(ringing, _)| *ringing == call) else {
            return self.complain("no_call", "this call rings no more");
        };
        self.state.ring = None;
        self.end_talk().await;
        match self.answer(sdp, Some(&like)).await {
            Ok(media) => {
                self.leg = true;
                self.to_shard(FromBrowser::Accept { call: CallId(call), media: media.into() });
            }
            Err(error) => {
                warn!(%error, "an agent's browser cannot take the call");
                self.complain("bad_description", error.to_string());
                self.to_shard(FromBrowser::Reject { call: CallId(call) });
            }
        }
    }

    fn reject(&mut self, call: u64) {
        match self.ring.take_if(|(ringing, _)| *ringing == call) {
            Some(_) => {
                self.state.ring = None;
                self.to_shard(FromBrowser::Reject { call: CallId(call) });
            }
            None => self.complain("no_call", "this call rings no more"),
        }
    }

    fn sign_in(&mut self, agent: String) {
        if agent.is_empty() || agent.chars().count() > limits::NUMBER_LEN_MAX {
            return self.complain("bad_field", "the agent's name is empty or too long");
        }
        self.pool(acd::Input::SignIn { agent, session: self.id.0 });
    }

    fn ready(&mut self, ready: bool, reason: Option<String>) {
        let reason = reason.unwrap_or_default().chars().take(limits::NAME_LEN_MAX).collect();
        self.pool(acd::Input::SetReady { session: self.id.0, ready, reason });
    }

    fn pool(&self, word: acd::Input) {
        self.shared.to_pool(word);
    }

    fn key(&mut self, digit: char) {
        match rtp::Digit::try_from(digit) {
            Ok(digit) if self.leg => self.to_shard(FromBrowser::Digit(digit)),
            Ok(_) => self.complain("no_call", "there is no call"),
            Err(_) => self.complain("bad_field", "keys are 0-9, * and #"),
        }
    }

    /// The page is closed. A visitor who leaves has hung up; a desk that is left is a lost agent, whose caller
    /// has not been served.
    fn leave(&mut self) {
        if self.leg && self.role == Role::Phone {
            self.to_shard(FromBrowser::HangUp);
            self.leg = false;
        }
    }

    async fn hang_up(&mut self) {
        if self.leg {
            self.to_shard(FromBrowser::HangUp);
            self.leg = false;
        }
        if self.end_talk().await {
            self.tell(Event::Ended { why: "hung up".into() });
        }
    }

    async fn restart(&mut self, sdp: &str) {
        let Some(talk) = &mut self.talk else {
            return self.complain("no_call", "there is no call");
        };
        match talk.restart(sdp).await {
            Ok(answer) => {
                let pictures = talk.pictures();
                self.tell(Event::Answer { sdp: answer, pictures });
            }
            Err(error) => self.complain("bad_description", error.to_string()),
        }
    }

    /// A word of the shard.
    async fn word(&mut self, word: ToBrowser) {
        let event = match word {
            ToBrowser::Refused { status, reason, retry_after } => {
                self.leg = false;
                self.end_talk().await;
                Event::Refused { status, reason, retry_after }
            }
            ToBrowser::Accepted { call } => Event::Accepted { call: call.0 },
            ToBrowser::Ring { call, caller, number, queue, media } => {
                let video = media.video.is_some();
                self.ring = Some((call.0, *media));
                Event::Ring(super::word::Ring { call: call.0, caller, number, queue, video })
            }
            ToBrowser::StopRinging { call, why } => {
                self.ring.take_if(|(ringing, _)| *ringing == call.0);
                self.leg = false;
                self.end_talk().await;
                Event::StopRinging { call: call.0, why: stop_ringing(why).to_owned() }
            }
            ToBrowser::Talking { with } => Event::Talking { with },
            ToBrowser::Waiting { place, waiting } => Event::Waiting(super::word::Waiting { place, waiting }),
            ToBrowser::Showing { node, text, language } => {
                Event::Showing(super::word::Showing { node, text, language })
            }
            // These have a way of their own in the lane.
            ToBrowser::Frame { .. } | ToBrowser::SourceChanged { .. } => return,
            ToBrowser::KeyPictureWanted => {
                if let Some(talk) = &mut self.talk {
                    talk.want_key_picture();
                }
                return;
            }
            ToBrowser::Ended { why } => {
                self.leg = false;
                self.ring = None;
                self.end_talk().await;
                Event::Ended { why: ended(why).to_owned() }
            }
        };
        self.tell(event);
    }

    async fn incoming(&mut self, incoming: Incoming) {
        let state = match incoming {
            Incoming::Packet(packet) => {
                if let Some(talk) = &mut self.talk {
                    talk.receive(&packet);
                }
                return;
            }
            Incoming::Happening(Happening::Candidate(candidate)) => {
                return self.tell(Event::Candidate(candidate));
            }
            Incoming::Happening(Happening::State(state)) => state,
            Incoming::Ended => RTCPeerConnectionState::Failed,
        };
        debug!(%state, "the peer connection");
        let Some(talk) = &mut self.talk else { return };
        match state {
            RTCPeerConnectionState::Connected if talk.connected() => {
                info!(ms = talk.age().as_millis() as u64, "a browser is connected");
                self.to_shard(FromBrowser::Connected);
            }
            RTCPeerConnectionState::Disconnected | RTCPeerConnectionState::Failed => talk.disconnected(),
            RTCPeerConnectionState::Closed => self.give_up("the connection was closed").await,
            _ => {} // on the way; the crate's enum is open
        }
    }

    async fn talk_due(&mut self, now: Instant) {
        let Some(talk) = &mut self.talk else { return };
        if let Some(why) = talk.overdue(now) {
            return self.give_up(why).await;
        }
        talk.on_timeout();
    }

    /// The connection is gone for good.
    async fn give_up(&mut self, why: &str) {
        warn!(why, "a browser's connection is given up");
        if self.leg {
            self.leg = false;
            self.to_shard(FromBrowser::Lost);
        }
        self.end_talk().await;
        self.tell(Event::Ended { why: why.to_owned() });
    }

    /// Closes the peer connection; false when there was none.
    async fn end_talk(&mut self) -> bool {
        let Some(talk) = self.talk.take() else { return false };
        talk.close().await;
        true
    }

    /// Carries out what the lines want.
    async fn flush(&mut self) {
        let Some(talk) = &mut self.talk else { return };
        for word in talk.flush().await {
            let underway = match &word {
                FromBrowser::Frame { .. } => match self.backlog.enter() {
                    Some(underway) => Some(underway),
                    None => {
                        talk.overflowed(&word);
                        continue;
                    }
                },
                FromBrowser::Call { .. }
                | FromBrowser::Connected
                | FromBrowser::Accept { .. }
                | FromBrowser::Reject { .. }
                | FromBrowser::KeyPictureWanted
                | FromBrowser::Digit(_)
                | FromBrowser::HangUp
                | FromBrowser::Lost => None,
            };
            if self.leg {
                self.shared.to_shard(self.id, word, underway);
            }
        }
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

/// For the agent.
fn stop_ringing(why: StopRinging) -> &'static str {
    match why {
        StopRinging::Rejected => "rejected",
        StopRinging::NoAnswer => "rang too long",
        StopRinging::CallerGone => "the caller has hung up or is served otherwise",
        StopRinging::NotAcceptable => "this browser cannot be joined with the caller's phone",
        StopRinging::NotConnected => "no media connection could be made",
        StopRinging::Fault => "a fault of the gateway",
    }
}

/// For the person at the browser.
fn ended(why: Ended) -> &'static str {
    match why {
        Ended::HungUp => "hung up",
        Ended::Over => "the other side has hung up",
        Ended::NotConnected => "no media connection could be made",
        Ended::Lost => "the connection was lost",
        Ended::Shutdown => "the gateway is stopping",
        Ended::TooLong => "the longest time of a call is over",
        Ended::Fault => "a fault of the gateway",
    }
}

/// The status of a refusal, as SIP would have it.
fn status(error: &PeerError) -> u16 {
    match error {
        PeerError::Unusable(Unusable::TooLong) => 413,
        PeerError::Unusable(Unusable::Unreadable(_)) => 400,
        PeerError::Unusable(
            Unusable::NothingInCommon
            | Unusable::NeedsTranscoding(_)
            | Unusable::NotAsTheCaller(_)
            | Unusable::AnswerDiffers,
        ) => 488,
        PeerError::Crate(_) => 400,
        PeerError::NoPort => 503,
    }
}
