//! Everything at once by random: all strategies, overflow, doors, calling back, reloads, restarts. What must hold is
//! held against what the outputs say, and the log is folded anew.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use acd::{
    AgentId, Caller, Config, Doors, Event, Input, NotAnswered, Outcome, Output, Overflow, Pool, Priority,
    Strategy, TicketId, When,
};

use crate::support::{Bench, Random, agent, desk, queue};

const SECOND: Duration = Duration::from_secs(1);
/// Inputs of one run.
const STEPS: u32 = 400;

const QUEUES: [(&str, Strategy); 5] = [
    ("idle", Strategy::LongestIdle),
    ("robin", Strategy::RoundRobin),
    ("fewest", Strategy::FewestCalls),
    ("skill", Strategy::SkillLevel),
    ("all", Strategy::RingAll),
];

/// Each queue overflows to the next; version 1 lacks two agents and a queue.
fn version(number: u64) -> Config {
    let names = ["ann", "bob", "cid", "eve", "fay"];
    let mut queues = Vec::new();
    for (at, (name, strategy)) in QUEUES.into_iter().enumerate() {
        let mut own = queue(name, &names[at % 2..]);
        own.strategy = strategy;
        own.capacity = 6;
        own.pause_after = 2;
        own.sticky = 600 * SECOND;
        let to = Some(QUEUES[(at + 1) % QUEUES.len()].0.to_owned());
        own.overflow = vec![
            Overflow { when: When::Longer(4), to: to.clone() },
            Overflow { when: When::After(25 * SECOND), to },
        ];
        queues.push(own);
    }
    let mut agents = vec![agent("ann"), agent("bob"), agent("cid"), desk("eve"), desk("fay")];
    for (level, agent) in (1..).zip(&mut agents) {
        agent.skills.insert("sign".into(), level);
    }
    if number == 1 {
        queues.pop();
        agents.truncate(3);
    }
    Config { queues, agents }
}

/// What the outputs have said so far.
#[derive(Default)]
struct Onlooker {
    alive: BTreeSet<TicketId>,
    /// Those of `alive` who have been told to be called back.
    dialled: BTreeSet<TicketId>,
    ringing: BTreeMap<AgentId, TicketId>,
    talking: BTreeMap<AgentId, TicketId>,
    reservations: u32,
    doubled: u32,
}

impl Onlooker {
    fn see(&mut self, output: &Output) {
        match output {
            Output::Offer { ticket, agent, .. } => {
                self.reservations += 1;
                self.dialled.remove(ticket);
                assert!(self.alive.contains(ticket), "{output:?} for nobody");
                assert!(!self.talking.values().any(|other| other == ticket), "{output:?} to who talks");
                let engaged =
                    self.talking.contains_key(agent) || self.ringing.insert(*agent, *ticket).is_some();
                self.doubled += u32::from(engaged);
            }
            Output::Dial { ticket, .. } => {
                self.reservations += 1;
                assert!(self.alive.contains(ticket), "{output:?} for nobody");
                assert!(
                    !self.ringing.values().chain(self.talking.values()).any(|other| other == ticket),
                    "{output:?}"
                );
                self.dialled.insert(*ticket);
            }
            Output::Withdraw { ticket, agent } => {
                assert_eq!(self.ringing.remove(agent), Some(*ticket), "{output:?}");
            }
            Output::Connected { ticket, agent } => {
                assert_eq!(self.ringing.remove(agent), Some(*ticket), "{output:?}");
                assert!(!self.ringing.values().any(|other| other == ticket), "{output:?} while others ring");
                self.talking.insert(*agent, *ticket);
            }
            Output::Done { ticket, .. } => {
                assert!(self.alive.remove(ticket), "{output:?} twice, or for nobody");
                assert!(
                    !self.ringing.values().any(|other| other == ticket),
                    "{output:?} while an agent rings"
                );
                self.talking.retain(|_, other| other != ticket);
                self.dialled.remove(ticket);
            }
            Output::Place { .. } | Output::Agent { .. } | Output::NotSignedIn { .. } | Output::Timeout(_) => {
            }
        }
    }
}

struct Run {
    bench: Bench,
    onlooker: Onlooker,
    random: Random,
    next: u64,
    session: u64,
}

impl Run {
    fn new(seed: u64) -> Self {
        let mut bench = Bench::new(&version(0));
        // The configuration begins the log.
        bench.on(Input::Timeout);
        Run { bench, onlooker: Onlooker::default(), random: Random(seed), next: 0, session: 0 }
    }

