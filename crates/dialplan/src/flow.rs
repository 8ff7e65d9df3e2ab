//! A flow file: its head (numbers, languages, variables, defaults) and its nodes.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::time::Duration;

use minijinja::value::{Value as Known, ValueKind};

use crate::ask::{self, Ask, Connectors};
use crate::check::FLASH;
use crate::expression::{Expression, FACTS, Scope, literal};
use crate::limits;
use crate::problem::Finding;
use crate::read::{Fields, Reader};
use crate::scene::Scene;
use crate::source::{Span, Word};
use crate::step::{Kind, Outcome, STEPS, Step, read_when};
use crate::target::Exits;
use crate::types::{self, Type};
use crate::yaml::{Tree, Value};

pub(crate) const FIELDS: [&str; 17] = [
    "flow",
    "numbers",
    "ring",
    "start",
    "languages",
    "language",
    "takes",
    "outcomes",
    "vars",
    "at_start",
    "on_hangup",
    "sms",
    "key_budget",
    "speech_budget",
    "picture_budget",
    "defaults",
    "nodes",
];
/// What a flow that others run cannot have: it is about how a call begins and ends.
const OF_CALLS: [&str; 7] =
    ["numbers", "ring", "language", "at_start", "on_hangup", "key_budget", "speech_budget"];
/// What a node can have beside its step.
pub(crate) const NODE_FIELDS: [&str; 2] = ["goal", "requires"];
/// What a flow can say for all its steps.
pub(crate) const DEFAULT_FIELDS: [&str; 4] = ["timeout", "tries", "exits", "wait"];

/// What a flow file says.
#[derive(Debug)]
pub(crate) struct Body {
    pub(crate) name: Word,
    pub(crate) numbers: Vec<Word>,
    /// How long the caller hears ringing before the answer; `None`: not at all.
    pub(crate) ring: Option<Duration>,
    pub(crate) start: Option<Word>,
    pub(crate) languages: Vec<Word>,
    pub(crate) language: Option<FirstLanguage>,
    /// Of the variables, those that a flow which runs this one gives a value.
    takes: Vec<String>,
    /// What a flow that is run by others can return; none for a flow that is called.
    pub(crate) outcomes: Vec<Word>,
    pub(crate) variables: BTreeMap<String, Variable>,
    /// Asked as soon as there is a call; nothing waits for it.
    pub(crate) at_start: Vec<Ask>,
    /// Asked when the call is over; nobody waits for the answer.
    pub(crate) on_hangup: Vec<Farewell>,
    /// What sends an SMS: a call that takes `to` and `text`.
    pub(crate) sms: Option<Ask>,
    /// How many menu choices a goal may take; `None`: as many as it likes.
    pub(crate) key_budget: Option<u32>,
    /// How long a caller may be spoken to before the first key is named.
    pub(crate) speech_budget: Option<(Word, Duration)>,
    /// How long a caller may wait for a slide.
    pub(crate) picture_budget: Option<Duration>,
    pub(crate) defaults: Defaults,
    pub(crate) nodes: BTreeMap<String, Node>,
    /// Nodes that are there but could not be read; what is wrong with them is noted.
    pub(crate) broken: Vec<String>,
    /// Every word of what could be read in parts only: a name among them may be meant there, and is neither unknown nor
    /// unused besides.
    pub(crate) shaky: BTreeSet<String>,
}

/// How the language of a call is found, before what is known of the caller and the first of the list.
#[derive(Debug)]
pub(crate) enum FirstLanguage {
    /// One of the flow's languages, when nothing is known of the caller.
    Always(String),
    /// Whatever the expression gives, if it is one of the flow's languages.
    By(Expression),
}

/// A variable of the call.
#[derive(Debug)]
pub(crate) struct Variable {
    /// What it can hold.
    pub(crate) ty: Type,
    /// What a call begins with.
    pub(crate) first: Known,
}

/// A question at the end of a call, and when it is asked.
#[derive(Debug)]
pub(crate) struct Farewell {
    pub(crate) when: Option<Expression>,
    pub(crate) ask: Ask,
}

/// What steps that say nothing themselves take.
#[derive(Debug)]
pub(crate) struct Defaults {
    pub(crate) timeout: Duration,
    pub(crate) tries: u32,
    pub(crate) exits: Exits,
    /// What is seen and heard while a node waits for what it fetches.
    pub(crate) wait: Option<Scene>,
}

