//! The subscriber and the agents.

use std::time::Duration;

use call::Cause;

use crate::hotline;
use crate::phone::{Manner, Phone};
use crate::world::World;

const SECOND: Duration = Duration::from_secs(1);
const ANNA: &str = "10.0.0.21";
const BORIS: &str = "10.0.0.22";

/// A world with a caller in the queue and the two agents' phones.
pub(crate) fn put_through(seed: u64, anna: Manner, boris: Manner) -> (World, usize, [usize; 2]) {
    put_through_in(World::new(&hotline(), seed), anna, boris)
}

/// The same in a world with another service.
pub(crate) fn put_through_in(mut world: World, anna: Manner, boris: Manner) -> (World, usize, [usize; 2]) {
    let agents = [(ANNA, anna), (BORIS, boris)].map(|(host, manner)| {
        let mut phone = Phone::new(host);
        phone.manner = manner;
        phone.talks = true;
        world.add_phone(phone)
    });
    let caller = world.call("10.0.0.11", "1008621");
    world.run_for(SECOND);
    world.with_phone(caller, |phone, _| phone.press('0'));
    (world, caller, agents)
}

fn hears(world: &World, phone: usize, host_octet: u8) -> bool {
    world.phones[phone].sounds().last().is_some_and(|heard| heard.payload.get(1) == Some(&host_octet))
}

fn sees(world: &World, phone: usize, host_octet: u8) -> bool {
    world.phones[phone].pictures().last().is_some_and(|heard| heard.payload.get(2) == Some(&host_octet))
}

fn talking(world: &World, caller: usize, agent: usize, agent_octet: u8) -> bool {
    hears(world, caller, agent_octet)
        && sees(world, caller, agent_octet)
        && hears(world, agent, 11)
        && sees(world, agent, 11)
}

#[test]
fn caller_and_agent_see_and_hear_each_other_and_the_first_picture_is_a_key_picture() {
    for seed in 0..20 {
        let answer = Manner::Answers(2 * SECOND);
        let (mut world, caller, agents) = put_through(seed, answer, answer);
        world.run_for(6 * SECOND);
        let agent = agents.into_iter().find(|at| world.phones[*at].heard.len() > 10).expect("an agent talks");
        let octet = if agent == agents[0] { 21 } else { 22 };
        assert!(talking(&world, caller, agent, octet), "seed {seed}");
        let first = world.phones[agent].pictures().next().expect("a picture");
        assert_eq!(first.payload[0] & 0x1F, 7, "seed {seed}: the agent's first picture can be decoded");
        let bridged = world.phones[caller].pictures().find(|heard| heard.payload.last() == Some(&octet));
        assert_eq!(bridged.expect("bridged").payload[0] & 0x1F, 7, "seed {seed}: and the caller's");
        let idle = agents.into_iter().find(|at| *at != agent).expect("two agents");
        assert!(world.phones[idle].heard.is_empty(), "seed {seed}: one agent alone is called");
    }
}

#[test]
fn the_sequence_numbers_towards_the_caller_go_on_over_every_change_of_source() {
    let (mut world, caller, _) = put_through(1, Manner::Answers(SECOND), Manner::Answers(SECOND));
    world.run_for(5 * SECOND);
    for video in [false, true] {
        let heard: Vec<_> = world.phones[caller]
            .heard
            .iter()
            .filter(|heard| heard.video == video && heard.payload_type != 101)
            .collect();
        assert!(heard.len() > 20);
        for pair in heard.windows(2) {
            assert_eq!(pair[0].ssrc, pair[1].ssrc);
            assert_eq!(pair[1].sequence, pair[0].sequence.wrapping_add(1), "video {video}");
            let step = pair[1].timestamp.wrapping_sub(pair[0].timestamp);
            assert!(step < 1 << 31, "video {video}: timestamps never go back");
        }
    }
}

