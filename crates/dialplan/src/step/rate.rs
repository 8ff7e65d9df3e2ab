//! `rate`: the caller gives stars by key.
//!
//! Each number of stars is a row of the slide with its key. With `labels` the rows have words, which are said too;
//! without, what the keys mean is for `say`. Silence and other keys share the tries, as in a menu.

use std::time::Duration;

use minijinja::value::Value as Known;

use super::{Cue, FETCH_FIELD, Field, Kind, Next, Outcome, Step};
use crate::check::Checker;
use crate::limits;
use crate::problem::Finding;
use crate::read::{Fields, Reader};
use crate::run::Stage;
use crate::scene::{SLIDE_FIELDS, Scene};
use crate::service::Queues;
use crate::source::{Span, Word};
use crate::target::Exits;
use crate::text::{PRESS, Telling};
use crate::types::Type;
use crate::{Presentation, Presentations, Row};

pub(super) static KIND: Kind = Kind {
    name: "rate",
    docs: "Asks the caller for stars, by key, with a row for each number of them.",
    fields: &[
        &SLIDE_FIELDS,
        &[
            Field { name: "say", docs: "texts that are said" },
            FETCH_FIELD,
            Field { name: "into", docs: "variable of type number that gets them" },
            Field { name: "stars", docs: "how many at most, 2 to 5; 5 by default" },
            Field { name: "labels", docs: "texts in place of the stars, from one star on; said too" },
            Field { name: "timeout", docs: "time for a key after the prompt" },
            Field { name: "tries", docs: "how often the caller is asked" },
            Field { name: "barge_in", docs: "`false`: the prompt is heard to its end" },
        ],
    ],
    outcomes: &[
        Outcome { name: "done", docs: "the stars are there", waits: true },
        Outcome { name: "silence", docs: "no key in time", waits: true },
        Outcome { name: "invalid", docs: "a key that is no number of stars", waits: true },
        Outcome { name: "exhausted", docs: "silence or invalid on the last try", waits: true },
    ],
    example: "rate:
  slide: menu.svg
  title: how_was_it
  say: how_was_it
  into: stars
  exits: { done: bye, silence: bye }",
    read,
};

#[derive(Debug)]
struct Rate {
    scene: Scene,
    into: Word,
    stars: u32,
    /// Where they stand, else the step.
    labels_at: Span,
    labels: Vec<Word>,
    timeout: Option<Duration>,
    tries: Option<u32>,
    barge_in: bool,
    exits: Exits,
}

fn read(reader: &mut Reader, fields: &Fields<'_>) -> Option<Box<dyn Step>> {
    let into = fields.need(reader, "into").and_then(|tree| reader.word("`into`", tree));
    let most = fields.get("stars").and_then(|tree| reader.number("`stars`", tree, 2..=limits::STARS_MAX));
    let labels = fields.get("labels").map(|tree| reader.words("`labels`", tree)).unwrap_or_default();
    let step = Rate {
        scene: Scene::read(reader, fields),
        into: into?,
        stars: most.unwrap_or(limits::STARS_MAX),
        labels_at: fields.get("labels").map_or(fields.span(), |tree| tree.span),
        labels,
        timeout: fields.get("timeout").and_then(|tree| reader.duration("`timeout`", tree)),
        tries: fields.get("tries").and_then(|tree| reader.number("`tries`", tree, 1..=limits::TRIES_MAX)),
        barge_in: fields.get("barge_in").and_then(|tree| reader.flag("`barge_in`", tree)).unwrap_or(true),
        exits: Exits::read(reader, "a rating", fields, KIND.outcomes),
    };
    Some(Box::new(step))
}

impl Rate {
    fn present(&self, telling: &Telling<'_>, has_video: bool) -> Presentation {
        let mut presentation = self.scene.present(telling, has_video);
        let labels = || (1..).zip(&self.labels).filter_map(|(stars, label)| Some((key(stars)?, label)));
        presentation.speech.extend(labels().filter_map(|(key, label)| telling.press(&label.value, key)));
        if let Some(slide) = &mut presentation.slide {
            slide.rows = match self.labels.is_empty() {
                true => (1..=self.stars).map(|stars| self.drawn(stars)).collect(),
                false => labels().map(|(key, label)| telling.row(&label.value, key)).collect(),
            };
        }
        presentation
    }

    /// So many stars of all.
    fn drawn(&self, stars: u32) -> Row {
        let label = (1..=self.stars).map(|star| if star <= stars { '★' } else { '☆' }).collect();
        Row { key: stars.to_string(), label }
    }
}

fn key(stars: u32) -> Option<char> {
    char::from_digit(stars, 10)
}