/// A named place of the flow with its one step.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) name: Word,
    /// Asked before the step begins.
    pub(crate) fetch: Vec<Ask>,
    /// What callers come here for.
    pub(crate) goal: Option<Word>,
    /// What callers have proved before they come here: `pin` by the flow `check_pin`.
    pub(crate) requires: Option<Word>,
    pub(crate) step: Box<dyn Step>,
}

/// How a node that fetches can end besides.
pub(crate) static FETCH_FAILED: Outcome =
    Outcome { name: "failed", docs: "what it fetches did not come", waits: false };

impl Node {
    /// How it can end.
    pub(crate) fn outcomes(&self) -> impl Iterator<Item = &Outcome> {
        let fetch = (!self.fetch.is_empty()).then_some(&FETCH_FAILED);
        let own = self.step.kind().outcomes;
        let fetch = fetch.filter(move |_| own.iter().all(|own| own.name != FETCH_FAILED.name));
        own.iter().filter(|outcome| self.step.has_outcome(outcome.name)).chain(fetch)
    }

    /// Everything that is asked before its step begins.
    pub(crate) fn asks(&self) -> impl Iterator<Item = &Ask> {
        self.fetch.iter().chain(self.step.ask())
    }
}

impl Default for Defaults {
    fn default() -> Self {
        Self {
            timeout: limits::TIMEOUT_DEFAULT,
            tries: limits::TRIES_DEFAULT,
            exits: Exits::default(),
            wait: None,
        }
    }
}

impl Variable {
    /// The only values it can have, when they are listed.
    pub(crate) fn words(&self) -> Option<&[String]> {
        match &self.ty {
            Type::OneOf(words) => Some(words),
            Type::Text
            | Type::Number
            | Type::Money
            | Type::Flag
            | Type::Date
            | Type::Time
            | Type::Secret
            | Type::List(_)
            | Type::Record(_)
            | Type::Optional(_)
            | Type::Unknown => None,
        }
    }
}

impl Body {
    /// Whether it begins with a `flash`, so that its calls are never answered.
    pub(crate) fn is_flash(&self) -> bool {
        let start = self.start.as_ref().and_then(|start| self.nodes.get(&start.value));
        start.is_some_and(|node| node.step.kind().name == FLASH)
    }

    /// The variables as a call begins with them.
    pub(crate) fn first_values(&self) -> Scope {
        let own = self.variables.iter().map(|(name, variable)| (name.clone(), variable.first.clone()));
        let asked =
            self.at_start.iter().filter_map(|ask| Some((ask.into.value.clone(), ask.fallback.clone()?)));
        own.chain(asked).collect()
    }

    /// What a flow that runs this one gives it, by name.
    pub(crate) fn takes(&self) -> impl Iterator<Item = (&str, &Type)> {
        self.takes.iter().filter_map(|name| Some((name.as_str(), &self.variables.get(name)?.ty)))
    }

    /// The variables that have no value when a call begins. One that lists its words is checked with each of them.
    pub(crate) fn begin_unset(&self) -> impl Iterator<Item = &str> {
        let unset = |(name, variable): &(&String, &Variable)| {
            variable.first.is_none() && variable.words().is_none() && !self.takes.contains(name)
        };
        self.variables.iter().filter(unset).map(|(name, _)| name.as_str())
    }

    /// Everything that is asked anywhere in the flow and whose answer has a name.
    pub(crate) fn asks(&self) -> impl Iterator<Item = &Ask> {
        let named =
            |node| Node::asks(node).chain(node.step.orders()).filter(|ask| !ask.into.value.is_empty());
        self.at_start.iter().chain(self.nodes.values().flat_map(named))
    }

