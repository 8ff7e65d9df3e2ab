//! Callers who go on to another queue, and queues that close.

use std::time::Duration;

use acd::{Caller, Config, Doors, Input, Outcome, Output, Overflow, Priority, TicketId, When};

use crate::support::{Bench, WAIT_MAX, agent, offers, queue};

const SECOND: Duration = Duration::from_secs(1);

fn to(name: &str, when: When) -> Overflow {
    Overflow { when, to: Some(name.to_owned()) }
}

/// Queue `q` of ann and queue `r` of bob, both away.
fn two(overflow: Vec<Overflow>) -> Bench {
    let mut queues = vec![queue("q", &["ann"]), queue("r", &["bob"])];
    queues[0].overflow = overflow;
    let mut bench = Bench::new(&Config { queues, agents: vec![agent("ann"), agent("bob")] });
    for name in ["ann", "bob"] {
        let id = bench.id(name);
        bench.set_ready(id, false);
    }
    bench
}

fn done(ticket: u64, outcome: Outcome) -> Output {
    Output::Done { ticket: TicketId(ticket), outcome }
}

fn set_doors(bench: &mut Bench, queue: &str, doors: Doors) -> Vec<Output> {
    bench.on(Input::SetDoors { queue: queue.into(), doors })
}

#[test]
fn who_waits_too_long_goes_on_with_the_points_gained() {
    let mut bench = two(vec![to("r", When::After(30 * SECOND))]);
    let bob = bench.id("bob");
    bench.enter(1);
    bench.pass(20 * SECOND);
    let (ticket, priority) = (TicketId(2), Priority::default());
    bench.on(Input::Enter { ticket, queue: "r".into(), priority, caller: Caller::default() });
    let moved = bench.pass(10 * SECOND);
    assert!(moved.contains(&Output::Place { ticket: TicketId(1), place: 1, waiting: 2 }), "{moved:?}");
    assert!(moved.contains(&Output::Place { ticket, place: 2, waiting: 2 }), "{moved:?}");
    assert_eq!(offers(&bench.set_ready(bob, true)), [(1, bob)]);
}

#[test]
fn waiting_counts_anew_in_the_next_queue_and_ends_there() {
    let mut bench = two(vec![to("r", When::After(30 * SECOND))]);
    bench.enter(1);
    assert_eq!(bench.pass(30 * SECOND + WAIT_MAX - SECOND).len(), 1, "its place in `r`");
    assert_eq!(bench.pass(SECOND), [done(1, Outcome::Timeout)]);
}

#[test]
fn a_way_out_that_is_shut_is_passed_over() {
    let ways = vec![to("r", When::After(30 * SECOND)), Overflow { when: When::After(40 * SECOND), to: None }];
    let mut bench = two(ways);
    set_doors(&mut bench, "r", Doors::Closing);
    bench.enter(1);
    assert_eq!(bench.pass(39 * SECOND), []);
    assert_eq!(bench.pass(SECOND), [done(1, Outcome::Timeout)]);
}

#[test]
fn no_queue_takes_a_caller_twice() {
    let mut queues = vec![queue("q", &["ann"]), queue("r", &["ann"])];
    queues[0].overflow = vec![to("r", When::After(10 * SECOND))];
    queues[1].overflow = vec![to("q", When::After(10 * SECOND))];
    let mut bench = Bench::new(&Config { queues, agents: vec![agent("ann")] });
    let ann = bench.id("ann");
    bench.set_ready(ann, false);
    bench.enter(1);
    assert_eq!(bench.pass(10 * SECOND + WAIT_MAX).last(), Some(&done(1, Outcome::Timeout)));
}

#[test]
fn who_finds_the_queue_too_long_goes_on_at_once() {
    let mut bench = two(vec![to("r", When::Longer(1))]);
    for ticket in 1..=3 {
        bench.enter(ticket);
    }
    let bob = bench.id("bob");
    assert_eq!(offers(&bench.set_ready(bob, true)), [(3, bob)]);
    let mut bench = two(vec![Overflow { when: When::Longer(0), to: None }]);
    bench.enter(1);
    assert_eq!(bench.enter(2), [done(2, Outcome::Full)], "capacity would have had room");
}

#[test]
fn a_queue_that_closes_serves_who_waits_or_lets_them_go() {
    let mut bench = two(Vec::new());
    let ann = bench.id("ann");
    bench.enter(1);
    bench.enter(2);
    assert_eq!(set_doors(&mut bench, "q", Doors::Closing), []);
    assert_eq!(bench.enter(3), [done(3, Outcome::Closed)]);
    assert_eq!(offers(&bench.set_ready(ann, true)), [(1, ann)]);
    let closed = set_doors(&mut bench, "q", Doors::Closed);
    assert_eq!(closed[0], Output::Withdraw { ticket: TicketId(1), agent: ann });
    assert!(closed.contains(&done(1, Outcome::Closed)) && closed.contains(&done(2, Outcome::Closed)));
    set_doors(&mut bench, "q", Doors::Open);
    bench.pass(SECOND);
    assert_eq!(offers(&bench.enter(4)), [(4, ann)]);
}
