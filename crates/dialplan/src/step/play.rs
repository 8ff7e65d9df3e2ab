//! `play`: shows a slide, says something or plays a clip, and goes on.
//!
//! A key ends it at once unless `barge_in: false`; if the menu that comes next has this key, it acts
//! there, so that a caller who knows the way need not wait for the welcome to end.

use std::time::Duration;

use super::{Cue, FETCH_FIELD, Field, Kind, Next, Outcome, Step};
use crate::check::Checker;
use crate::problem::Finding;
use crate::read::{Fields, Reader};
use crate::run::Stage;
use crate::scene::{SLIDE_FIELDS, Scene};
use crate::service::Queues;
use crate::source::Span;
use crate::target::Exits;
use crate::text::Telling;
use crate::{Presentation, Presentations};

pub(super) static KIND: Kind = Kind {
    name: "play",
    docs: "Shows a slide, says something, plays a clip, and goes on; a key ends it early.",
    fields: &[
        &SLIDE_FIELDS,
        &[
            Field { name: "say", docs: "texts that are said" },
            FETCH_FIELD,
            Field {
                name: "clip",
                docs: "clip of `media/clips`, after the speech; with a slide only its sound",
            },
            Field { name: "for", docs: "at least so long, for a slide without sound" },
            Field { name: "barge_in", docs: "`false`: no key ends it" },
        ],
    ],
    outcomes: &[Outcome { name: "done", docs: "over, or ended by a key", waits: false }],
    example: "play:
  slide: title.svg
  title: welcome_title
  say: welcome
  next: main",
    read,
};

#[derive(Debug)]
struct Play {
    span: Span,
    scene: Scene,
    at_least: Option<Duration>,
    barge_in: bool,
    exits: Exits,
}

fn read(reader: &mut Reader, fields: &Fields<'_>) -> Option<Box<dyn Step>> {
    Some(Box::new(Play {
        span: fields.span(),
        scene: Scene::read(reader, fields),
        at_least: fields.get("for").and_then(|tree| reader.duration("`for`", tree)),
        barge_in: fields.get("barge_in").and_then(|tree| reader.flag("`barge_in`", tree)).unwrap_or(true),
        exits: Exits::read(reader, "a play", fields, KIND.outcomes),
    }))
}

impl Step for Play {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn exits(&self) -> &Exits {
        &self.exits
    }

    fn check(&self, checker: &mut Checker<'_>) {
        self.scene.check(checker);
        if self.scene.is_empty() {
            let finding = Finding::error("empty", self.span, "this `play` plays nothing", "nothing to play");
            checker.note(finding.help("add `slide`, `say` or `clip`"));
        } else if self.scene.say.is_empty() && self.scene.clip.is_none() && self.at_least.is_none() {
            let finding = Finding::error(
                "missing-field",
                self.span,
                "nothing says how long this slide stays",
                "no sound",
            );
            checker.note(finding.help("add `say: ...`, or `for: 3s`"));
        }
    }

    fn prompt(&self, telling: &Telling<'_>) -> Option<Presentation> {
        Some(self.scene.present(telling, true))
    }

    fn presentations(&self, telling: &Telling<'_>, _: &Queues, all: &mut Presentations) {
        all.add(self.scene.present(telling, true));
    }

    fn start<'a>(&'a self, stage: &mut Stage<'_>) -> Next<'a> {
        let telling = stage.telling();
        let presentation = self.scene.present(&telling, stage.has_video());
        stage.play(presentation, telling);
        if let Some(at_least) = self.at_least {
            stage.wake_after(at_least);
        }
        Next::Wait
    }

    fn resume<'a>(&'a self, stage: &mut Stage<'_>, cue: Cue) -> Next<'a> {
        match cue {
            Cue::Key(key) if self.barge_in => {
                stage.type_ahead(key);
                Next::Outcome("done")
            }
            Cue::Key(_)
            | Cue::Queue(_)
            | Cue::Transferred(_)
            | Cue::Answered(_)
            | Cue::Notified(_)
            | Cue::Echoed => Next::Wait,
            Cue::PlayEnded if stage.is_waking() => Next::Wait,
            Cue::Time if stage.is_playing() => Next::Wait,
            Cue::PlayEnded | Cue::Time => Next::Outcome("done"),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Facts;
    use crate::testing::{check, seeing};

    #[test]
    fn shows_says_and_goes_on() {
        let play = "  main: { play: { slide: page.svg, title: hi, lines: [one, two], say: [one, two], clip: clip.mp4, next: bye } }\n";
        check(play, seeing(), "", "main (page.svg HI ONE TWO one two clip.mp4)");
        check(play, seeing(), ".", "main (page.svg HI ONE TWO one two clip.mp4) bye END");
        check(play, Facts { has_video: false, ..seeing() }, "", "main (one two clip.mp4)");
    }

    #[test]
    fn a_key_ends_it_and_acts_in_the_menu_behind() {
        let nodes = "  main: { play: { say: hi, next: menu } }
  menu: { menu: { items: { \"1\": { say: one, to: bye } } } }
";
        check(nodes, seeing(), "1", "main (hi) menu bye END");
        check(nodes, seeing(), "2", "main (hi) menu (one=1)");
    }

    #[test]
    fn without_barge_in_it_is_heard_to_its_end() {
        let play = "  main: { play: { say: hi, barge_in: false, next: bye } }\n";
        check(play, seeing(), "1", "main (hi)");
        check(play, seeing(), "1.", "main (hi) bye END");
    }

    #[test]
    fn stays_for_the_sound_and_for_the_time() {
        let play = "  main: { play: { slide: page.svg, say: hi, for: 3s, next: bye } }\n";
        check(play, seeing(), ".", "main (page.svg hi)");
        check(play, seeing(), ".~", "main (page.svg hi) bye END");
        check(play, seeing(), "~", "main (page.svg hi)");
        check(play, seeing(), "~.", "main (page.svg hi) bye END");
    }
}
