//! A supervisor in a conversation: listens, prompts the agent, joins in, takes over, leaves.

use std::time::Duration;

use acd::AgentState;
use call::web::{Ended, FromBrowser, Part, ToBrowser, Wish};

use media::Kind;

use crate::browser::{Browser, Desk};
use crate::desk::{DESK, Talk, VISITOR};
use crate::live;

const SECOND: Duration = Duration::from_secs(1);
const LEAD: u8 = 103;

/// A conversation, and a supervisor's browser beside it.
struct Led {
    talk: Talk,
    lead: usize,
}

impl Led {
    fn new(seed: u64) -> Led {
        let mut talk = Talk::on_air(seed);
        let lead = talk.world.add_browser(Browser::new(3));
        Led { talk, lead }
    }

    fn listen(&mut self, part: Part) {
        let call = self.talk.call();
        let word = self.talk.world.browsers[self.lead].listen(call, part);
        self.talk.world.say(self.lead, word);
        self.talk.world.run_for(SECOND);
    }

    fn part(&mut self, part: Part) {
        self.talk.world.say(self.lead, FromBrowser::Part(part));
        self.talk.world.run_for(SECOND);
    }

    /// Whom the browser at `at` hears within the last half second.
    fn hears(&self, at: usize, mark: u8) -> bool {
        let since = self.talk.world.now().mono - SECOND / 2;
        let late = self.talk.world.browsers[at].frames.iter().rev().take_while(|(came, _)| *came > since);
        let mut sounds = late.map(|(_, frame)| frame).filter(|frame| frame.codec.kind() == Kind::Audio);
        sounds.any(|frame| live::mark(frame) == mark)
    }

    fn sees(&self, at: usize, mark: u8) -> bool {
        crate::desk::pictures_of(&self.talk.world.browsers[at], mark)
    }

    /// What each of the three hears of the other two: visitor, desk, lead.
    fn ears(&self) -> [[bool; 2]; 3] {
        let (visitor, desk) = (self.talk.visitor, self.talk.desk);
        [
            [self.hears(visitor, DESK), self.hears(visitor, LEAD)],
            [self.hears(desk, VISITOR), self.hears(desk, LEAD)],
            [self.hears(self.lead, VISITOR), self.hears(self.lead, DESK)],
        ]
    }

    fn told(&self) -> Option<&ToBrowser> {
        self.talk.world.browsers[self.lead].words.last()
    }
}

const LISTENS: Part = Part::Monitor { agent: false };

#[test]
fn who_hears_whom_is_what_the_part_says() {
    for seed in 0..5 {
        let mut led = Led::new(seed);
        led.listen(LISTENS);
        assert_eq!(led.ears(), [[true, false], [true, false], [true, true]], "monitor");
        assert!(led.sees(led.lead, VISITOR));
        led.part(Part::Whisper { agent: true });
        assert_eq!(led.ears(), [[true, false], [true, true], [true, true]], "whisper");
        assert!(led.sees(led.lead, DESK) && led.sees(led.talk.visitor, DESK));
        led.part(Part::BargeIn { seen: true });
        assert_eq!(led.ears(), [[true, true], [true, true], [true, true]], "barge in");
        assert!(led.sees(led.talk.visitor, LEAD) && led.sees(led.talk.desk, VISITOR));
        led.part(Part::BargeIn { seen: false });
        assert!(led.sees(led.talk.visitor, DESK));
        led.part(LISTENS);
        assert_eq!(led.ears(), [[true, false], [true, false], [true, true]], "monitor again");
        led.talk.world.say(led.lead, FromBrowser::HangUp);
        led.talk.world.run_for(SECOND);
        assert_eq!(led.talk.world.browsers[led.lead].ended(), Some(Ended::HungUp));
        assert_eq!(led.ears()[..2], [[true, false], [true, false]], "nobody has noticed");
        assert!(led.talk.world.browsers[led.talk.desk].ended().is_none());
        let mixing = led.talk.world.transcoders.mixing();
        assert_eq!(mixing, 0, "nothing is mixed any more");
    }
}

