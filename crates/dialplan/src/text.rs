//! The texts of a service, per language. A text without values is filled in once; one with values
//! (`{{ balance | money }}`) when it is told, by a [`Telling`], which knows the call. What can be told of the values
//! that are known beforehand is so encoded before the first call, the rest when it is needed.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use minijinja::value::Value as Known;

use crate::expression::{Expression, Scope, detail, render, template_variables};
use crate::limits;
use crate::problem::Finding;
use crate::read::Reader;
use crate::reading::{Filter, LANGUAGE, Manner, Sense};
use crate::source::{Span, Word};
use crate::words::suggest;
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
    shown: Filling,
    spoken: Filling,
}

/// What a text says.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Filling {
    /// Always this.
    Fixed(String),
    /// What the template gives with the values of a call.
    Live(Live),
}

/// A template that tells values.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Live {
    template: Word,
    /// The names that it uses, in alphabetical order.
    names: Vec<String>,
}

impl Filling {
    fn live(&self) -> Option<&Live> {
        match self {
            Filling::Fixed(_) => None,
            Filling::Live(live) => Some(live),
        }
    }

    fn fixed(&self) -> Option<&str> {
        match self {
            Filling::Fixed(text) => Some(text),
            Filling::Live(_) => None,
        }
    }
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
            match read_entry(reader, language, name, value) {
                Some(Read::Press(template)) => book.press = Some(template),
                Some(Read::Entry(entry)) => {
                    book.entries.insert(name.value.clone(), entry);
                }
                // What is wrong with it is noted; it is not missing besides.
                None => {
                    let nothing = || Filling::Fixed(String::new());
                    let entry = Entry { span: name.span, shown: nothing(), spoken: nothing() };
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

    /// The names of all values that texts use.
    pub(crate) fn variables(&self) -> BTreeSet<String> {
        self.templates().flat_map(|live| live.names.iter().cloned()).collect()
    }

    /// The names that one text uses, as it is shown or said.
    pub(crate) fn names_in(&self, language: &str, name: &str) -> BTreeSet<String> {
        self.lives_of(language, name).flat_map(|live| live.names.iter().cloned()).collect()
    }

    fn templates(&self) -> impl Iterator<Item = &Live> {
        let entries = self.books.values().flat_map(|book| book.entries.values());
        entries.flat_map(|entry| [&entry.shown, &entry.spoken]).filter_map(Filling::live)
    }

    /// The templates of a text that tell values: as it is shown, and as it is said where that differs.
    pub(crate) fn templates_of(&self, language: &str, name: &str) -> impl Iterator<Item = &Word> {
        self.lives_of(language, name).map(|live| &live.template)
    }

    fn lives_of(&self, language: &str, name: &str) -> impl Iterator<Item = &Live> {
        let entry = self.entry(language, name);
        let shown = entry.and_then(|entry| entry.shown.live());
        let spoken = entry.and_then(|entry| entry.spoken.live());
        shown.into_iter().chain(spoken.filter(move |spoken| shown != Some(*spoken)))
    }

    /// What is wrong with a text where the names of `scopes` are known and have one of these groups of values.
    pub(crate) fn judge(&self, language: &str, name: &str, scopes: &[Scope]) -> Option<Finding> {
        let entry = self.entry(language, name)?;
        let senses = [(&entry.shown, Sense::Eye), (&entry.spoken, Sense::Ear)];
        senses.into_iter().find_map(|(filling, sense)| match filling {
            Filling::Fixed(_) => None,
            Filling::Live(live) => judge_live(live, sense, language, scopes),
        })
    }

    /// The texts that use a name which is not among `known`, whether anything shows or says them or not.
    pub(crate) fn unknown_names(&self, known: &BTreeSet<&str>) -> Vec<Finding> {
        let unknown = |live: &Live| {
            let name = live.names.iter().find(|name| !known.contains(name.as_str()))?;
            Some(unknown_name(&live.template, name, known.iter().copied()))
        };
        self.templates().filter_map(unknown).collect()
    }

    /// Where a text stands.
    pub(crate) fn span(&self, language: &str, name: &str) -> Option<Span> {
        self.entry(language, name).map(|entry| entry.span)
    }

    /// Where a text stands that is shown as `shown`, or of which that is a line.
    pub(crate) fn place(&self, language: &str, shown: &str) -> Option<Span> {
        let entries = || self.books.get(language).into_iter().flat_map(|book| book.entries.values());
        let fixed = |entry: &Entry| match &entry.shown {
            Filling::Fixed(text) => Some(text.clone()),
            Filling::Live(_) => None,
        };
        let whole = entries().find(|entry| fixed(entry).is_some_and(|text| text == shown));
        // A word or two may be in many texts.
        let part = || entries().find(|entry| fixed(entry).is_some_and(|text| text.contains(shown)));
        whole.or_else(|| if columns(shown) >= 8 { part() } else { None }).map(|entry| entry.span)
    }

    fn entry(&self, language: &str, name: &str) -> Option<&Entry> {
        self.books.get(language)?.entries.get(name)
    }
}

/// The names in it are known by now.
fn judge_live(live: &Live, sense: Sense, language: &str, scopes: &[Scope]) -> Option<Finding> {
    let Live { template, names } = live;
    let fill = |scope: &Scope| filled(template, scope, language, sense, Manner::Strict);
    // What a caller types is not known beforehand.
    let known = |scope: &&Scope| !names.iter().any(|name| scope.get(name).is_some_and(Known::is_none));
    scopes.iter().filter(known).find_map(|scope| fill(scope).err()).map(|why| broken(template, &why))
}

fn unknown_name<'a>(template: &Word, name: &str, known: impl IntoIterator<Item = &'a str>) -> Finding {
    let message = format!("this text uses `{name}`, which is not known where it is shown or said");
    let finding = Finding::error("unknown-variable", template.span, message, format!("uses `{name}`"));
    let help = suggest(name, known).unwrap_or_else(|| format!("declare `{name}` under `vars:` of the flow"));
    finding.help(help)
}

/// Fills in a template; the error says why it cannot be, in words for the operator.
fn filled(
    template: &Word,
    scope: &Scope,
    language: &str,
    sense: Sense,
    manner: Manner,
) -> Result<String, String> {
    let mut scope = scope.clone();
    scope.insert(LANGUAGE.to_owned(), Known::from(language));
    let text = render(&template.value, &scope, sense, manner).map_err(|error| detail(&error))?;
    match text.len() <= limits::TEXT_BYTES_MAX {
        true => Ok(text),
        false => Err(format!("it has more than {} octets when it is filled in", limits::TEXT_BYTES_MAX)),
    }
}

/// Texts in one language with the values of one moment.
pub(crate) struct Telling<'a> {
    texts: &'a Texts,
    language: &'a str,
    scope: Scope,
    /// In a cell so that texts can be filled in wherever a presentation is put together; nobody else sees it.
    doubts: RefCell<Vec<Doubt>>,
}

