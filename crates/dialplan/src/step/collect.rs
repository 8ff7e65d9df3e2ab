//! `collect`: takes digits from the caller: a card number, a PIN.
//!
//! The first digit ends the prompt. The digits are complete when there are `max` of them, when the key `end` comes, or
//! when the caller pauses for longer than `between`; fewer than `min` are invalid then. Silence and invalid digits share
//! the tries, as in a menu. What was typed is the slide's `values.typed`: dots for a secret, which is written nowhere.

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
use crate::text::Telling;
use crate::types::Type;
use crate::yaml::{Tree, Value};
use crate::{Presentation, Presentations};

pub(super) static KIND: Kind = Kind {
    name: "collect",
    docs: "Takes digits from the caller into a variable: a card number, a PIN.",
    fields: &[
        &SLIDE_FIELDS,
        &[
            Field { name: "say", docs: "texts that are said" },
            FETCH_FIELD,
            Field { name: "into", docs: "variable of type text, number, money or secret that gets them" },
            Field { name: "digits", docs: "how many: `4`, or `{ min: 6, max: 11 }`; 1 to 32 by default" },
            Field { name: "end", docs: "key behind the last digit: `\"#\"`, the default, or `\"*\"`" },
            Field { name: "correct", docs: "key that takes back the last digit; none by default" },
            Field { name: "between", docs: "the longest pause between digits, `3s` by default" },
            Field { name: "timeout", docs: "time for the first digit after the prompt" },
            Field { name: "tries", docs: "how often the caller is asked" },
            Field { name: "secret", docs: "`true`: shown as dots; the variable is a `secret`" },
            Field { name: "barge_in", docs: "`false`: the prompt is heard to its end" },
        ],
    ],
    outcomes: &[
        Outcome { name: "done", docs: "the digits are there", waits: true },
        Outcome { name: "silence", docs: "no digit in time", waits: true },
        Outcome { name: "invalid", docs: "too few digits, or another key", waits: true },
        Outcome { name: "exhausted", docs: "silence or invalid on the last try", waits: true },
    ],
    example: "collect:
  slide: page.svg
  title: enter_card
  say: enter_card
  into: card
  digits: { min: 6, max: 18 }
  correct: \"*\"
  next: main",
    read,
};

#[derive(Debug)]
struct Collect {
    scene: Scene,
    into: Word,
    min: usize,
    max: usize,
    /// Where `digits` stands, else the step.
    digits_at: Span,
    end: char,
    correct: Option<char>,
    between: Duration,
    timeout: Option<Duration>,
    tries: Option<u32>,
    secret: bool,
    barge_in: bool,
    exits: Exits,
}

fn read(reader: &mut Reader, fields: &Fields<'_>) -> Option<Box<dyn Step>> {
    let into = fields.need(reader, "into").and_then(|tree| reader.word("`into`", tree));
    let (min, max) = match fields.entry("digits") {
        Some((key, tree)) => read_digits(reader, key.span, tree).unwrap_or((1, limits::DIGITS_MAX)),
        None => (1, limits::DIGITS_MAX),
    };
    let end = fields.get("end").and_then(|tree| read_key(reader, "end", tree)).unwrap_or('#');
    let correct = fields.get("correct").and_then(|tree| read_key(reader, "correct", tree));
    if correct == Some(end)
        && let Some((key, _)) = fields.entry("correct")
    {
        let message = format!("the key `{end}` ends the digits, and cannot correct them too");
        let finding = Finding::error("duplicate-key", key.span, message, "the same key");
        reader.note(finding.help("`\"#\"` for one of them and `\"*\"` for the other"));
    }
    let mut duration =
        |name: &str| fields.get(name).and_then(|tree| reader.duration(&format!("`{name}`"), tree));
    let (between, timeout) = (duration("between"), duration("timeout"));
    let mut flag = |name: &str| fields.get(name).and_then(|tree| reader.flag(&format!("`{name}`"), tree));
    let (secret, barge_in) = (flag("secret").unwrap_or(false), flag("barge_in").unwrap_or(true));
    let step = Collect {
        scene: Scene::read(reader, fields),
        into: into?,
        min: min as usize,
        max: max as usize,
        digits_at: fields.get("digits").map_or(fields.span(), |tree| tree.span),
        end,
        correct,
        between: between.unwrap_or(limits::BETWEEN_DIGITS),
        timeout,
        tries: fields.get("tries").and_then(|tree| reader.number("`tries`", tree, 1..=limits::TRIES_MAX)),
        secret,
        barge_in,
        exits: Exits::read(reader, "a collect", fields, KIND.outcomes),
    };
    Some(Box::new(step))
}

