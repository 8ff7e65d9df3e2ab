//! Parties that vanish without a word in mid-conversation, and silent ones that are there.

use std::time::Duration;

use call::Cause;

use crate::bridge::{put_through, put_through_in};
use crate::phone::{Manner, Phone};
use crate::world::World;

const SECOND: Duration = Duration::from_secs(1);
const ANSWERS: Manner = Manner::Answers(SECOND);

/// Caller, the agent they talk to, and the world around them.
fn conversation(seed: u64) -> (World, usize, usize) {
    let (mut world, caller, agents) = put_through(seed, ANSWERS, ANSWERS);
    world.run_for(4 * SECOND);
    let agent = talking(&world, agents);
    (world, caller, agent)
}

fn talking(world: &World, agents: [usize; 2]) -> usize {
    agents.into_iter().find(|at| world.phones[*at].dialog.is_some()).expect("an agent talks")
}

/// The phone's battery is empty: nothing comes from it and nothing reaches it.
fn vanish(world: &mut World, phone: usize) {
    let (host, gateway) = (world.phones[phone].sip.ip(), world.gateway().ip());
    let dead = netsim::Link { loss: 1.0, ..netsim::Link::perfect() };
    world.network.set_link(host, gateway, dead);
    world.network.set_link(gateway, host, dead);
}

fn ended(world: &World) -> bool {
    !world.cdrs.is_empty()
}

#[test]
fn a_caller_who_vanishes_is_ended_and_the_agent_is_free_for_the_next() {
    for seed in 0..2 {
        let (mut world, caller, agent) = conversation(seed);
        vanish(&mut world, caller);
        world.run_for(60 * SECOND);
        assert!(!ended(&world), "seed {seed}: it may come back for a minute");
        // Timer F of RFC 3261: 32 s.
        assert!(world.run_until(35 * SECOND, ended), "seed {seed}");
        assert_eq!(world.cdrs[0].cause, Cause::CallerLost, "seed {seed}");
        world.run_for(2 * SECOND);
        assert_eq!(world.phones[agent].dialog, None, "seed {seed}: the agent is hung up");
        assert_eq!(world.shard.usage().calls, 0, "seed {seed}");
        for host in ["10.0.0.12", "10.0.0.13"] {
            let next = world.call(host, "1008621");
            world.run_for(SECOND);
            world.with_phone(next, |phone, _| phone.press('0'));
        }
        world.run_for(5 * SECOND);
        assert!(world.phones[agent].dialog.is_some(), "seed {seed}: the agent serves again");
    }
}

#[test]
fn a_silent_phone_that_answers_stays_until_it_answers_no_more() {
    let (mut world, caller, agent) = conversation(6);
    world.with_phone(caller, |phone, _| phone.fall_silent());
    world.run_for(200 * SECOND);
    assert!(!ended(&world));
    assert_eq!(world.phones[caller].questions, 3, "one a minute");
    assert_eq!(world.phones[agent].questions, 0, "who talks is not asked");
    assert!(world.phones[agent].dialog.is_some());
    vanish(&mut world, caller);
    assert!(world.run_until(95 * SECOND, ended));
    assert_eq!(world.cdrs[0].cause, Cause::CallerLost);
}

#[test]
fn reports_alone_are_a_sign_of_life() {
    let (mut world, caller, _) = conversation(7);
    let video = world.phones[caller].remote().and_then(|(_, video)| video).expect("video was agreed");
    let rtcp = std::net::SocketAddr::new(video.ip(), video.port() + 1);
    world.with_phone(caller, |phone, _| phone.fall_silent());
    for _ in 0..3 {
        world.run_for(50 * SECOND);
        world.with_phone(caller, |phone, _| phone.lose_picture(rtcp, 1));
    }
    assert_eq!(world.phones[caller].questions, 0);
}

#[test]
fn a_phone_on_hold_may_be_silent_for_longer() {
    for direction in [sdp::Direction::SendOnly, sdp::Direction::RecvOnly] {
        let (mut world, caller, agent) = conversation(8);
        // The agent is there all along, and saves the test its packets.
        world.with_phone(agent, |phone, _| phone.fall_silent());
        world.with_phone(caller, |phone, now| phone.reinvite(now, direction));
        world.run_for(SECOND);
        world.with_phone(caller, |phone, _| phone.fall_silent());
        world.run_for(295 * SECOND);
        assert_eq!(world.phones[caller].questions, 0, "{direction:?}");
        world.run_for(15 * SECOND);
        assert_eq!(world.phones[caller].questions, 1, "{direction:?}");
        assert!(world.phones[agent].dialog.is_some());
        vanish(&mut world, caller);
        assert!(world.run_until(340 * SECOND, ended), "{direction:?}");
        assert_eq!(world.cdrs[0].cause, Cause::CallerLost, "{direction:?}");
    }
}

#[test]
fn a_hold_that_ends_ends_the_longer_patience() {
    let (mut world, caller, _) = conversation(9);
    world.with_phone(caller, |phone, now| phone.reinvite(now, sdp::Direction::SendOnly));
    world.run_for(100 * SECOND);
    world.with_phone(caller, |phone, now| phone.reinvite(now, sdp::Direction::SendRecv));
    world.run_for(SECOND);
    vanish(&mut world, caller);
    assert!(world.run_until(95 * SECOND, ended));
}

#[test]
fn an_agent_who_vanishes_fails_the_queue_and_the_caller_goes_on() {
    let flow = crate::FLOW.replace("no_agents: bye, failed: bye", "no_agents: bye, failed: balance");
    let files =
        [("hotline.yaml", flow.as_str()), ("queues.yaml", crate::QUEUES), ("texts/en.yaml", crate::TEXTS)];
    let world = World::new(&crate::world::service(&files), 10);
    let (mut world, caller, agents) = put_through_in(world, ANSWERS, ANSWERS);
    world.run_for(4 * SECOND);
    let agent = talking(&world, agents);
    vanish(&mut world, agent);
    world.run_for(95 * SECOND);
    assert!(!ended(&world) && world.phones[caller].dialog.is_some(), "the caller goes on");
    world.with_phone(caller, Phone::hang_up);
    world.run_for(SECOND);
    assert_eq!(world.cdrs[0].path[..3], ["main", "agent", "balance"]);
    assert_eq!(world.cdrs[0].cause, Cause::CallerHungUp);
}
