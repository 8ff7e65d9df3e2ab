//! A pool with a clock of its own and shorthand for events.

use std::time::{Duration, Instant};

use acd::{
    Address, AgentConfig, AgentId, Caller, Config, Event, Input, NotAnswered, Output, Pool, Priority,
    QueueConfig, Skills, TicketId,
};

pub(crate) const RING: Duration = Duration::from_secs(20);
pub(crate) const WAIT_MAX: Duration = Duration::from_secs(120);
pub(crate) const WRAP_UP: Duration = Duration::from_secs(30);

pub(crate) fn agent(name: &str) -> AgentConfig {
    AgentConfig {
        name: name.to_owned(),
        address: Address::Sip(format!("sip:{name}@192.0.2.1")),
        skills: Skills::new(),
        auto_answer: false,
    }
}

/// An agent who works in a browser.
pub(crate) fn desk(name: &str) -> AgentConfig {
    AgentConfig { address: Address::Browser, ..agent(name) }
}

pub(crate) fn queue(name: &str, agents: &[&str]) -> QueueConfig {
    QueueConfig {
        name: name.to_owned(),
        agents: agents.iter().map(|&name| name.to_owned()).collect(),
        ring_timeout: RING,
        wait_max: WAIT_MAX,
        capacity: 3,
        wrap_up: WRAP_UP,
        ..QueueConfig::default()
    }
}

/// One queue `q` served by all these agents.
pub(crate) fn config(agents: &[&str]) -> Config {
    Config { queues: vec![queue("q", agents)], agents: agents.iter().map(|&name| agent(name)).collect() }
}

pub(crate) struct Bench {
    pub(crate) pool: Pool,
    pub(crate) now: Instant,
    /// Everything that was decided.
    pub(crate) log: Vec<Event>,
}

impl Bench {
    pub(crate) fn new(config: &Config) -> Self {
        #[allow(clippy::disallowed_methods)] // the base that virtual time is counted from
        let now = Instant::now();
        Bench { pool: Pool::new(config), now, log: Vec::new() }
    }

    /// One event, and everything that the pool asks for after it.
    pub(crate) fn on(&mut self, input: Input) -> Vec<Output> {
        let events = self.pool.handle_input(self.now, input);
        self.log.extend(events);
        self.outputs()
    }

    /// A new configuration, and everything that the pool asks for after it.
    pub(crate) fn reload(&mut self, config: &Config) -> Vec<Output> {
        let events = self.pool.reload(self.now, config);
        self.log.extend(events);
        self.outputs()
    }

    pub(crate) fn outputs(&mut self) -> Vec<Output> {
        let mut outputs = Vec::new();
        loop {
            match self.pool.poll_output() {
                Output::Timeout(_) => return outputs,
                output => outputs.push(output),
            }
        }
    }

    /// When the pool wants to be woken.
    pub(crate) fn wakes_at(&mut self) -> Option<Instant> {
        match self.pool.poll_output() {
            Output::Timeout(at) => at,
            output => panic!("outputs were left: {output:?}"),
        }
    }

    /// Lets time pass; the pool is woken whenever it asks for it.
    pub(crate) fn pass(&mut self, time: Duration) -> Vec<Output> {
        let end = self.now + time;
        let mut outputs = Vec::new();
        while let Some(at) = self.wakes_at().filter(|&at| at <= end) {
            assert!(at > self.now, "asked to be woken at a time that was handled already");
            self.now = at;
            outputs.extend(self.on(Input::Timeout));
        }
        self.now = end;
        outputs
    }

    pub(crate) fn id(&self, name: &str) -> AgentId {
        self.pool.agent(name).expect("a configured agent")
    }

    pub(crate) fn enter(&mut self, ticket: u64) -> Vec<Output> {
        self.enter_with(ticket, Priority::default())
    }

    pub(crate) fn enter_with(&mut self, ticket: u64, priority: Priority) -> Vec<Output> {
        self.on(Input::Enter {
            ticket: TicketId(ticket),
            queue: "q".into(),
            priority,
            caller: Caller::default(),
        })
    }

    pub(crate) fn leave(&mut self, ticket: u64) -> Vec<Output> {
        self.on(Input::Leave { ticket: TicketId(ticket) })
    }

    pub(crate) fn answered(&mut self, ticket: u64, agent: AgentId) -> Vec<Output> {
        self.on(Input::Answered { ticket: TicketId(ticket), agent })
    }

    pub(crate) fn not_answered(&mut self, ticket: u64, agent: AgentId, why: NotAnswered) -> Vec<Output> {
        self.on(Input::NotAnswered { ticket: TicketId(ticket), agent, why })
    }

    pub(crate) fn agent_left(&mut self, ticket: u64, agent: AgentId) -> Vec<Output> {
        self.on(Input::AgentLeft { ticket: TicketId(ticket), agent })
    }

    pub(crate) fn sign_in(&mut self, agent: &str, session: u64) -> Vec<Output> {
        self.on(Input::SignIn { agent: agent.into(), session, ready: true })
    }

    pub(crate) fn sign_out(&mut self, session: u64) -> Vec<Output> {
        self.on(Input::SignOut { session })
    }

    pub(crate) fn set_ready(&mut self, agent: AgentId, ready: bool) -> Vec<Output> {
        self.on(Input::SetAgentReady { agent, ready, reason: "lunch".into() })
    }
}

/// The pairs that are offered.
pub(crate) fn offers(outputs: &[Output]) -> Vec<(u64, AgentId)> {
    let pair = |output: &Output| match output {
        Output::Offer { ticket, agent, .. } => Some((ticket.0, *agent)),
        _ => None,
    };
    outputs.iter().filter_map(pair).collect()
}

/// Numbers that follow from their seed (SplitMix64).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// From 0 to `end` - 1.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % end
    }
}
