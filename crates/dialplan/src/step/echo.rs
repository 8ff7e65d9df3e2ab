//! `echo`: callers see and hear themselves, and how well what they send arrives is measured.
//!
//! Shows and says nothing itself. What is measured goes into variables, for the texts of the nodes behind it.

use std::time::Duration;

use super::{Cue, Field, Kind, Next, Outcome, Step};
use crate::check::Checker;
use crate::problem::Finding;
use crate::read::{Fields, Reader};
use crate::run::Stage;
use crate::service::Queues;
use crate::source::Word;
use crate::target::Exits;
use crate::text::Telling;
use crate::types::Type;
use crate::{Presentations, Quality, limits};

pub(super) static KIND: Kind = Kind {
    name: "echo",
    docs: "Sends callers their own picture and sound back, and measures what comes of them; a key ends it early.",
    fields: &[&[
        Field { name: "for", docs: "how long, `10s` by default, 5 minutes at most" },
        Field {
            name: "into",
            docs: "`{ loss, jitter, kbps, fps, sound, picture }`: variables that get percent of packets lost, milliseconds, kbit/s, pictures a second (of type number) and the names of the codecs (text)",
        },
    ]],
    outcomes: &[
        Outcome { name: "done", docs: "measured", waits: true },
        Outcome { name: "failed", docs: "nothing can be sent back", waits: false },
    ],
    example: "echo:
  for: 15s
  exits: { done: main, failed: sorry }",
    read,
};

#[derive(Debug)]
struct Echo {
    lasts: Duration,
    into: Vec<(Measure, Word)>,
    exits: Exits,
}

/// Something that is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Measure {
    Loss,
    Jitter,
    Kbps,
    Fps,
    Sound,
    Picture,
}

const MEASURES: [(&str, Measure); 6] = [
    ("loss", Measure::Loss),
    ("jitter", Measure::Jitter),
    ("kbps", Measure::Kbps),
    ("fps", Measure::Fps),
    ("sound", Measure::Sound),
    ("picture", Measure::Picture),
];

impl Measure {
    fn ty(self) -> Type {
        match self {
            Measure::Loss | Measure::Jitter | Measure::Kbps | Measure::Fps => Type::Number,
            Measure::Sound | Measure::Picture => Type::Text,
        }
    }

    fn of(self, quality: &Quality) -> minijinja::Value {
        match self {
            Measure::Loss => tenths(quality.loss_permille),
            Measure::Jitter => quality.jitter_ms.into(),
            Measure::Kbps => quality.kbps.into(),
            Measure::Fps => tenths(quality.fps_tenths),
            Measure::Sound => quality.sound.as_str().into(),
            Measure::Picture => quality.picture.as_str().into(),
        }
    }
}

/// A number with one decimal, and with none where that would be zero.
fn tenths(tenths: u32) -> minijinja::Value {
    if tenths.is_multiple_of(10) { (tenths / 10).into() } else { (f64::from(tenths) / 10.0).into() }
}

fn read(reader: &mut Reader, fields: &Fields<'_>) -> Option<Box<dyn Step>> {
    let lasts = fields.get("for").and_then(|tree| {
        let lasts = reader.duration("`for`", tree)?;
        if lasts > limits::ECHO_MAX {
            let message = format!("`for` is at most {} minutes", limits::ECHO_MAX.as_secs() / 60);
            reader.note(Finding::error("invalid-duration", tree.span, message, "too long"));
        }
        Some(lasts)
    });
    let known = MEASURES.map(|(name, _)| name);
    let given = fields.entry("into").and_then(|(key, tree)| reader.fields("`into`", key.span, tree, &known));
    let mut into = Vec::new();
    for (name, measure) in given.iter().flat_map(|_| MEASURES) {
        let tree = given.as_ref().and_then(|given| given.get(name));
        let word = tree.and_then(|tree| reader.word(&format!("`{name}`"), tree));
        into.extend(word.map(|word| (measure, word)));
    }
    let exits = Exits::read(reader, "an echo", fields, KIND.outcomes);
    Some(Box::new(Echo { lasts: lasts.unwrap_or(limits::ECHO), into, exits }))
}

impl Step for Echo {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn exits(&self) -> &Exits {
        &self.exits
    }

    fn sets(&self) -> Vec<&str> {
        self.into.iter().map(|(_, word)| word.value.as_str()).collect()
    }

    fn check(&self, checker: &mut Checker<'_>) {
        for (measure, word) in &self.into {
            let Some(ty) = checker.variable(word) else { continue };
            if *ty != measure.ty() {
                let message =
                    format!("`{}` holds {ty}, and what is measured is {}", word.value, measure.ty());
                let finding = Finding::error("wrong-type", word.span, message, format!("this is {ty}"));
                checker.note(finding.help(format!("declare `{}: {{ type: {} }}`", word.value, measure.ty())));
            }
        }
    }

    fn presentations(&self, _: &Telling<'_>, _: &Queues, _: &mut Presentations) {}

    fn start<'a>(&'a self, stage: &mut Stage<'_>) -> Next<'a> {
        stage.echo();
        stage.wake_after(self.lasts);
        Next::Wait
    }

    fn resume<'a>(&'a self, stage: &mut Stage<'_>, cue: Cue) -> Next<'a> {
        match cue {
            Cue::Key(_) => {
                stage.attended();
                stage.end_echo();
                Next::Wait
            }
            Cue::Time => {
                stage.end_echo();
                Next::Wait
            }
            Cue::Echoed => {
                let Some(quality) = stage.take_quality() else { return Next::Outcome("failed") };
                for (measure, word) in &self.into {
                    stage.give(&word.value, |_| Some(measure.of(&quality)));
                }
                Next::Outcome("done")
            }
            Cue::Queue(_) | Cue::PlayEnded | Cue::Transferred(_) | Cue::Answered(_) | Cue::Notified(_) => {
                Next::Wait
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, seeing};

    const NODES: &str =
        "  main: { echo: { into: { loss: times, sound: card }, exits: { done: told, failed: bye } } }
  told: { branch: { cases: [{ when: times == 1.5, to: right }], exits: { else: bye } } }
  right: { hangup: { say: card } }
";

    #[test]
    fn what_was_measured_is_known_behind_it() {
        check(NODES, seeing(), "~e", "main ECHO MEASURE told right (PCMU)");
        check(NODES, seeing(), "5e", "main ECHO MEASURE told right (PCMU)");
        check(NODES, seeing(), "x", "main ECHO bye END");
    }

    #[test]
    fn what_is_measured_too_late_is_passed_over() {
        check(NODES, seeing(), "xe", "main ECHO bye END");
        let twice = NODES.replace("else: bye", "else: main").replace("== 1.5", "== 99");
        check(&twice, seeing(), "~e", "main ECHO MEASURE told main ECHO");
    }
}
