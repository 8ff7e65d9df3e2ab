//! What queues.yaml says of strategy, skills and overflow reaches the pool.

use std::time::Duration;

use crate::phone::{Manner, Phone};
use crate::world::World;
use crate::{FLOW, TEXTS};

const SECOND: Duration = Duration::from_secs(1);

/// The hotline with these queues; anna's phone behaves like that, boris's answers.
fn world(seed: u64, queues: &str, anna: Manner) -> World {
    let agents = "agents:
  anna: { address: \"sip:anna@10.0.0.21:5060\", skills: { sign: 2 } }
  boris: { address: \"sip:boris@10.0.0.22:5060\", skills: { sign: 5 } }
";
    let queues = format!("{agents}queues:\n{queues}");
    let files = [("hotline.yaml", FLOW), ("queues.yaml", queues.as_str()), ("texts/en.yaml", TEXTS)];
    let mut world = World::new(&crate::world::service(&files), seed);
    for (host, manner) in [("10.0.0.21", anna), ("10.0.0.22", Manner::Answers(SECOND))] {
        let mut phone = Phone::new(host);
        phone.manner = manner;
        world.add_phone(phone);
    }
    world
}

/// Calls, asks for an agent, waits so long and hangs up; returns who was talked with. All phones have one number.
fn served_by(world: &mut World, host: &str, wait: Duration) -> Option<String> {
    let before = world.cdrs.len();
    let caller = world.call(host, "1008621");
    world.run_for(SECOND);
    world.with_phone(caller, |phone, _| phone.press('0'));
    world.run_for(wait);
    world.with_phone(caller, Phone::hang_up);
    world.run_for(3 * SECOND);
    assert_eq!(world.cdrs.len(), before + 1, "the call has ended");
    world.cdrs.last().and_then(|record| record.agent.clone())
}

#[test]
fn who_waits_too_long_goes_on_to_the_other_queue() {
    let queues = "  help: { agents: [anna], ring_timeout: 5s, overflow: { after: 8s, to: other } }\n  other: { agents: [boris] }\n";
    let mut world = world(81, queues, Manner::Rings);
    assert_eq!(served_by(&mut world, "10.0.0.11", 15 * SECOND).as_deref(), Some("boris"));
}

#[test]
fn the_same_agent_comes_first_when_the_queue_says_so() {
    let queues = |sticky: &str| format!("  help: {{ agents: [anna, boris], wrap_up: 1s{sticky} }}\n");
    for (sticky, second) in [("", "boris"), (", sticky: 1h", "anna")] {
        let mut world = world(82, &queues(sticky), Manner::Answers(SECOND));
        assert_eq!(served_by(&mut world, "10.0.0.11", 5 * SECOND).as_deref(), Some("anna"));
        assert_eq!(
            served_by(&mut world, "10.0.0.13", 5 * SECOND).as_deref(),
            Some(second),
            "with `{sticky}`"
        );
    }
}

#[test]
fn the_highest_level_of_what_a_queue_needs_is_called() {
    for (more, who) in [("", "anna"), (", strategy: skill_level", "boris"), (", needs: { sign: 3 }", "boris")]
    {
        let needs = if more.contains("needs") { "" } else { ", needs: { sign: 1 }" };
        let queues = format!("  help: {{ agents: [anna, boris]{needs}{more} }}\n");
        let mut world = world(83, &queues, Manner::Answers(SECOND));
        assert_eq!(served_by(&mut world, "10.0.0.11", 5 * SECOND).as_deref(), Some(who), "with `{more}`");
    }
}

#[test]
fn a_telephone_that_is_to_answer_by_itself_is_told_so_in_every_way() {
    for (more, expected) in [("", None), (", auto_answer: true", Some(("Auto".to_owned(), true)))] {
        let queues = format!(
            "agents: {{ anna: {{ address: \"sip:anna@10.0.0.21:5060\"{more} }} }}\nqueues:\n  help: {{ agents: [anna] }}\n"
        );
        let files = [("hotline.yaml", FLOW), ("queues.yaml", queues.as_str()), ("texts/en.yaml", TEXTS)];
        let mut world = World::new(&crate::world::service(&files), 84);
        let mut phone = Phone::new("10.0.0.21");
        phone.manner = Manner::Answers(SECOND);
        let anna = world.add_phone(phone);
        assert_eq!(served_by(&mut world, "10.0.0.11", 5 * SECOND).as_deref(), Some("anna"));
        assert_eq!(world.phones[anna].answer_mode, expected, "with `{more}`");
    }
}