    /// What a call's names could hold, for checks and to make things ahead: the values a call begins with, and of
    /// the variables that list their words, every combination of those in `used` and those that steps tell.
    pub(crate) fn samples(
        &self,
        language: &str,
        used: &BTreeSet<String>,
        connectors: &Connectors,
    ) -> Vec<Scope> {
        let mut first = self.first_values();
        for ask in self.asks() {
            first.insert(ask.into.value.clone(), ask.answer(connectors).1);
        }
        let called = self.numbers.first().map(|word| word.value.as_str()).unwrap_or_default();
        first.insert("caller".to_owned(), Known::from(""));
        first.insert("called".to_owned(), Known::from(called));
        first.insert("language".to_owned(), Known::from(language));
        first.insert("has_video".to_owned(), Known::from(true));
        // Of what it is nothing can be known.
        for word in &self.shaky {
            first.entry(word.clone()).or_insert(Known::from(()));
        }
        let told: BTreeSet<String> = self.nodes.values().flat_map(|node| node.step.tells()).collect();
        let listed = self.variables.iter().filter(|(name, _)| used.contains(*name) || told.contains(*name));
        let listed: Vec<_> = listed.filter_map(|(name, variable)| Some((name, variable.words()?))).collect();
        let count = listed.iter().try_fold(1_usize, |count, (_, words)| count.checked_mul(words.len()));
        if !count.is_some_and(|count| (1..=limits::SAMPLES_MAX).contains(&count)) {
            return vec![first];
        }
        listed.into_iter().fold(vec![first], |scopes, (name, words)| {
            let with = |scope: &Scope, word: &String| {
                let mut scope = scope.clone();
                scope.insert(name.clone(), Known::from(word.as_str()));
                scope
            };
            scopes.iter().flat_map(|scope| words.iter().map(move |word| with(scope, word))).collect()
        })
    }

    /// Whether a node of this name is written down, readable or not.
    pub(crate) fn has_node(&self, name: &str) -> bool {
        self.nodes.contains_key(name) || self.broken.iter().any(|broken| broken == name)
    }

    /// The names of all nodes.
    pub(crate) fn node_names(&self) -> impl Iterator<Item = &str> + Clone {
        self.nodes.keys().chain(&self.broken).map(String::as_str)
    }
}

/// Reads one flow file.
pub(crate) fn read(reader: &mut Reader, tree: &Tree) -> Option<Body> {
    let noted = reader.findings.len();
    let mut body = read_body(reader, tree)?;
    body.shaky = shaky(tree, &reader.findings[noted..]);
    Some(body)
}

/// The words of each part of a flow, a node or a field of its head, in which something is wrong.
fn shaky(tree: &Tree, findings: &[Finding]) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    let Value::Map(fields) = &tree.value else { return words };
    for (at, (key, value)) in fields.iter().enumerate() {
        let end = fields.get(at + 1).map_or(usize::MAX, |(next, _)| next.span.start);
        match &value.value {
            Value::Map(nodes) if key.value == "nodes" => {
                for (at, (name, node)) in nodes.iter().enumerate() {
                    let end = nodes.get(at + 1).map_or(end, |(next, _)| next.span.start);
                    if is_wrong(name.span.start..end, findings) {
                        node.words(&mut words);
                    }
                }
            }
            _ if is_wrong(key.span.start..end, findings) => value.words(&mut words),
            _ => {}
        }
    }
    words
}

fn is_wrong(part: Range<usize>, findings: &[Finding]) -> bool {
    findings.iter().any(|finding| part.contains(&finding.span().start))
}

fn read_body(reader: &mut Reader, tree: &Tree) -> Option<Body> {
    let start_of_file = Span { end: tree.span.start, ..tree.span };
    let fields = reader.fields("a flow", start_of_file, tree, &FIELDS)?;
    let name = fields.need(reader, "flow").and_then(|tree| reader.word("`flow`", tree));
    if let Some(name) = &name {
        reader.check_name("a flow", name);
    }
    let languages = read_languages(reader, &fields);
    let language = read_first_language(reader, &fields, &languages);
    let start = fields.need(reader, "start").and_then(|tree| reader.word("`start`", tree));
    let defaults = fields.entry("defaults").map(|(key, tree)| read_defaults(reader, key.span, tree));
    let (nodes, broken) = read_nodes(reader, &fields);
    let mut variables =
        fields.entry("vars").map(|(key, tree)| read_vars(reader, key.span, tree)).unwrap_or_default();
    let outcomes = read_outcomes(reader, &fields);
    let takes = read_takes(reader, &fields, &mut variables);
    Some(Body {
        name: name.unwrap_or_else(|| Word { value: String::new(), span: start_of_file }),
        numbers: fields.get("numbers").map(|tree| read_numbers(reader, tree)).unwrap_or_default(),
        ring: fields.get("ring").and_then(|tree| read_ring(reader, tree)),
        start,
        languages,
        language,
        takes,
        outcomes,
        variables,
        at_start: fields
            .entry("at_start")
            .map(|(key, tree)| ask::read(reader, "`at_start`", key.span, tree, true))
            .unwrap_or_default(),
        on_hangup: read_on_hangup(reader, &fields),
        sms: fields.get("sms").and_then(|tree| read_sms(reader, tree)),
        speech_budget: fields
            .entry("speech_budget")
            .and_then(|(key, tree)| Some((key.clone(), reader.duration("`speech_budget`", tree)?))),
        picture_budget: fields
            .get("picture_budget")
            .and_then(|tree| reader.duration("`picture_budget`", tree)),
        key_budget: fields
            .get("key_budget")
            .and_then(|tree| reader.number("`key_budget`", tree, 1..=limits::KEY_BUDGET_MAX)),
        defaults: defaults.unwrap_or_default(),
        nodes,
        broken,
        shaky: BTreeSet::new(),
    })
}

