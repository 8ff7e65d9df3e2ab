//! What a browser's socket and its session say to each other.
//!
//! Names and fields are those of the JSON in `crates/web/PROTOCOL.md`; `web` adds the version.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize, Serializer};

/// What a browser is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A visitor who calls a number.
    Phone,
    /// An agent who takes calls.
    Desk,
    /// A supervisor who listens to conversations.
    Lead,
}

/// An ICE candidate (RFC 8839 §5.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// `candidate:...`; empty says that there are no more.
    pub candidate: String,
    /// `a=mid` of its line.
    #[serde(default)]
    pub mid: Option<String>,
    /// Index of its line.
    #[serde(default)]
    pub line: Option<u16>,
}

/// What a browser wants.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Command {
    /// A visitor calls.
    Call {
        /// As it is dialled.
        number: String,
        /// The browser's offer.
        sdp: String,
        /// How the visitor wants to be called; becomes the caller of the record.
        #[serde(default)]
        name: Option<String>,
    },
    /// A key was pressed.
    Key {
        /// One of `0-9*#`.
        digit: char,
    },
    /// The call is over.
    HangUp {},
    /// A new offer for the same call, which restarts ICE; one of another DTLS fingerprint, as of a page that was
    /// loaded anew, begins a new connection.
    Restart {
        /// The browser's offer.
        sdp: String,
    },
    /// A candidate of the browser's.
    Candidate(Candidate),
    /// Begins to work as an agent.
    SignIn {
        /// Name in `queues.yaml`.
        agent: String,
        /// Takes calls at once, as a desk does that was lost in the middle of its work.
        #[serde(default)]
        ready: bool,
    },
    /// Stops working as an agent.
    SignOut {},
    /// The page is closed for good: nobody will come back with the token.
    Leave {},
    /// The page is closed or loaded anew, which a page cannot tell apart: it comes back within
    /// [`RELOAD`](super::limits::RELOAD), or never.
    Away {},
    /// Starts or stops taking calls.
    Ready {
        /// Takes calls from now on.
        ready: bool,
        /// Why not, in the agent's words.
        #[serde(default)]
        reason: Option<String>,
    },
    /// Takes the call that rings.
    Accept {
        /// Which.
        call: u64,
        /// The browser's offer.
        sdp: String,
    },
    /// Does not take the call that rings.
    Reject {
        /// Which.
        call: u64,
    },
    /// Puts the caller on hold, or takes them back.
    Hold {
        /// On hold from now on.
        on: bool,
    },
    /// Hides the camera from the caller, or shows it again.
    Curtain {
        /// Hidden from now on.
        on: bool,
    },
    /// Shows something of the shelf to the caller.
    Show {
        /// As [`DeskNow::shelf`] has it.
        name: String,
    },
    /// Shows the camera to the caller again.
    TakeBack {},
    /// The caller insults or threatens: a curtain, nothing more of them, and supervisors are told.
    Shield {},
    /// Writes to whom one talks with.
    Text {
        /// 1 to 300 characters of one line.
        text: String,
    },
    /// Listens to a call.
    Listen {
        /// Which.
        call: u64,
        /// The browser's offer.
        sdp: String,
        /// The part to begin with.
        #[serde(flatten)]
        part: Part,
        /// The account; whoever takes the command from a browser says it.
        #[serde(skip)]
        by: String,
    },
    /// Takes another part in the conversation that is listened to.
    Part(Part),
    /// Lets the caller wait in another queue.
    HandOn {
        /// As [`DeskNow::queues`] has it.
        queue: String,
    },
}

/// What a supervisor is to a conversation; `part` names it in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "part", rename_all = "snake_case")]
pub enum Part {
    /// Sees and hears the two, unnoticed.
    Monitor {
        /// Sees the agent, and not the caller.
        #[serde(default)]
        agent: bool,
    },
    /// The agent hears the supervisor, the caller does not.
    Whisper {
        /// Sees the agent, and not the caller.
        #[serde(default)]
        agent: bool,
    },
    /// Both hear the supervisor.
    BargeIn {
        /// The caller sees the supervisor in place of the agent.
        #[serde(default)]
        seen: bool,
    },
    /// Goes on alone with the caller.
    TakeOver {},
}

impl From<Part> for call::web::Part {
    fn from(part: Part) -> Self {
        match part {
            Part::Monitor { agent } => call::web::Part::Monitor { agent },
            Part::Whisper { agent } => call::web::Part::Whisper { agent },
            Part::BargeIn { seen } => call::web::Part::BargeIn { seen },
            Part::TakeOver {} => call::web::Part::TakeOver,
        }
    }
}

