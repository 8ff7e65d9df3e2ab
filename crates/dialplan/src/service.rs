//! A checked service: all flows, queues and texts of one folder.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::ask::Connectors;
use crate::compile;
use crate::connector::Connector;
use crate::flow::Body;
use crate::hours::{Hours, State};
use crate::problem::Problems;
use crate::queues::desk::Desk;
use crate::scene::Scene;
use crate::source::{Position, Sources, Span};
use crate::text::Texts;
use crate::{Assets, Presentations, SourceFile};

/// A service that is known to hold together. Immutable: calls in flight keep theirs by `Arc` while a
/// new version goes live.
#[derive(Debug)]
pub struct Service {
    pub(crate) version: u64,
    pub(crate) flows: Vec<Flow>,
    pub(crate) queues: Queues,
    pub(crate) connectors: Connectors,
    pub(crate) texts: Texts,
    pub(crate) sources: Sources,
    pub(crate) presentations: Presentations,
    pub(crate) warnings: Problems,
}

/// Which flow of its service; only meaningful together with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FlowId(pub(crate) usize);

/// One flow.
#[derive(Debug)]
pub struct Flow {
    pub(crate) id: FlowId,
    pub(crate) numbers: Vec<String>,
    pub(crate) body: Body,
}

/// The queues and the agents who serve them.
#[derive(Debug, Default)]
pub struct Queues {
    /// By name.
    pub queues: BTreeMap<String, Queue>,
    /// By name.
    pub agents: BTreeMap<String, Agent>,
    /// What is seen and heard while waiting, by the name of the queue.
    pub(crate) holds: BTreeMap<String, Scene>,
    /// What callers see of a desk beside its camera.
    pub(crate) desk: Desk,
    /// Opening hours by name.
    pub(crate) hours: BTreeMap<String, Hours>,
}

/// How the conversations of a queue are led.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    /// By word of mouth: where there is not room for both, detail goes before picture rate.
    Talk,
    /// In sign language, which is read from motion: picture rate goes before detail (ITU-T H-series Supplement 1).
    Sign,
}

/// Callers waiting for one kind of agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queue {
    /// As the dialplan calls it.
    pub name: String,
    /// Names of the agents that serve it, once each; all exist.
    pub agents: Vec<String>,
    /// How long one agent is rung.
    pub ring_timeout: Duration,
    /// How long a caller waits at most.
    pub wait_max: Duration,
    /// Callers waiting at most.
    pub capacity: u32,
    /// Rest of an agent after a conversation.
    pub wrap_up: Duration,
    /// What an agent may say that a conversation was about.
    pub codes: Vec<String>,
    /// Name of the hours in which it takes callers; at any time without.
    pub hours: Option<String>,
    /// How conversations are led.
    pub intent: Intent,
    /// How its callers are shared out.
    pub distribution: Distribution,
}

/// Skills by name with their levels, 1 to 9.
pub type Skills = BTreeMap<String, u8>;

/// How the callers of a queue are shared out among its agents, and where they go otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distribution {
    /// Which free agent is called.
    pub strategy: Strategy,
    /// What an agent needs at least.
    pub needs: Skills,
    /// For so long a caller is offered first to the agent of last time; zero: never.
    pub sticky: Duration,
    /// Calls in a row that a browser agent may let ring before being paused.
    pub pause_after: Option<u32>,
    /// Ways out, in this order.
    pub overflow: Vec<Overflow>,
    /// Waiting that counts as served in time.
    pub service_level: Duration,
}

impl Default for Distribution {
    fn default() -> Self {
        Distribution {
            strategy: Strategy::LongestIdle,
            needs: Skills::new(),
            sticky: Duration::ZERO,
            pause_after: None,
            overflow: Vec::new(),
            service_level: Duration::from_secs(15),
        }
    }
}

/// Which free agent is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// Who has been idle longest.
    LongestIdle,
    /// Who comes after the one called last.
    RoundRobin,
    /// Who has had the fewest conversations.
    FewestCalls,
    /// Whose levels of the needed skills are highest.
    SkillLevel,
}

/// A way out of a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overflow {
    /// When it is taken.
    pub when: When,
    /// To this queue, which exists; `None` ends the waiting.
    pub to: Option<String>,
}

/// When a caller overflows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// After waiting so long.
    After(Duration),
    /// At entry, where more than so many wait.
    Longer(u32),
}

/// Somebody who talks to callers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent {
    /// As queues.yaml calls them.
    pub name: String,
    /// As callers are told, such as `0042`; the name where queues.yaml says nothing else.
    pub number: String,
    /// Where they are called.
    pub address: Address,
    /// What they can do, and how well.
    pub skills: Skills,
    /// Calls are taken without being asked: by the desk itself, by a telephone that knows how.
    pub auto_answer: bool,
}