    fn input(&mut self, input: Input) {
        // A leg that is gone is no longer engaged, whatever the pool says.
        if let Input::NotAnswered { ticket, agent, .. }
        | Input::AgentLeft { ticket, agent }
        | Input::AgentLost { ticket, agent } = &input
        {
            self.onlooker.ringing.retain(|other, rings| (*other, *rings) != (*agent, *ticket));
            self.onlooker.talking.retain(|other, talks| (*other, *talks) != (*agent, *ticket));
        }
        let outputs = self.bench.on(input);
        outputs.iter().for_each(|output| self.onlooker.see(output));
    }

    fn enter(&mut self) {
        self.next += 1;
        let ticket = TicketId(self.next);
        let queue = QUEUES[self.random.below(5) as usize].0.to_owned();
        let number = Some(format!("+1{}", self.random.below(8)));
        let needs = (self.random.below(3) == 0).then(|| ("sign".to_owned(), self.random.below(5) as u8));
        let caller = Caller { number, needs: needs.into_iter().collect() };
        let priority = Priority { base: self.random.below(20) as i32, ..Priority::default() };
        self.onlooker.alive.insert(ticket);
        self.input(Input::Enter { ticket, queue, priority, caller });
    }

    /// An agent leg that is open, if there is one.
    fn pair(&mut self) -> Option<(AgentId, TicketId)> {
        let open: Vec<_> = self.onlooker.ringing.iter().chain(&self.onlooker.talking).collect();
        let (agent, ticket) = open.get(self.random.below(open.len().max(1) as u64) as usize)?;
        Some((**agent, **ticket))
    }

    fn anybody(&mut self) -> TicketId {
        let at = self.random.below(self.onlooker.alive.len().max(1) as u64) as usize;
        self.onlooker.alive.iter().nth(at).copied().unwrap_or(TicketId(0))
    }

    fn step(&mut self) {
        let pair = self.pair();
        let ticket = self.anybody();
        let agent = AgentId(self.random.below(5) as u32);
        match (self.random.below(30), pair) {
            (0..5, _) => self.enter(),
            (5..10, Some((agent, ticket))) => self.input(Input::Answered { ticket, agent }),
            (10..12, Some((agent, ticket))) => {
                let all =
                    [NotAnswered::Rejected, NotAnswered::Busy, NotAnswered::Unreachable, NotAnswered::Unfit];
                let why = all[self.random.below(4) as usize];
                self.input(Input::NotAnswered { ticket, agent, why });
            }
            (12..15, Some((agent, ticket))) => self.input(Input::AgentLeft { ticket, agent }),
            (15, Some((agent, ticket))) => self.input(Input::AgentLost { ticket, agent }),
            (16, Some((agent, ticket))) => self.input(Input::Hold { ticket, agent, on: ticket.0 % 2 == 0 }),
            (17, _) => self.input(Input::Leave { ticket }),
            (18, _) => self.input(Input::CallBack { ticket }),
            (19, _) => self.input(Input::EndCallBack { ticket }),
            (20, _) => {
                if let Some(ticket) = self.onlooker.dialled.pop_first() {
                    self.input(Input::CallerNotReached { ticket });
                }
            }
            (21..23, _) => {
                if let Some(ticket) = self.onlooker.dialled.pop_first() {
                    self.input(Input::CallerReached { ticket });
                }
            }
            (23, _) => {
                let doors =
                    [Doors::Open, Doors::Open, Doors::Closing, Doors::Closed][self.random.below(4) as usize];
                let queue = QUEUES[self.random.below(5) as usize].0.to_owned();
                self.input(Input::SetDoors { queue, doors });
            }
            (24, _) => {
                self.session += 1;
                let agent = ["eve", "fay"][self.random.below(2) as usize].to_owned();
                self.input(Input::SignIn { agent, session: self.session, ready: true });
            }
            (25, _) => {
                let session = self.session.saturating_sub(self.random.below(4));
                self.input(Input::SignOut { session });
            }
            (26, _) => {
                let ready = self.random.below(3) > 0;
                self.input(Input::SetAgentReady { agent, ready, reason: "lunch".into() });
            }
            (27, _) => self.reload(),
            _ => {
                let time = Duration::from_millis(self.random.below(20_000));
                self.pass(time);
            }
        }
    }

    fn pass(&mut self, time: Duration) {
        let outputs = self.bench.pass(time);
        outputs.iter().for_each(|output| self.onlooker.see(output));
    }

    fn reload(&mut self) {
        let number = self.random.below(4);
        let outputs = self.bench.reload(&version(number));
        outputs.iter().for_each(|output| self.onlooker.see(output));
    }

