//! Callers who are called back, and what a restart leaves of a pool.

use std::time::Duration;

use acd::{Caller, Input, NotAnswered, Outcome, Output, Pool, Priority, Skills, TicketId, limits};

use crate::support::{Bench, WRAP_UP, config, offers};

const SECOND: Duration = Duration::from_secs(1);

fn enter(bench: &mut Bench, ticket: u64) -> Vec<Output> {
    let caller = Caller { number: Some(format!("+8610{ticket}")), needs: Skills::new() };
    let (ticket, priority) = (TicketId(ticket), Priority::default());
    bench.on(Input::Enter { ticket, queue: "q".into(), priority, caller })
}

fn dials(outputs: &[Output]) -> Vec<u64> {
    let ticket = |output: &Output| match output {
        Output::Dial { ticket, .. } => Some(ticket.0),
        _ => None,
    };
    outputs.iter().filter_map(ticket).collect()
}

/// Ann talks to 1; 2 is to be called back and has hung up, 3 waits.
fn waiting() -> Bench {
    let mut bench = Bench::new(&config(&["ann"]));
    enter(&mut bench, 1);
    let ann = bench.id("ann");
    bench.answered(1, ann);
    enter(&mut bench, 2);
    bench.on(Input::CallBack { ticket: TicketId(2) });
    assert_eq!(bench.leave(2), [], "hanging up is part of it");
    enter(&mut bench, 3);
    bench
}

#[test]
fn the_place_is_kept_and_the_caller_called_when_it_is_their_turn() {
    let mut bench = waiting();
    let ann = bench.id("ann");
    bench.agent_left(1, ann);
    let outputs = bench.pass(WRAP_UP);
    assert_eq!((dials(&outputs), offers(&outputs)), (vec![2], vec![]), "ann is kept free");
    let number = "+86102".to_owned();
    assert!(outputs.contains(&Output::Dial { ticket: TicketId(2), number }));
    assert_eq!(offers(&bench.on(Input::CallerReached { ticket: TicketId(2) })), [(2, ann)]);
    assert_eq!(bench.answered(2, ann)[0], Output::Connected { ticket: TicketId(2), agent: ann });
    assert_eq!(bench.leave(2), [Output::Done { ticket: TicketId(2), outcome: Outcome::Served }]);
}

#[test]
fn who_does_not_answer_lets_the_next_go_first_and_is_tried_again() {
    let mut bench = waiting();
    let ann = bench.id("ann");
    bench.agent_left(1, ann);
    bench.pass(WRAP_UP);
    let next = bench.on(Input::CallerNotReached { ticket: TicketId(2) });
    assert_eq!(offers(&next), [(3, ann)]);
    bench.answered(3, ann);
    bench.agent_left(3, ann);
    assert!(dials(&bench.pass(limits::DIAL_AGAIN - SECOND)).is_empty());
    assert_eq!(dials(&bench.pass(SECOND)), [2]);
    // Nobody says anything: the agent is not kept for ever.
    bench.pass(limits::DIAL_MAX);
    assert_eq!(dials(&bench.pass(limits::DIAL_AGAIN)), [2]);
    let outcome = Outcome::NotReached;
    let given_up = bench.on(Input::CallerNotReached { ticket: TicketId(2) });
    assert_eq!(given_up, [Output::Done { ticket: TicketId(2), outcome }]);
    assert_eq!(offers(&enter(&mut bench, 4)), [(4, ann)]);
}

#[test]
fn the_agent_kept_free_may_be_gone_when_the_caller_answers() {
    let mut bench = waiting();
    let ann = bench.id("ann");
    bench.agent_left(1, ann);
    bench.pass(WRAP_UP);
    bench.set_ready(ann, false);
    assert_eq!(offers(&bench.on(Input::CallerReached { ticket: TicketId(2) })), []);
    assert_eq!(offers(&bench.set_ready(ann, true)), [(2, ann)], "first in line, before 3");
    assert_eq!(
        offers(&bench.not_answered(2, ann, NotAnswered::Unfit)),
        [(3, ann)],
        "and then like any other"
    );
}

#[test]
fn only_an_explicit_word_ends_it() {
    let mut bench = waiting();
    bench.pass(12 * 3_600 * SECOND);
    let left = Output::Done { ticket: TicketId(2), outcome: Outcome::Left };
    assert!(bench.on(Input::EndCallBack { ticket: TicketId(2) }).contains(&left));
    assert_eq!(bench.on(Input::EndCallBack { ticket: TicketId(3) }), [], "did not ask for it");
}

#[test]
fn who_has_no_number_cannot_be_called_back() {
    let mut bench = Bench::new(&config(&["ann"]));
    let ann = bench.id("ann");
    bench.set_ready(ann, false);
    bench.enter(1);
    bench.on(Input::CallBack { ticket: TicketId(1) });
    assert_eq!(bench.leave(1), [Output::Done { ticket: TicketId(1), outcome: Outcome::Left }]);
}

#[test]
fn restart_with_waiting_callers() {
    let mut bench = waiting();
    let ann = bench.id("ann");
    bench.pool = Pool::restore(bench.now, 60 * SECOND, &bench.log);
    let before = bench.log.len();
    // Calls that were alive are gone with their node; who is to be called back is called: ann is free.
    let outputs = bench.on(Input::Timeout);
    assert_eq!(dials(&outputs), [2]);
    let lost = bench.log[before..].iter().filter_map(|event| match event.what {
        acd::What::Ended { ticket, outcome } => Some((ticket.0, outcome)),
        _ => None,
    });
    assert_eq!(lost.collect::<Vec<_>>(), [(1, Outcome::NodeLost), (3, Outcome::NodeLost)]);
    assert_eq!(offers(&bench.on(Input::CallerReached { ticket: TicketId(2) })), [(2, ann)]);
}