/// Where an agent is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// At a SIP URI; its syntax is checked (RFC 3261 §19.1.1), its host is not resolved.
    Sip(String),
    /// In the browser that has signed in under the agent's name.
    Browser,
    /// At the SIP telephone that has registered under the agent's name (RFC 3261 §10).
    Registered {
        /// What it proves to know by digest; `${NAME}`, `${NAME:-default}` and `${file:/path}` are put in by the gateway.
        password: String,
    },
}

impl Address {
    /// The SIP URI, if it is one.
    pub fn sip(&self) -> Option<&str> {
        match self {
            Address::Sip(uri) => Some(uri),
            Address::Browser | Address::Registered { .. } => None,
        }
    }
}

impl Queues {
    /// Whether a queue takes callers at this time, since 1970-01-01T00:00:00Z, as far as its `hours` go.
    #[must_use]
    pub fn is_open(&self, queue: &str, wall: Duration) -> bool {
        let hours = self.queues.get(queue).and_then(|queue| self.hours.get(queue.hours.as_ref()?));
        hours.is_none_or(|hours| hours.at(wall) == State::Open)
    }

    /// What is seen and heard while waiting in a queue.
    pub(crate) fn hold(&self, queue: &str) -> Option<&Scene> {
        self.holds.get(queue)
    }
}

impl Flow {
    /// For [`crate::Run::new`].
    pub fn id(&self) -> FlowId {
        self.id
    }

    /// How long the caller hears ringing before the call is answered; zero by default.
    pub fn ring(&self) -> Duration {
        self.body.ring.unwrap_or_default()
    }

    /// Whether its calls ring and are never answered (see the step `flash`).
    pub fn is_flash(&self) -> bool {
        self.body.is_flash()
    }

    /// As the file calls it.
    pub fn name(&self) -> &str {
        &self.body.name.value
    }

    /// The called numbers it serves.
    pub fn numbers(&self) -> &[String] {
        &self.numbers
    }

    /// The names of its nodes.
    pub fn nodes(&self) -> impl Iterator<Item = &str> {
        self.body.nodes.keys().map(String::as_str)
    }

    /// The languages a caller can have, the first one first.
    pub fn languages(&self) -> impl Iterator<Item = &str> {
        self.body.languages.iter().map(|language| language.value.as_str())
    }
}

impl Service {
    /// Parses and checks all files together. The error names everything that is wrong, and the
    /// warnings; a service may still have [`Service::warnings`].
    pub fn compile(files: &[SourceFile], assets: &Assets) -> Result<Self, Problems> {
        compile::compile(files, assets)
    }

    /// The same as edition `version` of it: a service that is edited while it is live counts from 1.
    #[must_use]
    pub fn numbered(self, version: u64) -> Self {
        Self { version, ..self }
    }

    /// Which edition this is; 1 unless [`Service::numbered`] said otherwise.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The flow that serves a called number.
    pub fn flow_for(&self, number: &str) -> Option<&Flow> {
        self.flows.iter().find(|flow| flow.numbers.iter().any(|own| own == number))
    }

    /// Every flow.
    pub fn flows(&self) -> &[Flow] {
        &self.flows
    }

    /// The queues and agents.
    pub fn queues(&self) -> &Queues {
        &self.queues
    }

    /// The connectors, by name.
    pub fn connectors(&self) -> &BTreeMap<String, Connector> {
        &self.connectors
    }

    /// Everything the service can ever ask for.
    pub fn presentations(&self) -> &Presentations {
        &self.presentations
    }

    /// What is doubtful though the service can go live.
    pub fn warnings(&self) -> &Problems {
        &self.warnings
    }

    /// One line, such as `1 flow, 9 nodes, 2 languages, 1 queue, 2 agents, 24 slides, 31 spoken texts, 2 clips`.
    pub fn summary(&self) -> String {
        let languages: BTreeSet<&str> = self.flows.iter().flat_map(Flow::languages).collect();
        let nodes = self.flows.iter().map(|flow| flow.body.nodes.len()).sum();
        let all = &self.presentations;
        [
            counted(self.flows.len(), "flow"),
            counted(nodes, "node"),
            counted(languages.len(), "language"),
            counted(self.queues.queues.len(), "queue"),
            counted(self.queues.agents.len(), "agent"),
            counted(all.slides.len(), "slide"),
            counted(all.speech.len(), "spoken text"),
            counted(all.clips.len(), "clip"),
        ]
        .join(", ")
    }

    pub(crate) fn flow(&self, id: FlowId) -> Option<&Flow> {
        self.flows.get(id.0)
    }

    pub(crate) fn position(&self, span: Span) -> Position {
        self.sources.position(span)
    }
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
