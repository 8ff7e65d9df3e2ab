//! Which agent is called, by each strategy; what comes before it.

use std::time::Duration;

use acd::{Caller, Config, Input, NotAnswered, Output, Priority, Skills, Strategy, TicketId, What};

use crate::support::{Bench, RING, WRAP_UP, config, desk, offers, queue};

fn by(strategy: Strategy, agents: &[&str]) -> Config {
    let mut all = config(agents);
    all.queues[0].strategy = strategy;
    all
}

fn skills(levels: &[(&str, u8)]) -> Skills {
    levels.iter().map(|(skill, level)| ((*skill).to_owned(), *level)).collect()
}

fn enter_as(bench: &mut Bench, ticket: u64, caller: Caller) -> Vec<Output> {
    let (ticket, priority) = (TicketId(ticket), Priority::default());
    bench.on(Input::Enter { ticket, queue: "q".into(), priority, caller })
}

/// Enters, is answered and served at once; returns the agent's index.
fn serve(bench: &mut Bench, ticket: u64, caller: Caller) -> u32 {
    let offered = offers(&enter_as(bench, ticket, caller));
    let [(_, agent)] = offered[..] else { panic!("one is offered, not {offered:?}") };
    bench.answered(ticket, agent);
    bench.agent_left(ticket, agent);
    agent.0
}

#[test]
fn round_robin_goes_on_after_the_agent_offered_last() {
    let mut bench = Bench::new(&by(Strategy::RoundRobin, &["ann", "bob", "cid"]));
    bench.set_ready(acd::AgentId(0), false);
    assert_eq!(serve(&mut bench, 1, Caller::default()), 1);
    // By idle time it would be ann, who has just come, last.
    bench.set_ready(acd::AgentId(0), true);
    bench.pass(WRAP_UP);
    let served: Vec<u32> = (2..5).map(|ticket| serve(&mut bench, ticket, Caller::default())).collect();
    assert_eq!(served, [2, 0, 1]);
}

#[test]
fn fewest_calls_makes_up_for_who_was_away() {
    let mut bench = Bench::new(&by(Strategy::FewestCalls, &["ann", "bob"]));
    bench.set_ready(acd::AgentId(1), false);
    for ticket in 1..=3 {
        assert_eq!(serve(&mut bench, ticket, Caller::default()), 0);
        bench.pass(WRAP_UP);
    }
    bench.set_ready(acd::AgentId(1), true);
    for ticket in 4..=6 {
        assert_eq!(
            serve(&mut bench, ticket, Caller::default()),
            1,
            "ann has been idle longer, bob had fewer"
        );
        bench.pass(WRAP_UP);
    }
}

#[test]
fn the_highest_level_of_what_is_needed_comes_first() {
    let mut all = by(Strategy::SkillLevel, &["ann", "bob", "cid", "dot"]);
    all.queues[0].needs = skills(&[("sign", 2)]);
    all.agents[0].skills = skills(&[("sign", 1), ("english", 9)]);
    all.agents[1].skills = skills(&[("sign", 3), ("english", 1)]);
    all.agents[2].skills = skills(&[("sign", 5)]);
    let mut bench = Bench::new(&all);
    assert_eq!(serve(&mut bench, 1, Caller::default()), 2);
    assert_eq!(serve(&mut bench, 2, Caller::default()), 1);
    // The only ones left have too little of it, or nothing.
    assert_eq!(offers(&bench.enter(3)), []);
}

#[test]
fn a_callers_own_needs_count_beside_those_of_the_queue() {
    let mut all = config(&["ann", "bob"]);
    all.agents[1].skills = skills(&[("english", 4)]);
    let mut bench = Bench::new(&all);
    let english = |level| Caller { number: None, needs: skills(&[("english", level)]) };
    assert_eq!(serve(&mut bench, 1, english(4)), 1);
    let refused = enter_as(&mut bench, 2, english(5));
    assert_eq!(refused, [Output::Done { ticket: TicketId(2), outcome: acd::Outcome::NoAgents }]);
    // Who waits for bob is passed by who can be served by ann.
    assert_eq!(offers(&enter_as(&mut bench, 3, english(1))), []);
    assert_eq!(offers(&bench.enter(4)), [(4, acd::AgentId(0))]);
}

#[test]
fn two_agents_answer_at_once() {
    let mut bench = Bench::new(&by(Strategy::RingAll, &["ann", "bob", "cid"]));
    let all = offers(&bench.enter(1));
    assert_eq!(all.len(), 3);
    let (ann, bob, cid) = (all[0].1, all[1].1, all[2].1);
    let (ticket, withdraw) = (TicketId(1), |agent| Output::Withdraw { ticket: TicketId(1), agent });
    assert_eq!(
        bench.answered(1, bob),
        [withdraw(ann), withdraw(cid), Output::Connected { ticket, agent: bob }]
    );
    assert_eq!(bench.answered(1, ann), [], "the second one comes too late");
    // Its leg is taken down, and it is called for the next.
    bench.pass(acd::limits::SETTLE);
    assert_eq!(offers(&bench.enter(2)), [(2, ann), (2, cid)]);
}

