//! The texts of a service, per language, rendered once: what is shown and said does not depend on the
//! call yet, so that every slide and utterance can be encoded before the first one.

use std::collections::{BTreeMap, BTreeSet};

use crate::expression::{detail, render, template_variables};
use crate::limits;
use crate::problem::Finding;
use crate::read::Reader;
use crate::source::{Span, Word};
use crate::yaml::{Tree, Value};
use crate::{Row, Utterance};

/// How the sentence of a menu item is built; a template over `label` and `key`.
pub(crate) const PRESS: &str = "press";
/// How `*` and `#` are called in speech.
const KEY_STAR: &str = "key_star";
const KEY_HASH: &str = "key_hash";

/// All texts by language.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    books: BTreeMap<String, Book>,
}

/// The texts of one language.
#[derive(Debug)]
pub(crate) struct Book {
    /// False when the file could not be read: then nothing is said about what is missing in it.
    pub(crate) whole: bool,
    entries: BTreeMap<String, Entry>,
    press: Option<String>,
}

/// One text as it is shown and as it is said.
#[derive(Debug)]
struct Entry {
    span: Span,
    shown: String,
    spoken: String,
}

impl Texts {
    /// Reads `texts/LANG.yaml`; `tree` is none when its YAML was broken or empty.
    pub(crate) fn read(&mut self, reader: &mut Reader, language: &str, tree: Option<&Tree>, broken: bool) {
        let mut book = Book { whole: !broken, entries: BTreeMap::new(), press: None };
        let entries = tree.and_then(|tree| reader.entries("a file of texts", tree.span, tree));
        for (name, value) in entries.unwrap_or_default() {
            if !reader.check_name("a text", name) {
                continue;
            }
            match read_entry(reader, name, value) {
                Some(Read::Press(template)) => book.press = Some(template),
                Some(Read::Entry(entry)) => {
                    book.entries.insert(name.value.clone(), entry);
                }
                // What is wrong with it is noted; it is not missing besides.
                None => {
                    let entry = Entry { span: name.span, shown: String::new(), spoken: String::new() };
                    book.entries.insert(name.value.clone(), entry);
                    if name.value == PRESS {
                        book.press = Some(String::new());
                    }
                }
            }
        }
        self.books.insert(language.to_owned(), book);
    }

    /// The book of a language.
    pub(crate) fn book(&self, language: &str) -> Option<&Book> {
        self.books.get(language)
    }

    /// The languages there are texts for.
    pub(crate) fn languages(&self) -> impl Iterator<Item = &str> {
        self.books.keys().map(String::as_str)
    }

    /// Every name that any language has a text for.
    pub(crate) fn names(&self) -> BTreeSet<&str> {
        self.books.values().flat_map(|book| book.entries.keys().map(String::as_str)).collect()
    }

    /// As it is shown; empty when it is missing, which the checker does not let happen.
    pub(crate) fn shown(&self, language: &str, name: &str) -> String {
        self.entry(language, name).map(|entry| entry.shown.clone()).unwrap_or_default()
    }

    /// As it is said.
    pub(crate) fn utterance(&self, language: &str, name: &str) -> Utterance {
        Utterance {
            name: Some(name.to_owned()),
            text: self.entry(language, name).map(|entry| entry.spoken.clone()).unwrap_or_default(),
            language: language.to_owned(),
        }
    }

    /// Key and label of a menu item.
    pub(crate) fn row(&self, language: &str, name: &str, key: char) -> Row {
        Row { key: key.to_string(), label: self.shown(language, name) }
    }

    /// The sentence that says what a key does; the label and the key alone when the template fails.
    pub(crate) fn press(&self, language: &str, name: &str, key: char) -> Utterance {
        let label = self.entry(language, name).map(|entry| entry.spoken.as_str()).unwrap_or_default();
        let key_spoken = self.key_spoken(language, key);
        let template = self.books.get(language).and_then(|book| book.press.as_deref()).unwrap_or_default();
        let text = render(template, &[("label", label), ("key", &key_spoken)])
            .unwrap_or_else(|_| format!("{label} {key_spoken}"));
        let key_name = match key {
            '*' => "star".to_owned(),
            '#' => "hash".to_owned(),
            digit => digit.to_string(),
        };
        Utterance { name: Some(format!("press_{key_name}_{name}")), text, language: language.to_owned() }
    }

