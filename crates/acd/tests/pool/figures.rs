//! The service level, the estimate, and what a log looks like.

use std::time::Duration;

use acd::{Event, Input, TicketId, What};

use crate::support::{Bench, WRAP_UP, config};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3_600);

#[test]
fn the_service_level_by_its_three_formulas() {
    let mut all = config(&["ann"]);
    (all.queues[0].capacity, all.queues[0].wrap_up) = (10, Duration::ZERO);
    let mut bench = Bench::new(&all);
    let ann = bench.id("ann");
    assert_eq!(bench.pool.level(bench.now, "q", HOUR).map(|level| level.of_offered()), Some(None));
    bench.set_ready(ann, false);
    // Leave after 5 and 6 s; let go at `wait_max`; answered after 15 s, and after 16 s.
    for (ticket, wait) in [(1, 5), (2, 6)] {
        bench.enter(ticket);
        bench.pass(wait * SECOND);
        bench.leave(ticket);
    }
    bench.enter(3);
    bench.pass(HOUR / 2);
    for (ticket, wait) in [(4, 15), (5, 16)] {
        bench.enter(ticket);
        bench.pass(wait * SECOND);
        bench.set_ready(ann, true);
        bench.answered(ticket, ann);
        bench.set_ready(ann, false);
        bench.agent_left(ticket, ann);
        bench.pass(SECOND);
    }
    let level = bench.pool.level(bench.now, "q", HOUR).expect("the queue is there");
    assert_eq!((level.offered, level.answered, level.in_time), (5, 2, 1));
    assert_eq!((level.abandoned, level.abandoned_short), (2, 1));
    assert_eq!(level.of_offered(), Some(1.0 / 5.0));
    assert_eq!(level.without_short(), Some(1.0 / 4.0));
    assert_eq!(level.of_answered(), Some(1.0 / 2.0));
    let lately = bench.pool.level(bench.now, "q", 60 * SECOND).expect("the queue is there");
    assert_eq!((lately.offered, lately.abandoned), (2, 0), "of the last minute only");
    assert_eq!(bench.pool.level(bench.now, "r", HOUR), None);
}

#[test]
fn who_was_never_joined_was_not_answered() {
    let mut bench = Bench::new(&config(&["ann"]));
    let ann = bench.id("ann");
    bench.enter(1);
    bench.answered(1, ann);
    bench.not_answered(1, ann, acd::NotAnswered::Busy);
    bench.leave(1);
    let level = bench.pool.level(bench.now, "q", HOUR).expect("the queue is there");
    assert_eq!((level.offered, level.answered, level.abandoned), (1, 0, 1));
}

#[test]
fn the_estimate_follows_place_handling_time_and_agents() {
    let mut bench = Bench::new(&config(&["ann", "bob"]));
    let (ann, bob) = (bench.id("ann"), bench.id("bob"));
    bench.enter(1);
    bench.answered(1, ann);
    bench.enter(2);
    bench.answered(2, bob);
    bench.enter(3);
    let estimate = |bench: &Bench, ticket| bench.pool.estimate(bench.now, TicketId(ticket));
    assert_eq!(estimate(&bench, 3), None, "nobody has been served yet");
    bench.pass(70 * SECOND);
    bench.agent_left(1, ann);
    bench.enter(4);
    // 70 s and the wrap-up, by two agents.
    let one = (70 * SECOND + WRAP_UP) / 2;
    assert_eq!((estimate(&bench, 3), estimate(&bench, 4)), (Some(one), Some(2 * one)));
    bench.set_ready(bob, false);
    assert_eq!(estimate(&bench, 4), Some(4 * one));
    bench.set_ready(ann, false);
    assert_eq!(estimate(&bench, 4), None, "nobody is at work");
    assert_eq!(estimate(&bench, 2), None, "talks");
}

/// Logs outlive the program: this line was written by version 1 and must be understood for ever.
#[test]
fn an_event_is_written_by_stable_names() {
    let line = r#"{"version":1,"at":{"secs":7,"nanos":5},"what":{"event":"not_taken","ticket":3,"agent":1,"why":"no_answer"}}"#;
    let event: Event = serde_json::from_str(line).expect("version 1");
    assert_eq!(event.at, Duration::new(7, 5));
    assert!(matches!(event.what, What::NotTaken { ticket: TicketId(3), .. }));
    assert_eq!(serde_json::to_string(&event).expect("an event is data"), line);
    let mut bench = Bench::new(&config(&["ann"]));
    bench.enter(1);
    bench.on(Input::Timeout);
    let log: Vec<String> =
        bench.log.iter().map(|event| serde_json::to_string(&event.what).expect("an event is data")).collect();
    assert!(log[0].starts_with(r#"{"event":"configured","config":{"queues":[{"name":"q""#), "{}", log[0]);
    let entered = r#"{"event":"entered","ticket":1,"queue":"q","priority":{"base":0,"per_minute":10},"caller":{"number":null,"needs":{}}}"#;
    assert_eq!(log[1..], [entered, r#"{"event":"offered","ticket":1,"agent":0}"#]);
}

#[test]
fn a_log_that_does_not_fit_changes_nothing() {
    let mut bench = Bench::new(&config(&["ann"]));
    bench.enter(1);
    // Without its beginning nobody and nothing is known.
    let orphans = acd::Pool::fold(&bench.log[1..]);
    assert_eq!(orphans.agents(), []);
}
