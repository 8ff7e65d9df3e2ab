//! Talkers who leave their pauses out and say what those sound like (RFC 3389).

use std::time::Duration;

use media::{Codec, Kind};

use crate::hotline;
use crate::phone::{Manner, Phone};
use crate::world::World;

const SECOND: Duration = Duration::from_secs(1);

/// A caller with G.711 and an agent with `sound`, who takes comfort noise or not; they talk.
fn talk(seed: u64, sound: Codec, comfort_noise: bool) -> (World, usize, usize) {
    let mut world = World::new(&hotline(), seed);
    let mut anna = Phone::new("10.0.0.21");
    anna.caps.audio = vec![sound];
    anna.caps.comfort_noise = comfort_noise;
    (anna.manner, anna.talks) = (Manner::Answers(SECOND), sound == Codec::Pcmu);
    let anna = world.add_phone(anna);
    let caller = world.call("10.0.0.11", "1008621");
    world.run_for(SECOND);
    world.with_phone(caller, |phone, _| phone.press('0'));
    world.run_for(4 * SECOND);
    assert!(world.phones[anna].sounds().count() > 50, "the agent hears the caller");
    (world, caller, anna)
}

/// Transcoders of sound that run, and the noise that they were told.
fn told(world: &World) -> Vec<Vec<u8>> {
    let sound = world.transcoders.running.values().filter(|running| running.job.kind() == Kind::Audio);
    sound.map(|running| running.noise.concat()).collect()
}

#[test]
fn a_pause_is_passed_on_to_who_understands_it() {
    let (mut world, caller, anna) = talk(1, Codec::Pcmu, true);
    world.with_phone(caller, |phone, _| phone.pause(&[62, 120]));
    world.run_for(SECOND);
    assert!(told(&world).is_empty(), "nothing stands between");
    let last = world.phones[anna].sounds().last().expect("sound");
    assert_eq!((last.payload_type, &last.payload[..], last.marker), (13, &[62, 120][..], false));
    let before = world.phones[anna].sounds().count();
    world.with_phone(caller, |phone, now| phone.go_on(now));
    world.run_for(SECOND);
    let after: Vec<_> = world.phones[anna].sounds().skip(before).collect();
    assert!(after.len() > 40);
    assert!(after[0].marker && after.iter().all(|heard| heard.payload_type == 0), "a new talk spurt");
}

#[test]
fn who_does_not_understand_it_has_the_noise_made_from_then_on() {
    let (mut world, caller, anna) = talk(2, Codec::Pcmu, false);
    assert!(told(&world).is_empty());
    world.with_phone(caller, |phone, _| phone.pause(&[62, 120]));
    world.run_for(SECOND);
    assert_eq!(told(&world), [[62, 120]], "one transcoder, towards the agent");
    assert!(
        world.phones[anna].sounds().all(|heard| heard.payload_type == 0),
        "no noise that was not agreed on"
    );
    let before = world.phones[anna].sounds().count();
    world.with_phone(caller, |phone, now| phone.go_on(now));
    world.run_for(SECOND);
    assert!(world.phones[anna].sounds().count() > before + 40, "and speech goes on through it");
}

#[test]
fn across_codecs_the_transcoder_is_told() {
    let (mut world, caller, _) = talk(3, Codec::Amr, true);
    world.with_phone(caller, |phone, _| phone.pause(&[40]));
    world.with_phone(caller, |phone, _| phone.pause(&[45]));
    world.run_for(SECOND);
    let told = told(&world);
    assert_eq!(told.len(), 2, "one for each direction");
    assert!(told.contains(&vec![40, 45]) && told.contains(&Vec::new()), "{told:?}");
}