/// `sms: crm.send_sms`; what it is given, the steps know.
fn read_sms(reader: &mut Reader, tree: &Tree) -> Option<Ask> {
    let what = reader.word("`sms`", tree)?;
    let own = |name: &str| {
        let word = Word { value: name.to_owned(), span: what.span };
        Some((word.clone(), Expression::new(Word { value: "\"\"".to_owned(), ..word }).ok()?))
    };
    let send = ["to", "text"].into_iter().filter_map(own).collect();
    let nameless = Word { value: String::new(), span: what.span };
    Some(Ask::new(nameless, what, send))
}

fn read_numbers(reader: &mut Reader, tree: &Tree) -> Vec<Word> {
    let mut numbers = reader.words("`numbers`", tree);
    numbers.retain(|number| {
        let digits = number.value.strip_prefix('+').unwrap_or(&number.value);
        let fits = (1..=32).contains(&digits.len())
            && digits.chars().all(|c| c.is_ascii_digit() || c == '*' || c == '#');
        if !fits {
            let message = format!("`{}` is not a number that can be called", number.value);
            let finding = Finding::error("invalid-number", number.span, message, "not a number");
            reader.note(finding.help("digits as they are dialled, such as \"1008621\""));
        }
        fits
    });
    numbers
}

/// A caller's phone gives up after some minutes of ringing, so a long time is a mistake.
fn read_ring(reader: &mut Reader, tree: &Tree) -> Option<Duration> {
    let ring = reader.duration("`ring`", tree)?;
    if ring > limits::RING_MAX {
        let message = "`ring`: callers give up before such a call is answered";
        let finding = Finding::error("ring-too-long", tree.span, message.to_owned(), "too long");
        reader.note(finding.help(format!("at most {}s", limits::RING_MAX.as_secs())));
        return None;
    }
    Some(ring)
}

/// `outcomes: [ok, wrong]` makes a flow one that others run.
fn read_outcomes(reader: &mut Reader, fields: &Fields<'_>) -> Vec<Word> {
    let Some((key, tree)) = fields.entry("outcomes") else {
        if let Some((takes, _)) = fields.entry("takes") {
            let message = "only a flow that others run takes something";
            let finding = Finding::error("missing-field", takes.span, message, "given by whom?");
            reader.note(finding.help("add `outcomes: [...]`, what it can return"));
        }
        return Vec::new();
    };
    let mut outcomes: Vec<Word> = Vec::new();
    for outcome in reader.words("`outcomes`", tree) {
        match outcomes.iter().find(|other| other.value == outcome.value) {
            Some(first) => {
                let finding =
                    Finding::error("duplicate-key", outcome.span, "this outcome is given twice", "again");
                reader.note(finding.also(first.span, "the first time"));
            }
            None if reader.check_name("an outcome", &outcome) => outcomes.push(outcome),
            None => {}
        }
    }
    if outcomes.is_empty() && matches!(&tree.value, Value::List(items) if items.is_empty()) {
        let message = "a flow that others run has at least one outcome";
        reader.note(Finding::error("empty", tree.span, message, "none is given"));
    }
    for name in OF_CALLS {
        if let Some((own, _)) = fields.entry(name) {
            let message = format!("a flow that others run has no `{name}`");
            let finding = Finding::error("unknown-field", own.span, message, "of calls alone");
            reader.note(finding.also(key.span, "others run it").help("remove it, or make two flows"));
        }
    }
    outcomes
}

