//! A caller who waits sees their place in the queue, and hears the hold go on.

use std::time::Duration;

use media::Asset;

use crate::phone::{Manner, Phone};
use crate::world::World;
use crate::{FLOW, QUEUES, TEXTS};

const SECOND: Duration = Duration::from_secs(1);

/// The hotline with a slide for each place, which changes every two seconds at most; anna's and boris's phones ring.
fn world(seed: u64) -> World {
    world_with(seed, "")
}

/// The same, with more said of how it is shown.
fn world_with(seed: u64, more: &str) -> World {
    let places = format!(
        "name: help\n      show_place: {{ slide: hold.svg, title: agent, every: 2s, each: 2m{more} }}\n"
    );
    let flow = FLOW.replace("name: help\n", &places);
    let files = [("hotline.yaml", flow.as_str()), ("queues.yaml", QUEUES), ("texts/en.yaml", TEXTS)];
    let mut world = World::new(&crate::world::service(&files), seed);
    for host in ["10.0.0.21", "10.0.0.22"] {
        let mut phone = Phone::new(host);
        phone.manner = Manner::Rings;
        world.add_phone(phone);
    }
    world
}

fn waits(world: &mut World, host: &str) -> usize {
    let caller = world.call(host, "1008621");
    world.run_for(SECOND);
    world.with_phone(caller, |phone, _| phone.press('0'));
    caller
}

/// Place and minutes on each slide that was fetched from the `from`th track on.
fn shown(world: &World, from: usize) -> Vec<(String, String)> {
    let slide = |asset: &Asset| match asset {
        Asset::Slide { values, .. } => {
            Some((values.values.get("place")?.clone(), values.values.get("wait")?.clone()))
        }
        Asset::Speech { .. } | Asset::ClipAudio(_) | Asset::ClipVideo(_) => None,
    };
    world.fetched[from..].iter().filter_map(|key| slide(&key.asset)).collect()
}

fn place(place: &str, wait: &str) -> (String, String) {
    (place.to_owned(), wait.to_owned())
}

#[test]
fn the_slide_follows_the_place_and_the_hold_is_heard_on() {
    let mut world = world(51);
    let others: Vec<_> = ["10.0.0.11", "10.0.0.12", "10.0.0.13"].map(|host| waits(&mut world, host)).into();
    world.run_for(SECOND);
    assert_eq!(shown(&world, 0), [place("1", "1"), place("2", "2"), place("3", "3")]);
    let from = world.fetched.len();
    let caller = waits(&mut world, "10.0.0.14");
    world.run_for(SECOND);
    assert_eq!(shown(&world, from), [place("4", "4")], "two agents, two minutes each");
    let since = world.now().mono;
    // Two leave at once: one slide, at once for who has seen theirs for long, else not before its time.
    for other in &others[..2] {
        world.with_phone(*other, Phone::hang_up);
    }
    world.run_for(Duration::from_millis(500));
    assert_eq!(shown(&world, from)[1..], [place("1", "1")]);
    world.run_for(2 * SECOND);
    assert_eq!(shown(&world, from)[2..], [place("2", "2")]);
    let phone = &world.phones[caller];
    let at: Vec<_> = phone.sounds().map(|sound| sound.at).filter(|at| *at >= since).collect();
    let gap = at.windows(2).map(|pair| pair[1] - pair[0]).max();
    assert!(at.len() > 100 && gap.is_some_and(|gap| gap <= Duration::from_millis(45)), "{gap:?}");
    // The slide is there: pictures of it are sent, and no more of the clip.
    let last = world.fetched.iter().rfind(|key| matches!(key.asset, Asset::Slide { .. })).expect("a slide");
    let mark = crate::world::mark(&last.asset);
    let picture = world.phones[caller].pictures().last().expect("pictures");
    assert_eq!(picture.payload.last(), Some(&mark));
}

#[test]
fn an_agent_who_answers_takes_the_slide_away() {
    let mut world = world(52);
    let anna = 0;
    world.phones[anna].manner = Manner::Answers(SECOND);
    let caller = waits(&mut world, "10.0.0.11");
    world.run_for(Duration::from_millis(500));
    let told = world.fetched.len();
    assert_eq!(shown(&world, 0), [place("1", "1")]);
    world.run_for(8 * SECOND);
    assert!(world.cdrs.is_empty() && world.phones[anna].remote().is_some(), "they talk");
    assert_eq!(world.fetched.len(), told, "and nothing is shown over it");
    world.with_phone(caller, Phone::hang_up);
    world.run_for(SECOND);
    assert_eq!(world.cdrs.len(), 1);
}

#[test]
fn a_place_over_the_clip_is_drawn_by_one_transcoder_until_the_wait_is_over() {
    let mut world = world_with(53, ", over_clip: true");
    let other = waits(&mut world, "10.0.0.11");
    let caller = waits(&mut world, "10.0.0.12");
    world.run_for(2 * SECOND);
    assert_eq!(world.transcoders.running.len(), 2, "one for each who waits");
    let drawn = |world: &World| {
        let running = world.transcoders.running.values().next_back().expect("one runs");
        (running.overlays.len(), running.made, running.keys)
    };
    assert_eq!(drawn(&world).0, 1);
    assert!(drawn(&world).1 > 3, "the clip goes on: {:?}", drawn(&world));
    let pictures = world.phones[caller].pictures().count();
    world.with_phone(other, Phone::hang_up);
    world.run_for(2 * SECOND);
    let (slides, _, keys) = drawn(&world);
    assert_eq!((world.transcoders.running.len(), slides), (1, 2), "the next slide, no other transcoder");
    assert!(world.phones[caller].pictures().count() > pictures + 3);
    let (gateway, ssrc) = {
        let video = world.phones[caller].remote().and_then(|(_, video)| video).expect("video was agreed");
        let ssrc = world.phones[caller].pictures().last().expect("a picture").ssrc;
        (std::net::SocketAddr::new(video.ip(), video.port() + 1), ssrc)
    };
    world.with_phone(caller, |phone, _| phone.lose_picture(gateway, ssrc));
    world.run_for(SECOND);
    assert!(drawn(&world).2 > keys, "a key picture for who has lost one");
    world.phones[0].manner = Manner::Answers(SECOND);
    world.phones[1].manner = Manner::Answers(SECOND);
    world.run_for(25 * SECOND);
    assert_eq!(world.transcoders.running.len(), 0, "an agent has answered");
    world.with_phone(caller, Phone::hang_up);
    world.run_for(SECOND);
}
