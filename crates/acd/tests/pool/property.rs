//! What holds for every order of events.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use acd::{
    AgentId, AgentState, Caller, Config, Input, NotAnswered, NotSignedIn, OfferTo, Output, Priority,
    Strategy, TicketId,
};
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy as Values, any, prop_assert, prop_assert_eq, prop_oneof, proptest};

use crate::support::{Bench, WRAP_UP, agent, config, desk, queue};

/// Something that happens, in terms that fit any state of the pool.
#[derive(Clone, Debug)]
enum Step {
    Enter(u8, bool),
    Leave(u8),
    Answered(u8, u8),
    NotAnswered(u8, u8, NotAnswered),
    AgentLeft(u8, u8),
    AgentLost(u8, u8),
    /// To the offer or conversation that is open, if there is one.
    Reply(u8, Reply),
    SetReady(u8, bool),
    SignIn(u8, u8),
    SignOut(u8),
    SessionReady(u8, bool),
    Pass(u16),
    Reload(u8),
}

#[derive(Clone, Copy, Debug)]
enum Reply {
    Answered,
    NotAnswered(NotAnswered),
    AgentLeft,
    AgentLost,
}

fn why() -> impl Values<Value = NotAnswered> {
    prop_oneof![
        Just(NotAnswered::Rejected),
        Just(NotAnswered::Busy),
        Just(NotAnswered::NoAnswer),
        Just(NotAnswered::Unreachable)
    ]
}

fn step() -> impl Values<Value = Step> {
    let reply = prop_oneof![
        3 => Just(Reply::Answered),
        2 => why().prop_map(Reply::NotAnswered),
        2 => Just(Reply::AgentLeft),
        1 => Just(Reply::AgentLost),
    ];
    prop_oneof![
        4 => (0u8..12, any::<bool>()).prop_map(|(ticket, second)| Step::Enter(ticket, second)),
        2 => (0u8..12).prop_map(Step::Leave),
        1 => (0u8..12, 0u8..5).prop_map(|(ticket, agent)| Step::Answered(ticket, agent)),
        1 => (0u8..12, 0u8..5, why()).prop_map(|(ticket, agent, why)| Step::NotAnswered(ticket, agent, why)),
        1 => (0u8..12, 0u8..5).prop_map(|(ticket, agent)| Step::AgentLeft(ticket, agent)),
        1 => (0u8..12, 0u8..5).prop_map(|(ticket, agent)| Step::AgentLost(ticket, agent)),
        5 => (any::<u8>(), reply).prop_map(|(which, reply)| Step::Reply(which, reply)),
        2 => (0u8..5, any::<bool>()).prop_map(|(agent, ready)| Step::SetReady(agent, ready)),
        3 => (0u8..4, 0u8..5).prop_map(|(agent, session)| Step::SignIn(agent, session)),
        2 => (0u8..5).prop_map(Step::SignOut),
        1 => (0u8..5, any::<bool>()).prop_map(|(session, ready)| Step::SessionReady(session, ready)),
        3 => (0u16..40).prop_map(Step::Pass),
        1 => (0u8..4).prop_map(Step::Reload),
    ]
}

/// Four versions of the service: everything, fewer agents, one queue less, other agents and a desk that
/// has become a phone.
fn version(number: u8) -> Config {
    let phones = ["ann", "bob", "cid"];
    let agents = phones.iter().map(|name| agent(name));
    let mut config = Config {
        queues: vec![
            queue("q", &["ann", "bob", "cid", "eve", "fay"]),
            queue("r", &["bob", "cid", "eve", "fay"]),
        ],
        agents: agents.chain([desk("eve"), desk("fay")]).collect(),
    };
    match number {
        1 => config.agents.truncate(1),
        2 => config.queues.truncate(1),
        3 => {
            config.agents[3] = agent("eve");
            config.agents.push(agent("dot"));
            config.queues[1].agents = vec!["dot".into()];
        }
        _ => {}
    }
    config
}

/// What an onlooker knows: it checks every output against the promises.
#[derive(Default)]
struct Onlooker {
    alive: BTreeSet<TicketId>,
    ended: BTreeSet<TicketId>,
    ringing: BTreeMap<AgentId, TicketId>,
    talking: BTreeMap<AgentId, TicketId>,
    /// Who is signed in by which session, as far as anybody was told.
    sessions: BTreeMap<u64, String>,
    states: BTreeMap<u64, AgentState>,
    gone: BTreeSet<u64>,
}

