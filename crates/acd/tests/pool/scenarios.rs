//! What goes wrong in call centres, one test each.

use std::time::Duration;

use acd::{Caller, Config, Input, NotAnswered, OfferTo, Outcome, Output, Priority, TicketId, limits};

use crate::support::{Bench, RING, WAIT_MAX, WRAP_UP, agent, config, offers, queue};

fn done(ticket: u64, outcome: Outcome) -> Output {
    Output::Done { ticket: TicketId(ticket), outcome }
}

fn place(ticket: u64, place: u32, waiting: u32) -> Output {
    Output::Place { ticket: TicketId(ticket), place, waiting }
}

fn second() -> Duration {
    Duration::from_secs(1)
}

#[test]
fn a_caller_is_offered_connected_and_served() {
    let mut bench = Bench::new(&config(&["ann"]));
    let ann = bench.id("ann");
    let offer = Output::Offer {
        ticket: TicketId(1),
        agent: ann,
        address: OfferTo::Sip("sip:ann@192.0.2.1".into()),
        name: "ann".into(),
        auto_answer: false,
    };
    assert_eq!(bench.enter(1), [offer, place(1, 1, 1)]);
    assert_eq!(bench.answered(1, ann), [Output::Connected { ticket: TicketId(1), agent: ann }]);
    assert_eq!(bench.pass(600 * second()), []);
    assert_eq!(bench.agent_left(1, ann), [done(1, Outcome::Served)]);
    assert_eq!(bench.leave(1), [], "the caller's own hang-up comes too late");
}

#[test]
fn wrap_up_is_kept_before_the_next_caller() {
    let mut bench = Bench::new(&config(&["ann"]));
    let ann = bench.id("ann");
    bench.enter(1);
    bench.answered(1, ann);
    assert_eq!(bench.enter(2), [place(2, 1, 1)]);
    assert_eq!(bench.leave(1), [done(1, Outcome::Served)]);
    assert_eq!(bench.pass(WRAP_UP - second()), []);
    assert_eq!(offers(&bench.pass(second())), [(2, ann)]);
}

#[test]
fn ready_ends_the_wrap_up() {
    let mut bench = Bench::new(&config(&["ann"]));
    let ann = bench.id("ann");
    bench.enter(1);
    bench.answered(1, ann);
    bench.enter(2);
    bench.agent_left(1, ann);
    assert_eq!(offers(&bench.set_ready(ann, true)), [(2, ann)]);
}

#[test]
fn caller_hangs_up_while_the_agent_rings() {
    let mut bench = Bench::new(&config(&["ann"]));
    let ann = bench.id("ann");
    bench.enter(1);
    let withdraw = Output::Withdraw { ticket: TicketId(1), agent: ann };
    assert_eq!(bench.leave(1), [withdraw, done(1, Outcome::Left)]);
    // The agent had just picked up, or its phone reports the CANCEL: both too late.
    assert_eq!(bench.answered(1, ann), []);
    assert_eq!(bench.not_answered(1, ann, NotAnswered::NoAnswer), []);
    assert_eq!(bench.enter(2), [place(2, 1, 1)]);
    assert_eq!(offers(&bench.pass(limits::SETTLE)), [(2, ann)]);
}

#[test]
fn ringing_that_was_called_off_costs_no_idle_time() {
    let mut bench = Bench::new(&config(&["ann", "bob"]));
    let first = offers(&bench.enter(1))[0].1;
    bench.leave(1);
    bench.pass(limits::SETTLE);
    assert_eq!(offers(&bench.enter(2)), [(2, first)]);
}

#[test]
fn two_agents_serve_two_callers_and_the_third_waits() {
    let mut bench = Bench::new(&config(&["ann", "bob"]));
    let one = offers(&bench.enter(1))[0].1;
    let two = offers(&bench.enter(2))[0].1;
    assert_ne!(one, two);
    bench.answered(1, one);
    bench.answered(2, two);
    assert_eq!(bench.enter(3), [place(3, 1, 1)]);
    bench.agent_left(2, two);
    assert_eq!(offers(&bench.pass(WRAP_UP)), [(3, two)]);
}

#[test]
fn the_longest_idle_agent_comes_first() {
    let mut bench = Bench::new(&config(&["ann", "bob"]));
    let one = offers(&bench.enter(1))[0].1;
    bench.answered(1, one);
    bench.leave(1);
    bench.pass(WRAP_UP);
    let two = offers(&bench.enter(2))[0].1;
    assert_ne!(one, two);
    bench.answered(2, two);
    bench.leave(2);
    bench.pass(WRAP_UP);
    assert_eq!(offers(&bench.enter(3)), [(3, one)]);
}