impl From<call::web::Part> for Part {
    fn from(part: call::web::Part) -> Self {
        match part {
            call::web::Part::Monitor { agent } => Part::Monitor { agent },
            call::web::Part::Whisper { agent } => Part::Whisper { agent },
            call::web::Part::BargeIn { seen } => Part::BargeIn { seen },
            call::web::Part::TakeOver => Part::TakeOver {},
        }
    }
}

/// A supervisor's part, and in what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PartNow {
    /// The part.
    #[serde(flatten)]
    pub part: Part,
    /// Who calls; empty when withheld.
    pub caller: String,
    /// The agent's name.
    pub agent_name: String,
}

/// What the agent behind a desk is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AgentState {
    /// Takes no calls.
    NotReady,
    /// Waits for a call.
    Ready,
    /// Is offered a call.
    Ringing,
    /// Is on a call.
    Talking,
    /// Rests after one.
    WrapUp,
}

/// What a browser is told.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// The gateway's answer to the last offer.
    Answer {
        /// Session description.
        sdp: String,
        /// What the browser's pictures must keep to, so that the other side can show them.
        #[serde(skip_serializing_if = "Option::is_none")]
        pictures: Option<Pictures>,
    },
    /// A candidate of the gateway's.
    Candidate(Candidate),
    /// The call exists.
    Accepted {
        /// Its number.
        call: u64,
    },
    /// There is no call.
    Refused {
        /// As in SIP: 404, 480, 488, 500, 503.
        status: u16,
        /// In words.
        reason: String,
        /// When to try again.
        #[serde(
            rename = "retry_after_s",
            skip_serializing_if = "Option::is_none",
            serialize_with = "seconds"
        )]
        retry_after: Option<Duration>,
    },
    /// What is shown and said at this point of the service.
    Showing(Showing),
    /// The caller waits for an agent.
    Waiting(Waiting),
    /// Two people are joined.
    Talking {
        /// The other one.
        with: String,
    },
    /// What the agent and the caller have of each other.
    Desk(DeskNow),
    /// The supervisor's part in a conversation.
    Part(PartNow),
    /// Whom one talks with writes.
    Text {
        /// As it was written.
        text: String,
    },
    /// The call is over; the session lives on.
    Ended {
        /// In words.
        why: String,
    },
    /// What the agent is doing now.
    Agent(AgentNow),
    /// A supervisor says something to the agent.
    Message(Message),
    /// A call for the agent.
    Ring(Ring),
    /// It rings no more.
    StopRinging {
        /// Which call.
        call: u64,
        /// In words.
        why: String,
    },
    /// A command came to nothing.
    Error {
        /// For the page: `too_fast`, `bad_description`, `no_call`, ...
        code: &'static str,
        /// For the person.
        text: String,
    },
}

/// Bounds of the pictures that a browser sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Pictures {
    /// Widest, in pixels.
    pub width: u16,
    /// Highest, in pixels.
    pub height: u16,
    /// Most a second.
    pub fps: u32,
    /// Most, in kbit/s.
    pub kbps: u32,
}

/// A caption.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Showing {
    /// Where in the service.
    pub node: String,
    /// What is said.
    pub text: String,
    /// In which language (BCP 47).
    pub language: String,
}

/// What the agent and the caller have of each other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DeskNow {
    /// The caller has seen who comes on.
    pub on_air: bool,
    /// The caller is on hold.
    pub held: bool,
    /// The caller does not see the camera.
    pub curtain: bool,
    /// The agent sees and hears nothing of the caller.
    pub shielded: bool,
    /// The caller sees this of the shelf.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shown: Option<String>,
    /// What can be shown.
    pub shelf: Vec<String>,
    /// The queues where the caller can wait.
    pub queues: Vec<String>,
    /// What can be said that the conversation was about.
    pub codes: Vec<String>,
}

impl From<call::web::DeskNow> for DeskNow {
    fn from(now: call::web::DeskNow) -> Self {
        let call::web::DeskNow { on_air, held, curtain, shielded, shown, shelf, queues, codes } = now;
        DeskNow { on_air, held, curtain, shielded, shown, shelf, queues, codes }
    }
}

/// A place in a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// 1 is next.
    pub place: u32,
    /// Callers in the queue.
    pub waiting: u32,
}