impl Onlooker {
    fn see(&mut self, output: &Output) {
        match output {
            Output::Offer { ticket, agent, address, name, .. } => {
                if let OfferTo::Session(session) = address {
                    let signed_in = self.sessions.get(session);
                    assert!(signed_in.is_none_or(|signed_in| signed_in == name), "{output:?}");
                    assert!(!self.gone.contains(session), "{output:?} to a session that is gone");
                }
                assert!(self.alive.contains(ticket), "{output:?} for a ticket that is not there");
                assert!(!self.talking.contains_key(agent), "{output:?} to an agent who talks");
                assert!(
                    !self.talking.values().any(|talks| talks == ticket),
                    "{output:?} to a caller who talks"
                );
                assert!(
                    !self.ringing.values().any(|rings| rings == ticket),
                    "{output:?} beside another offer"
                );
                let before = self.ringing.insert(*agent, *ticket);
                assert_eq!(before, None, "{output:?} to an agent who rings");
            }
            Output::Withdraw { ticket, agent } => {
                assert_eq!(self.ringing.remove(agent), Some(*ticket), "{output:?}");
            }
            Output::Connected { ticket, agent } => {
                assert_eq!(self.ringing.remove(agent), Some(*ticket), "{output:?}");
                self.talking.insert(*agent, *ticket);
            }
            Output::Done { ticket, .. } => {
                assert!(self.alive.remove(ticket), "{output:?} for a ticket that is not there");
                assert!(self.ended.insert(*ticket), "{output:?} twice");
                self.talking.retain(|_, talks| talks != ticket);
                assert!(
                    !self.ringing.values().any(|rings| rings == ticket),
                    "{output:?} while an agent rings"
                );
            }
            Output::Place { ticket, place, waiting } => {
                assert!(self.alive.contains(ticket) && *place >= 1 && place <= waiting, "{output:?}");
            }
            Output::Agent { session, agent, state } => {
                assert!(!self.gone.contains(session), "{output:?} to a session that is gone");
                let double = self.sessions.iter().any(|(other, name)| other != session && name == agent);
                assert!(!double, "{output:?} beside another session of this agent");
                let before = self.sessions.insert(*session, agent.clone());
                assert!(before.is_none_or(|before| before == *agent), "{output:?} by one session");
                self.states.insert(*session, *state);
            }
            Output::NotSignedIn { session, why } => match why {
                NotSignedIn::Retired => self.part(*session),
                NotSignedIn::Unknown | NotSignedIn::Taken | NotSignedIn::SignedInAlready => {}
            },
            Output::Dial { .. } => panic!("nobody has asked to be called back: {output:?}"),
            Output::Timeout(_) => {}
        }
    }

    /// The session is nobody any more.
    fn part(&mut self, session: u64) {
        self.sessions.remove(&session);
        self.states.remove(&session);
        self.gone.insert(session);
    }

    /// A reply that fits ends the offer or the conversation.
    fn hear(&mut self, input: &Input) {
        if let Input::SignOut { session } = input {
            self.part(*session);
        }
        let (agent, ticket) = match input {
            Input::NotAnswered { ticket, agent, .. }
            | Input::AgentLeft { ticket, agent }
            | Input::AgentLost { ticket, agent } => (agent, ticket),
            Input::Enter { .. }
            | Input::Leave { .. }
            | Input::Answered { .. }
            | Input::SetAgentReady { .. }
            | Input::SignIn { .. }
            | Input::SignOut { .. }
            | Input::SetReady { .. }
            | Input::Hold { .. }
            | Input::Abused { .. }
            | Input::CallBack { .. }
            | Input::CallerReached { .. }
            | Input::CallerNotReached { .. }
            | Input::EndCallBack { .. }
            | Input::SetDoors { .. }
            | Input::Timeout => return,
        };
        for engaged in [&mut self.ringing, &mut self.talking] {
            if engaged.get(agent) == Some(ticket) {
                engaged.remove(agent);
            }
        }
    }

    fn open_pair(&self, which: u8) -> Option<(AgentId, TicketId)> {
        let pairs: Vec<_> = self.ringing.iter().chain(&self.talking).collect();
        let (agent, ticket) = pairs.get(usize::from(which) % pairs.len().max(1))?;
        Some((**agent, **ticket))
    }
}