#[test]
fn a_supervisor_takes_over_and_the_flow_goes_on_behind_them() {
    let mut led = Led::new(1);
    led.listen(LISTENS);
    led.part(Part::TakeOver);
    assert_eq!(led.talk.world.browsers[led.talk.desk].ended(), Some(Ended::TakenOver));
    assert!(matches!(led.talk.world.agent_states(1).last(), Some(AgentState::WrapUp { .. })));
    assert_eq!(led.talk.world.browsers[led.talk.visitor].talks_with(), Some("lead"));
    assert!(led.hears(led.talk.visitor, LEAD) && led.sees(led.talk.visitor, LEAD));
    assert!(led.hears(led.lead, VISITOR) && led.sees(led.lead, VISITOR));
    // From here on it is led like any conversation.
    led.talk.world.say(led.lead, FromBrowser::Wish(Wish::Curtain { on: true }));
    led.talk.world.run_for(SECOND);
    assert!(!led.sees(led.talk.visitor, LEAD) && led.hears(led.talk.visitor, LEAD));
    led.talk.world.run_for(20 * SECOND);
    assert!(led.talk.world.cdrs.is_empty(), "the pool has no say in it any more");
    led.talk.world.say(led.lead, FromBrowser::HangUp);
    assert!(led.talk.world.run_until(10 * SECOND, |world| !world.cdrs.is_empty()));
    assert_eq!(led.talk.world.cdrs[0].path, ["main", "agent", "bye"], "as after any agent");
    assert_eq!(led.talk.world.cdrs[0].agent.as_deref(), Some("lead"));
}

#[test]
fn who_has_taken_over_hands_on_like_an_agent() {
    let mut led = Led::new(2);
    led.listen(LISTENS);
    led.part(Part::TakeOver);
    let second = led.talk.world.add_browser(Browser { desk: Desk::Accepts(SECOND), ..Browser::new(5) });
    led.talk.world.sign_in(second, "desk2");
    led.talk.world.say(led.lead, FromBrowser::Wish(Wish::HandOn { queue: "experts".into() }));
    assert_eq!(led.talk.world.browsers[led.lead].ended(), Some(Ended::Over));
    led.talk.world.run_for(10 * SECOND);
    assert!(led.hears(led.talk.visitor, 105) && led.hears(second, VISITOR));
    led.talk.world.say(second, FromBrowser::HangUp);
    assert!(led.talk.world.run_until(10 * SECOND, |world| !world.cdrs.is_empty()));
    assert_eq!(led.talk.world.cdrs[0].path.last().map(String::as_str), Some("bye"));
}

#[test]
fn whoever_ends_the_conversation_ends_the_listening() {
    for ends in 0..4 {
        let mut led = Led::new(ends);
        led.listen(Part::BargeIn { seen: true });
        let (visitor, desk) = (led.talk.visitor, led.talk.desk);
        match ends {
            0 => led.talk.world.say(visitor, FromBrowser::HangUp),
            1 => led.talk.world.say(desk, FromBrowser::HangUp),
            2 => led.talk.world.lose(desk),
            _ => led.talk.world.say(desk, FromBrowser::Wish(Wish::HandOn { queue: "experts".into() })),
        }
        led.talk.world.run_for(SECOND);
        assert_eq!(led.talk.world.browsers[led.lead].ended(), Some(Ended::Over), "{ends}");
        assert_eq!(led.talk.world.transcoders.mixing(), 0);
        assert!(!led.hears(visitor, LEAD) || led.talk.world.browsers[visitor].ended().is_some(), "{ends}");
    }
}