/// A text that could not be told as it was meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Doubt {
    pub(crate) span: Span,
    pub(crate) message: String,
}

impl<'a> Telling<'a> {
    pub(crate) fn new(texts: &'a Texts, language: &'a str, scope: Scope) -> Self {
        Telling { texts, language, scope, doubts: RefCell::default() }
    }

    pub(crate) fn language(&self) -> &'a str {
        self.language
    }

    /// What is known.
    pub(crate) fn scope(&self) -> &Scope {
        &self.scope
    }

    /// The same texts with other things known.
    pub(crate) fn with(&self, scope: Scope) -> Telling<'a> {
        Telling::new(self.texts, self.language, scope)
    }

    /// What could not be told as it was meant.
    pub(crate) fn into_doubts(self) -> Vec<Doubt> {
        self.doubts.into_inner()
    }

    /// As it is shown; empty when it is missing, which the checker does not let happen.
    pub(crate) fn shown(&self, name: &str) -> String {
        let entry = self.entry(name);
        entry.map(|entry| self.fill(&entry.shown, Sense::Eye)).unwrap_or_default()
    }

    /// As it is said; none for a text that has come out empty.
    pub(crate) fn utterance(&self, name: &str) -> Option<Utterance> {
        let spoken = self.entry(name).map(|entry| &entry.spoken);
        self.said(name.to_owned(), self.spoken(name), spoken.is_none_or(|spoken| spoken.fixed().is_some()))
    }

    /// Key and label of a menu item.
    pub(crate) fn row(&self, name: &str, key: char) -> Row {
        Row { key: key.to_string(), label: self.shown(name) }
    }

    /// The sentence that says what a key does; the label and the key alone when the template fails.
    pub(crate) fn press(&self, name: &str, key: char) -> Option<Utterance> {
        let label = self.spoken(name);
        let key_spoken = self.key_spoken(key);
        let template = self.texts.books.get(self.language).and_then(|book| book.press.as_deref());
        let values = [("label", label.as_str()), ("key", &key_spoken), (LANGUAGE, self.language)];
        let text = render(template.unwrap_or_default(), &known(&values), Sense::Ear, Manner::Lenient)
            .unwrap_or_else(|_| format!("{label} {key_spoken}"));
        let key_name = match key {
            '*' => "star".to_owned(),
            '#' => "hash".to_owned(),
            digit => digit.to_string(),
        };
        let fixed = self.entry(name).is_none_or(|entry| entry.spoken.fixed().is_some());
        self.said(format!("press_{key_name}_{name}"), text, fixed)
    }

    /// Digits as they are said, sign by sign.
    pub(crate) fn digits(&self, digits: &str) -> Option<Utterance> {
        let values = known(&[("digits", digits), (LANGUAGE, self.language)]);
        let text = render("{{ digits | digits }}", &values, Sense::Ear, Manner::Lenient);
        self.said(String::new(), text.unwrap_or_else(|_| digits.to_owned()), false)
    }

    /// A value without a text, as a filter shows it.
    pub(crate) fn value_shown(&self, value: &Expression, filter: &Filter, word: &str) -> String {
        self.value(value, filter, word, Sense::Eye).unwrap_or_else(|_| self.plain(value))
    }

    /// The same as it is said.
    pub(crate) fn value_said(&self, value: &Expression, filter: &Filter, word: &str) -> Option<Utterance> {
        let text = self.value(value, filter, word, Sense::Ear).unwrap_or_else(|message| {
            self.doubts.borrow_mut().push(Doubt { span: value.source.span, message });
            self.plain(value)
        });
        self.said(String::new(), text, false)
    }

    /// The error says for the operator why it cannot be read so.
    pub(crate) fn value(
        &self,
        value: &Expression,
        filter: &Filter,
        word: &str,
        sense: Sense,
    ) -> Result<String, String> {
        let value = value.evaluate(&self.scope).map_err(|error| detail(&error))?;
        filter.read(&value, word, sense, self.language)
    }

    /// A value as it is; nothing where it has none, or is longer than a text may be.
    fn plain(&self, value: &Expression) -> String {
        let value =
            value.evaluate(&self.scope).ok().filter(|value| !value.is_none() && !value.is_undefined());
        let text = value.map(|value| value.to_string());
        text.filter(|text| text.len() <= limits::TEXT_BYTES_MAX).unwrap_or_default()
    }

    /// Only what always says the same can have been recorded.
    fn said(&self, name: String, text: String, fixed: bool) -> Option<Utterance> {
        let language = self.language.to_owned();
        (fixed || !text.is_empty()).then(|| Utterance { name: fixed.then_some(name), text, language })
    }

    fn spoken(&self, name: &str) -> String {
        self.entry(name).map(|entry| self.fill(&entry.spoken, Sense::Ear)).unwrap_or_default()
    }

    fn key_spoken(&self, key: char) -> String {
        let name = match key {
            '*' => KEY_STAR,
            '#' => KEY_HASH,
            _ => return key.to_string(),
        };
        if self.entry(name).is_some() { self.spoken(name) } else { key.to_string() }
    }

    fn entry(&self, name: &str) -> Option<&'a Entry> {
        self.texts.entry(self.language, name)
    }

    /// What cannot be filled in as it was meant is filled in with the plain values, else it is empty.
    fn fill(&self, filling: &Filling, sense: Sense) -> String {
        let template = match filling {
            Filling::Fixed(text) => return text.clone(),
            Filling::Live(live) => &live.template,
        };
        let fill = |manner| filled(template, &self.scope, self.language, sense, manner);
        fill(Manner::Strict).unwrap_or_else(|message| {
            self.doubts.borrow_mut().push(Doubt { span: template.span, message });
            fill(Manner::Lenient).unwrap_or_default()
        })
    }
}

