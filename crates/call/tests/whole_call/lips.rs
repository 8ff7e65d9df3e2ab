//! Lips and voice: who sees and hears another party is told how far pictures and sound are apart.

use std::time::Duration;

use media::Codec;

use crate::pairs::{MS, Party, SECOND, Scene, Type};

const PLAIN: Type = Type::Phone(Codec::Pcmu, Codec::H264);
const OPEN: Type = Type::Phone(Codec::Opus, Codec::Vp8);

/// What the transcoders of the tests take longer for pictures than for sound.
const CODING: i64 = 25;

/// By how many ms the agent's phone must show what it hears later, when the caller's camera is slow by `camera`.
fn apart(caller: Type, agent: Type, camera: Duration, seed: u64) -> i64 {
    let mut scene = Scene::talking(caller, [agent; 2], seed);
    let (Party::Phone(from), Party::Phone(to)) = (scene.caller, scene.agent) else { panic!("phones") };
    scene.world.with_phone(from, |phone, _| phone.lines().delay_camera(camera));
    scene.world.run_for(40 * SECOND);
    scene.world.with_phone(to, |phone, _| phone.lines().apart()).expect("reports came")
}

#[test]
fn what_passes_unchanged_is_told_as_its_sender_told_it() {
    assert!((-2..=2).contains(&apart(PLAIN, PLAIN, Duration::ZERO, 1)));
    let slow = apart(PLAIN, PLAIN, 120 * MS, 2);
    assert!((115..=125).contains(&slow), "{slow}");
}

#[test]
fn what_coding_takes_is_told_with_it() {
    let coded = apart(PLAIN, OPEN, Duration::ZERO, 3);
    assert!((CODING - 3..=CODING + 3).contains(&coded), "{coded}");
    let slow = apart(PLAIN, OPEN, 120 * MS, 4);
    assert!((115 + CODING..=125 + CODING).contains(&slow), "{slow}");
}

#[test]
fn clocks_that_are_a_minute_apart_say_nothing() {
    let absurd = apart(PLAIN, OPEN, 60 * SECOND, 5);
    assert!((CODING - 3..=CODING + 3).contains(&absurd), "{absurd}");
}

#[test]
fn a_browser_is_told_too() {
    let mut scene = Scene::talking(PLAIN, [Type::Page(Codec::Opus, Codec::Vp8); 2], 6);
    let (Party::Phone(from), Party::Page(to)) = (scene.caller, scene.agent) else { panic!("a desk") };
    scene.world.with_phone(from, |phone, _| phone.lines().delay_camera(120 * MS));
    scene.world.run_for(40 * SECOND);
    let [sound, pictures] = scene.world.browsers[to].ages;
    assert!(sound < 5 * MS && (135 * MS..=155 * MS).contains(&pictures), "{sound:?} {pictures:?}");
}
