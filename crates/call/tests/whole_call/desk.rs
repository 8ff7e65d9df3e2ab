//! What an agent does to a conversation: the plate, the curtain, things of the shelf, hold, handing on.

use std::time::Duration;

use acd::AgentState;
use call::web::{DeskNow, Ended, FromBrowser, ToBrowser, Wish};
use media::Asset;

use crate::browser::{Browser, Desk};
use crate::world::{World, service};

const SECOND: Duration = Duration::from_secs(1);
pub(crate) const DESK: u8 = 101;
pub(crate) const VISITOR: u8 = 102;

const QUEUES: &str = r#"
agents:
  desk1: { browser: true, number: "0042" }
  desk2: { browser: true, auto_answer: true }
queues:
  help: { agents: [desk1], ring_timeout: 10s, wait_max: 60s, wrap_up: 5s, hold: { clip: hold.mp4 } }
  experts: { agents: [desk2], ring_timeout: 10s, wait_max: 60s, wrap_up: 1s, hold: { slide: hold.svg, title: balance, music: hold.mp4 } }
plate: { slide: title.svg, title: engineer, say: engineer }
shelf:
  page: { slide: page.svg, title: balance }
  film: { clip: welcome.mp4 }
"#;

/// A desk with session 1, and a visitor with session 2 whom it has just been joined with.
pub(crate) struct Talk {
    pub(crate) world: World,
    pub(crate) desk: usize,
    pub(crate) visitor: usize,
}

impl Talk {
    fn of(queues: &str, seed: u64) -> Talk {
        Talk::with(crate::FLOW, queues, seed)
    }

    /// With this flow and `queues.yaml`.
    fn with(flow: &str, queues: &str, seed: u64) -> Talk {
        let texts = format!("{}engineer: \"Engineer {{{{ agent }}}}\"\n", crate::TEXTS);
        let files = [("hotline.yaml", flow), ("queues.yaml", queues), ("texts/en.yaml", &texts)];
        let mut world = World::new(&service(&files), seed);
        let desk = world.add_browser(Browser { desk: Desk::Accepts(SECOND), ..Browser::new(1) });
        world.sign_in(desk, "desk1");
        let visitor = world.visit(Browser::new(2), "1008621");
        world.run_for(SECOND);
        world.press(visitor, '0');
        assert!(world.run_until(5 * SECOND, |world| world.browsers[desk].desk_now().is_some()));
        Talk { world, desk, visitor }
    }

    pub(crate) fn new(seed: u64) -> Talk {
        Talk::of(QUEUES, seed)
    }

    /// The same behind the plate.
    pub(crate) fn on_air(seed: u64) -> Talk {
        let mut talk = Talk::new(seed);
        talk.world.run_for(6 * SECOND);
        assert!(talk.now().on_air && talk.sees(DESK) && talk.hears(DESK));
        talk
    }

    /// The call as the ring named it.
    pub(crate) fn call(&self) -> call::CallId {
        self.world.browsers[self.desk].rang_for().expect("it rang")
    }

    pub(crate) fn wish(&mut self, wish: Wish) {
        self.world.say(self.desk, FromBrowser::Wish(wish));
        self.world.run_for(SECOND);
    }

    pub(crate) fn now(&self) -> &DeskNow {
        self.world.browsers[self.desk].desk_now().expect("it was told")
    }

    /// Whether the last picture that the visitor got is of this camera.
    fn sees(&self, mark: u8) -> bool {
        pictures_of(&self.world.browsers[self.visitor], mark)
    }

    fn hears(&self, mark: u8) -> bool {
        sound_of(&self.world.browsers[self.visitor], mark)
    }

    /// Whether the desk sees and hears the visitor.
    fn has_visitor(&self) -> bool {
        let desk = &self.world.browsers[self.desk];
        pictures_of(desk, VISITOR) && sound_of(desk, VISITOR)
    }

    /// Frames that the desk has got so far.
    fn got(&self) -> usize {
        self.world.browsers[self.desk].frames.len()
    }

    fn fetched(&self, what: impl Fn(&Asset) -> bool) -> bool {
        self.world.fetched.iter().any(|key| what(&key.asset))
    }
}

pub(crate) fn pictures_of(browser: &Browser, mark: u8) -> bool {
    browser.pictures().last().is_some_and(|frame| frame.data.iter().rev().nth(1) == Some(&mark))
}

fn sound_of(browser: &Browser, mark: u8) -> bool {
    browser.sounds().last().is_some_and(|frame| frame.data[1] == mark)
}

#[test]
fn an_agent_comes_on_behind_a_plate_that_is_seen_and_heard() {
    for seed in 0..5 {
        let mut talk = Talk::new(seed);
        assert!(!talk.now().on_air);
        talk.world.run_for(2 * SECOND);
        assert!(!talk.sees(DESK), "not before three seconds");
        assert!(talk.has_visitor(), "the agent sees who is there at once");
        assert!(talk.fetched(
            |asset| matches!(asset, Asset::Slide { values, .. } if values.title == "Engineer 0042")
        ));
        assert!(talk.fetched(|asset| matches!(asset, Asset::Speech { text, .. } if text == "Engineer 0042")));
        assert_eq!(
            talk.world.browsers[talk.visitor].captions().last().map(|caption| caption.1),
            Some("Engineer 0042")
        );
        talk.world.run_for(4 * SECOND);
        assert!(talk.now().on_air && talk.sees(DESK) && talk.hears(DESK));
        assert_eq!(talk.world.browsers[talk.visitor].talks_with(), Some("desk1"));
    }
}