#[test]
fn an_agent_who_rejects_or_does_not_answer_is_followed_by_the_next() {
    for (seed, bad) in [603, 486, 488, 415, 606]
        .map(|status| Manner::Refuses(SECOND, status))
        .into_iter()
        .chain([Manner::Rings])
        .enumerate()
    {
        // Whoever is offered first, one of the two is bad.
        for swapped in [false, true] {
            let good = Manner::Answers(SECOND);
            let (anna, boris) = if swapped { (good, bad) } else { (bad, good) };
            let (mut world, caller, agents) = put_through(seed as u64, anna, boris);
            world.run_for(20 * SECOND);
            let (agent, octet) = if swapped { (agents[0], 21) } else { (agents[1], 22) };
            assert!(talking(&world, caller, agent, octet), "{bad:?} swapped {swapped}");
        }
    }
}

#[test]
fn when_the_agent_hangs_up_the_flow_goes_on_and_says_goodbye() {
    let (mut world, caller, agents) = put_through(3, Manner::Answers(SECOND), Manner::Answers(SECOND));
    world.run_for(4 * SECOND);
    let agent = agents.into_iter().find(|at| world.phones[*at].dialog.is_some()).expect("an agent talks");
    world.with_phone(agent, Phone::hang_up);
    assert!(world.run_until(10 * SECOND, |world| !world.cdrs.is_empty()));
    world.run_for(SECOND);
    assert_eq!(world.cdrs[0].cause, Cause::Completed);
    assert!(world.cdrs[0].agent.is_some());
    assert_eq!(world.cdrs[0].path.last().map(String::as_str), Some("bye"));
    assert!(world.phones[caller].ended);
}

#[test]
fn when_the_caller_hangs_up_the_agent_is_hung_up_and_free_for_the_next() {
    let (mut world, caller, agents) = put_through(4, Manner::Answers(SECOND), Manner::Answers(SECOND));
    world.run_for(4 * SECOND);
    world.with_phone(caller, Phone::hang_up);
    world.run_for(2 * SECOND);
    assert_eq!(world.cdrs.len(), 1);
    assert_eq!(world.cdrs[0].cause, Cause::CallerHungUp);
    assert!(agents.iter().all(|at| world.phones[*at].dialog.is_none()), "no agent is left in a call");
    for host in ["10.0.0.12", "10.0.0.13"] {
        let next = world.call(host, "1008621");
        world.run_for(SECOND);
        world.with_phone(next, |phone, _| phone.press('0'));
    }
    world.run_for(5 * SECOND);
    let busy = agents.iter().filter(|at| world.phones[**at].dialog.is_some()).count();
    assert_eq!(busy, 2, "both agents serve again");
}

#[test]
fn a_caller_who_leaves_while_the_agent_rings_stops_the_ringing() {
    let (mut world, caller, agents) = put_through(5, Manner::Rings, Manner::Rings);
    world.run_for(2 * SECOND);
    assert!(agents.iter().any(|at| world.phones[*at].dialog.is_some()));
    world.with_phone(caller, Phone::hang_up);
    world.run_for(SECOND);
    assert!(agents.iter().all(|at| world.phones[*at].dialog.is_none()));
}

#[test]
fn nobody_answers_and_the_caller_is_told_goodbye() {
    let (mut world, _, _) = put_through(6, Manner::Rings, Manner::Rings);
    let ended = world.run_until(Duration::from_secs(120), |world| !world.cdrs.is_empty());
    assert!(ended, "{:?} after {:?}", world.shard.usage(), world.network.elapsed());
    assert_eq!(world.cdrs[0].cause, Cause::Completed);
    assert_eq!(world.cdrs[0].agent, None);
}

#[test]
fn a_camera_that_is_switched_off_and_on_during_the_conversation_shows_again() {
    let (mut world, caller, agents) = put_through(9, Manner::Answers(SECOND), Manner::Answers(SECOND));
    world.run_for(4 * SECOND);
    let agent = agents.into_iter().find(|at| world.phones[*at].dialog.is_some()).expect("an agent talks");
    let octet = if agent == agents[0] { 21 } else { 22 };
    world.with_phone(caller, |phone, now| phone.set_camera(now, false));
    world.run_for(SECOND);
    world.with_phone(caller, |phone, now| phone.set_camera(now, true));
    let seen = [caller, agent].map(|at| world.phones[at].pictures().count());
    world.run_for(2 * SECOND);
    assert!(talking(&world, caller, agent, octet));
    for (at, seen) in [caller, agent].into_iter().zip(seen) {
        assert!(world.phones[at].pictures().count() > seen + 10, "pictures in both directions");
    }
}

