//! What holds for every order of events.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use acd::{AgentId, Config, Input, NotAnswered, Output, TicketId};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::{Bench, WRAP_UP, agent, config, queue};

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

fn why() -> impl Strategy<Value = NotAnswered> {
    prop_oneof![
        Just(NotAnswered::Rejected),
        Just(NotAnswered::Busy),
        Just(NotAnswered::NoAnswer),
        Just(NotAnswered::Unreachable)
    ]
}

fn step() -> impl Strategy<Value = Step> {
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
        3 => (0u16..40).prop_map(Step::Pass),
        1 => (0u8..4).prop_map(Step::Reload),
    ]
}

/// Four versions of the service: everything, fewer agents, one queue less, other agents.
fn version(number: u8) -> Config {
    let all = ["ann", "bob", "cid"];
    let mut config = Config {
        queues: vec![queue("q", &all), queue("r", &["bob", "cid"])],
        agents: all.iter().map(|name| agent(name)).collect(),
    };
    match number {
        1 => config.agents.truncate(1),
        2 => config.queues.truncate(1),
        3 => {
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
}

impl Onlooker {
    fn see(&mut self, output: &Output) {
        match output {
            Output::Offer { ticket, agent, .. } => {
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
            Output::Agent { .. } | Output::NotSignedIn { .. } | Output::Timeout(_) => {}
        }
    }

    /// A reply that fits ends the offer or the conversation.
    fn hear(&mut self, input: &Input) {
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

    fn ticket(&self, short: u8) -> TicketId {
        self.tickets.get(&short).copied().unwrap_or(TicketId(0))
    }

    fn enter(&mut self, short: u8, queue: &str) {
        let ticket = TicketId(self.next);
        self.next += 1;
        self.tickets.insert(short, ticket);
        self.onlooker.alive.insert(ticket);
        self.input(Input::Enter { ticket, queue: queue.into() });
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
            Step::Pass(seconds) => self.pass(Duration::from_secs(seconds.into())),
            Step::Reload(number) => self.reload(number),
        }
    }

    fn reload(&mut self, number: u8) {
        self.bench.pool.reload(self.bench.now, &version(number));
        let outputs = self.bench.outputs();
        outputs.iter().for_each(|output| self.onlooker.see(output));
    }
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
        run.pass(Duration::from_secs(600));
        prop_assert_eq!(run.bench.wakes_at(), None::<Instant>);
        for short in 0..3 {
            run.enter(short, "q");
        }
        prop_assert_eq!(run.onlooker.ringing.len(), 3);
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
