//! AMR: prompts in the modes that a phone takes and asks for, and requests from party to party.

use std::time::Duration;

use media::amr::ModeSet;
use media::{AudioFormat, Codec, Format};
use sdp::AmrParameters;

use crate::hotline;
use crate::phone::{Manner, Phone};
use crate::world::World;

const SECOND: Duration = Duration::from_secs(1);
const MS: Duration = Duration::from_millis(1);

/// No request (RFC 4867 §4.3.1).
const ANY: u8 = 15;

/// Octet-aligned, so that what is in a packet can be read by eye; `modes` empty for all.
fn parameters(modes: &[u8]) -> AmrParameters {
    let mode_set = ModeSet::new(modes.iter().copied());
    AmrParameters { octet_align: true, mode_set, ..AmrParameters::default() }
}

/// A world with one phone of AMR that has called the hotline and talks.
fn dialled(seed: u64, parameters: AmrParameters) -> (World, usize) {
    let mut world = World::new(&hotline(), seed);
    let mut phone = Phone::with_amr("10.0.0.11", parameters);
    phone.talks = true;
    let gateway = world.gateway();
    let caller = world.add_phone(phone);
    world.with_phone(caller, |phone, now| phone.call(now, "1008621", gateway, None));
    (world, caller)
}

/// The modes of what came since packet `from`, which are gapless.
fn modes(world: &World, phone: usize, from: usize) -> Vec<u8> {
    let heard: Vec<_> = world.phones[phone].sounds().skip(from).collect();
    for pair in heard.windows(2) {
        assert_eq!(pair[1].sequence, pair[0].sequence.wrapping_add(1));
        assert_eq!(pair[1].timestamp, pair[0].timestamp.wrapping_add(160), "one time line");
    }
    heard.iter().map(|heard| heard.payload[1] >> 3 & 0x0F).collect()
}

/// The request in the packet that came last.
fn asked(world: &World, phone: usize) -> u8 {
    world.phones[phone].sounds().last().map_or(ANY, |heard| heard.payload[0] >> 4)
}

fn editions(world: &World) -> Vec<u8> {
    let mode = |format| match format {
        Format::Audio(AudioFormat { amr_mode, .. }) => amr_mode,
        Format::Video(_) => None,
    };
    let mut modes: Vec<u8> = world.fetched.iter().filter_map(|key| mode(key.format)).collect();
    modes.sort_unstable();
    modes.dedup();
    modes
}

#[test]
fn a_phone_without_the_best_mode_hears_the_best_that_it_takes() {
    for (set, best) in [(&[0, 2][..], 2), (&[4], 4), (&[0, 2, 5, 7], 7), (&[], 7)] {
        let (mut world, caller) = dialled(1, parameters(set));
        world.run_for(SECOND);
        let heard = modes(&world, caller, 0);
        assert!(heard.len() > 40 && heard.iter().all(|mode| *mode == best), "{set:?}: {heard:?}");
        assert_eq!(editions(&world), [best], "no other edition is needed");
    }
}

#[test]
fn what_is_playing_goes_on_in_the_mode_that_is_asked_for() {
    let (mut world, caller) = dialled(2, parameters(&[0, 2, 4, 7]));
    world.run_for(500 * MS);
    for (request, mode) in [(2, 2), (5, 2), (9, 2), (0, 0), (ANY, 7)] {
        world.phones[caller].mode_request = request;
        world.run_for(100 * MS);
        let from = world.phones[caller].sounds().count();
        world.run_for(200 * MS);
        let heard = modes(&world, caller, from);
        assert!(heard.len() >= 9 && heard.iter().all(|heard| *heard == mode), "request {request}: {heard:?}");
    }
    modes(&world, caller, 0);
    // The next page begins as asked for.
    world.phones[caller].mode_request = 4;
    world.run_for(100 * MS);
    let before = world.fetched.len();
    world.with_phone(caller, |phone, _| phone.press('1'));
    world.run_for(300 * MS);
    let sounds = world.fetched[before..].iter().filter(|key| key.format.codec() == Codec::Amr);
    assert!(sounds.clone().count() > 0);
    assert!(sounds.into_iter().all(|key| key.format == Format::Audio(AudioFormat::amr(4))));
}

#[test]
fn until_its_edition_is_made_a_prompt_goes_on_as_it_was() {
    let (mut world, caller) = dialled(3, parameters(&[]));
    world.run_for(300 * MS);
    world.editions_are_slow = true;
    world.phones[caller].mode_request = 1;
    world.run_for(300 * MS);
    let heard = modes(&world, caller, 0);
    assert!(heard.len() > 25 && heard.iter().all(|mode| *mode == 7), "{heard:?}");
    world.bring_editions();
    world.run_for(200 * MS);
    assert_eq!(modes(&world, caller, 0).last(), Some(&1));
    let changes = modes(&world, caller, 0).windows(2).filter(|pair| pair[0] != pair[1]).count();
    assert_eq!(changes, 1);
}