#[test]
fn ring_all_goes_on_while_one_of_them_rings() {
    let mut bench = Bench::new(&by(Strategy::RingAll, &["ann", "bob"]));
    let all = offers(&bench.enter(1));
    assert_eq!(bench.not_answered(1, all[0].1, NotAnswered::Rejected), []);
    assert_eq!(bench.answered(1, all[1].1).len(), 1, "connected, nobody else to call off");
    let mut bench = Bench::new(&by(Strategy::RingAll, &["ann", "bob"]));
    bench.enter(1);
    let outputs = bench.leave(1);
    assert_eq!(outputs.len(), 3, "both are called off: {outputs:?}");
}

#[test]
fn the_agent_of_last_time_comes_first_for_so_long() {
    let mut all = config(&["ann", "bob"]);
    all.queues[0].sticky = 10 * WRAP_UP;
    let mut bench = Bench::new(&all);
    let known = || Caller { number: Some("+86100".into()), needs: Skills::new() };
    assert_eq!(serve(&mut bench, 1, known()), 0);
    bench.pass(WRAP_UP);
    assert_eq!(serve(&mut bench, 2, known()), 0, "bob has been idle longer");
    bench.pass(WRAP_UP);
    assert_eq!(serve(&mut bench, 3, Caller::default()), 1);
    bench.pass(11 * WRAP_UP);
    bench.set_ready(acd::AgentId(1), true);
    assert_eq!(serve(&mut bench, 4, Caller::default()), 0, "the longest idle");
    bench.pass(11 * WRAP_UP);
    assert_eq!(serve(&mut bench, 5, known()), 1, "too long ago");
}

#[test]
fn a_desk_that_lets_it_ring_too_often_is_paused() {
    let mut q = queue("q", &["eve"]);
    (q.pause_after, q.wait_max) = (2, Duration::from_secs(3_600));
    let mut bench = Bench::new(&Config { queues: vec![q], agents: vec![desk("eve")] });
    bench.sign_in("eve", 1);
    bench.enter(1);
    let again = bench.pass(RING + acd::limits::NO_ANSWER_REST);
    assert_eq!(offers(&again).len(), 1, "once is nothing: {again:?}");
    let paused = bench.pass(Duration::from_secs(600));
    assert_eq!(offers(&paused), []);
    let status = bench.pool.agents().remove(0);
    assert_eq!((status.state, status.reason), (Some(acd::AgentState::NotReady), Some("not answered".into())));
    let ready = Input::SetReady { session: 1, ready: true, reason: String::new() };
    assert_eq!(offers(&bench.on(ready)).len(), 1, "back by a word, and counted anew");
}

#[test]
fn an_agent_who_is_insulted_rests_until_they_are_ready_and_it_is_written_down_once() {
    let mut bench = Bench::new(&config(&["ann"]));
    let ann = bench.id("ann");
    bench.enter(1);
    bench.answered(1, ann);
    let mut abused = |ticket| {
        bench.on(Input::Abused { ticket: TicketId(ticket), agent: ann });
        bench.log.iter().filter(|event| matches!(event.what, What::Abused { .. })).count()
    };
    assert_eq!(abused(9), 0, "another ticket's word");
    assert_eq!((abused(1), abused(1)), (1, 1));
    bench.on(Input::AgentLeft { ticket: TicketId(1), agent: ann });
    assert_eq!(offers(&bench.enter(2)), []);
    assert_eq!(bench.pool.agents()[0].reason.as_deref(), Some("abuse"));
    let ready = Input::SetAgentReady { agent: ann, ready: true, reason: String::new() };
    assert_eq!(offers(&bench.on(ready)).len(), 1);
}

#[test]
fn a_caller_on_hold_is_still_with_the_agent() {
    let mut bench = Bench::new(&config(&["ann"]));
    let ann = bench.id("ann");
    bench.enter(1);
    bench.answered(1, ann);
    bench.on(Input::Hold { ticket: TicketId(1), agent: ann, on: true });
    assert!(bench.pool.agents()[0].on_hold);
    assert_eq!(offers(&bench.enter(2)), []);
    bench.on(Input::Hold { ticket: TicketId(9), agent: ann, on: false });
    assert!(bench.pool.agents()[0].on_hold, "another ticket's word");
    bench.on(Input::Hold { ticket: TicketId(1), agent: ann, on: false });
    assert!(!bench.pool.agents()[0].on_hold);
}
