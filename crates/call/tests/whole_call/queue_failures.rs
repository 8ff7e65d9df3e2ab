//! Queues that cannot be waited in: the flow goes on by its exit `failed`.

use std::time::Duration;

use crate::phone::{Manner, Phone};
use crate::world::World;
use crate::{FLOW, QUEUES, TEXTS, hotline};

const SECOND: Duration = Duration::from_secs(1);

/// The hotline, with a page of its own for what fails.
fn world(seed: u64) -> World {
    let flow = FLOW.replace("no_agents: bye, failed: bye", "no_agents: bye, failed: balance");
    let files = [("hotline.yaml", flow.as_str()), ("queues.yaml", QUEUES), ("texts/en.yaml", TEXTS)];
    World::new(&crate::world::service(&files), seed)
}

/// A caller on their way to an agent.
fn wants_an_agent(world: &mut World) -> usize {
    let caller = world.call("10.0.0.11", "1008621");
    world.run_for(SECOND);
    world.with_phone(caller, |phone, _| phone.press('0'));
    caller
}

/// Hangs up and answers which nodes the call went through.
fn path(world: &mut World, caller: usize) -> Vec<String> {
    world.with_phone(caller, Phone::hang_up);
    assert!(world.run_until(2 * SECOND, |world| !world.cdrs.is_empty()));
    world.cdrs[0].path.clone()
}

#[test]
fn a_queue_that_the_running_pool_does_not_know_fails_at_once() {
    let mut world = world(1);
    world.pool = acd::Pool::new(&acd::Config::default());
    let caller = wants_an_agent(&mut world);
    world.run_for(SECOND);
    assert_eq!(path(&mut world, caller), ["main", "agent", "balance"]);
}

#[test]
fn a_pool_that_has_no_room_fails_at_once() {
    let mut world = world(2);
    let now = world.now().mono;
    let room = acd::QueueConfig {
        name: "others".into(),
        agents: vec!["anna".into()],
        ring_timeout: SECOND,
        wait_max: 1_000 * SECOND,
        capacity: u32::MAX,
        wrap_up: SECOND,
        ..acd::QueueConfig::default()
    };
    let mut config = call::pool_config(&hotline());
    config.queues.push(room);
    world.pool = acd::Pool::new(&config);
    // Tickets of another shard, for which this one has no call.
    for number in 0..acd::limits::TICKETS_MAX as u64 {
        let ticket = acd::TicketId(7 << 48 | number << 8);
        world.pool.handle_input(
            now,
            acd::Input::Enter {
                ticket,
                queue: "others".into(),
                priority: acd::Priority::default(),
                caller: acd::Caller::default(),
            },
        );
        while !matches!(world.pool.poll_output(), acd::Output::Timeout(_)) {}
    }
    let caller = wants_an_agent(&mut world);
    world.run_for(SECOND);
    assert_eq!(path(&mut world, caller), ["main", "agent", "balance"]);
}

#[test]
fn a_pool_that_cannot_be_reached_fails_after_a_while_and_its_late_offer_calls_nobody() {
    let mut world = world(3);
    let mut anna = Phone::new("10.0.0.21");
    anna.manner = Manner::Answers(SECOND);
    let anna = world.add_phone(anna);
    world.pool_lost = true;
    let caller = wants_an_agent(&mut world);
    world.run_for(4 * SECOND);
    assert!(world.cdrs.is_empty());
    let heard = world.phones[caller].heard.len();
    world.run_for(3 * SECOND);
    assert!(world.phones[caller].heard.len() > heard, "the next page is shown");
    let (ticket, agent) = (acd::TicketId(0x101), world.pool.agent("anna").expect("configured"));
    let address = acd::OfferTo::Sip("sip:anna@10.0.0.21".into());
    let late = acd::Output::Offer { ticket, agent, address, name: "anna".into(), auto_answer: false };
    world.feed(call::Input::Pool(late));
    world.run_for(5 * SECOND);
    assert!(world.phones[anna].log.is_empty(), "{:?}", world.phones[anna].log);
    assert_eq!(path(&mut world, caller)[..3], ["main", "agent", "balance"]);
}

#[test]
fn waiting_goes_on_while_the_pool_is_there_however_little_it_says() {
    let mut world = world(4);
    let config = call::pool_config(&hotline());
    world.pool = acd::Pool::new(&config);
    for name in ["anna", "boris"] {
        let agent = world.pool.agent(name).expect("configured");
        let away = acd::Input::SetAgentReady { agent, ready: false, reason: "lunch".into() };
        let now = world.now().mono;
        world.pool.handle_input(now, away);
    }
    let caller = wants_an_agent(&mut world);
    world.run_for(30 * SECOND);
    assert_eq!(path(&mut world, caller), ["main", "agent"]);
}