/// `4`, or `{ min, max }`.
fn read_digits(reader: &mut Reader, at: Span, tree: &Tree) -> Option<(u32, u32)> {
    let most = 1..=limits::DIGITS_MAX;
    if !matches!(tree.value, Value::Map(_)) {
        let exactly = reader.number("`digits`", tree, most)?;
        return Some((exactly, exactly));
    }
    let fields = reader.fields("`digits`", at, tree, &["min", "max"])?;
    let mut number = |name: &str, usual: u32| match fields.get(name) {
        Some(tree) => reader.number(&format!("`{name}`"), tree, most.clone()),
        None => Some(usual),
    };
    let (min, max) = (number("min", 1)?, number("max", limits::DIGITS_MAX)?);
    if min > max {
        let message = format!("no number of digits is at least {min} and at most {max}");
        reader.note(Finding::error("invalid-value", tree.span, message, "`min` is more than `max`"));
        return None;
    }
    Some((min, max))
}

/// A key that is no digit.
fn read_key(reader: &mut Reader, name: &str, tree: &Tree) -> Option<char> {
    let word = reader.word(&format!("`{name}`"), tree)?;
    match word.value.as_str() {
        "#" => Some('#'),
        "*" => Some('*'),
        _ => {
            let message = format!("`{name}` is the key \"#\" or \"*\"");
            reader.note(Finding::error("invalid-key", word.span, message, "not one of them"));
            None
        }
    }
}

impl Collect {
    fn present(&self, telling: &Telling<'_>, has_video: bool, typed: String) -> Presentation {
        let mut presentation = self.scene.present(telling, has_video);
        if let Some(slide) = &mut presentation.slide {
            slide.values.insert("typed".to_owned(), typed);
        }
        presentation
    }

    /// The slide with so many digits on it, and nothing said.
    fn present_typed(&self, telling: &Telling<'_>, has_video: bool, typed: &str) -> Presentation {
        let shown = if self.secret { "•".repeat(typed.len()) } else { typed.to_owned() };
        Presentation { speech: Vec::new(), clip: None, ..self.present(telling, has_video, shown) }
    }

