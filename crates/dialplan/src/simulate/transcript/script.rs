//! The lines of a transcript, read.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::connector::Answer;
use crate::problem::Finding;
use crate::read::unknown;
use crate::simulate::{ANSWERS, Act, Fact, FactKind, OUTCOMES, Setup, usual_time, wall_time};
use crate::source::{Span, Word};
use crate::{Facts, Flow, Service, TransferOutcome};

/// What can happen, with how it is written.
const DEEDS: [(&str, &str); 8] = [
    ("call", "call 1008621, from 13800138000, language en, without video"),
    ("answer", "answer crm.balance failed"),
    ("press", "press 1"),
    ("listen", "listen"),
    ("wait", "wait"),
    ("queue", "queue served"),
    ("transfer", "transfer done"),
    ("hangup", "hangup"),
];

/// What may stand behind `call`, with how it is written.
const CLAUSES: [(&str, &str); 5] = [
    ("from", "from 13800138000"),
    ("language", "language en"),
    ("without", "without video"),
    ("at", "at 2026-10-01 10:00"),
    ("answer", "answer crm.balance failed"),
];

/// A file.
#[derive(Debug)]
pub(super) struct Script {
    /// Octets before the first call.
    pub(super) head: usize,
    pub(super) calls: Vec<Call>,
}

/// One call: what happens in it, `call` first.
#[derive(Debug)]
pub(super) struct Call {
    telephone: Telephone,
    beats: Vec<Beat>,
}

impl Call {
    /// Who calls whom.
    pub(super) fn telephone(&self) -> &Telephone {
        &self.telephone
    }

    pub(super) fn iter(&self) -> std::slice::Iter<'_, Beat> {
        self.beats.iter()
    }
}

impl<'c> IntoIterator for &'c Call {
    type Item = &'c Beat;
    type IntoIter = std::slice::Iter<'c, Beat>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Who calls whom.
#[derive(Clone, Debug)]
pub(super) struct Telephone {
    /// The flow's name.
    pub(super) flow: String,
    setup: Setup,
}

impl Telephone {
    pub(super) fn setup(&self) -> Setup {
        self.setup.clone()
    }

    /// The flow that is called.
    pub(super) fn flow<'s>(&self, service: &'s Service) -> Option<&'s Flow> {
        service.flow(self.setup.flow)
    }
}

/// One line at the margin and what stands below it.
#[derive(Debug)]
pub(super) struct Beat {
    pub(super) deed: Deed,
    /// Of the words of the line.
    pub(super) span: Span,
    /// Octets of the line with its end.
    pub(super) line: Range<usize>,
    /// Octets of the lines below it, up to the next one at the margin.
    pub(super) block: Range<usize>,
    /// The facts among them.
    pub(super) expected: Vec<Expected>,
}

/// What happens.
#[derive(Debug)]
pub(super) enum Deed {
    Call(Telephone),
    /// Several only for keys.
    Act(Vec<Act>),
    /// This call of a connector answers so from here on; none is its example.
    Answer(String, Option<Answer>),
}

/// A fact that must come.
#[derive(Debug)]
pub(super) struct Expected {
    pub(super) fact: Fact,
    pub(super) span: Span,
    /// Of what stands behind the word.
    pub(super) rest: Span,
}

/// One line without its end, with where it stands.
#[derive(Clone, Copy)]
struct Line<'t> {
    file: usize,
    text: &'t str,
    start: usize,
}

/// Reads a file; every mistake in it.
pub(super) fn read(service: &Service, file: usize, text: &str) -> Result<Script, Vec<Finding>> {
    let mut reading =
        Reading { service, findings: Vec::new(), script: Script { head: 0, calls: Vec::new() } };
    let mut start = 0;
    for whole in text.split_inclusive('\n') {
        let line = Line { file, text: whole.trim_end(), start };
        start += whole.len();
        reading.line(line, start);
    }
    if reading.script.calls.is_empty() && reading.findings.is_empty() {
        let at = Span { file, start: 0, end: 0 };
        let finding = Finding::error("empty", at, "there is no call in this transcript", "nothing happens");
        reading.findings.push(finding.help(format!("begin with `{}`", DEEDS[0].1)));
    }
    if reading.findings.is_empty() { Ok(reading.script) } else { Err(reading.findings) }
}