    fn key_spoken(&self, language: &str, key: char) -> String {
        let name = match key {
            '*' => KEY_STAR,
            '#' => KEY_HASH,
            _ => return key.to_string(),
        };
        self.entry(language, name).map_or_else(|| key.to_string(), |entry| entry.spoken.clone())
    }

    fn entry(&self, language: &str, name: &str) -> Option<&Entry> {
        self.books.get(language)?.entries.get(name)
    }
}

impl Book {
    /// Whether it has a text of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.entries.contains_key(name) || (name == PRESS && self.press.is_some())
    }

    /// Where a text stands, if it is wider on a slide than `columns`: a letter or digit is one column,
    /// a Chinese character two.
    pub(crate) fn wider_than(&self, name: &str, columns: usize) -> Option<Span> {
        let entry = self.entries.get(name)?;
        let width: usize = entry.shown.chars().map(|c| if c < '\u{1100}' { 1 } else { 2 }).sum();
        (width > columns).then_some(entry.span)
    }
}

enum Read {
    Entry(Entry),
    Press(String),
}

/// A text is a template, or `{ shown: template, spoken: template }`.
fn read_entry(reader: &mut Reader, name: &Word, value: &Tree) -> Option<Read> {
    if name.value == PRESS {
        let template = reader.word("the text `press`", value)?;
        let press = fill(reader, &template, &[("label", "label"), ("key", "1")])?;
        return (!press.is_empty()).then_some(Read::Press(template.value));
    }
    let (shown, spoken) = match &value.value {
        Value::Map(_) => {
            let fields = reader.fields("a text", name.span, value, &["shown", "spoken"])?;
            let shown = fields.need(reader, "shown").and_then(|tree| reader.word("`shown`", tree));
            let spoken = fields.need(reader, "spoken").and_then(|tree| reader.word("`spoken`", tree));
            (shown?, spoken?)
        }
        Value::Empty | Value::Scalar(_) | Value::List(_) => {
            let word = reader.word(&format!("the text `{}`", name.value), value)?;
            (word.clone(), word)
        }
    };
    let entry_shown = fill(reader, &shown, &[])?;
    let entry_spoken = if spoken == shown { entry_shown.clone() } else { fill(reader, &spoken, &[])? };
    Some(Read::Entry(Entry { span: name.span, shown: entry_shown, spoken: entry_spoken }))
}

/// Renders one text, or notes why it cannot be known before a call.
fn fill(reader: &mut Reader, template: &Word, values: &[(&str, &str)]) -> Option<String> {
    let text = &template.value;
    if text.len() > limits::TEXT_BYTES_MAX {
        let message = format!("a text has at most {} octets", limits::TEXT_BYTES_MAX);
        reader.note(Finding::error("text", template.span, message, "too long"));
        return None;
    }
    let problem = match template_variables(text) {
        Ok(names) => names.into_iter().find(|name| !values.iter().any(|(known, _)| known == name)),
        Err(error) => {
            reader.note(broken(template, &error));
            return None;
        }
    };
    if let Some(name) = problem {
        reader.note(not_static(template, &name, values));
        return None;
    }
    match render(text, values) {
        Ok(filled) if filled.len() <= limits::TEXT_BYTES_MAX => Some(filled),
        Ok(_) => {
            let message =
                format!("a text has at most {} octets when it is filled in", limits::TEXT_BYTES_MAX);
            reader.note(Finding::error("text", template.span, message, "too long"));
            None
        }
        Err(error) => {
            reader.note(broken(template, &error));
            None
        }
    }
}

fn broken(template: &Word, error: &minijinja::Error) -> Finding {
    Finding::error("text", template.span, format!("this text cannot be filled in: {}", detail(error)), "here")
        .help("a value stands between `{{` and `}}`")
}

fn not_static(template: &Word, name: &str, values: &[(&str, &str)]) -> Finding {
    let finding = Finding::error(
        "text-not-static",
        template.span,
        format!("`{name}` is not known before a call, and this text is spoken or drawn ahead"),
        format!("uses `{name}`"),
    );
    if values.is_empty() {
        return finding.help("write the text without `{{ ... }}`; use one text for each case and a `branch`");
    }
    let known: Vec<&str> = values.iter().map(|(known, _)| *known).collect();
    finding.help(format!("this text can use {}", known.join(" and ")))
}