#[test]
fn without_a_plate_an_agent_is_there_at_once() {
    let mut talk = Talk::of(&QUEUES.replace("plate: ", "# "), 1);
    talk.world.run_for(SECOND);
    assert!(talk.now().on_air && talk.sees(DESK) && talk.hears(DESK));
    // Its curtain is black: not a picture more of the camera.
    talk.wish(Wish::Curtain { on: true });
    let count = talk.world.browsers[talk.visitor].pictures().count();
    talk.world.run_for(2 * SECOND);
    let after = talk.world.browsers[talk.visitor].pictures().skip(count);
    assert!(after.into_iter().all(|frame| frame.data.iter().rev().nth(1) != Some(&DESK)));
}

#[test]
fn the_curtain_hides_the_camera_and_leaves_the_sound() {
    let mut talk = Talk::on_air(2);
    talk.wish(Wish::Curtain { on: true });
    assert!(talk.now().curtain && !talk.sees(DESK) && talk.hears(DESK) && talk.has_visitor());
    talk.wish(Wish::Curtain { on: false });
    assert!(!talk.now().curtain && talk.sees(DESK) && talk.hears(DESK));
}

#[test]
fn a_shield_keeps_the_caller_away_from_the_agent_until_it_is_taken_down() {
    for plate in [false, true] {
        let mut talk = if plate { Talk::new(12) } else { Talk::on_air(12) };
        talk.wish(Wish::Show { name: "page".into() });
        talk.wish(Wish::Shield);
        let got = talk.got();
        talk.world.run_for(5 * SECOND);
        assert!(talk.now().shielded && talk.now().curtain && talk.now().shown.is_none());
        assert!(!talk.sees(DESK) && talk.hears(DESK), "the agent can still say that it is over");
        assert_eq!(talk.got(), got, "nothing more comes to the desk");
        talk.wish(Wish::Curtain { on: false });
        assert!(!talk.now().shielded && talk.sees(DESK) && talk.has_visitor());
        talk.world.say(talk.desk, FromBrowser::HangUp);
        talk.world.run_for(10 * SECOND);
        assert_eq!(talk.world.agent_states(1).last(), Some(&AgentState::NotReady), "a break");
    }
}

#[test]
fn no_picture_of_the_camera_comes_after_the_curtain_is_drawn() {
    for seed in 0..10 {
        let mut talk = Talk::on_air(seed);
        talk.world.say(talk.desk, FromBrowser::Wish(Wish::Curtain { on: true }));
        let count = talk.world.browsers[talk.visitor].pictures().count();
        talk.world.run_for(2 * SECOND);
        let late = talk.world.browsers[talk.visitor].pictures().skip(count);
        assert!(late.into_iter().all(|frame| frame.data.iter().rev().nth(1) != Some(&DESK)), "seed {seed}");
    }
}

#[test]
fn a_page_of_the_shelf_stays_until_it_is_taken_back() {
    let mut talk = Talk::on_air(3);
    assert_eq!(talk.now().shelf, ["film", "page"]);
    talk.wish(Wish::Show { name: "nothing".into() });
    assert!(talk.sees(DESK), "what is not there is not shown");
    talk.wish(Wish::Show { name: "page".into() });
    assert_eq!(talk.now().shown.as_deref(), Some("page"));
    talk.world.run_for(30 * SECOND);
    assert!(!talk.sees(DESK) && talk.hears(DESK) && talk.has_visitor());
    talk.wish(Wish::TakeBack);
    assert!(talk.now().shown.is_none() && talk.sees(DESK));
}

#[test]
fn a_clip_of_the_shelf_gives_way_at_its_end_to_what_was_there() {
    for curtain in [false, true] {
        let mut talk = Talk::on_air(4);
        talk.wish(Wish::Curtain { on: curtain });
        talk.wish(Wish::Show { name: "film".into() });
        assert!(!talk.sees(DESK) && talk.hears(DESK), "the agent talks about it");
        let visitor = talk.visitor;
        assert!(talk.world.run_until(60 * SECOND, |world| {
            world.browsers[0].desk_now().is_some_and(|now| now.shown.is_none())
        }));
        talk.world.run_for(SECOND);
        assert_eq!(pictures_of(&talk.world.browsers[visitor], DESK), !curtain);
    }
}