fn known(values: &[(&str, &str)]) -> Scope {
    values.iter().map(|(name, value)| ((*name).to_owned(), Known::from(*value))).collect()
}

impl Book {
    /// Whether it has a text of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.entries.contains_key(name) || (name == PRESS && self.press.is_some())
    }
}

/// Columns of a text on a slide: a letter or digit is one, a Chinese character two.
pub(crate) fn columns(text: &str) -> usize {
    text.chars().map(|c| if c < '\u{1100}' { 1 } else { 2 }).sum()
}

enum Read {
    Entry(Entry),
    Press(String),
}

/// A text is a template, or `{ shown: template, spoken: template }`.
fn read_entry(reader: &mut Reader, language: &str, name: &Word, value: &Tree) -> Option<Read> {
    if name.value == PRESS {
        let template = reader.word("the text `press`", value)?;
        let press =
            fill(reader, &template, &[("label", "label"), ("key", "1"), (LANGUAGE, language)], Sense::Ear)?;
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
    let shown = read_filling(reader, language, shown, Sense::Eye);
    let spoken = read_filling(reader, language, spoken, Sense::Ear);
    Some(Read::Entry(Entry { span: name.span, shown: shown?, spoken: spoken? }))
}

/// Fills in what needs no values of a call.
fn read_filling(reader: &mut Reader, language: &str, template: Word, sense: Sense) -> Option<Filling> {
    let names = template_variables(&template.value).unwrap_or_default();
    if names.iter().any(|name| name != LANGUAGE) && template.value.len() <= limits::TEXT_BYTES_MAX {
        return Some(Filling::Live(Live { template, names }));
    }
    fill(reader, &template, &[(LANGUAGE, language)], sense).map(Filling::Fixed)
}

/// Renders one text, or notes why it cannot be.
fn fill(reader: &mut Reader, template: &Word, values: &[(&str, &str)], sense: Sense) -> Option<String> {
    let text = &template.value;
    if text.len() > limits::TEXT_BYTES_MAX {
        let message = format!("a text has at most {} octets", limits::TEXT_BYTES_MAX);
        reader.note(Finding::error("text", template.span, message, "too long"));
        return None;
    }
    let unknown = match template_variables(text) {
        Ok(names) => names.into_iter().find(|name| !values.iter().any(|(known, _)| known == name)),
        Err(error) => {
            reader.note(broken(template, &detail(&error)));
            return None;
        }
    };
    if let Some(name) = unknown {
        reader.note(not_of_a_menu(template, &name));
        return None;
    }
    match render(text, &known(values), sense, Manner::Strict) {
        Ok(filled) if filled.len() <= limits::TEXT_BYTES_MAX => Some(filled),
        Ok(_) => {
            let message =
                format!("a text has at most {} octets when it is filled in", limits::TEXT_BYTES_MAX);
            reader.note(Finding::error("text", template.span, message, "too long"));
            None
        }
        Err(error) => {
            reader.note(broken(template, &detail(&error)));
            None
        }
    }
}

fn broken(template: &Word, why: &str) -> Finding {
    Finding::error("text", template.span, format!("this text cannot be filled in: {why}"), "here")
        .help("a value stands between `{{` and `}}`, and how it is read behind `|`: `{{ balance | money }}`")
}

/// In the sentence of a menu item there is nothing but the item.
fn not_of_a_menu(template: &Word, name: &str) -> Finding {
    Finding::error(
        "text-not-static",
        template.span,
        format!("`{name}` is not known in the sentence of a menu item"),
        format!("uses `{name}`"),
    )
    .help("this text can use label, key and language")
}