/// The agent behind a desk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AgentNow {
    /// Who; `None` when signed out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// What the agent is doing.
    pub state: AgentState,
    /// When this ends by itself (a rest, a ring); written as the seconds that are left.
    #[serde(rename = "seconds", skip_serializing_if = "Option::is_none", serialize_with = "seconds_left")]
    pub until: Option<Instant>,
    /// Why it is so, when there is a reason; why signing in was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl AgentNow {
    /// As the pool tells it.
    pub(crate) fn signed_in(agent: &str, state: acd::AgentState) -> Self {
        let (state, until) = match state {
            acd::AgentState::NotReady => (AgentState::NotReady, None),
            acd::AgentState::Ready => (AgentState::Ready, None),
            acd::AgentState::Ringing { until } => (AgentState::Ringing, Some(until)),
            acd::AgentState::Talking => (AgentState::Talking, None),
            acd::AgentState::WrapUp { until } => (AgentState::WrapUp, Some(until)),
        };
        AgentNow { agent: Some(agent.to_owned()), state, until, reason: None }
    }

    /// Signed out, or never in.
    pub(crate) fn signed_out(why: acd::NotSignedIn) -> Self {
        let reason = match why {
            acd::NotSignedIn::Unknown => "there is no such agent who works at a browser",
            acd::NotSignedIn::Taken => "somebody else is signed in as this agent",
            acd::NotSignedIn::SignedInAlready => "this desk is signed in as another agent",
            acd::NotSignedIn::Retired => "this agent is no longer part of the service",
        };
        AgentNow { agent: None, state: AgentState::NotReady, until: None, reason: Some(reason.to_owned()) }
    }
}

/// A call that rings at a desk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ring {
    /// Its number, for `accept` and `reject`.
    pub call: u64,
    /// Their stay in the queue, as `/api/v1/contacts` knows it; as text, since it has more digits than a number of a page.
    pub ticket: String,
    /// Who calls.
    pub caller: String,
    /// What they dialled.
    pub number: String,
    /// Where they waited.
    pub queue: String,
    /// Whether they can be seen, and see.
    pub video: bool,
    /// Their level, 1 to 5, if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stars: Option<u8>,
    /// The nodes that they came by last, in their order.
    pub path: Vec<String>,
    /// The page is to accept by itself.
    pub auto_answer: bool,
}

/// What a page needs to draw itself anew after its socket was lost.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct State {
    /// The call in progress.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call: Option<u64>,
    /// Since when it, or the conversation, is there; written as whole seconds that have passed.
    #[serde(rename = "seconds", skip_serializing_if = "Option::is_none", serialize_with = "seconds_since")]
    pub since: Option<Instant>,
    /// With whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub talking: Option<String>,
    /// The place in the queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting: Option<Waiting>,
    /// The caption.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub showing: Option<Showing>,
    /// The call that rings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ring: Option<Ring>,
    /// The agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentNow>,
    /// The conversation of the agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub desk: Option<DeskNow>,
}

/// What a supervisor says to an agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Message {
    /// The supervisor's account.
    pub from: String,
    /// In their words.
    pub text: String,
}

impl State {
    /// Keeps what `event` says.
    pub(crate) fn note(&mut self, event: &Event) {
        match event {
            Event::Accepted { call } => {
                self.call = Some(*call);
                self.since = Some(net::clock::now().mono);
            }
            Event::Talking { with } => {
                self.since.get_or_insert_with(|| net::clock::now().mono);
                (self.talking, self.waiting, self.showing) = (Some(with.clone()), None, None);
            }
            Event::Waiting(waiting) => (self.waiting, self.talking) = (Some(*waiting), None),
            Event::Showing(showing) => (self.showing, self.talking) = (Some(showing.clone()), None),
            Event::Ended { .. } | Event::Refused { .. } => {
                (self.call, self.since) = (None, None);
                (self.talking, self.waiting, self.showing) = (None, None, None);
                self.desk = None;
            }
            Event::Desk(desk) => self.desk = Some(desk.clone()),
            Event::Ring(ring) => self.ring = Some(ring.clone()),
            Event::StopRinging { .. } => self.ring = None,
            Event::Agent(agent) => self.agent = Some(agent.clone()).filter(|agent| agent.agent.is_some()),
            Event::Answer { .. }
            | Event::Candidate(_)
            | Event::Message(_)
            | Event::Part(_)
            | Event::Text { .. }
            | Event::Error { .. } => {}
        }
    }
}

fn seconds<S: Serializer>(time: &Option<Duration>, to: S) -> Result<S::Ok, S::Error> {
    time.map(|time| time.as_secs().max(1)).serialize(to)
}

fn seconds_since<S: Serializer>(since: &Option<Instant>, to: S) -> Result<S::Ok, S::Error> {
    let passed = since.map(|since| net::clock::now().mono.saturating_duration_since(since));
    passed.map(|passed| passed.as_secs()).serialize(to)
}

/// Whole seconds that are left, a begun one counting in full. Read when it is written, since a page that comes back
/// is told of it long after it was said.
fn seconds_left<S: Serializer>(until: &Option<Instant>, to: S) -> Result<S::Ok, S::Error> {
    let left = until.map(|until| until.saturating_duration_since(net::clock::now().mono));
    left.map(|left| left.as_millis().div_ceil(1_000) as u64).serialize(to)
}
