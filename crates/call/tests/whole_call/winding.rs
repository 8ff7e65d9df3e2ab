//! A clip that the caller winds by keys: sound and pictures are at the same place of it, whatever is pressed.

use std::sync::Arc;
use std::time::Duration;

use media::{Asset, Format, Frame, Track};

use crate::phone::{Heard, Phone};
use crate::world::{World, sample};
use crate::{QUEUES, TEXTS};

const SECOND: Duration = Duration::from_secs(1);
/// Length of a place in the clip; each frame tells its own.
const PLACE: Duration = Duration::from_millis(250);
const CLIP: Duration = Duration::from_secs(60);
const KEY_EVERY: Duration = Duration::from_secs(4);

const FLOW: &str = r#"
flow: hotline
numbers: ["1008621"]
start: film
languages: [en]
nodes:
  film: { clip: { clip: welcome.mp4, next: bye } }
  bye: { hangup: { say: goodbye } }
"#;

/// A clip of a minute in the format of `short`, whose octets tell where in it they are.
fn film(short: &Track) -> Track {
    let step = match short.format {
        Format::Audio(_) => Duration::from_millis(20),
        Format::Video(_) => PLACE,
    };
    let frame = |n: u32| {
        let pts = step * n;
        let key =
            matches!(short.format, Format::Audio(_)) || pts.as_millis().is_multiple_of(KEY_EVERY.as_millis());
        // From 1 on: a picture of H.264 does not end in a zero.
        let place = u8::try_from(pts.as_millis() / PLACE.as_millis() + 1).unwrap();
        sample(short.format, pts, step, key, place)
    };
    let count = u32::try_from(CLIP.as_millis() / step.as_millis()).unwrap();
    let frames: Vec<Frame> = (0..count).map(frame).collect();
    Track::new(short.format, frames.into(), CLIP)
}

/// A caller who has begun to see the film.
fn watches(seed: u64) -> (World, usize) {
    let files = [("hotline.yaml", FLOW), ("queues.yaml", QUEUES), ("texts/en.yaml", TEXTS)];
    let mut world = World::new(&crate::world::service(&files), seed);
    // The first caller shows in which formats it is wanted.
    let scout = world.call("10.0.0.12", "1008621");
    world.run_for(SECOND);
    world.with_phone(scout, Phone::hang_up);
    world.run_for(SECOND);
    for (key, track) in &mut world.library {
        if matches!(key.asset, Asset::ClipAudio(_) | Asset::ClipVideo(_)) {
            *track = Arc::new(film(track));
        }
    }
    world.cdrs.clear();
    let caller = world.call("10.0.0.11", "1008621");
    assert!(world.run_until(2 * SECOND, |world| world.phones[caller].sounds().next().is_some()));
    // Off the edges between places, where one of the two may be ahead of the other by a packet.
    world.run_for(Duration::from_millis(100));
    (world, caller)
}

/// Sound and picture that came last, and where in the film they are.
fn last(world: &World, caller: usize) -> [(&Heard, Duration); 2] {
    let phone = &world.phones[caller];
    let (sound, picture) =
        (phone.sounds().last().expect("sound"), phone.pictures().last().expect("pictures"));
    [sound, picture].map(|heard| (heard, PLACE * u32::from(heard.payload.last().expect("octets") - 1)))
}

/// Where the film is, which sound and pictures agree on.
fn place(world: &World, caller: usize) -> Duration {
    let [(_, sound), (_, picture)] = last(world, caller);
    assert_eq!(sound, picture, "sound and pictures are at the same place");
    sound
}

fn press(world: &mut World, caller: usize, key: char) {
    world.with_phone(caller, |phone, _| phone.press(key));
    world.run_for(Duration::from_millis(100));
}

#[test]
fn ahead_back_and_again_enter_at_key_pictures_together() {
    let (mut world, caller) = watches(81);
    world.run_for(3 * SECOND);
    assert_eq!(place(&world, caller), 3 * SECOND);
    press(&mut world, caller, '6');
    assert_eq!(place(&world, caller), 12 * SECOND, "ten seconds ahead, at the key picture before");
    world.run_for(5 * SECOND);
    assert_eq!(place(&world, caller), 17 * SECOND);
    press(&mut world, caller, '4');
    assert_eq!(place(&world, caller), 4 * SECOND);
    press(&mut world, caller, '4');
    assert_eq!(place(&world, caller), Duration::ZERO);
    world.run_for(2 * SECOND);
    press(&mut world, caller, '0');
    assert_eq!(place(&world, caller), Duration::ZERO);
    // Other keys of the telephone do nothing.
    world.run_for(SECOND);
    press(&mut world, caller, '9');
    assert_eq!(place(&world, caller), SECOND);
}

#[test]
fn stopped_it_holds_and_the_time_stamps_go_on() {
    let (mut world, caller) = watches(82);
    world.run_for(2 * SECOND);
    press(&mut world, caller, '5');
    let before = last(&world, caller).map(|(heard, _)| (heard.at, heard.timestamp, heard.sequence));
    world.run_for(30 * SECOND);
    let still = last(&world, caller).map(|(heard, _)| heard.sequence);
    assert_eq!(still, before.map(|(.., sequence)| sequence), "nothing is sent");
    press(&mut world, caller, '5');
    world.run_for(SECOND);
    assert_eq!(place(&world, caller), 3 * SECOND, "it goes on where it was");
    for ((heard, _), (at, timestamp, _), hz) in
        last(&world, caller).into_iter().zip(before).zip([8_000, 90_000]).map(|((a, b), c)| (a, b, c))
    {
        let passed =
            Duration::from_secs_f64(f64::from(heard.timestamp.wrapping_sub(timestamp)) / f64::from(hz));
        let apart = passed.abs_diff(heard.at - at);
        assert!(apart < Duration::from_millis(60), "{passed:?} of time stamps in {:?}", heard.at - at);
    }
    // Any other of its keys goes on, too.
    press(&mut world, caller, '5');
    world.run_for(SECOND);
    press(&mut world, caller, '0');
    world.run_for(SECOND);
    assert_eq!(place(&world, caller), SECOND);
}

#[test]
fn its_end_and_the_last_key_lead_on() {
    let (mut world, caller) = watches(83);
    for _ in 0..8 {
        press(&mut world, caller, '6');
    }
    world.run_for(5 * SECOND);
    assert_eq!(world.cdrs[0].path, ["film", "bye"], "beyond the end it is over");
    let (mut world, caller) = watches(84);
    press(&mut world, caller, '#');
    world.run_for(5 * SECOND);
    assert_eq!(world.cdrs[0].path, ["film", "bye"], "the rest of the pictures is not waited for");
    let (mut world, caller) = watches(85);
    press(&mut world, caller, '5');
    press(&mut world, caller, '6');
    world.run_for(40 * SECOND);
    assert!(world.cdrs.is_empty());
    world.run_for(20 * SECOND);
    assert_eq!(world.cdrs[0].path, ["film", "bye"], "heard to its end");
}
