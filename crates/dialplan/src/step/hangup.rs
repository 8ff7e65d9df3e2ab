//! `hangup`: says goodbye, if there is anything to say, and ends the call.

use super::{Cue, Field, Kind, Next, Step};
use crate::Presentations;
use crate::check::Checker;
use crate::read::{Fields, Reader};
use crate::run::Stage;
use crate::scene::{SLIDE_FIELDS, Scene};
use crate::service::Queues;
use crate::target::Exits;
use crate::text::Telling;

pub(super) static KIND: Kind = Kind {
    name: "hangup",
    docs: "Says goodbye and ends the call; keys do nothing any more.",
    fields: &[
        &SLIDE_FIELDS,
        &[
            Field { name: "say", docs: "texts that are said" },
            Field {
                name: "clip",
                docs: "clip of `media/clips`, after the speech; with a slide only its sound",
            },
        ],
    ],
    outcomes: &[],
    example: "hangup: { say: goodbye }",
    read,
};

#[derive(Debug)]
struct Hangup {
    scene: Scene,
    exits: Exits,
}

fn read(reader: &mut Reader, fields: &Fields<'_>) -> Option<Box<dyn Step>> {
    Some(Box::new(Hangup { scene: Scene::read(reader, fields), exits: Exits::default() }))
}

impl Step for Hangup {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn exits(&self) -> &Exits {
        &self.exits
    }

    fn needs_caller(&self) -> bool {
        !self.scene.is_empty()
    }

    fn check(&self, checker: &mut Checker<'_>) {
        self.scene.check(checker);
    }

    fn presentations(&self, telling: &Telling<'_>, _: &Queues, all: &mut Presentations) {
        all.add(self.scene.present(telling, true));
    }

    fn start<'a>(&'a self, stage: &mut Stage<'_>) -> Next<'a> {
        if self.scene.is_empty() {
            return Next::Hangup;
        }
        let telling = stage.telling();
        let presentation = self.scene.present(&telling, stage.has_video());
        stage.play(presentation, telling);
        Next::Wait
    }

    fn resume<'a>(&'a self, _: &mut Stage<'_>, cue: Cue) -> Next<'a> {
        match cue {
            Cue::PlayEnded => Next::Hangup,
            Cue::Key(_)
            | Cue::Time
            | Cue::Queue(_)
            | Cue::Transferred(_)
            | Cue::Answered(_)
            | Cue::Notified(_)
            | Cue::Echoed => Next::Wait,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, seeing};

    #[test]
    fn says_goodbye_before_it_ends() {
        let nodes = "  main: { branch: { cases: [{ when: has_video, to: end }], exits: { else: bye } } }
  end: { hangup: { slide: page.svg, say: hi } }
";
        check(nodes, seeing(), "1#~", "main end (page.svg hi) END");
        check(nodes, seeing(), ".", "main end (page.svg hi) END");
    }

    #[test]
    fn ends_at_once_when_there_is_nothing_to_say() {
        check("  main: { play: { say: hi, next: bye } }\n", seeing(), ".1.", "main (hi) bye END");
    }
}