#[test]
fn on_hold_neither_has_anything_of_the_other() {
    let mut talk = Talk::on_air(5);
    talk.wish(Wish::Hold { on: true });
    let got = talk.got();
    talk.world.run_for(5 * SECOND);
    assert!(talk.now().held && !talk.sees(DESK) && !talk.hears(DESK));
    assert!(talk.fetched(|asset| *asset == Asset::ClipAudio("hold.mp4".into())));
    assert_eq!(talk.got(), got, "nothing goes to the desk");
    talk.wish(Wish::Hold { on: false });
    assert!(talk.sees(DESK) && talk.hears(DESK) && talk.has_visitor());
}

#[test]
fn the_hold_is_that_of_the_step_where_it_has_its_own() {
    let own = crate::FLOW.replace("name: help\n", "name: help\n      hold: { clip: welcome.mp4 }\n");
    assert_ne!(own, crate::FLOW);
    let mut talk = Talk::with(&own, QUEUES, 11);
    talk.world.run_for(6 * SECOND);
    talk.world.fetched.clear();
    talk.wish(Wish::Hold { on: true });
    assert!(
        talk.fetched(|asset| *asset == Asset::ClipAudio("welcome.mp4".into())),
        "{:?}",
        talk.world.fetched
    );
}

#[test]
fn whoever_goes_while_on_hold_ends_it_for_both() {
    let mut talk = Talk::on_air(6);
    talk.wish(Wish::Hold { on: true });
    talk.world.say(talk.visitor, FromBrowser::HangUp);
    assert_eq!(talk.world.browsers[talk.desk].ended(), Some(Ended::Over));
    talk.world.run_for(6 * SECOND);
    assert_eq!(talk.world.agent_states(1).last(), Some(&AgentState::Ready));

    for wish in [Wish::Hold { on: true }, Wish::Show { name: "film".into() }, Wish::Curtain { on: true }] {
        let mut talk = Talk::on_air(7);
        talk.wish(wish);
        talk.world.say(talk.desk, FromBrowser::HangUp);
        assert!(talk.world.run_until(10 * SECOND, |world| !world.cdrs.is_empty()), "the flow goes on");
        assert_eq!(talk.world.cdrs[0].path, ["main", "agent", "bye"]);
    }
}

#[test]
fn a_caller_is_handed_on_to_another_queue_and_its_agent() {
    let starred = crate::FLOW.replace("name: help\n", "name: help\n      stars: 2 + 1\n");
    let mut talk = Talk::with(&starred, QUEUES, 8);
    talk.world.run_for(6 * SECOND);
    let second = talk.world.add_browser(Browser { desk: Desk::Accepts(3 * SECOND), ..Browser::new(3) });
    talk.world.sign_in(second, "desk2");
    assert_eq!(talk.now().queues, ["experts", "help"]);
    talk.wish(Wish::HandOn { queue: "nowhere".into() });
    assert!(talk.sees(DESK), "there is no such queue");
    talk.wish(Wish::HandOn { queue: "experts".into() });
    assert_eq!(talk.world.browsers[talk.desk].ended(), Some(Ended::Over));
    assert!(matches!(talk.world.agent_states(1).last(), Some(AgentState::WrapUp { .. })));
    assert!(!talk.sees(DESK) && !talk.hears(DESK), "they wait with the hold of that queue");
    assert!(talk.fetched(|asset| matches!(asset, Asset::Slide { template, .. } if template == "hold.svg")));
    let rings = |browser: &Browser| {
        let told = |word: &ToBrowser| match word {
            ToBrowser::Ring { queue, path, stars, auto_answer, .. } => {
                *stars == Some(3) && queue == "experts" && *path == ["main", "agent"] && *auto_answer
            }
            _ => false,
        };
        browser.words.iter().any(told)
    };
    assert!(rings(&talk.world.browsers[second]));
    talk.world.run_for(10 * SECOND);
    assert!(talk.sees(103) && talk.hears(103));
    assert!(talk.world.cdrs.is_empty(), "it is one call");
    talk.world.say(second, FromBrowser::HangUp);
    assert!(talk.world.run_until(10 * SECOND, |world| !world.cdrs.is_empty()));
    assert_eq!(talk.world.cdrs[0].path, ["main", "agent", "agent", "bye"], "they came to the queue again");
}

#[test]
fn wishes_of_somebody_who_is_not_talking_are_nothing() {
    let mut talk = Talk::new(9);
    for wish in [Wish::Hold { on: true }, Wish::TakeBack, Wish::HandOn { queue: "experts".into() }] {
        talk.world.say(talk.visitor, FromBrowser::Wish(wish));
    }
    talk.world.run_for(6 * SECOND);
    assert!(talk.now().on_air && talk.sees(DESK) && talk.has_visitor());
    talk.world.say(talk.desk, FromBrowser::HangUp);
    talk.world.say(talk.desk, FromBrowser::Wish(Wish::Hold { on: true }));
    talk.world.run_for(SECOND);
}

#[test]
fn what_is_wished_behind_the_plate_is_there_when_it_goes() {
    let mut talk = Talk::new(10);
    talk.wish(Wish::Curtain { on: true });
    assert!(!talk.now().on_air && talk.now().curtain);
    talk.world.run_for(6 * SECOND);
    assert!(talk.now().on_air && !talk.sees(DESK) && talk.hears(DESK));
}