/// The pool, its onlooker, and the next number of a ticket that was never used.
struct Run {
    bench: Bench,
    onlooker: Onlooker,
    /// A short number of a step stands for the ticket that was entered last under it.
    tickets: BTreeMap<u8, TicketId>,
    next: u64,
}

impl Run {
    fn new() -> Self {
        let bench = Bench::new(&version(0));
        Run { bench, onlooker: Onlooker::default(), tickets: BTreeMap::new(), next: 1 }
    }

    fn input(&mut self, input: Input) {
        self.onlooker.hear(&input);
        let outputs = self.bench.on(input);
        outputs.iter().for_each(|output| self.onlooker.see(output));
    }

    /// The session that a short number stands for; a new one after it has gone.
    fn session(&mut self, short: u8) -> u64 {
        let mut session = u64::from(short);
        while self.onlooker.gone.contains(&session) {
            session += 10;
        }
        session
    }

    fn ticket(&self, short: u8) -> TicketId {
        self.tickets.get(&short).copied().unwrap_or(TicketId(0))
    }

    fn enter(&mut self, short: u8, queue: &str) {
        let ticket = TicketId(self.next);
        self.next += 1;
        self.tickets.insert(short, ticket);
        self.onlooker.alive.insert(ticket);
        self.input(Input::Enter {
            ticket,
            queue: queue.into(),
            priority: Priority::default(),
            caller: Caller::default(),
        });
    }

    fn pass(&mut self, time: Duration) {
        let outputs = self.bench.pass(time);
        outputs.iter().for_each(|output| self.onlooker.see(output));
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Enter(short, second) => self.enter(short, if second { "r" } else { "q" }),
            Step::Leave(short) => self.input(Input::Leave { ticket: self.ticket(short) }),
            Step::Answered(short, agent) => {
                self.input(Input::Answered { ticket: self.ticket(short), agent: AgentId(agent.into()) });
            }
            Step::NotAnswered(short, agent, why) => {
                let (ticket, agent) = (self.ticket(short), AgentId(agent.into()));
                self.input(Input::NotAnswered { ticket, agent, why });
            }
            Step::AgentLeft(short, agent) => {
                self.input(Input::AgentLeft { ticket: self.ticket(short), agent: AgentId(agent.into()) });
            }
            Step::AgentLost(short, agent) => {
                self.input(Input::AgentLost { ticket: self.ticket(short), agent: AgentId(agent.into()) });
            }
            Step::Reply(which, reply) => {
                let Some((agent, ticket)) = self.onlooker.open_pair(which) else { return };
                self.input(match reply {
                    Reply::Answered => Input::Answered { ticket, agent },
                    Reply::NotAnswered(why) => Input::NotAnswered { ticket, agent, why },
                    Reply::AgentLeft => Input::AgentLeft { ticket, agent },
                    Reply::AgentLost => Input::AgentLost { ticket, agent },
                });
            }
            Step::SetReady(agent, ready) => {
                self.input(Input::SetAgentReady {
                    agent: AgentId(agent.into()),
                    ready,
                    reason: String::new(),
                });
            }
            Step::SignIn(agent, short) => {
                let (session, agent) =
                    (self.session(short), ["eve", "fay", "ann", "nobody"][usize::from(agent)]);
                self.input(Input::SignIn { agent: agent.into(), session, ready: short % 3 != 0 });
            }
            Step::SignOut(short) => {
                let session = self.session(short);
                self.input(Input::SignOut { session });
            }
            Step::SessionReady(short, ready) => {
                let session = self.session(short);
                self.input(Input::SetReady { session, ready, reason: String::new() });
            }
            Step::Pass(seconds) => self.pass(Duration::from_secs(seconds.into())),
            Step::Reload(number) => self.reload(number),
        }
    }

    fn reload(&mut self, number: u8) {
        let outputs = self.bench.reload(&version(number));
        outputs.iter().for_each(|output| self.onlooker.see(output));
    }
}

/// A caller of a queue that was served.
#[derive(Debug)]
struct Served {
    ticket: u64,
    base: i32,
    per_minute: u32,
    entered: Instant,
    served: Instant,
}