impl Step for Rate {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn exits(&self) -> &Exits {
        &self.exits
    }

    fn sets(&self) -> Vec<&str> {
        vec![&self.into.value]
    }

    fn check(&self, checker: &mut Checker<'_>) {
        self.scene.check(checker);
        for label in &self.labels {
            checker.text(label);
        }
        if !self.labels.is_empty() {
            checker.text_named(PRESS, self.labels_at);
            if self.labels.len() != self.stars as usize {
                let message = format!("there are {} stars, and {} labels", self.stars, self.labels.len());
                let finding = Finding::error("invalid-value", self.labels_at, message, "one for each");
                checker.note(finding.help("a label for each number of stars, from one on"));
            } else if self.scene.slide.is_some() {
                self.labels.iter().for_each(|label| checker.row_label(&label.value));
            }
        }
        match checker.variable(&self.into) {
            None | Some(Type::Number) => {}
            Some(Type::Optional(inner)) if **inner == Type::Number => {}
            Some(ty) => {
                let message = format!("stars cannot be kept in `{}`", self.into.value);
                let finding = Finding::error("wrong-type", self.into.span, message, format!("this is {ty}"));
                checker
                    .note(finding.help(format!("declare it as `{}: {{ type: number }}`", self.into.value)));
            }
        }
    }

    fn prompt(&self, telling: &Telling<'_>) -> Option<Presentation> {
        Some(self.present(telling, true))
    }

    fn presentations(&self, telling: &Telling<'_>, _: &Queues, all: &mut Presentations) {
        all.add(self.present(telling, true));
    }

    fn start<'a>(&'a self, stage: &mut Stage<'_>) -> Next<'a> {
        let telling = stage.telling();
        let presentation = self.present(&telling, stage.has_video());
        stage.play(presentation, telling);
        Next::Wait
    }

    fn resume<'a>(&'a self, stage: &mut Stage<'_>, cue: Cue) -> Next<'a> {
        match cue {
            Cue::Key(_) if stage.is_playing() && !self.barge_in => Next::Wait,
            Cue::Key(key) => match key.to_digit(10).filter(|stars| (1..=self.stars).contains(stars)) {
                Some(stars) => {
                    stage.forget_failures();
                    stage.rated(stars, self.stars);
                    stage.give(&self.into.value, |_| Some(Known::from(stars)));
                    Next::Outcome("done")
                }
                None => stage.fail(self.tries, "invalid"),
            },
            Cue::PlayEnded => {
                stage.wake_after(self.timeout.unwrap_or(stage.defaults().timeout));
                Next::Wait
            }
            Cue::Time => stage.fail(self.tries, "silence"),
            Cue::Queue(_) | Cue::Transferred(_) | Cue::Answered(_) | Cue::Notified(_) | Cue::Echoed => {
                Next::Wait
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Facts;
    use crate::testing::{check, seeing};

    fn nodes(fields: &str) -> String {
        format!(
            "  main: {{ rate: {{ slide: page.svg, say: hi, into: stars, {fields}, exits: {{ done: thanks }} }} }}
  thanks: {{ branch: {{ cases: [{{ when: stars >= 3, to: good }}], exits: {{ else: bye }} }} }}
  good: {{ hangup: {{ say: two }} }}\n"
        )
    }

    const ASKED: &str = "main (page.svg 1:★☆☆ 2:★★☆ 3:★★★ hi)";

    #[test]
    fn a_key_gives_so_many_stars() {
        check(&nodes("stars: 3"), seeing(), "3", &format!("{ASKED} thanks good (two)"));
        check(&nodes("stars: 3"), seeing(), "2", &format!("{ASKED} thanks bye END"));
        check(&nodes("stars: 3"), Facts { has_video: false, ..seeing() }, "", "main (hi)");
    }

    #[test]
    fn other_keys_and_silence_share_the_tries() {
        check(&nodes("stars: 3"), seeing(), "4", &format!("{ASKED} {ASKED}"));
        check(&nodes("stars: 3"), seeing(), "0.~", &format!("{ASKED} {ASKED} bye END"));
        check(&nodes("stars: 3, tries: 1"), seeing(), ".~", &format!("{ASKED} bye END"));
    }

    #[test]
    fn labels_are_drawn_and_said() {
        let asked = "main (page.svg 1:ONE 2:TWO hi one=1 two=2)";
        check(&nodes("stars: 2, labels: [one, two]"), seeing(), "", asked);
    }

    #[test]
    fn without_barge_in_keys_wait_for_the_end() {
        let nodes = nodes("stars: 3, barge_in: false");
        check(&nodes, seeing(), "3.2", &format!("{ASKED} thanks bye END"));
    }
}