struct Reading<'s> {
    service: &'s Service,
    findings: Vec<Finding>,
    script: Script,
}

impl Reading<'_> {
    /// Takes a line that ends, line end and all, at the octet `end`.
    fn line(&mut self, line: Line<'_>, end: usize) {
        let is_fact = line.text.starts_with([' ', '\t']);
        let nothing = line.text.trim().is_empty() || line.text.trim_start().starts_with('#');
        if nothing || is_fact {
            let fact = if nothing { None } else { self.fact(line) };
            match self.script.calls.last_mut().and_then(|call| call.beats.last_mut()) {
                Some(beat) => {
                    beat.block.end = end;
                    beat.expected.extend(fact);
                }
                None => self.script.head = end,
            }
            return;
        }
        let Some(deed) = self.deed(line) else { return };
        let beat =
            Beat { deed, span: line.span(), line: line.start..end, block: end..end, expected: Vec::new() };
        match (&beat.deed, self.script.calls.last_mut()) {
            (Deed::Call(telephone), _) => {
                self.script.calls.push(Call { telephone: telephone.clone(), beats: vec![beat] });
            }
            (Deed::Act(_) | Deed::Answer(..), Some(call)) => call.beats.push(beat),
            (Deed::Act(_) | Deed::Answer(..), None) => self.no_call(line),
        }
    }

    fn fact(&mut self, line: Line<'_>) -> Option<Expected> {
        let (word, rest) = line.words();
        let Some(kind) = FactKind::of(&word.value) else {
            let known = FactKind::ALL.map(|(_, word, _)| word);
            let mut finding = unknown("unknown-word", "fact", &word, known);
            if DEEDS.iter().any(|(deed, _)| *deed == word.value) {
                finding =
                    finding.help(format!("`{}` stands at the margin, without spaces before it", word.value));
            }
            self.findings.push(finding);
            return None;
        };
        if self.script.calls.is_empty() {
            self.no_call(line);
            return None;
        }
        let alone = matches!(kind, FactKind::Ends | FactKind::Rings);
        if alone != rest.value.is_empty() {
            let (what, label) = match alone {
                true => (format!("nothing stands behind `{}`", word.value), "too much"),
                false => (format!("something stands behind `{}`", word.value), "nothing is given"),
            };
            let at = if alone { rest.span } else { word.span };
            self.findings.push(Finding::error("invalid-value", at, what, label));
            return None;
        }
        Some(Expected { fact: Fact::new(kind, &rest.value), span: line.span(), rest: rest.span })
    }

    fn no_call(&mut self, line: Line<'_>) {
        // Said once: what follows cannot be in a call either.
        let message = "nothing can happen before a call has begun";
        let finding = Finding::error("no-call", line.span(), message, "in which call?");
        if self.findings.is_empty() {
            self.findings.push(finding.help(format!("begin with `{}`", DEEDS[0].1)));
        }
    }

    fn deed(&mut self, line: Line<'_>) -> Option<Deed> {
        let (word, rest) = line.words();
        match word.value.as_str() {
            "call" => self.call(&rest).map(Deed::Call),
            "press" => self.keys(&word, &rest).map(Deed::Act),
            "queue" => self.outcome(&word, &rest).map(|act| Deed::Act(vec![act])),
            "transfer" => self.transferred(&word, &rest).map(|act| Deed::Act(vec![act])),
            "answer" => self.answer(&word, &rest).map(|(call, answer)| Deed::Answer(call, answer)),
            "listen" => self.alone(&rest, Act::Listen),
            "wait" => self.alone(&rest, Act::Wait),
            "hangup" => self.alone(&rest, Act::Hangup),
            other => {
                let mut finding = unknown("unknown-word", "act", &word, DEEDS.map(|(deed, _)| deed));
                if FactKind::of(other).is_some() {
                    finding = finding.help(format!("`{other}` is a fact: put two spaces before it"));
                }
                self.findings.push(finding);
                None
            }
        }
    }

    fn alone(&mut self, rest: &Word, act: Act) -> Option<Deed> {
        if !rest.value.is_empty() {
            let finding =
                Finding::error("invalid-value", rest.span, "nothing stands behind this word", "too much");
            self.findings.push(finding);
            return None;
        }
        Some(Deed::Act(vec![act]))
    }

    fn keys(&mut self, word: &Word, rest: &Word) -> Option<Vec<Act>> {
        if rest.value == "code" {
            return Some(vec![Act::Code]);
        }
        let signs: Vec<char> = rest.value.chars().filter(|sign| !sign.is_whitespace()).collect();
        let wrong = signs.iter().find(|sign| !matches!(sign, '0'..='9' | '*' | '#'));
        if signs.is_empty() || wrong.is_some() {
            let message = match wrong {
                Some(sign) => format!("`{sign}` is not a key of a telephone"),
                None => "no key is pressed".to_owned(),
            };
            let at = if signs.is_empty() { word.span } else { rest.span };
            let finding = Finding::error("invalid-key", at, message, "not a key");
            self.findings.push(finding.help("one or more of 0 to 9, * and #: `press 1`, `press 1234#`"));
            return None;
        }
        Some(signs.into_iter().map(Act::Press).collect())
    }

    fn outcome(&mut self, word: &Word, rest: &Word) -> Option<Act> {
        let found = OUTCOMES.iter().find(|(name, _)| *name == rest.value);
        if found.is_none() {
            let known = OUTCOMES.map(|(name, _)| name);
            let named = if rest.value.is_empty() { word } else { rest };
            self.findings.push(unknown("unknown-outcome", "outcome of a queue", named, known));
        }
        found.map(|(_, outcome)| Act::Queue(*outcome))
    }

    fn transferred(&mut self, word: &Word, rest: &Word) -> Option<Act> {
        let found = TransferOutcome::ALL.into_iter().find(|outcome| outcome.word() == rest.value);
        if found.is_none() {
            let known = TransferOutcome::ALL.map(TransferOutcome::word);
            let named = if rest.value.is_empty() { word } else { rest };
            self.findings.push(unknown("unknown-outcome", "outcome of a transfer", named, known));
        }
        found.map(Act::Transfer)
    }

    /// `crm.balance failed`, behind the word `answer`.
    fn answer(&mut self, word: &Word, rest: &Word) -> Option<(String, Option<Answer>)> {
        let (call, how) = split(rest);
        if call.value.is_empty() || how.value.is_empty() {
            let finding = Finding::error("invalid-value", word.span, "`answer` is not complete", "here");
            self.findings.push(finding.help(format!("write `{}`", DEEDS[1].1)));
            return None;
        }
        let connectors = self.service.connectors().values();
        let known: Vec<String> = connectors
            .flat_map(|known| known.calls.keys().map(|call| format!("{}.{call}", known.name)))
            .collect();
        if !known.contains(&call.value) {
            self.findings.push(unknown("unknown-call", "call", &call, known.iter().map(String::as_str)));
            return None;
        }
        if how.value.contains('=') {
            return self.changed(call.value, &how).map(|(call, answer)| (call, Some(answer)));
        }
        let found = ANSWERS.into_iter().find(|(name, _)| *name == how.value);
        if found.is_none() {
            let known = ANSWERS.map(|(name, _)| name);
            self.findings.push(unknown("unknown-outcome", "answer of a connector", &how, known));
        }
        found.map(|(_, answer)| (call.value, answer))
    }

    /// `star=1 deaf=true`: the example with these parts.
    fn changed(&mut self, call: String, how: &Word) -> Option<(String, Answer)> {
        let (connector, name) = call.split_once('.')?;
        let of = self.service.connectors().get(connector)?.call(name)?;
        let parts: Option<Vec<_>> = how.value.split_whitespace().map(|part| part.split_once('=')).collect();
        let Some(parts) = parts else {
            let finding =
                Finding::error("invalid-value", how.span, "a part of an answer is `name=value`", "here");
            self.findings.push(finding.help("for example `answer crm.balance yuan=5.20`"));
            return None;
        };
        match of.example_with(&parts) {
            Ok(answer) => Some((call, answer)),
            Err(why) => {
                let message = format!("`{call}` cannot answer so: {why}");
                self.findings.push(Finding::error("invalid-value", how.span, message, "here"));
                None
            }
        }
    }

    /// `1008621, from 13800138000, language en, without video`.
    fn call(&mut self, rest: &Word) -> Option<Telephone> {
        let mut parts = parts(rest);
        let named = parts.remove(0);
        let by_number = self.service.flow_for(&named.value);
        let by_name = || self.service.flows().iter().find(|flow| flow.name() == named.value);
        let Some(flow) = by_number.or_else(by_name) else {
            let numbers =
                self.service.flows().iter().flat_map(|flow| flow.numbers().iter().map(String::as_str));
            let names = self.service.flows().iter().map(Flow::name);
            let known: Vec<&str> = numbers.chain(names).collect();
            self.findings.push(unknown("unknown-number", "number or flow", &named, known.iter().copied()));
            return None;
        };
        let called = match by_number {
            Some(_) => named.value.clone(),
            None => flow.numbers().first().cloned().unwrap_or_default(),
        };
        let wall = usual_time(self.service);
        let facts = Facts { caller: None, called, has_video: true, language: None, wall, notice: None };
        let mut setup = Setup { flow: flow.id(), facts, answers: BTreeMap::new() };
        for part in &parts {
            self.clause(part, &mut setup);
        }
        Some(Telephone { flow: flow.name().to_owned(), setup })
    }

    fn clause(&mut self, clause: &Word, setup: &mut Setup) {
        let (word, rest) = split(clause);
        let facts = &mut setup.facts;
        match (word.value.as_str(), rest.value.as_str()) {
            ("answer", answer) if !answer.is_empty() => {
                if let Some((call, Some(answer))) = self.answer(&word, &rest) {
                    setup.answers.insert(call, answer);
                }
            }
            ("from", number) if !number.is_empty() => facts.caller = Some(number.to_owned()),
            ("language", tag) if !tag.is_empty() => facts.language = Some(tag.to_owned()),
            ("without", "video") => facts.has_video = false,
            ("at", time) if !time.is_empty() => match wall_time(self.service, time) {
                Ok(wall) => facts.wall = wall,
                Err(why) => {
                    let finding = Finding::error("invalid-value", rest.span, why, "not a time");
                    self.findings.push(finding);
                }
            },
            (known, _) => match CLAUSES.iter().find(|(clause, _)| *clause == known) {
                Some((_, example)) => {
                    let message = format!("`{}` is not complete", clause.value);
                    let finding = Finding::error("invalid-value", clause.span, message, "here");
                    self.findings.push(finding.help(format!("write `{example}`")));
                }
                None => {
                    let known = CLAUSES.map(|(clause, _)| clause);
                    self.findings.push(unknown("unknown-word", "word for a call", &word, known));
                }
            },
        }
    }
}