impl Served {
    fn points(&self) -> u128 {
        self.points_at(self.served)
    }

    /// In 60,000ths, and far enough from zero.
    fn points_at(&self, at: Instant) -> u128 {
        let waited = at.duration_since(self.entered).as_millis();
        u128::from(self.base.abs_diff(-1_000)) * 60_000 + u128::from(self.per_minute) * waited
    }
}

/// Callers with base, points a minute and the seconds before them enter while all agents are away; then those agents
/// serve all, half a minute each.
fn served_in_order(
    callers: impl IntoIterator<Item = (i32, u32, u64)>,
    agents: usize,
    strategy: Strategy,
) -> Vec<Served> {
    let mut all = config(&["ann", "bob", "cid"][..agents]);
    (all.queues[0].capacity, all.queues[0].wait_max) = (1_000, Duration::from_secs(80_000));
    all.queues[0].strategy = strategy;
    let mut bench = Bench::new(&all);
    let agents: Vec<AgentId> = all.agents.iter().map(|agent| bench.id(&agent.name)).collect();
    for agent in &agents {
        bench.set_ready(*agent, false);
    }
    let mut waiting = BTreeMap::new();
    for (ticket, (base, per_minute, gap)) in (1..).zip(callers) {
        bench.pass(Duration::from_secs(gap));
        bench.enter_with(ticket, Priority { base, per_minute });
        waiting.insert(ticket, (base, per_minute, bench.now));
    }
    let mut served = Vec::new();
    let mut outputs: Vec<Output> = agents.iter().flat_map(|agent| bench.set_ready(*agent, true)).collect();
    loop {
        let offered = crate::support::offers(&outputs);
        if offered.is_empty() {
            break;
        }
        for (ticket, agent) in offered {
            let (base, per_minute, entered) = waiting.remove(&ticket).expect("each is offered once");
            served.push(Served { ticket, base, per_minute, entered, served: bench.now });
            bench.answered(ticket, agent);
            bench.agent_left(ticket, agent);
        }
        outputs = bench.pass(WRAP_UP);
    }
    assert!(waiting.is_empty(), "all are served");
    served
}

fn strategy() -> impl Values<Value = Strategy> {
    prop_oneof![
        Just(Strategy::LongestIdle),
        Just(Strategy::RoundRobin),
        Just(Strategy::FewestCalls),
        Just(Strategy::SkillLevel)
    ]
}