/// What is taken is a variable with a type and without a value of its own.
fn read_takes(
    reader: &mut Reader,
    fields: &Fields<'_>,
    variables: &mut BTreeMap<String, Variable>,
) -> Vec<String> {
    let Some((key, tree)) = fields.entry("takes") else { return Vec::new() };
    let mut takes = Vec::new();
    for (name, tree) in reader.entries("`takes`", key.span, tree).unwrap_or_default() {
        if !types::check_identifier(reader, "what a flow takes", name) {
            continue;
        }
        let taken = variables.contains_key(&name.value) || FACTS.iter().any(|(fact, _)| *fact == name.value);
        if taken {
            let message = format!("`{}` is known already, and cannot be taken", name.value);
            let finding = Finding::error("invalid-name", name.span, message, "taken");
            reader.note(finding.help("choose another name"));
            continue;
        }
        // One whose type is wrong is noted, and known all the same.
        let ty = types::read(reader, &format!("`{}`", name.value), tree).unwrap_or(Type::Unknown);
        variables.insert(name.value.clone(), Variable { ty, first: Known::from(()) });
        takes.push(name.value.clone());
    }
    takes
}

fn read_languages(reader: &mut Reader, fields: &Fields<'_>) -> Vec<Word> {
    let Some(tree) = fields.need(reader, "languages") else { return Vec::new() };
    let languages = reader.words("`languages`", tree);
    if languages.len() > limits::LANGUAGES_MAX {
        let message = format!("a flow has at most {} languages", limits::LANGUAGES_MAX);
        reader.note(Finding::error("too-many", tree.span, message, "too many"));
        return Vec::new();
    }
    if languages.is_empty() && matches!(tree.value, Value::List(_)) {
        reader.note(Finding::error("empty", tree.span, "a flow has at least one language", "none is given"));
    }
    let mut kept: Vec<Word> = Vec::new();
    for language in languages {
        match kept.iter().find(|other| other.value == language.value) {
            Some(first) => reader.note(
                Finding::error(
                    "duplicate-key",
                    language.span,
                    "this language is given twice",
                    "the second time",
                )
                .also(first.span, "the first time"),
            ),
            None => kept.push(language),
        }
    }
    kept
}

fn read_first_language(
    reader: &mut Reader,
    fields: &Fields<'_>,
    languages: &[Word],
) -> Option<FirstLanguage> {
    let word = fields.get("language").and_then(|tree| reader.word("`language`", tree))?;
    if languages.iter().any(|language| language.value == word.value) {
        return Some(FirstLanguage::Always(word.value));
    }
    // `en-GB` would be an expression (`en` minus `GB`); whatever looks like a tag was meant as one.
    let tag = word.value.split('-').all(|part| part.chars().all(|c| c.is_ascii_alphanumeric()));
    if tag && (word.value.contains('-') || word.value.len() <= 3) && !languages.is_empty() {
        let known: Vec<&str> = languages.iter().map(|language| language.value.as_str()).collect();
        reader.unknown("unknown-language", "language", &word, known);
        return None;
    }
    Expression::new(word).map(FirstLanguage::By).map_err(|finding| reader.note(finding)).ok()
}

fn read_vars(reader: &mut Reader, at: Span, tree: &Tree) -> BTreeMap<String, Variable> {
    let mut variables = BTreeMap::new();
    for (name, value) in reader.entries("`vars`", at, tree).unwrap_or_default() {
        let identifier = name.value.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && name.value.starts_with(|c: char| c.is_ascii_alphabetic());
        if !identifier || name.value.len() > limits::NAME_CHARS_MAX {
            let finding =
                Finding::error("invalid-name", name.span, "a variable cannot be called so", "invalid name");
            reader.note(finding.help("use letters a to z, digits and `_`, beginning with a letter"));
        } else if FACTS.iter().any(|(fact, _)| *fact == name.value) {
            let message = format!("`{}` is known of every call and cannot be a variable", name.value);
            reader.note(
                Finding::error("invalid-name", name.span, message, "taken").help("choose another name"),
            );
        } else if let Some(variable) = read_variable(reader, name, value) {
            variables.insert(name.value.clone(), variable);
        }
    }
    variables
}