impl Line<'_> {
    /// Of what is written, without the space before it.
    fn span(&self) -> Span {
        let indent = self.text.len() - self.text.trim_start().len();
        Span { file: self.file, start: self.start + indent, end: self.start + self.text.len() }
    }

    /// The first word, and what stands behind it.
    fn words(&self) -> (Word, Word) {
        split(&Word { value: self.text.trim_start().to_owned(), span: self.span() })
    }
}

fn split(word: &Word) -> (Word, Word) {
    let (first, rest) = word.value.split_once(char::is_whitespace).unwrap_or((&word.value, ""));
    let behind = rest.trim_start();
    let start = word.span.end - behind.len();
    let first_span = Span { end: word.span.start + first.len(), ..word.span };
    let rest_span = Span { start, ..word.span };
    (Word { value: first.to_owned(), span: first_span }, Word { value: behind.to_owned(), span: rest_span })
}

/// What stands between commas; at least one, if empty.
fn parts(word: &Word) -> Vec<Word> {
    let mut at = word.span.start;
    let part = |text: &str| {
        let start = at + (text.len() - text.trim_start().len());
        let value = text.trim().to_owned();
        let span = Span { start, end: start + value.len(), ..word.span };
        at += text.len() + 1;
        Word { value, span }
    };
    word.value.split(',').map(part).collect()
}
