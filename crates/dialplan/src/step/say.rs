//! `say`: says a value without a text for it, and goes on: an amount, a number, a day, digits.
//!
//! A value is read as the filter of texts with the same name reads it (`reading`): in words for the ear, in figures for
//! the slide, where it is `highlight`. Several values, and texts between them, stand under `parts`. It ends as `play`
//! does: a key ends it at once unless `barge_in: false`, and acts in the menu behind it.

use std::collections::BTreeSet;

use super::{Cue, FETCH_FIELD, Field, Kind, Next, Outcome, Step};
use crate::Presentations;
use crate::check::Checker;
use crate::expression::Expression;
use crate::limits;
use crate::problem::Finding;
use crate::read::{Fields, Reader, unknown};
use crate::reading::{FILTERS, Filter, currencies};
use crate::run::Stage;
use crate::scene::{SLIDE_FIELDS, Scene};
use crate::service::Queues;
use crate::source::Word;
use crate::target::Exits;
use crate::text::Telling;
use crate::yaml::{Tree, Value};
use crate::{Presentation, Utterance};

/// The fields that hold a value, each with the name of its filter.
pub(crate) const VALUE_FIELDS: [Field; 7] = [
    Field { name: "money", docs: "an expression for an amount of money" },
    Field { name: "number", docs: "an expression for a number" },
    Field { name: "digits", docs: "an expression for what is said digit by digit" },
    Field { name: "date", docs: "an expression for a day" },
    Field { name: "time", docs: "an expression for a time of the day" },
    Field { name: "duration", docs: "an expression for seconds, or a duration" },
    Field { name: "bytes", docs: "an expression for octets, or an amount of data" },
];

/// Beside `money`.
pub(crate) const CURRENCY_FIELD: Field =
    Field { name: "currency", docs: "of `money`: `CNY`, the default, `USD`, `EUR` or `HKD`" };

pub(super) static KIND: Kind = Kind {
    name: "say",
    docs: "Says a value, such as an amount or a day, without a text for it, and goes on; a key ends it early.",
    fields: &[
        &SLIDE_FIELDS,
        &[Field { name: "text", docs: "texts that are said before the value" }],
        &VALUE_FIELDS,
        &[
            CURRENCY_FIELD,
            Field {
                name: "parts",
                docs: "instead: a list of names of texts, and of values such as `{ money: bill.yuan }`",
            },
            FETCH_FIELD,
            Field { name: "barge_in", docs: "`false`: no key ends it" },
        ],
    ],
    outcomes: &[Outcome { name: "done", docs: "over, or ended by a key", waits: false }],
    example: "say:
  slide: page.svg
  title: balance
  text: balance
  money: 58.20
  currency: CNY
  next: main",
    read,
};

#[derive(Debug)]
struct Say {
    scene: Scene,
    parts: Vec<Part>,
    barge_in: bool,
    exits: Exits,
}

/// What is said in one piece.
#[derive(Debug)]
enum Part {
    Text(Word),
    /// `word` is what the filter has in parentheses, or empty.
    Value {
        filter: &'static Filter,
        value: Expression,
        word: String,
    },
}

fn read(reader: &mut Reader, fields: &Fields<'_>) -> Option<Box<dyn Step>> {
    let barge_in = fields.get("barge_in").and_then(|tree| reader.flag("`barge_in`", tree));
    let scene = Scene::read(reader, fields);
    let exits = Exits::read(reader, "a say", fields, KIND.outcomes);
    let parts = read_parts(reader, fields)?;
    Some(Box::new(Say { scene, parts, barge_in: barge_in.unwrap_or(true), exits }))
}

fn read_parts(reader: &mut Reader, fields: &Fields<'_>) -> Option<Vec<Part>> {
    let texts = fields.get("text").map(|tree| reader.words("`text`", tree)).unwrap_or_default();
    let has_value = VALUE_FIELDS.iter().any(|field| fields.get(field.name).is_some());
    let Some((key, tree)) = fields.entry("parts") else {
        let texts = texts.into_iter().map(Part::Text);
        if fields.get("text").is_some() && !has_value && fields.get(CURRENCY_FIELD.name).is_none() {
            return Some(texts.collect());
        }
        let value = read_value(reader, fields)?;
        return Some(texts.chain([value]).collect());
    };
    if has_value || fields.get("text").is_some() || fields.get(CURRENCY_FIELD.name).is_some() {
        let finding = Finding::error("wrong-shape", key.span, "`parts` stands alone", "beside others");
        reader.note(finding.help("put the texts and values into `parts`, in their order"));
        return None;
    }
    read_list(reader, tree)
}