proptest! {
    #[test]
    fn tickets_end_once_and_no_agent_is_stuck(steps in vec(step(), 0..80)) {
        let mut run = Run::new();
        steps.iter().for_each(|step| run.step(step));

        // Everybody hangs up: every ticket ends.
        run.reload(0);
        for ticket in run.onlooker.alive.clone() {
            run.input(Input::Leave { ticket });
        }
        prop_assert!(run.onlooker.alive.is_empty(), "not ended: {:?}", run.onlooker.alive);
        prop_assert!(run.onlooker.ringing.is_empty() && run.onlooker.talking.is_empty());

        // Everybody comes back and has rested: each agent takes one of as many callers.
        for name in ["ann", "bob", "cid"] {
            let agent = run.bench.id(name);
            run.input(Input::SetAgentReady { agent, ready: true, reason: String::new() });
        }
        for session in run.onlooker.sessions.keys().copied().collect::<Vec<_>>() {
            run.input(Input::SignOut { session });
        }
        for (agent, session) in [("eve", 1_001), ("fay", 1_002)] {
            run.input(Input::SignIn { agent: agent.into(), session, ready: true });
        }
        run.pass(Duration::from_secs(600));
        prop_assert_eq!(run.bench.wakes_at(), None::<Instant>);
        let ready = BTreeMap::from([(1_001, AgentState::Ready), (1_002, AgentState::Ready)]);
        prop_assert_eq!(&run.onlooker.states, &ready);
        for (short, queue) in [(0, "r"), (1, "r"), (2, "q"), (3, "q"), (4, "q")] {
            run.enter(short, queue);
        }
        prop_assert_eq!(run.onlooker.ringing.len(), 5);
        let rings = |session| matches!(run.onlooker.states.get(&session), Some(AgentState::Ringing { .. }));
        prop_assert!(rings(1_001) && rings(1_002) && run.onlooker.states.len() == 2);
    }

    #[test]
    fn a_desk_is_told_what_it_does(steps in vec(step(), 0..80)) {
        let mut run = Run::new();
        for step in &steps {
            run.step(step);
            let onlooker = &run.onlooker;
            for (session, name) in &onlooker.sessions {
                let state = onlooker.states[session];
                let Some(agent) = run.bench.pool.agent(name) else {
                    prop_assert!(false, "{name} is not configured and signed in");
                    continue;
                };
                prop_assert_eq!(onlooker.ringing.contains_key(&agent), matches!(state, AgentState::Ringing { .. }));
                prop_assert_eq!(onlooker.talking.contains_key(&agent), state == AgentState::Talking);
            }
        }
    }

    #[test]
    fn every_caller_is_served_or_told_within_bounds(steps in vec(step(), 0..60)) {
        // Nobody touches anything any more: time alone brings every waiting caller to an end.
        let mut run = Run::new();
        steps.iter().for_each(|step| run.step(step));
        run.pass(Duration::from_secs(3_600));
        let talking: BTreeSet<_> = run.onlooker.talking.values().copied().collect();
        prop_assert_eq!(&run.onlooker.alive, &talking);
        prop_assert!(run.onlooker.ringing.is_empty());
    }

    #[test]
    fn nobody_is_overtaken_by_who_comes_too_late(callers in vec((0i32..60, 0u64..90), 2..40), per_minute in 1u32..20, agents in 1usize..4, strategy in strategy()) {
        let count = callers.len();
        let callers = callers.iter().map(|(base, gap)| (*base, per_minute, *gap));
        let served = served_in_order(callers, agents, strategy);
        prop_assert_eq!(served.len(), count);
        for (at, first) in served.iter().enumerate() {
            for later in &served[at + 1..] {
                // `first` came after `later` and was served before: the points of the difference were worth the time.
                let ahead = Duration::from_secs(60) * u32::try_from(first.base - later.base).unwrap_or(0) / per_minute;
                let came_after = first.entered.saturating_duration_since(later.entered);
                prop_assert!(came_after <= ahead, "{first:?} before {later:?}");
            }
        }
    }

    #[test]
    fn who_has_the_most_points_is_next(callers in vec((-20i32..60, 0u32..20, 0u64..90), 2..40)) {
        let served = served_in_order(callers, 1, Strategy::LongestIdle);
        for (at, first) in served.iter().enumerate() {
            for later in served[at + 1..].iter().filter(|later| later.entered <= first.served) {
                prop_assert!(first.points() > later.points_at(first.served)
                    || first.points() == later.points_at(first.served) && first.ticket < later.ticket,
                    "{first:?} before {later:?}");
            }
        }
    }

    #[test]
    fn the_longest_idle_agent_is_always_next(talks in vec((1u64..200, 0u64..60), 1..60)) {
        let mut all = config(&["ann", "bob", "cid", "dot"]);
        all.queues[0].capacity = 1_000;
        let mut bench = Bench::new(&all);
        let mut idle_since: BTreeMap<AgentId, Instant> = BTreeMap::new();
        let mut busy: BTreeMap<AgentId, (Instant, u64)> = BTreeMap::new();
        for (ticket, (length, gap)) in (1..).zip(talks) {
            bench.pass(Duration::from_secs(gap));
            // Those whose talk is over hang up and are idle after their wrap-up.
            let over: Vec<_> = busy.iter().filter(|(_, talk)| talk.0 <= bench.now).map(|(agent, talk)| (*agent, talk.1)).collect();
            for (agent, ticket) in over {
                bench.agent_left(ticket, agent);
                busy.remove(&agent);
                idle_since.insert(agent, bench.now + WRAP_UP);
            }
            let offered = crate::support::offers(&bench.enter(ticket));
            let Some(&(_, agent)) = offered.first() else {
                bench.leave(ticket);
                continue;
            };
            let own = idle_since.get(&agent).copied();
            let free = (0..4).map(AgentId).filter(|other| !busy.contains_key(other));
            for other in free {
                // Never busy yet counts as idle since ever.
                let since = idle_since.get(&other).copied();
                prop_assert!(own <= since, "{agent:?} idle since {own:?}, {other:?} since {since:?}");
            }
            bench.answered(ticket, agent);
            busy.insert(agent, (bench.now + Duration::from_secs(length), ticket));
        }
    }
}
