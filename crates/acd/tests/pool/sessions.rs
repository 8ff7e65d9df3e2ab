//! Agents who come and go with their browsers.

use acd::{AgentState, Config, Input, NotAnswered, NotSignedIn, OfferTo, Outcome, Output, TicketId};

use crate::support::{Bench, RING, WRAP_UP, agent, desk, offers, queue};

/// One queue with desks and phones in this order.
fn desks(desks: &[&str], phones: &[&str]) -> Bench {
    let names: Vec<&str> = desks.iter().chain(phones).copied().collect();
    let agents = desks.iter().map(|name| desk(name)).chain(phones.iter().map(|name| agent(name)));
    Bench::new(&Config { queues: vec![queue("q", &names)], agents: agents.collect() })
}

fn states(outputs: &[Output]) -> Vec<(u64, AgentState)> {
    let state = |output: &Output| match output {
        Output::Agent { session, state, .. } => Some((*session, *state)),
        _ => None,
    };
    outputs.iter().filter_map(state).collect()
}

fn done(outputs: &[Output]) -> Option<Outcome> {
    outputs.iter().find_map(|output| match output {
        Output::Done { outcome, .. } => Some(*outcome),
        _ => None,
    })
}

#[test]
fn a_desk_rings_at_its_session_and_is_told_what_it_does() {
    let mut bench = desks(&["eve"], &[]);
    let eve = bench.id("eve");
    assert_eq!(states(&bench.sign_in("eve", 7)), [(7, AgentState::Ready)]);
    let outputs = bench.enter(1);
    let address = OfferTo::Session(7);
    let offer =
        Output::Offer { ticket: TicketId(1), agent: eve, address, name: "eve".into(), auto_answer: false };
    assert_eq!(outputs[0], offer);
    let until = bench.now + RING;
    assert_eq!(states(&outputs), [(7, AgentState::Ringing { until })]);
    assert_eq!(states(&bench.answered(1, eve)), [(7, AgentState::Talking)]);
    let until = bench.now + WRAP_UP;
    assert_eq!(states(&bench.agent_left(1, eve)), [(7, AgentState::WrapUp { until })]);
    assert_eq!(states(&bench.pass(WRAP_UP)), [(7, AgentState::Ready)]);
    let away = Input::SetReady { session: 7, ready: false, reason: "lunch".into() };
    assert_eq!(states(&bench.on(away)), [(7, AgentState::NotReady)]);
    assert_eq!(offers(&bench.enter(2)), []);
    let back = Input::SetReady { session: 7, ready: true, reason: String::new() };
    assert_eq!(offers(&bench.on(back)), [(2, eve)]);
}

#[test]
fn who_may_not_sign_in_is_told_why() {
    let mut bench = desks(&["eve", "fay"], &["ann"]);
    let refused = |session, why| [Output::NotSignedIn { session, why }];
    assert_eq!(bench.sign_in("nobody", 1), refused(1, NotSignedIn::Unknown));
    assert_eq!(bench.sign_in("ann", 1), refused(1, NotSignedIn::Unknown));
    bench.sign_in("eve", 1);
    assert_eq!(bench.sign_in("eve", 2), refused(2, NotSignedIn::Taken));
    assert_eq!(bench.sign_in("fay", 1), refused(1, NotSignedIn::SignedInAlready));
    assert_eq!(states(&bench.sign_in("eve", 1)), [(1, AgentState::Ready)], "told once more");
    bench.sign_out(1);
    assert_eq!(states(&bench.sign_in("eve", 2)), [(2, AgentState::Ready)], "the place is free");
}

#[test]
fn a_desk_that_is_not_signed_in_is_as_good_as_absent() {
    let mut bench = desks(&["eve"], &[]);
    assert_eq!(done(&bench.enter(1)), Some(Outcome::NoAgents));
    let mut bench = desks(&["eve"], &["ann"]);
    let ann = bench.id("ann");
    assert_eq!(offers(&bench.enter(1)), [(1, ann)]);
    assert_eq!(done(&bench.not_answered(1, ann, NotAnswered::Unreachable)), Some(Outcome::NoAgents));
}

#[test]
fn signing_out_while_it_rings_goes_to_the_next_or_lets_the_caller_go() {
    let mut bench = desks(&["eve"], &["ann"]);
    let (eve, ann) = (bench.id("eve"), bench.id("ann"));
    bench.sign_in("eve", 1);
    assert_eq!(offers(&bench.enter(1)), [(1, eve)]);
    let outputs = bench.sign_out(1);
    assert_eq!(outputs[0], Output::Withdraw { ticket: TicketId(1), agent: eve });
    assert_eq!(offers(&outputs), [(1, ann)]);
    assert_eq!(bench.answered(1, eve), [], "too late");

    let mut bench = desks(&["eve"], &[]);
    bench.sign_in("eve", 1);
    bench.enter(1);
    bench.enter(2);
    let outputs = bench.sign_out(1);
    let ended = outputs.iter().filter(|output| matches!(output, Output::Done { .. })).count();
    assert_eq!((ended, done(&outputs)), (2, Some(Outcome::NoAgents)));
}