/// `{ one_of: [...], default: x }`, `{ type: money, default: x }`, or just the value a call begins with.
fn read_variable(reader: &mut Reader, name: &Word, value: &Tree) -> Option<Variable> {
    let what = format!("the variable `{}`", name.value);
    if !matches!(value.value, Value::Map(_)) {
        let first = literal(&reader.word(&what, value)?.value);
        let ty = match first.kind() {
            ValueKind::Bool => Type::Flag,
            ValueKind::Number => Type::Number,
            _ => Type::Text,
        };
        return Some(Variable { ty, first });
    }
    let fields = reader.fields(what.clone(), name.span, value, &["one_of", "type", "default"])?;
    let ty = match (fields.entry("one_of"), fields.entry("type")) {
        (Some((one, _)), Some((two, _))) => {
            let message = format!("{what} has `one_of` or `type`, not both");
            reader
                .note(Finding::error("duplicate-key", two.span, message, "this too").also(one.span, "this"));
            return None;
        }
        (Some((_, tree)), None) => {
            Type::OneOf(reader.words("`one_of`", tree).into_iter().map(|word| word.value).collect())
        }
        (None, Some((_, tree))) => types::read(reader, &what, tree)?,
        (None, None) => {
            fields.need(reader, "one_of");
            return None;
        }
    };
    let default = fields.get("default");
    let first = match (&ty, default) {
        (_, None) => Known::from(()),
        (Type::Secret, Some(tree)) => {
            let finding = Finding::error("secret-used", tree.span, "a secret cannot stand in a file", "here");
            reader.note(finding.help("collect it from the caller"));
            Known::from(())
        }
        (Type::OneOf(words), Some(tree)) => match reader.word("`default`", tree) {
            Some(word) if words.contains(&word.value) => Known::from(word.value),
            Some(word) => {
                reader.unknown("unknown-value", "value", &word, words.iter().map(String::as_str));
                Known::from(())
            }
            None => Known::from(()),
        },
        (ty, Some(tree)) => ty.literal(reader, tree.span, Some(tree)).unwrap_or_default(),
    };
    Some(Variable { ty, first })
}

/// `{ call, send, when }`, or a list of such.
fn read_on_hangup(reader: &mut Reader, fields: &Fields<'_>) -> Vec<Farewell> {
    let Some((key, tree)) = fields.entry("on_hangup") else { return Vec::new() };
    let all = match &tree.value {
        Value::List(all) => all.as_slice(),
        Value::Empty | Value::Scalar(_) | Value::Map(_) => std::slice::from_ref(tree),
    };
    if all.len() > limits::FAREWELLS_MAX {
        let message = format!("at most {} questions are asked at the end", limits::FAREWELLS_MAX);
        reader.note(Finding::error("too-many", key.span, message, "too many"));
        return Vec::new();
    }
    let mut farewells = Vec::new();
    for tree in all {
        let Some(fields) = reader.fields("`on_hangup`", key.span, tree, &["call", "send", "when"]) else {
            continue;
        };
        let call = fields.need(reader, "call").and_then(|tree| reader.word("`call`", tree));
        let send = fields.get("send").map(|tree| ask::read_send(reader, tree)).unwrap_or_default();
        let when = fields.get("when").map(|tree| read_when(reader, tree));
        // One whose condition cannot be read is noted, and would be asked always.
        if let (Some(call), None | Some(Some(_))) = (call, &when) {
            let nameless = Word { value: String::new(), span: call.span };
            farewells.push(Farewell { when: when.flatten(), ask: Ask::new(nameless, call, send) });
        }
    }
    farewells
}

fn read_defaults(reader: &mut Reader, at: Span, tree: &Tree) -> Defaults {
    let usual = Defaults::default();
    let Some(fields) = reader.fields("`defaults`", at, tree, &DEFAULT_FIELDS) else {
        return usual;
    };
    let outcomes = all_outcomes();
    Defaults {
        timeout: fields
            .get("timeout")
            .and_then(|tree| reader.duration("`timeout`", tree))
            .unwrap_or(usual.timeout),
        tries: fields
            .get("tries")
            .and_then(|tree| reader.number("`tries`", tree, 1..=limits::TRIES_MAX))
            .unwrap_or(usual.tries),
        exits: fields
            .get("exits")
            .map(|tree| Exits::read_map(reader, "the language", tree, &outcomes))
            .unwrap_or_default(),
        wait: fields.entry("wait").and_then(|(key, tree)| {
            let fields =
                reader.fields("`wait`", key.span, tree, &["slide", "title", "lines", "values", "say"])?;
            Some(Scene::read(reader, &fields))
        }),
    }
}