fn read_list(reader: &mut Reader, tree: &Tree) -> Option<Vec<Part>> {
    let items: &[Tree] = match &tree.value {
        Value::List(items) => items,
        Value::Empty | Value::Scalar(_) | Value::Map(_) => std::slice::from_ref(tree),
    };
    if items.is_empty() {
        reader.note(Finding::error("empty", tree.span, "this `say` says nothing", "no parts"));
        return None;
    }
    if items.len() > limits::PARTS_MAX {
        let message = format!("a `say` has at most {} parts", limits::PARTS_MAX);
        reader.note(Finding::error("too-many", tree.span, message, "too many"));
        return None;
    }
    // All of them are read, so that all mistakes are told at once.
    let parts: Vec<Option<Part>> = items.iter().map(|item| read_part(reader, item)).collect();
    parts.into_iter().collect()
}

/// The name of a text, or a value.
fn read_part(reader: &mut Reader, tree: &Tree) -> Option<Part> {
    let Value::Map(_) = &tree.value else { return reader.word("a part", tree).map(Part::Text) };
    let known: Vec<&str> = VALUE_FIELDS.iter().chain([&CURRENCY_FIELD]).map(|field| field.name).collect();
    let count = reader.findings.len();
    let fields = reader.fields("a part", tree.span, tree, &known)?;
    // What is misspelt is not missing besides.
    let is_sound = reader.findings.len() == count;
    is_sound.then(|| read_value(reader, &fields))?
}

/// The one value among these fields.
fn read_value(reader: &mut Reader, fields: &Fields<'_>) -> Option<Part> {
    let mut values = FILTERS.iter().filter_map(|filter| Some((filter, fields.entry(filter.name)?)));
    let Some((filter, (_, tree))) = values.next() else {
        let finding =
            Finding::error("missing-field", fields.span(), "nothing says which value", "says what?");
        reader.note(finding.help(format!("add one of {}", FILTERS.each_ref().map(|f| f.name).join(", "))));
        return None;
    };
    if let Some((second, (key, _))) = values.next() {
        let message = format!("there is a value already, `{}`", filter.name);
        let finding = Finding::error("wrong-shape", key.span, message, "a second one");
        let both = format!("`parts: [{{ {}: ... }}, {{ {}: ... }}]`", filter.name, second.name);
        reader.note(finding.help(format!("write several as {both}")));
        return None;
    }
    let word = read_currency(reader, fields, filter)?;
    let source = reader.word(&format!("`{}`", filter.name), tree)?;
    let value = Expression::new(source).map_err(|finding| reader.note(finding)).ok()?;
    Some(Part::Value { filter, value, word })
}

/// Empty where none is named.
fn read_currency(reader: &mut Reader, fields: &Fields<'_>, filter: &Filter) -> Option<String> {
    let Some((key, tree)) = fields.entry(CURRENCY_FIELD.name) else { return Some(String::new()) };
    if filter.name != "money" {
        let message = format!("`{}` has no currency", filter.name);
        reader.note(Finding::error("wrong-shape", key.span, message, "only beside `money`"));
        return None;
    }
    let word = reader.word("`currency`", tree)?;
    if currencies().all(|known| known != word.value) {
        reader.note(unknown("unknown-value", "currency", &word, currencies()));
        return None;
    }
    Some(word.value)
}

impl Part {
    fn said(&self, telling: &Telling<'_>) -> Option<Utterance> {
        match self {
            Part::Text(name) => telling.utterance(&name.value),
            Part::Value { filter, value, word } => telling.value_said(value, filter, word),
        }
    }

    /// None for a text, which is only said.
    fn shown(&self, telling: &Telling<'_>) -> Option<String> {
        match self {
            Part::Text(_) => None,
            Part::Value { filter, value, word } => Some(telling.value_shown(value, filter, word)),
        }
    }
}

impl Say {
    fn present(&self, telling: &Telling<'_>, has_video: bool) -> Presentation {
        let mut presentation = self.scene.present(telling, has_video);
        presentation.speech.extend(self.parts.iter().filter_map(|part| part.said(telling)));
        if let Some(slide) = &mut presentation.slide {
            let shown: Vec<String> = self.parts.iter().filter_map(|part| part.shown(telling)).collect();
            // A text of that name under `values` is what the operator wants there.
            if !shown.is_empty() {
                slide.values.entry("highlight".to_owned()).or_insert_with(|| shown.join(" "));
            }
        }
        presentation
    }
}

impl Step for Say {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn exits(&self) -> &Exits {
        &self.exits
    }

    fn tells(&self) -> BTreeSet<String> {
        let names = |part: &Part| match part {
            Part::Text(_) => BTreeSet::new(),
            Part::Value { value, .. } => value.names(),
        };
        self.parts.iter().flat_map(names).collect()
    }

    fn check(&self, checker: &mut Checker<'_>) {
        self.scene.check(checker);
        for part in &self.parts {
            match part {
                Part::Text(name) => checker.text(name),
                Part::Value { filter, value, word } => checker.value_told(value, filter, word),
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
            Cue::Key(key) if self.barge_in => {
                stage.type_ahead(key);
                Next::Outcome("done")
            }
            Cue::PlayEnded => Next::Outcome("done"),
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
mod tests;