#[test]
fn who_signs_in_again_may_be_offered_to_the_same_caller() {
    let mut bench = desks(&["eve"], &["ann"]);
    let (eve, ann) = (bench.id("eve"), bench.id("ann"));
    bench.sign_in("eve", 1);
    bench.enter(1);
    bench.sign_out(1);
    bench.sign_in("eve", 2);
    assert_eq!(offers(&bench.not_answered(1, ann, NotAnswered::Unreachable)), [(1, eve)]);
}

#[test]
fn a_conversation_goes_on_without_the_session_until_its_own_end() {
    let mut bench = desks(&["eve"], &["ann"]);
    let eve = bench.id("eve");
    bench.sign_in("eve", 1);
    bench.enter(1);
    bench.answered(1, eve);
    assert_eq!(bench.sign_out(1), []);
    assert_eq!(states(&bench.sign_in("eve", 2)), [(2, AgentState::Talking)]);
    let lost = Input::AgentLost { ticket: TicketId(1), agent: eve };
    assert_eq!(done(&bench.on(lost)), Some(Outcome::Failed));
}

#[test]
fn an_agent_who_signs_in_has_rested() {
    let mut bench = desks(&["eve"], &["ann"]);
    let eve = bench.id("eve");
    bench.sign_in("eve", 1);
    bench.enter(1);
    bench.answered(1, eve);
    bench.on(Input::AgentLost { ticket: TicketId(1), agent: eve });
    bench.sign_out(1);
    assert_eq!(states(&bench.sign_in("eve", 2)), [(2, AgentState::Ready)]);
}

#[test]
fn signed_in_agents_ring_before_phones_however_long_those_are_idle() {
    let mut bench = desks(&["eve", "fay"], &["ann"]);
    let (eve, fay, ann) = (bench.id("eve"), bench.id("fay"), bench.id("ann"));
    bench.sign_in("fay", 1);
    bench.sign_in("eve", 2);
    let all: Vec<_> = (1..=3).flat_map(|ticket| offers(&bench.enter(ticket))).collect();
    assert_eq!(all, [(1, fay), (2, eve), (3, ann)]);
}

#[test]
fn an_agent_who_does_not_fit_a_caller_is_not_made_to_rest() {
    let mut bench = desks(&["eve"], &["ann"]);
    let (eve, ann) = (bench.id("eve"), bench.id("ann"));
    bench.sign_in("eve", 1);
    bench.enter(1);
    assert_eq!(offers(&bench.not_answered(1, eve, NotAnswered::Unfit)), [(1, ann)]);
    assert_eq!(offers(&bench.enter(2)), [(2, eve)], "free for the next");
    bench.pass(RING);
    assert!(bench.pool.agents().iter().any(|status| status.name == "eve" && status.state.is_some()));
}

#[test]
fn a_desk_that_is_no_longer_configured_is_told_so() {
    let mut bench = desks(&["eve"], &["ann"]);
    bench.sign_in("eve", 1);
    let (eve, ann) = (bench.id("eve"), bench.id("ann"));
    assert_eq!(offers(&bench.enter(1)), [(1, eve)]);
    let without = Config { queues: vec![queue("q", &["ann"])], agents: vec![agent("ann")] };
    let outputs = bench.reload(&without);
    assert!(outputs.contains(&Output::Withdraw { ticket: TicketId(1), agent: eve }));
    assert!(outputs.contains(&Output::NotSignedIn { session: 1, why: NotSignedIn::Retired }));
    assert_eq!(offers(&outputs), [(1, ann)]);
    assert_eq!(bench.pool.agents().len(), 1);
}

#[test]
fn browser_closes_mid_call() {
    let mut bench = desks(&["eve"], &[]);
    let eve = bench.id("eve");
    bench.sign_in("eve", 1);
    bench.enter(1);
    bench.answered(1, eve);
    bench.enter(2);
    // The session goes first, then the leg's own end: who talks is ended once, who waits is let go.
    assert_eq!(done(&bench.sign_out(1)), Some(Outcome::NoAgents));
    let lost = Input::AgentLost { ticket: TicketId(1), agent: eve };
    assert_eq!(done(&bench.on(lost.clone())), Some(Outcome::Failed));
    assert_eq!(bench.on(lost), []);
    // The place is free for the browser that comes back, and takes a caller at once.
    assert_eq!(states(&bench.sign_in("eve", 2)), [(2, AgentState::Ready)]);
    assert_eq!(offers(&bench.enter(3)), [(3, eve)]);
}

#[test]
fn an_agent_who_signs_in_to_look_around_first_is_offered_nobody_until_ready() {
    let mut bench = desks(&["ann"], &[]);
    let ann = bench.id("ann");
    assert_eq!(done(&bench.enter(1)), Some(Outcome::NoAgents), "nobody is there");
    let signed_in = bench.on(Input::SignIn { agent: "ann".into(), session: 1, ready: false });
    assert_eq!(states(&signed_in), [(1, AgentState::NotReady)]);
    assert_eq!(offers(&bench.enter(2)), []);
    let ready = Input::SetReady { session: 1, ready: true, reason: String::new() };
    assert_eq!(offers(&bench.on(ready)), [(2, ann)]);
}