#[test]
fn a_wish_for_a_key_picture_does_not_part_the_hold_clip_from_its_music() {
    let (mut world, caller, _) = put_through(10, Manner::Rings, Manner::Rings);
    world.run_for(SECOND);
    let video = world.phones[caller].remote().and_then(|(_, video)| video).expect("video was agreed");
    let ssrc = world.phones[caller].pictures().last().expect("a picture").ssrc;
    let rtcp = std::net::SocketAddr::new(video.ip(), video.port() + 1);
    let seen = world.phones[caller].heard.len();
    world.with_phone(caller, |phone, _| phone.lose_picture(rtcp, ssrc));
    world.run_for(Duration::from_millis(100));
    let keys = |world: &World, from: usize| {
        let key = |heard: &&crate::phone::Heard| heard.video && heard.payload[0] & 0x1F == 5;
        world.phones[caller].heard[from..].iter().filter(key).map(|heard| heard.at).collect::<Vec<_>>()
    };
    let repeated = keys(&world, seen);
    assert_eq!(repeated.len(), 1, "a key picture comes at once");
    // The clip of the tests lasts three seconds and began at the key press, one second before.
    world.run_for(3 * SECOND);
    let next = keys(&world, seen)[1] - repeated[0];
    assert!(
        (1_700..2_100).contains(&next.as_millis()),
        "the clip began anew {next:?} later, not in its time"
    );
}

#[test]
fn keys_during_the_conversation_reach_the_agents_phone() {
    let (mut world, caller, agents) = put_through(7, Manner::Answers(SECOND), Manner::Answers(SECOND));
    world.run_for(4 * SECOND);
    world.with_phone(caller, |phone, _| phone.press('7'));
    world.run_for(SECOND);
    let agent = agents.into_iter().find(|at| world.phones[*at].dialog.is_some()).expect("an agent talks");
    let events: Vec<_> = world.phones[agent].heard.iter().filter(|heard| heard.payload_type == 101).collect();
    assert!(events.len() >= 4, "start and three end packets, got {}", events.len());
    assert!(events.iter().all(|heard| heard.payload[0] == 7));
    assert!(events.last().expect("events").payload[1] & 0x80 != 0, "the last one ends the event");
}

#[test]
fn a_loss_before_the_bridge_leaves_a_gap_behind_it_and_asks_for_a_key_picture() {
    let (mut world, caller, agents) = put_through(8, Manner::Answers(SECOND), Manner::Answers(SECOND));
    world.run_for(4 * SECOND);
    let agent = agents.into_iter().find(|at| world.phones[*at].dialog.is_some()).expect("an agent talks");
    // The last picture before the loss is one end of the gap.
    let from = world.phones[agent].heard.iter().rposition(|heard| heard.video).expect("pictures");
    let asked = world.phones[caller].rtcp_heard.len();
    let host = world.phones[caller].sip.ip();
    let gateway = world.gateway().ip();
    let lossy = netsim::Link { loss: 1.0, ..netsim::Link::perfect() };
    world.network.set_link(host, gateway, lossy);
    world.run_for(Duration::from_millis(300));
    world.network.set_link(host, gateway, netsim::Link::perfect());
    world.run_for(Duration::from_millis(500));
    let heard: Vec<_> = world.phones[agent].heard[from..].iter().filter(|heard| heard.video).collect();
    let gap = heard.windows(2).any(|pair| pair[1].sequence != pair[0].sequence.wrapping_add(1));
    let sequences: Vec<_> = heard.iter().map(|heard| heard.sequence).collect();
    assert!(gap, "the agent's decoder must notice the loss: {sequences:?}");
    let key = heard.iter().any(|heard| heard.payload[0] & 0x1F == 5);
    assert!(key && world.phones[caller].rtcp_heard.len() > asked, "a key picture was asked for and came");
}
