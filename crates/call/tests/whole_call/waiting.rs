//! A caller who waits in a queue looks at other pages, or asks to be called back, and is served in order of points.

use std::time::Duration;

use call::Live;
use media::Asset;

use crate::phone::{Manner, Phone};
use crate::world::World;
use crate::{FLOW, QUEUES, TEXTS};

const SECOND: Duration = Duration::from_secs(1);

const PAGES: &str = r#"
flow: pages
outcomes: [ok]
start: page
languages: [en]
defaults: { timeout: 5s, exits: { silence: $repeat, invalid: $repeat, exhausted: $return ok } }
nodes:
  page: { menu: { slide: page.svg, title: balance, say: balance_text, items: { "9": { say: back, to: $return ok } } } }
"#;

/// The hotline with keys for who waits, and a slide of their place; anna's and boris's phones ring.
fn world(seed: u64) -> World {
    let keys = "name: help
      priority: { base: points }
      show_place: { slide: hold.svg, title: agent, every: 1s }
      while_waiting: { \"1\": { run: pages }, \"2\": $callback }\n";
    let gold = "items:\n        \"2\": { say: agent, set: { points: 30 }, to: agent }";
    let flow = FLOW
        .replace("name: help\n", keys)
        .replace("served: bye,", "served: bye, callback: balance,")
        .replacen("items:", gold, 1)
        .replace("nodes:", "vars: { points: 0 }\nnodes:");
    let files = [
        ("hotline.yaml", flow.as_str()),
        ("pages.yaml", PAGES),
        ("queues.yaml", QUEUES),
        ("texts/en.yaml", TEXTS),
    ];
    let mut world = World::new(&crate::world::service(&files), seed);
    for host in ["10.0.0.21", "10.0.0.22"] {
        let mut phone = Phone::new(host);
        phone.manner = Manner::Rings;
        world.add_phone(phone);
    }
    world
}

fn waits(world: &mut World, host: &str) -> usize {
    waits_by(world, host, '0')
}

fn waits_by(world: &mut World, host: &str, key: char) -> usize {
    let caller = world.call(host, "1008621");
    world.run_for(SECOND);
    world.with_phone(caller, |phone, _| phone.press(key));
    world.run_for(SECOND);
    caller
}

fn press(world: &mut World, caller: usize, key: char) {
    world.with_phone(caller, |phone, _| phone.press(key));
    world.run_for(SECOND);
}

/// What was fetched from the `from`th track on: templates, clips and texts, sounds and pictures alike.
fn fetched(world: &World, from: usize) -> Vec<String> {
    let name = |asset: &Asset| match asset {
        Asset::Slide { template, .. } => template.clone(),
        Asset::Speech { text, .. } => text.clone(),
        Asset::ClipAudio(name) | Asset::ClipVideo(name) => name.clone(),
    };
    world.fetched[from..].iter().map(|key| name(&key.asset)).collect()
}

/// The last byte of the picture that was sent last; pictures of one asset share it.
fn mark(world: &World, caller: usize) -> Option<u8> {
    world.phones[caller].pictures().last().and_then(|picture| picture.payload.last().copied())
}

/// Where the list of live calls has the one that moved last.
fn moved_to(world: &World) -> Option<(&str, &str)> {
    world.live.iter().rev().find_map(|word| match word {
        Live::Node { flow, node, .. } => Some((flow.as_str(), node.as_str())),
        Live::Began { .. } | Live::Agent { .. } | Live::Ended { .. } => None,
    })
}

#[test]
fn pages_take_the_turn_of_the_hold_and_the_place_is_kept() {
    let mut world = world(71);
    let first = waits(&mut world, "10.0.0.11");
    let second = waits(&mut world, "10.0.0.13");
    let from = world.fetched.len();
    press(&mut world, first, '1');
    assert_eq!(fetched(&world, from), ["Your balance is twelve.", "For back, press 9.", "page.svg"]);
    assert_eq!(moved_to(&world), Some(("pages", "page")));
    let page = world.fetched.last().map(|key| crate::world::mark(&key.asset));
    assert_eq!(mark(&world, first), page);
    // Whatever becomes of the places meanwhile, the page stays.
    let other = waits(&mut world, "10.0.0.12");
    world.with_phone(other, Phone::hang_up);
    world.run_for(2 * SECOND);
    assert_eq!(mark(&world, first), page, "the page, and not the place");
    let from = world.fetched.len();
    press(&mut world, first, '9');
    assert_eq!(moved_to(&world), Some(("hotline", "agent")));
    assert_eq!(
        fetched(&world, from),
        ["hold.mp4", "hold.mp4", "hold.svg"],
        "the hold, and the place over it"
    );
    assert_eq!(world.cdrs.len(), 1, "only the other one has gone");
    // They have kept their place before the second.
    world.phones[0].manner = Manner::Answers(SECOND);
    world.run_for(30 * SECOND);
    assert!(world.phones[0].remote().is_some(), "anna talks");
    world.with_phone(second, Phone::hang_up);
    world.run_for(SECOND);
    assert_eq!(world.cdrs[1].agent, None, "not with the second");
    world.with_phone(first, Phone::hang_up);
    world.run_for(SECOND);
    assert_eq!(world.cdrs[2].agent.as_deref(), Some("anna"));
    assert_eq!(world.cdrs[2].path, ["main", "agent", "page", "agent"]);
}

#[test]
fn an_agent_who_answers_ends_the_pages_and_the_keys() {
    let mut world = world(72);
    world.phones[0].manner = Manner::Answers(3 * SECOND);
    let caller = waits(&mut world, "10.0.0.11");
    press(&mut world, caller, '1');
    world.run_for(10 * SECOND);
    let from = world.fetched.len();
    for key in ['1', '2', '9'] {
        press(&mut world, caller, key);
    }
    world.run_for(30 * SECOND);
    assert!(fetched(&world, from).is_empty(), "nothing is shown over the agent: {:?}", fetched(&world, from));
    world.with_phone(0, Phone::hang_up);
    world.run_for(20 * SECOND);
    let cdr = &world.cdrs[0];
    assert_eq!((cdr.agent.as_deref(), cdr.callback.as_ref()), (Some("anna"), None));
    assert_eq!(cdr.path, ["main", "agent", "page", "bye"]);
}

#[test]
fn who_wants_to_be_called_back_leaves_the_queue_and_is_noted() {
    let mut world = world(73);
    let caller = waits(&mut world, "10.0.0.11");
    press(&mut world, caller, '2');
    world.run_for(3 * SECOND);
    world.with_phone(caller, Phone::hang_up);
    world.run_for(SECOND);
    let cdr = &world.cdrs[0];
    assert_eq!(cdr.path, ["main", "agent", "balance"]);
    let wish = cdr.callback.as_ref().expect("it is noted");
    assert_eq!((wish.queue.as_str(), Some(&wish.number)), ("help", cdr.caller.as_ref()));
    assert!(world.phones[0].remote().is_none(), "whose phone rang is left alone");
}

#[test]
fn who_has_more_points_is_put_through_first() {
    let mut world = world(74);
    world.phones[1].manner = Manner::Refuses(SECOND, 486);
    let waiting = [("10.0.0.11", '0'), ("10.0.0.12", '0'), ("10.0.0.13", '2')];
    let waiting = waiting.map(|(host, key)| waits_by(&mut world, host, key));
    world.phones[0].manner = Manner::Answers(SECOND);
    world.run_for(30 * SECOND);
    for caller in waiting {
        world.with_phone(caller, Phone::hang_up);
        world.run_for(SECOND);
    }
    let served: Vec<_> = world.cdrs.iter().map(|cdr| cdr.agent.as_deref()).collect();
    assert_eq!(served.iter().flatten().count(), 1, "{served:?}");
    assert_eq!(served[2], Some("anna"), "the one who came last");
}