    fn key(&self, stage: &mut Stage<'_>, key: char) -> Next<'_> {
        let mut typed = stage.typed().unwrap_or_default().to_owned();
        match key {
            '0'..='9' => typed.push(key),
            _ if Some(key) == self.correct => {
                typed.pop();
            }
            _ if key == self.end => return self.complete(stage),
            _ => return stage.fail(self.tries, "invalid"),
        }
        stage.attended();
        let telling = stage.telling();
        let shown = self.present_typed(&telling, stage.has_video(), &typed);
        let full = typed.len() >= self.max;
        // With nothing typed the caller may think about the first digit again.
        let wait = if typed.is_empty() { self.first(stage) } else { self.between };
        stage.set_typed(typed);
        if full {
            // Many press it all the same, and it is not meant for what comes next.
            stage.overhear(self.end);
            return self.complete(stage);
        }
        stage.play(shown, telling);
        stage.wake_after(wait);
        Next::Wait
    }

    fn first(&self, stage: &Stage<'_>) -> Duration {
        self.timeout.unwrap_or(stage.defaults().timeout)
    }

    /// The caller has typed all there will be.
    fn complete(&self, stage: &mut Stage<'_>) -> Next<'_> {
        let typed = stage.typed().unwrap_or_default().to_owned();
        if typed.len() < self.min {
            return stage.fail(self.tries, "invalid");
        }
        stage.forget_failures();
        stage.give(&self.into.value, |ty| value_of(&typed, ty));
        Next::Outcome("done")
    }
}

/// Digits as a value of a type; none where the checker has refused the type.
fn value_of(digits: &str, ty: &Type) -> Option<Known> {
    match ty {
        Type::Text | Type::Secret => Some(Known::from(digits)),
        Type::Number | Type::Money => digits.parse::<i64>().ok().map(Known::from),
        Type::Optional(inner) => value_of(digits, inner),
        Type::Flag
        | Type::Date
        | Type::Time
        | Type::OneOf(_)
        | Type::List(_)
        | Type::Record(_)
        | Type::Unknown => None,
    }
}

impl Step for Collect {
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
        let Some(ty) = checker.variable(&self.into) else { return };
        let (name, at) = (&self.into.value, self.into.span);
        let finding = match (ty, self.secret) {
            (ty, false) if ty.is_secret() => {
                Finding::error("secret-used", at, format!("`{name}` is a secret"), "shown as it is typed")
                    .help("add `secret: true`, so that dots are shown")
            }
            (ty, true) if !ty.is_secret() => {
                Finding::error("secret-used", at, format!("`{name}` is no secret"), format!("this is {ty}"))
                    .help(format!("declare it as `{name}: {{ type: secret }}`, or remove `secret: true`"))
            }
            (ty, _) if value_of("1", ty).is_none() => {
                let message = format!("digits cannot be kept in `{name}`");
                Finding::error("wrong-type", at, message, format!("this is {ty}"))
                    .help("digits are text, number, money or secret")
            }
            (ty, _) if value_of(&"9".repeat(self.max), ty).is_none() || self.loses_digits(ty) => {
                let message = format!("a number has at most {} digits", limits::DIGITS_OF_NUMBER_MAX);
                Finding::error("invalid-value", self.digits_at, message, "more can be typed")
                    .help("set `max` of `digits`, or make the variable `text`")
            }
            _ => return,
        };
        checker.note(finding);
    }

    fn prompt(&self, telling: &Telling<'_>) -> Option<Presentation> {
        Some(self.present(telling, true, String::new()))
    }

    fn presentations(&self, telling: &Telling<'_>, _: &Queues, all: &mut Presentations) {
        all.add(self.present(telling, true, String::new()));
        // Dots are the same for everybody; what else is typed is drawn when it is.
        let dots = if self.secret { self.max } else { 0 };
        for count in 1..dots {
            all.add(self.present_typed(telling, true, &"0".repeat(count)));
        }
    }

    fn start<'a>(&'a self, stage: &mut Stage<'_>) -> Next<'a> {
        if let Some(key @ '0'..='9') = stage.take_ahead() {
            return self.key(stage, key);
        }
        let telling = stage.telling();
        let presentation = self.present(&telling, stage.has_video(), String::new());
        stage.play(presentation, telling);
        Next::Wait
    }

    fn resume<'a>(&'a self, stage: &mut Stage<'_>, cue: Cue) -> Next<'a> {
        match cue {
            Cue::Key(_) if stage.typed().is_none() && stage.is_playing() && !self.barge_in => Next::Wait,
            Cue::Key(key) => self.key(stage, key),
            Cue::PlayEnded if stage.typed().is_none() => {
                stage.wake_after(self.first(stage));
                Next::Wait
            }
            Cue::Time if stage.typed().is_none_or(str::is_empty) => stage.fail(self.tries, "silence"),
            Cue::Time => self.complete(stage),
            Cue::PlayEnded
            | Cue::Queue(_)
            | Cue::Transferred(_)
            | Cue::Answered(_)
            | Cue::Notified(_)
            | Cue::Echoed => Next::Wait,
        }
    }
}

impl Collect {
    /// Whether the last digits of a long number could change.
    fn loses_digits(&self, ty: &Type) -> bool {
        match ty {
            Type::Number | Type::Money => self.max > limits::DIGITS_OF_NUMBER_MAX,
            Type::Optional(inner) => self.loses_digits(inner),
            Type::Text
            | Type::Secret
            | Type::Flag
            | Type::Date
            | Type::Time
            | Type::OneOf(_)
            | Type::List(_)
            | Type::Record(_)
            | Type::Unknown => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Facts;
    use crate::testing::{check, seeing, service};

    /// Behind it a menu, so that the end is seen to wait.
    fn nodes(fields: &str) -> String {
        format!(
            "  main: {{ collect: {{ slide: page.svg, say: hi, {fields}, next: menu }} }}
  menu: {{ menu: {{ slide: page.svg, lines: card, items: {{ \"1\": {{ say: one, to: bye }} }}, footer: {{ \"#\": $repeat }} }} }}\n"
        )
    }

    const CARD: &str = "into: card, digits: { min: 2, max: 3 }, correct: \"*\"";
    const ASKED: &str = "main (page.svg hi)";
    const BLIND: fn() -> Facts = || Facts { has_video: false, ..seeing() };

    #[test]
    fn the_last_possible_digit_completes_them() {
        check(
            &nodes(CARD),
            seeing(),
            "123",
            &format!(
                "{ASKED} (page.svg typed=1) (page.svg typed=12) menu (page.svg 123 1:ONE #:AGAIN one=1)"
            ),
        );
        check(&nodes(CARD), BLIND(), "123", "main (hi) () () menu (one=1 again=hash)");
    }

    #[test]
    fn fewer_are_completed_by_a_key_or_a_pause() {
        let typed = format!("{ASKED} (page.svg typed=1) (page.svg typed=12)");
        let done = "menu (page.svg 12 1:ONE #:AGAIN one=1)";
        check(&nodes(CARD), seeing(), "12#", &format!("{typed} {done}"));
        check(&nodes(CARD), seeing(), "12.~", &format!("{typed} {done}"));
        check(&nodes(CARD), seeing(), "12~", &format!("{typed} {done}"));
    }

    #[test]
    fn too_few_are_invalid_and_silence_shares_the_tries() {
        let typed = format!("{ASKED} (page.svg typed=1)");
        check(&nodes(CARD), seeing(), "1#", &format!("{typed} {ASKED}"));
        check(&nodes(CARD), seeing(), "1~.~", &format!("{typed} {ASKED} bye END"));
        check(&nodes(CARD), seeing(), "##", &format!("{ASKED} {ASKED} bye END"));
        check(&nodes(&format!("{CARD}, tries: 1")), seeing(), ".~", &format!("{ASKED} bye END"));
    }

    #[test]
    fn a_digit_can_be_taken_back() {
        let typed = format!("{ASKED} (page.svg typed=1) (page.svg)");
        check(&nodes(CARD), seeing(), "1**", &format!("{typed} (page.svg)"));
        check(&nodes(CARD), seeing(), "1*.~", &format!("{typed} {ASKED}"));
        let other = nodes("into: card, digits: 2, correct: \"#\", end: \"*\"");
        let typed = format!("{ASKED} (page.svg typed=1) (page.svg) (page.svg typed=2)");
        check(&other, seeing(), "1#23", &format!("{typed} menu (page.svg 23 1:ONE #:AGAIN one=1)"));
        let without = nodes("into: card, digits: 2");
        check(&without, seeing(), "*", &format!("{ASKED} {ASKED}"));
    }

    #[test]
    fn the_end_key_behind_the_last_digit_means_nothing_to_what_follows() {
        let done = "menu (page.svg 12 1:ONE #:AGAIN one=1)";
        let fixed = nodes("into: card, digits: 2");
        let typed = format!("{ASKED} (page.svg typed=1)");
        check(&fixed, seeing(), "12#", &format!("{typed} {done}"));
        check(&fixed, seeing(), "12##", &format!("{typed} {done} {done}"));
        check(&fixed, seeing(), "12.~#", &format!("{typed} {done} {done} {done}"));
        check(&fixed, seeing(), "121", &format!("{typed} {done} bye END"));
    }

    #[test]
    fn a_digit_typed_ahead_is_the_first_one() {
        let nodes = "  main: { play: { say: two, next: ask } }
  ask: { collect: { slide: page.svg, say: hi, into: card, digits: 2, next: bye } }\n";
        check(nodes, seeing(), "12", "main (two) ask (page.svg typed=1) bye END");
        check(nodes, seeing(), "*", "main (two) ask (page.svg hi)");
    }

    #[test]
    fn without_barge_in_digits_wait_for_the_end_of_the_prompt() {
        let nodes = nodes("into: card, digits: 3, barge_in: false");
        let typed = format!("{ASKED} (page.svg typed=2) (page.svg typed=23)");
        check(&nodes, seeing(), "1.23", &typed);
    }

    #[test]
    fn numbers_are_calculated_with() {
        let nodes = "  main: { collect: { say: hi, into: stars, digits: 2, next: big } }
  big: { branch: { cases: [{ when: stars + 1 == 8, to: main }], exits: { else: bye } } }\n";
        check(nodes, seeing(), "07", "main (hi) () big main (hi)");
        check(nodes, seeing(), "70", "main (hi) () big bye END");
    }

    #[test]
    fn a_secret_is_shown_as_dots_that_are_drawn_ahead_and_is_written_nowhere() {
        let nodes = "  main: { collect: { slide: page.svg, say: hi, into: pin, digits: 4, secret: true, next: right } }
  right: { branch: { cases: [{ when: pin == \"1234\", to: main }], exits: { else: bye } } }\n";
        let asked = "main (page.svg hi) (page.svg typed=•) (page.svg typed=••) (page.svg typed=•••) right";
        check(nodes, seeing(), "1234", &format!("{asked} main (page.svg hi)"));
        check(nodes, seeing(), "1235", &format!("{asked} bye END"));
        let service = service(nodes);
        let drawn = service.presentations().slides.iter().filter(|slide| slide.language == "en");
        assert_eq!(drawn.count(), 4, "none, and one to three dots");
        let mut run = crate::Run::new(service.clone(), service.flows()[0].id(), seeing(), 0);
        run.handle_input(crate::testing::some_time(), crate::Event::Start);
        for key in "987".chars() {
            run.handle_input(crate::testing::some_time(), crate::Event::Digit(key));
        }
        // In quotes, since a time may have any digits.
        assert!(!format!("{run:?}").contains("\"987"), "{run:?}");
    }
}
