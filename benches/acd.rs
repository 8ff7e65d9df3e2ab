//! What the agent pool costs: a decision with 10,000 callers waiting for 1,000 agents, all of them talking, and events
//! folded a second.
//!
//! A decision is all that comes of an agent's hanging up: the end of one ticket, the choice of the next caller and the
//! offer, with the new places told; the goal is 1 ms at the 99th of 100. Prints, asserts nothing.

use std::time::{Duration, Instant};

use acd::{
    Address, AgentConfig, AgentId, Caller, Config, Event, Input, Output, Pool, Priority, QueueConfig, Skills,
    Strategy, TicketId,
};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};

const AGENTS: u32 = 1_000;
const WAITING: u64 = 10_000;
const DECISIONS: usize = 2_000;
const QUEUES: u64 = 8;

/// Eight queues, each served by every agent.
fn config() -> Config {
    let agents: Vec<AgentConfig> = (0..AGENTS)
        .map(|number| AgentConfig {
            name: format!("a{number}"),
            address: Address::Sip(format!("sip:a{number}@192.0.2.1")),
            skills: Skills::from([("sign".to_owned(), 1 + (number % 9) as u8)]),
            auto_answer: false,
        })
        .collect();
    let queues = (0..QUEUES).map(|number| QueueConfig {
        name: format!("q{number}"),
        agents: agents.iter().map(|agent| agent.name.clone()).collect(),
        wait_max: Duration::from_secs(24 * 3_600),
        capacity: 100_000,
        wrap_up: Duration::ZERO,
        strategy: if number % 2 == 0 { Strategy::LongestIdle } else { Strategy::SkillLevel },
        ..QueueConfig::default()
    });
    Config { queues: queues.collect(), agents }
}

struct Hall {
    pool: Pool,
    now: Instant,
    next: u64,
    talking: Vec<(TicketId, AgentId)>,
    log: Vec<Event>,
}

impl Hall {
    /// All agents talk, and so many wait.
    fn full() -> Self {
        #[allow(clippy::disallowed_methods)] // the base that virtual time is counted from
        let now = Instant::now();
        let mut hall =
            Hall { pool: Pool::new(&config()), now, next: 0, talking: Vec::new(), log: Vec::new() };
        for _ in 0..u64::from(AGENTS) + WAITING {
            hall.enter();
        }
        hall
    }

    fn enter(&mut self) {
        self.next += 1;
        let needs =
            if self.next.is_multiple_of(3) { Skills::from([("sign".to_owned(), 3)]) } else { Skills::new() };
        self.input(Input::Enter {
            ticket: TicketId(self.next),
            queue: format!("q{}", self.next % QUEUES),
            priority: Priority { base: (self.next % 50) as i32, per_minute: 5 + (self.next % 4) as u32 },
            caller: Caller { number: Some(format!("+86{}", self.next)), needs },
        });
    }

    /// Whoever is offered answers.
    fn input(&mut self, input: Input) {
        let offered = self.decide(input);
        for (ticket, agent) in offered {
            self.decide(Input::Answered { ticket, agent });
            self.talking.push((ticket, agent));
        }
    }

    fn decide(&mut self, input: Input) -> Vec<(TicketId, AgentId)> {
        self.now += Duration::from_millis(7);
        let events = self.pool.handle_input(self.now, input);
        self.log.extend(events);
        let mut offered = Vec::new();
        loop {
            match self.pool.poll_output() {
                Output::Offer { ticket, agent, .. } => offered.push((ticket, agent)),
                Output::Timeout(_) => return offered,
                _ => {}
            }
        }
    }

    /// An agent hangs up; how long it took to have the next caller offered.
    #[allow(clippy::disallowed_methods)] // measures
    fn hang_up(&mut self, which: usize) -> Duration {
        let (ticket, agent) = self.talking.swap_remove(which % self.talking.len());
        let began = Instant::now();
        let offered = self.decide(Input::AgentLeft { ticket, agent });
        let took = began.elapsed();
        assert_eq!(offered.len(), 1, "somebody is always next");
        let (ticket, agent) = offered[0];
        self.decide(Input::Answered { ticket, agent });
        self.talking.push((ticket, agent));
        self.enter();
        took
    }
}

fn decisions(criterion: &mut Criterion) {
    let mut hall = Hall::full();
    let mut times: Vec<Duration> = (0..DECISIONS).map(|number| hall.hang_up(number * 7_919)).collect();
    times.sort_unstable();
    let at = |share: usize| times[(DECISIONS - 1) * share / 100];
    println!(
        "decision with {WAITING} waiting and {AGENTS} agents: median {:?}, p99 {:?}, longest {:?} of {DECISIONS}",
        at(50),
        at(99),
        at(100)
    );
    let mut group = criterion.benchmark_group("acd");
    group.throughput(Throughput::Elements(hall.log.len() as u64));
    group.sample_size(10);
    group.bench_function("events folded", |bencher| {
        bencher.iter_batched(|| (), |()| Pool::fold(&hall.log), BatchSize::PerIteration);
    });
    group.finish();
}

criterion_group!(benches, decisions);
criterion_main!(benches);