#[test]
fn agents_leg_dies_before_the_bridge() {
    // While ringing, and after answering: the caller keeps its place and the other agent is called.
    for answered in [false, true] {
        let mut bench = Bench::new(&config(&["ann", "bob"]));
        let one = offers(&bench.enter(1))[0].1;
        let next = if answered {
            bench.answered(1, one);
            bench.not_answered(1, one, NotAnswered::Unreachable)
        } else {
            bench.agent_left(1, one)
        };
        let two = offers(&next)[0].1;
        assert_ne!(one, two);
        bench.answered(1, two);
        assert_eq!(bench.agent_left(1, two), [done(1, Outcome::Served)]);
    }
}

#[test]
fn an_agent_lost_in_mid_conversation_fails_the_ticket_and_rests() {
    let mut bench = Bench::new(&config(&["ann"]));
    let ann = bench.id("ann");
    bench.enter(1);
    bench.answered(1, ann);
    bench.enter(2);
    let lost = |ticket| Input::AgentLost { ticket: TicketId(ticket), agent: ann };
    assert_eq!(bench.on(lost(1)), [done(1, Outcome::Failed)]);
    assert_eq!(bench.on(lost(1)), [], "it ended once");
    assert_eq!(offers(&bench.pass(limits::UNREACHABLE_REST)), [(2, ann)]);
    // While ringing, there is no conversation to break off.
    assert_eq!(bench.on(lost(2)), [done(2, Outcome::NoAgents)]);
}

#[test]
fn rejected_goes_to_the_next_agent() {
    for why in [NotAnswered::Rejected, NotAnswered::Busy] {
        let mut bench = Bench::new(&config(&["ann", "bob"]));
        let one = offers(&bench.enter(1))[0].1;
        let two = offers(&bench.not_answered(1, one, why))[0].1;
        assert_ne!(one, two);
        assert_eq!(offers(&bench.not_answered(1, two, why)), [], "both rest");
        let again = offers(&bench.pass(limits::BUSY_REST));
        assert_eq!(again, [(1, one)], "{why:?}");
    }
}

#[test]
fn no_answer_goes_to_the_next_agent() {
    let mut bench = Bench::new(&config(&["ann", "bob"]));
    let one = offers(&bench.enter(1))[0].1;
    assert_eq!(bench.pass(RING - second()), []);
    let outputs = bench.pass(second());
    assert_eq!(outputs[0], Output::Withdraw { ticket: TicketId(1), agent: one });
    let two = offers(&outputs)[0].1;
    assert_ne!(one, two);
    assert_eq!(bench.answered(1, one), [], "picked up too late");
    assert_eq!(bench.answered(1, two).len(), 1);
}

#[test]
fn the_queue_is_full() {
    let mut bench = Bench::new(&config(&["ann"]));
    for ticket in 1..=3 {
        bench.enter(ticket);
    }
    assert_eq!(bench.enter(4), [done(4, Outcome::Full)]);
    assert_eq!(bench.leave(2), [done(2, Outcome::Left), place(3, 2, 2)]);
    assert_eq!(bench.enter(5), [place(5, 3, 3)]);
}

#[test]
fn nobody_is_configured() {
    let mut none = config(&[]);
    none.queues[0].agents = vec!["ghost".into()];
    let mut bench = Bench::new(&none);
    assert_eq!(bench.enter(1), [done(1, Outcome::NoAgents)]);
}

#[test]
fn a_queue_that_the_pool_does_not_know_fails() {
    let mut bench = Bench::new(&config(&["ann"]));
    assert_eq!(
        bench.on(Input::Enter {
            ticket: TicketId(1),
            queue: "x".into(),
            priority: Priority::default(),
            caller: Caller::default()
        }),
        [done(1, Outcome::Failed)]
    );
    assert_eq!(bench.leave(1), [], "it ended once");
}

/// A queue with room for as many, whose one agent is away.
fn crowd(capacity: u32) -> Bench {
    let mut all = config(&["ann"]);
    all.queues[0].capacity = capacity;
    all.queues.push(queue("r", &["ann"]));
    let mut bench = Bench::new(&all);
    let ann = bench.id("ann");
    bench.set_ready(ann, false);
    bench
}

#[test]
fn a_pool_without_room_fails_whatever_the_queue() {
    let room = limits::TICKETS_MAX as u64;
    let mut bench = crowd(u32::MAX);
    (1..=room).for_each(|ticket| assert_eq!(bench.enter(ticket).len(), 1));
    assert_eq!(bench.enter(room + 1), [done(room + 1, Outcome::Failed)]);
    let other = Input::Enter {
        ticket: TicketId(room + 2),
        queue: "r".into(),
        priority: Priority::default(),
        caller: Caller::default(),
    };
    assert_eq!(bench.on(other), [done(room + 2, Outcome::Failed)], "though that queue is empty");
    bench.leave(1);
    let last = limits::TICKETS_MAX as u32;
    assert_eq!(bench.enter(room + 3), [place(room + 3, last, last)], "there is room again");
}