#[test]
fn nobody_listens_where_nobody_talks_or_somebody_listens_already() {
    let mut led = Led::new(3);
    led.listen(LISTENS);
    let second = led.talk.world.add_browser(Browser::new(4));
    let call = led.talk.call();
    let refused = |led: &Led| match led.talk.world.browsers[second].words.last() {
        Some(ToBrowser::Refused { status, .. }) => *status,
        word => panic!("{word:?}"),
    };
    let word = led.talk.world.browsers[second].listen(call, LISTENS);
    led.talk.world.say(second, word);
    assert_eq!(refused(&led), 486);
    let word = led.talk.world.browsers[second].listen(call::CallId(call.0 + 9), LISTENS);
    led.talk.world.say(second, word);
    assert_eq!(refused(&led), 404);
    led.talk.world.say(led.talk.desk, FromBrowser::Wish(Wish::HandOn { queue: "experts".into() }));
    let word = led.talk.world.browsers[second].listen(call, LISTENS);
    led.talk.world.say(second, word);
    assert_eq!(refused(&led), 404, "the caller waits");
    // A part that is wished for by somebody who does not listen is nothing.
    led.talk.world.say(led.talk.visitor, FromBrowser::Part(Part::TakeOver));
    led.talk.world.run_for(SECOND);
    assert!(matches!(led.told(), Some(ToBrowser::Ended { .. })));
}

#[test]
fn a_supervisor_whose_media_never_flows_is_let_go_and_the_two_go_on() {
    let mut led = Led::new(4);
    led.talk.world.browsers[led.lead].connects_after = None;
    led.listen(Part::BargeIn { seen: true });
    assert_eq!(led.ears()[..2], [[true, false], [true, false]]);
    led.talk.world.run_for(40 * SECOND);
    assert_eq!(led.talk.world.browsers[led.lead].ended(), Some(Ended::NotConnected));
    assert_eq!(led.ears()[..2], [[true, false], [true, false]]);
}

#[test]
fn what_an_agent_does_meanwhile_holds_for_the_supervisor_too() {
    let mut led = Led::new(5);
    led.listen(Part::Whisper { agent: false });
    led.talk.wish(Wish::Hold { on: true });
    led.talk.world.run_for(SECOND);
    assert!(!led.hears(led.talk.visitor, DESK) && !led.hears(led.talk.desk, VISITOR));
    assert!(led.hears(led.lead, VISITOR) && led.hears(led.lead, DESK), "what either says meanwhile");
    led.talk.wish(Wish::Hold { on: false });
    assert_eq!(led.ears(), [[true, false], [true, true], [true, true]]);
    led.talk.wish(Wish::Curtain { on: true });
    led.part(Part::BargeIn { seen: true });
    assert!(!led.sees(led.talk.visitor, LEAD), "the curtain is before everybody");
    assert!(led.hears(led.talk.visitor, LEAD));
}

#[test]
fn what_is_played_to_the_caller_goes_on_whoever_listens() {
    let fetched = |led: &Led| led.talk.world.fetched.len();
    // The plate is said once.
    let mut led = Led { talk: Talk::new(8), lead: 0 };
    led.lead = led.talk.world.add_browser(Browser::new(3));
    let before = fetched(&led);
    led.listen(LISTENS);
    led.part(Part::Whisper { agent: false });
    assert_eq!(fetched(&led), before, "the plate");
    assert!(led.hears(led.talk.desk, LEAD), "an agent who comes on can be prompted");
    led.talk.world.run_for(6 * SECOND);
    assert!(led.talk.now().on_air && led.sees(led.talk.visitor, DESK));
    for wish in [Wish::Show { name: "film".into() }, Wish::Hold { on: true }] {
        let mut led = Led::new(9);
        led.listen(LISTENS);
        led.talk.wish(wish);
        let before = fetched(&led);
        led.part(Part::BargeIn { seen: true });
        led.talk.world.say(led.lead, FromBrowser::HangUp);
        led.talk.world.run_for(SECOND);
        assert_eq!(fetched(&led), before);
        assert!(!led.hears(led.talk.visitor, LEAD));
    }
}