    /// Everything opens, everybody leaves, all rest; then each agent is there for a caller.
    fn nobody_is_stuck(&mut self) {
        let outputs = self.bench.reload(&version(0));
        outputs.iter().for_each(|output| self.onlooker.see(output));
        for ticket in self.onlooker.alive.clone() {
            self.input(Input::EndCallBack { ticket });
            self.input(Input::Leave { ticket });
        }
        assert!(self.onlooker.alive.is_empty(), "not ended: {:?}", self.onlooker.alive);
        for (queue, _) in QUEUES {
            self.input(Input::SetDoors { queue: queue.into(), doors: Doors::Open });
        }
        for session in 0..=self.session {
            self.input(Input::SignOut { session });
        }
        for agent in ["eve", "fay"] {
            self.session += 1;
            self.input(Input::SignIn { agent: agent.into(), session: self.session, ready: true });
        }
        for agent in (0..5).map(AgentId) {
            self.input(Input::SetAgentReady { agent, ready: true, reason: String::new() });
        }
        self.pass(600 * SECOND);
        assert_eq!(self.bench.wakes_at(), None, "nothing is left to wait for");
        for _ in 0..5 {
            self.next += 1;
            let ticket = TicketId(self.next);
            self.onlooker.alive.insert(ticket);
            let (priority, caller) = (Priority::default(), Caller::default());
            self.input(Input::Enter { ticket, queue: "idle".into(), priority, caller });
        }
        assert_eq!(self.onlooker.ringing.len(), 5, "each agent rings");
    }
}

#[test]
fn of_a_hundred_thousand_reservations_none_is_doubled() {
    let (mut reservations, mut doubled, mut seed) = (0, 0, 0);
    while reservations < 100_000 {
        seed += 1;
        let mut run = Run::new(seed);
        // Printed by the harness only when something fails.
        println!("seed {seed}");
        (0..STEPS).for_each(|_| run.step());
        run.nobody_is_stuck();
        reservations += run.onlooker.reservations;
        doubled += run.onlooker.doubled;
    }
    println!("{reservations} reservations in {seed} runs, {doubled} doubled");
    assert_eq!(doubled, 0);
}

#[test]
fn a_log_folded_anew_gives_the_same_pool() {
    for seed in 1..60 {
        println!("seed {seed}");
        let mut run = Run::new(seed);
        for step in 0..STEPS {
            run.step();
            if step % 40 == 0 {
                assert!(Pool::fold(&run.bench.log) == run.bench.pool, "seed {seed}, step {step}");
            }
        }
        let written: Vec<String> = run
            .bench
            .log
            .iter()
            .map(|event| serde_json::to_string(event).expect("an event is data"))
            .collect();
        let read: Vec<Event> =
            written.iter().map(|line| serde_json::from_str(line).expect("what was written")).collect();
        assert_eq!(read, run.bench.log);
        assert!(Pool::fold(&read) == run.bench.pool, "seed {seed}");
    }
}

#[test]
fn after_a_restart_at_any_time_only_those_to_be_called_back_are_left() {
    for seed in 1..200 {
        println!("seed {seed}");
        let mut run = Run::new(seed);
        (0..60 + seed as u32 % STEPS).for_each(|_| run.step());
        let asked = |log: &[Event]| {
            let mut asked = BTreeSet::new();
            for event in log {
                match &event.what {
                    acd::What::CallBack { ticket } => asked.insert(*ticket),
                    acd::What::Reached { ticket } | acd::What::Ended { ticket, .. } => asked.remove(ticket),
                    _ => false,
                };
            }
            asked
        };
        let kept = asked(&run.bench.log);
        let alive = run.onlooker.alive.clone();
        run.bench.pool = Pool::restore(run.bench.now, 30 * SECOND, &run.bench.log);
        run.onlooker = Onlooker { alive: kept.clone(), ..Onlooker::default() };
        let before = run.bench.log.len();
        run.input(Input::Timeout);
        let lost: BTreeSet<TicketId> = run.bench.log[before..]
            .iter()
            .filter_map(|event| match event.what {
                acd::What::Ended { ticket, outcome: Outcome::NodeLost } => Some(ticket),
                _ => None,
            })
            .collect();
        assert_eq!(lost, alive.difference(&kept).copied().collect(), "seed {seed}");
        assert!(Pool::fold(&run.bench.log) == run.bench.pool, "seed {seed}: one log goes on");
        (0..STEPS).for_each(|_| run.step());
        run.nobody_is_stuck();
        assert_eq!(run.onlooker.doubled, 0);
    }
}
