//! Callers who are put through to a telephone without a queue.

use std::sync::Arc;
use std::time::Duration;

use crate::phone::{Manner, Phone};
use crate::world::{World, service};
use crate::{QUEUES, TEXTS};

const SECOND: Duration = Duration::from_secs(1);

const FLOW: &str = r#"
flow: hotline
numbers: ["1008621"]
start: main
languages: [en]
nodes:
  main:
    transfer:
      to: "sip:5551@10.0.0.21:5060"
      ring_timeout: 10s
      hold: { clip: hold.mp4 }
      exits: { done: talked, busy: busy, no_answer: nobody, failed: lost }
  talked: { hangup: { say: goodbye } }
  busy: { hangup: { say: balance } }
  nobody: { hangup: { say: agent } }
  lost: { hangup: { say: back } }
"#;

fn shops() -> Arc<dialplan::Service> {
    service(&[("hotline.yaml", FLOW), ("queues.yaml", QUEUES), ("texts/en.yaml", TEXTS)])
}

/// A call, with a shop that behaves so; the shop's place among the phones, and the caller's.
fn call(seed: u64, manner: Option<Manner>) -> (World, usize, usize) {
    let mut world = World::new(&shops(), seed);
    let mut shop = Phone::new("10.0.0.21");
    shop.talks = true;
    shop.manner = manner.unwrap_or(Manner::Rings);
    let shop = if manner.is_some() { world.add_phone(shop) } else { usize::MAX };
    let caller = world.call("10.0.0.11", "1008621");
    (world, shop, caller)
}

fn path(world: &World) -> Vec<String> {
    world.cdrs.first().map(|cdr| cdr.path.clone()).unwrap_or_default()
}

#[test]
fn caller_and_telephone_see_and_hear_each_other_until_it_hangs_up() {
    let (mut world, shop, caller) = call(1, Some(Manner::Answers(2 * SECOND)));
    world.run_for(SECOND + SECOND / 2);
    assert!(world.phones[caller].pictures().next().is_some(), "the hold is seen meanwhile");
    world.run_for(5 * SECOND);
    let heard =
        |world: &World, at: usize| (world.phones[at].sounds().count(), world.phones[at].pictures().count());
    let before = (heard(&world, shop), heard(&world, caller));
    world.run_for(2 * SECOND);
    let after = (heard(&world, shop), heard(&world, caller));
    for (before, after) in [(before.0, after.0), (before.1, after.1)] {
        assert!(after.0 >= before.0 + 90 && after.1 >= before.1 + 20, "{before:?} {after:?}");
    }
    world.with_phone(shop, Phone::hang_up);
    world.run_for(5 * SECOND);
    assert_eq!(path(&world), ["main", "talked"]);
    assert_eq!(world.cdrs[0].agent.as_deref(), Some("sip:5551@10.0.0.21:5060"));
}

#[test]
fn a_caller_who_hangs_up_ends_the_other_leg() {
    let (mut world, shop, caller) = call(2, Some(Manner::Answers(SECOND)));
    world.run_for(3 * SECOND);
    world.with_phone(caller, Phone::hang_up);
    world.run_for(SECOND);
    assert!(world.phones[shop].ended);
    assert_eq!((path(&world), world.shard.usage().calls), (vec!["main".to_owned()], 0));
}

#[test]
fn whatever_keeps_it_from_answering_has_its_exit() {
    for (manner, expected) in [
        (Some(Manner::Refuses(SECOND, 486)), "busy"),
        (Some(Manner::Refuses(SECOND, 603)), "busy"),
        (Some(Manner::Refuses(SECOND, 480)), "nobody"),
        (Some(Manner::Refuses(SECOND, 404)), "lost"),
        (Some(Manner::Refuses(SECOND, 488)), "lost"),
        (Some(Manner::Rings), "nobody"),
    ] {
        let (mut world, shop, _) = call(3, manner);
        world.run_for(20 * SECOND);
        assert_eq!(path(&world), ["main", expected], "{manner:?}");
        assert!(world.phones[shop].dialog.is_none() || world.phones[shop].ended, "{manner:?}");
    }
}

#[test]
fn a_telephone_that_is_not_there_is_given_up() {
    let (mut world, _, _) = call(4, None);
    world.run_for(20 * SECOND);
    assert_eq!(path(&world), ["main", "nobody"]);
}

#[test]
fn without_ports_for_it_the_transfer_fails() {
    let mut world = World::with_ports(&shops(), 5, 3);
    world.call("10.0.0.11", "1008621");
    world.run_for(5 * SECOND);
    assert_eq!(path(&world), ["main", "lost"]);
}
