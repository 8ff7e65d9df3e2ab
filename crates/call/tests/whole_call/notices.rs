//! Notices: who is told, and what comes behind.

use std::sync::Arc;
use std::time::Duration;

use call::Input;
use dialplan::{NOTICE_SLIDE, Notice};
use media::Asset;

use crate::hotline;
use crate::phone::Phone;
use crate::world::World;

const SECOND: Duration = Duration::from_secs(1);

/// One that is over after `for_how_long` of virtual time.
fn notice(world: &World, for_how_long: Duration) -> Input {
    let until = world.now().wall + for_how_long;
    let notice = Notice::new("No calls abroad.", [].into(), until).expect("a sound one");
    Input::Notice(Some(Arc::new(notice)))
}

/// Templates of the slides that were fetched from `from` on.
fn slides(world: &World, from: usize) -> Vec<String> {
    let fetched = world.fetched[from..].iter();
    fetched
        .filter_map(|key| match &key.asset {
            Asset::Slide { template, .. } => Some(template.clone()),
            Asset::Speech { .. } | Asset::ClipAudio(_) | Asset::ClipVideo(_) => None,
        })
        .collect()
}

#[test]
fn who_calls_from_now_on_is_told_first_and_who_is_there_goes_on() {
    let mut world = World::new(&hotline(), 1);
    let before = world.call("10.0.0.11", "1008621");
    world.run_for(SECOND);
    assert_eq!(slides(&world, 0), ["menu.svg"]);
    let announced = notice(&world, 3_600 * SECOND);
    world.feed(announced);
    world.with_phone(before, |phone, _| phone.press('1'));
    world.run_for(SECOND);
    assert_eq!(slides(&world, 0), ["menu.svg", "page.svg"], "a call that had begun");

    let fetched = world.fetched.len();
    let after = world.call("10.0.0.12", "1008621");
    world.run_for(SECOND / 2);
    assert_eq!(slides(&world, fetched), [NOTICE_SLIDE]);
    let said = world.fetched[fetched..].iter().any(
        |key| matches!(&key.asset, Asset::Speech { name: None, text, .. } if text == "No calls abroad."),
    );
    assert!(said, "{:?}", &world.fetched[fetched..]);
    let menu = world.run_until(20 * SECOND, |world| slides(world, fetched).len() == 2);
    assert!(menu, "the flow begins behind it");
    assert_eq!(slides(&world, fetched), [NOTICE_SLIDE, "menu.svg"]);
    world.with_phone(after, Phone::hang_up);
    world.run_for(SECOND);
    assert_eq!(world.cdrs[0].path, ["main"], "it is no node");
}

#[test]
fn a_key_in_it_acts_in_the_menu_behind() {
    let mut world = World::new(&hotline(), 2);
    let announced = notice(&world, 3_600 * SECOND);
    world.feed(announced);
    let caller = world.call("10.0.0.11", "1008621");
    world.run_for(SECOND / 2);
    world.with_phone(caller, |phone, _| phone.press('1'));
    world.run_for(SECOND / 2);
    assert_eq!(slides(&world, 0), [NOTICE_SLIDE, "page.svg"]);
}

#[test]
fn what_is_over_or_was_taken_back_is_told_to_nobody() {
    let mut world = World::new(&hotline(), 3);
    let announced = notice(&world, SECOND);
    world.feed(announced);
    world.run_for(2 * SECOND);
    world.call("10.0.0.11", "1008621");
    world.run_for(SECOND);
    assert_eq!(slides(&world, 0), ["menu.svg"]);
    let announced = notice(&world, 3_600 * SECOND);
    world.feed(announced);
    world.feed(Input::Notice(None));
    world.call("10.0.0.12", "1008621");
    world.run_for(SECOND);
    assert!(!slides(&world, 0).iter().any(|slide| slide == NOTICE_SLIDE));
}