#[test]
fn a_change_in_a_queue_of_a_thousand_is_told_to_the_first_few() {
    let mut bench = crowd(1_000);
    for ticket in 1..=1_000 {
        let number = ticket as u32;
        assert_eq!(bench.enter(ticket), [place(ticket, number, number)], "everybody learns their place once");
    }
    // Wherever somebody leaves, only those behind them are told, and of these only the first.
    assert_eq!(bench.leave(500), [done(500, Outcome::Left)]);
    let outputs = bench.leave(3);
    assert_eq!(outputs[..2], [done(3, Outcome::Left), place(4, 3, 998)]);
    assert_eq!(outputs.len(), limits::PLACES_TOLD as usize - 1);
    // The one who is last counts down to the front once it is near.
    let mut told = Vec::new();
    for ticket in (1..1_000).filter(|ticket| ![3, 500].contains(ticket)) {
        let outputs = bench.leave(ticket);
        assert!(outputs.len() <= 1 + limits::PLACES_TOLD as usize, "{} outputs", outputs.len());
        told.extend(outputs.into_iter().filter_map(|output| match output {
            Output::Place { ticket: TicketId(1_000), place, waiting } => {
                assert_eq!(place, waiting);
                Some(place)
            }
            _ => None,
        }));
    }
    let countdown: Vec<u32> = (1..=limits::PLACES_TOLD).rev().collect();
    assert_eq!(told, countdown);
}

#[test]
fn who_is_overtaken_is_told_also_out_of_the_first_places() {
    let mut all = config(&["ann"]);
    all.queues[0].capacity = 100;
    let mut bench = Bench::new(&all);
    let ann = bench.id("ann");
    bench.set_ready(ann, false);
    let told = u64::from(limits::PLACES_TOLD);
    for ticket in 1..=told + 1 {
        bench.enter(ticket);
    }
    let outputs = bench.enter_with(50, Priority { base: 25, per_minute: 10 });
    let moved = (1..=told).map(|ticket| place(ticket, ticket as u32 + 1, 12));
    let expected: Vec<_> = std::iter::once(place(50, 1, 12)).chain(moved).collect();
    assert_eq!(outputs, expected, "the last one is told nothing: it was not among the first");
    // Between the two, where its points put it.
    bench.pass(Duration::from_secs(60));
    assert_eq!(bench.enter_with(51, Priority { base: 20, per_minute: 10 })[0], place(51, 2, 13));
    assert_eq!(bench.enter_with(52, Priority { base: 5, per_minute: 10 }), [place(52, 14, 14)]);
}

#[test]
fn nobody_can_be_reached() {
    let mut bench = Bench::new(&config(&["ann", "bob"]));
    let one = offers(&bench.enter(1))[0].1;
    let two = offers(&bench.not_answered(1, one, NotAnswered::Unreachable))[0].1;
    assert_eq!(bench.not_answered(1, two, NotAnswered::Unreachable), [done(1, Outcome::NoAgents)]);
}

#[test]
fn everybody_is_away_until_one_comes_back() {
    let mut bench = Bench::new(&config(&["ann"]));
    let ann = bench.id("ann");
    bench.set_ready(ann, false);
    assert_eq!(bench.enter(1), [place(1, 1, 1)]);
    assert_eq!(offers(&bench.set_ready(ann, true)), [(1, ann)]);
}

#[test]
fn going_away_while_talking_ends_with_the_conversation() {
    let mut bench = Bench::new(&config(&["ann"]));
    let ann = bench.id("ann");
    bench.enter(1);
    bench.answered(1, ann);
    assert_eq!(bench.set_ready(ann, false), []);
    bench.leave(1);
    bench.enter(2);
    assert_eq!(bench.pass(WRAP_UP), []);
    assert_eq!(offers(&bench.set_ready(ann, true)), [(2, ann)]);
}

#[test]
fn waiting_ends_at_wait_max() {
    let mut bench = Bench::new(&config(&["ann"]));
    let ann = bench.id("ann");
    bench.set_ready(ann, false);
    bench.enter(1);
    assert_eq!(bench.pass(WAIT_MAX - second()), []);
    assert_eq!(bench.pass(second()), [done(1, Outcome::Timeout)]);
}

#[test]
fn ringing_is_let_run_over_wait_max() {
    let mut bench = Bench::new(&config(&["ann", "bob"]));
    let (ann, bob) = (bench.id("ann"), bench.id("bob"));
    bench.set_ready(ann, false);
    bench.set_ready(bob, false);
    bench.enter(1);
    bench.enter(2);
    bench.pass(WAIT_MAX - second());
    bench.set_ready(ann, true);
    bench.set_ready(bob, true);
    assert_eq!(bench.pass(2 * second()), [], "both ring");
    assert_eq!(bench.answered(1, ann).len(), 2, "connected, and the other moves up");
    assert_eq!(bench.not_answered(2, bob, NotAnswered::Rejected), [done(2, Outcome::Timeout)]);
}

