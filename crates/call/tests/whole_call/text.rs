//! What caller and agent write to each other.

use std::time::Duration;

use call::web::{FromBrowser, ToBrowser, Wish};
use media::{Asset, Kind};

use crate::browser::{Browser, Desk};
use crate::desk::Talk;
use crate::world::World;

const SECOND: Duration = Duration::from_secs(1);

fn texts(browser: &Browser) -> Vec<&str> {
    let text = |word: &'_ ToBrowser| matches!(word, ToBrowser::Text { .. });
    let said = browser.words.iter().filter(|word| text(word));
    said.filter_map(|word| match word {
        ToBrowser::Text { text } => Some(text.as_str()),
        _ => None,
    })
    .collect()
}

fn write(talk: &mut Talk, from: usize, text: &str) {
    talk.world.say(from, FromBrowser::Text(text.to_owned()));
    talk.world.run_for(SECOND);
}

#[test]
fn browsers_write_to_each_other() {
    let mut talk = Talk::on_air(1);
    let (desk, visitor) = (talk.desk, talk.visitor);
    write(&mut talk, visitor, "I cannot hear you");
    write(&mut talk, desk, "您好");
    for refused in [String::new(), "x".repeat(call::TEXT_CHARS_MAX + 1), "two\nlines".to_owned()] {
        write(&mut talk, visitor, &refused);
    }
    assert_eq!(texts(&talk.world.browsers[desk]), ["I cannot hear you"]);
    assert_eq!(texts(&talk.world.browsers[visitor]), ["您好"]);
    assert!(!talk.world.fetched.iter().any(|key| is_caption(&key.asset)), "who reads needs no picture of it");
    talk.world.say(desk, FromBrowser::HangUp);
    write(&mut talk, visitor, "is anybody there?");
    assert_eq!(texts(&talk.world.browsers[desk]).len(), 1, "nobody is talked to any more");
}

fn is_caption(asset: &Asset) -> bool {
    matches!(asset, Asset::Slide { template, .. } if template == dialplan::CAPTION_SLIDE)
}

/// Slides that are drawn over pictures now.
fn drawn(world: &World) -> usize {
    let running = world.transcoders.running.values().filter(|running| running.job.kind() == Kind::Video);
    running.map(|running| running.overlays.len()).sum()
}

#[test]
fn a_telephone_gets_the_text_drawn_into_the_agents_picture_for_a_while() {
    for seed in 0..5 {
        let mut world = World::new(&crate::browsers::hotline(&["desk1"]), seed);
        let desk = world.add_browser(Browser { desk: Desk::Accepts(SECOND), ..Browser::new(1) });
        world.sign_in(desk, "desk1");
        let caller = world.call("10.0.0.11", "1008621");
        world.run_for(2 * SECOND);
        world.with_phone(caller, |phone, _| phone.press('0'));
        assert!(world.run_until(9 * SECOND, |world| world.browsers[desk].desk_now().is_some()));
        world.run_for(4 * SECOND);
        let pictures =
            |world: &World| world.transcoders.running.values().any(|one| one.job.kind() == Kind::Video);
        assert!(!pictures(&world), "frames pass");
        world.say(desk, FromBrowser::Text("Please hold your SIM card in front of the camera".to_owned()));
        world.run_for(SECOND);
        assert!(world.fetched.iter().any(|key| is_caption(&key.asset)));
        assert_eq!(drawn(&world), 1, "seed {seed}");
        // Another text takes its place, the curtain hides both, and it is there again behind it.
        world.say(desk, FromBrowser::Text("Thank you".to_owned()));
        world.run_for(SECOND);
        assert_eq!(drawn(&world), 1, "seed {seed}");
        world.say(desk, FromBrowser::Wish(Wish::Hold { on: true }));
        world.run_for(SECOND);
        world.say(desk, FromBrowser::Wish(Wish::Hold { on: false }));
        world.run_for(SECOND);
        assert_eq!(drawn(&world), 1, "seed {seed}");
        world.run_for(5 * SECOND);
        assert_eq!(drawn(&world), 0);
        assert!(!pictures(&world), "seed {seed}: frames pass again");
        world.say(desk, FromBrowser::Text("Goodbye".to_owned()));
        world.say(desk, FromBrowser::HangUp);
        world.run_for(10 * SECOND);
        assert_eq!(drawn(&world), 0, "nothing of it is left");
    }
}