#[test]
fn a_page_waits_for_its_edition_and_plays_without_sound_when_it_never_comes() {
    let mut world = World::new(&hotline(), 4);
    world.editions_are_slow = true;
    let gateway = world.gateway();
    let caller = world.add_phone(Phone::with_amr("10.0.0.11", parameters(&[0])));
    world.with_phone(caller, |phone, now| phone.call(now, "1008621", gateway, None));
    world.run_for(SECOND);
    assert_eq!(world.phones[caller].heard.len(), 0, "picture and sound begin together");
    world.run_for(5 * SECOND);
    assert!(world.phones[caller].pictures().count() > 0);
    assert_eq!(world.phones[caller].sounds().count(), 0);
}

#[test]
fn a_phone_that_follows_slowly_is_led_step_by_step() {
    let slow = AmrParameters {
        mode_change_every_second: true,
        mode_change_neighbor: true,
        ..parameters(&[0, 2, 4, 7])
    };
    let (mut world, caller) = dialled(5, slow);
    world.run_for(500 * MS);
    for (request, way) in [(0, [7, 4, 2, 0]), (7, [0, 2, 4, 7])] {
        let from = world.phones[caller].sounds().count() - 1;
        world.phones[caller].mode_request = request;
        world.run_for(300 * MS);
        let heard = modes(&world, caller, from);
        let mut runs: Vec<(u8, usize)> = Vec::new();
        for mode in heard {
            match runs.last_mut() {
                Some((last, frames)) if *last == mode => *frames += 1,
                Some(_) | None => runs.push((mode, 1)),
            }
        }
        assert_eq!(runs.iter().map(|(mode, _)| *mode).collect::<Vec<_>>(), way);
        assert!(runs[1..].iter().all(|(_, frames)| *frames >= 2), "{runs:?}");
    }
}

/// A caller in the queue of two agents' phones that have AMR, and the agent who talks after some seconds.
fn bridged(seed: u64, mut caller: Phone) -> (World, usize, usize) {
    let mut world = World::new(&hotline(), seed);
    let agents = ["10.0.0.21", "10.0.0.22"].map(|host| {
        let mut phone = Phone::with_amr(host, parameters(&[]));
        phone.manner = Manner::Answers(SECOND);
        phone.talks = true;
        world.add_phone(phone)
    });
    caller.talks = true;
    let gateway = world.gateway();
    let caller = world.add_phone(caller);
    world.with_phone(caller, |phone, now| phone.call(now, "1008621", gateway, None));
    world.run_for(SECOND);
    world.with_phone(caller, |phone, _| phone.press('0'));
    world.run_for(4 * SECOND);
    let agent = agents.into_iter().find(|at| world.phones[*at].heard.len() > 10).expect("an agent talks");
    (world, caller, agent)
}

#[test]
fn who_is_heard_is_asked_for_what_the_listener_asks_for() {
    let (mut world, caller, agent) = bridged(6, Phone::with_amr("10.0.0.11", parameters(&[0, 2, 7])));
    assert_eq!((asked(&world, caller), asked(&world, agent)), (ANY, ANY));
    world.phones[agent].mode_request = 2;
    world.phones[caller].mode_request = 0;
    world.run_for(200 * MS);
    assert_eq!((asked(&world, caller), asked(&world, agent)), (2, 0));
    world.phones[caller].mode_request = 3;
    world.run_for(200 * MS);
    assert_eq!(asked(&world, agent), 0, "not in the set that was agreed on");
    world.phones[caller].mode_request = ANY;
    world.run_for(200 * MS);
    assert_eq!((asked(&world, caller), asked(&world, agent)), (2, ANY));
    world.with_phone(agent, Phone::hang_up);
    world.run_for(SECOND);
    assert_eq!(asked(&world, caller), ANY, "nobody listens any more");
}

#[test]
fn a_hold_does_not_forget_what_the_listener_asks_for() {
    let (mut world, caller, agent) = bridged(7, Phone::with_amr("10.0.0.11", parameters(&[])));
    world.phones[agent].mode_request = 4;
    world.run_for(200 * MS);
    world.with_phone(caller, |phone, now| phone.reinvite(now, sdp::Direction::SendOnly));
    world.run_for(200 * MS);
    world.with_phone(caller, |phone, now| phone.reinvite(now, sdp::Direction::SendRecv));
    world.run_for(SECOND);
    assert_eq!(asked(&world, caller), 4);
}