#[test]
fn a_ticket_that_is_alive_is_not_entered_twice() {
    let mut bench = Bench::new(&config(&["ann"]));
    bench.enter(1);
    assert_eq!(bench.enter(1), []);
    assert_eq!(bench.leave(1).len(), 2);
}

#[test]
fn an_agent_of_two_queues_takes_the_caller_who_came_first() {
    let mut two = config(&["ann"]);
    two.queues.push(queue("r", &["ann"]));
    let mut bench = Bench::new(&two);
    let ann = bench.id("ann");
    bench.enter(1);
    bench.on(Input::Enter {
        ticket: TicketId(2),
        queue: "r".into(),
        priority: Priority::default(),
        caller: Caller::default(),
    });
    bench.enter(3);
    bench.answered(1, ann);
    bench.leave(1);
    assert_eq!(offers(&bench.pass(WRAP_UP)), [(2, ann)]);
}

#[test]
fn reload_keeps_conversations_and_places() {
    let mut bench = Bench::new(&config(&["ann", "bob"]));
    let one = offers(&bench.enter(1))[0].1;
    let two = offers(&bench.enter(2))[0].1;
    bench.answered(1, one);
    bench.enter(3);
    let names = [(bench.id("ann"), "ann"), (bench.id("bob"), "bob")];
    let name = |id| names.iter().find(|(known, _)| *known == id).expect("one of the two").1;
    // The one who rings is gone, a new one has come.
    let new = Config {
        queues: vec![queue("q", &[name(one), "eve"])],
        agents: vec![agent(name(one)), agent("eve")],
    };
    let outputs = bench.reload(&new);
    let eve = bench.id("eve");
    assert_eq!(outputs[0], Output::Withdraw { ticket: TicketId(2), agent: two });
    assert_eq!(offers(&outputs), [(2, eve)]);
    bench.answered(2, eve);
    assert_eq!(bench.agent_left(1, one), [done(1, Outcome::Served)]);
    assert_eq!(offers(&bench.pass(WRAP_UP)), [(3, one)]);
}

#[test]
fn reload_without_the_queue_lets_its_callers_go() {
    let mut bench = Bench::new(&config(&["ann"]));
    let ann = bench.id("ann");
    bench.enter(1);
    bench.answered(1, ann);
    bench.enter(2);
    let new = Config { queues: vec![queue("new", &["ann"])], agents: vec![agent("ann")] };
    assert_eq!(bench.reload(&new), [done(2, Outcome::Closed)]);
    assert_eq!(bench.agent_left(1, ann), [done(1, Outcome::Served)]);
    let entered = bench.on(Input::Enter {
        ticket: TicketId(3),
        queue: "new".into(),
        priority: Priority::default(),
        caller: Caller::default(),
    });
    assert_eq!(offers(&entered), [(3, ann)], "no wrap-up is known for a queue that is gone");
}

#[test]
fn reload_without_agents_lets_the_callers_go() {
    let mut bench = Bench::new(&config(&["ann"]));
    let ann = bench.id("ann");
    bench.enter(1);
    bench.enter(2);
    let withdraw = Output::Withdraw { ticket: TicketId(1), agent: ann };
    assert_eq!(
        bench.reload(&config(&[])),
        [withdraw, done(1, Outcome::NoAgents), done(2, Outcome::NoAgents)]
    );
}

#[test]
fn change_of_queues_during_ring() {
    let mut bench = Bench::new(&config(&["ann", "bob"]));
    let (ann, bob) = (bench.id("ann"), bench.id("bob"));
    assert_eq!(offers(&bench.enter(1)), [(1, ann)]);
    // Ann still works here but serves another queue: her ringing is let run, the next call is bob's.
    let mut new = config(&["ann", "bob"]);
    new.queues[0].agents = vec!["bob".into()];
    assert_eq!(bench.reload(&new), []);
    bench.answered(1, ann);
    assert_eq!(bench.agent_left(1, ann), [done(1, Outcome::Served)]);
    bench.pass(WRAP_UP);
    assert_eq!(offers(&bench.enter(2)), [(2, bob)]);
    // The queue goes while its agent rings.
    let withdraw = Output::Withdraw { ticket: TicketId(2), agent: bob };
    new.queues.clear();
    assert_eq!(bench.reload(&new), [withdraw, done(2, Outcome::Closed)]);
    assert_eq!(bench.answered(2, bob), [], "too late");
}