/// The outcomes of all steps, once each.
fn all_outcomes() -> Vec<Outcome> {
    let mut all: Vec<Outcome> = Vec::new();
    for outcome in STEPS.iter().flat_map(|kind| kind.outcomes) {
        if !all.iter().any(|known| known.name == outcome.name) {
            all.push(*outcome);
        }
    }
    all
}

fn read_nodes(reader: &mut Reader, fields: &Fields<'_>) -> (BTreeMap<String, Node>, Vec<String>) {
    let (mut nodes, mut broken) = (BTreeMap::new(), Vec::new());
    let Some((key, tree)) = fields.entry("nodes") else {
        // A misspelt `nodes` is noted as such.
        if reader
            .findings
            .iter()
            .all(|finding| finding.code() != "unknown-field" || finding.span().file != fields.span().file)
        {
            empty_flow(reader, fields.span());
        }
        return (nodes, broken);
    };
    if matches!(&tree.value, Value::Empty) || matches!(&tree.value, Value::Map(map) if map.is_empty()) {
        empty_flow(reader, key.span);
        return (nodes, broken);
    }
    let entries = reader.entries("`nodes`", key.span, tree).unwrap_or_default();
    if entries.len() > limits::NODES_MAX {
        let message = format!("a flow has at most {} nodes", limits::NODES_MAX);
        reader.note(Finding::error("too-many", key.span, message, "too many"));
        return (nodes, broken);
    }
    for (name, value) in entries {
        reader.check_name("a node", name);
        match read_node(reader, name, value) {
            Some(node) => {
                nodes.insert(name.value.clone(), node);
            }
            None => broken.push(name.value.clone()),
        }
    }
    (nodes, broken)
}

fn empty_flow(reader: &mut Reader, at: Span) {
    let finding = Finding::error("empty-flow", at, "this flow has no nodes", "nothing to run");
    reader.note(finding.help("add `nodes:` with at least the start node"));
}

/// A node is a map with exactly one step.
fn read_node(reader: &mut Reader, name: &Word, value: &Tree) -> Option<Node> {
    let what = format!("the node `{}`", name.value);
    let entries = reader.entries(&what, name.span, value)?;
    let mut steps: Vec<(&Word, &Tree, &Kind)> = Vec::new();
    let (mut unknown, mut goal, mut requires) = (false, None, None);
    for (key, tree) in entries {
        match STEPS.iter().find(|kind| kind.name == key.value) {
            Some(kind) => steps.push((key, tree, kind)),
            None if key.value == "goal" => {
                goal = reader.word("`goal`", tree);
                if let Some(goal) = &goal {
                    reader.check_name("a goal", goal);
                }
            }
            None if key.value == "requires" => requires = reader.word("`requires`", tree),
            None => {
                unknown = true;
                let known = STEPS.iter().map(|kind| kind.name).chain(NODE_FIELDS);
                reader.unknown("unknown-step", "step", key, known);
            }
        }
    }
    match steps[..] {
        [] if unknown => None,
        [] => {
            let message = format!("{what} has no step");
            let known = STEPS.map(|kind| kind.name).join(", ");
            reader.note(
                Finding::error("no-step", name.span, message, "does nothing").help(format!("one of {known}")),
            );
            None
        }
        [(key, tree, kind)] => {
            let fields = reader.fields(format!("`{}`", kind.name), key.span, tree, &kind.field_names())?;
            let fetch =
                fields.entry("fetch").map(|(key, tree)| ask::read(reader, "`fetch`", key.span, tree, false));
            let step = (kind.read)(reader, &fields)?;
            Some(Node { name: name.clone(), fetch: fetch.unwrap_or_default(), goal, requires, step })
        }
        [(first, ..), (second, ..), ..] => {
            let message = format!("{what} has more than one step");
            reader.note(
                Finding::error("many-steps", second.span, message, "a second step")
                    .also(first.span, "the first step")
                    .help("make two nodes, and lead from the first to the second by `next:`"),
            );
            None
        }
    }
}
