//! `fetch` and `at_start`: what a flow asks of connectors, and the name it gets the answer under.
//!
//! `fetch: { bal: crm.balance }` is short for `fetch: { bal: { call: crm.balance } }`. An argument that is called like
//! a fact of the call (`caller`) is that fact when `send` does not give it.

use std::collections::{BTreeMap, BTreeSet};

use minijinja::value::Value;

use crate::check::Checker;
use crate::connector::{Call, Connector, Question};
use crate::expression::{Expression, FACTS, Scope};
use crate::problem::Finding;
use crate::read::{Reader, unknown};
use crate::source::{Span, Word};
use crate::types::{self, Type};
use crate::yaml::{Tree, Value as Yaml};

/// One question and the name of its answer.
#[derive(Debug)]
pub(crate) struct Ask {
    /// What the answer is called.
    pub(crate) into: Word,
    /// `connector.call`.
    pub(crate) what: Word,
    send: Vec<(Word, Expression)>,
    /// What takes the answer's place until it comes, as it is written.
    or: Option<Tree>,
    /// The same as a value, once the connectors are known.
    pub(crate) fallback: Option<Value>,
}

/// A question with the values of one moment. Its `Debug` shows none of them: some are secrets.
#[derive(Clone)]
pub(crate) struct Wanted {
    connector: String,
    call: String,
    pub(crate) arguments: BTreeMap<String, Value>,
    secret: BTreeSet<String>,
    pub(crate) idempotency_key: Option<String>,
}

impl Wanted {
    /// `connector.call`.
    pub(crate) fn name(&self) -> String {
        format!("{}.{}", self.connector, self.call)
    }

    /// The question, as number `id` of the call.
    pub(crate) fn question(self, id: u32) -> Question {
        let Wanted { connector, call, arguments, secret, idempotency_key } = self;
        Question { id, connector, call, arguments, secret, idempotency_key }
    }
}

/// All connectors of a service, by name.
pub(crate) type Connectors = BTreeMap<String, Connector>;

/// Reads `{ name: connector.call }`. With `or`, each has a value for the time until its answer comes.
pub(crate) fn read(reader: &mut Reader, field: &str, at: Span, tree: &Tree, or: bool) -> Vec<Ask> {
    let mut asks = Vec::new();
    for (into, tree) in reader.entries(field, at, tree).unwrap_or_default() {
        if types::check_identifier(reader, "an answer", into) {
            if FACTS.iter().any(|(fact, _)| *fact == into.value) {
                let message = format!("`{}` is known of every call and cannot be an answer", into.value);
                let finding = Finding::error("invalid-name", into.span, message, "taken");
                reader.note(finding.help("choose another name"));
            }
            asks.extend(read_one(reader, into, tree, or));
        }
    }
    asks
}

fn read_one(reader: &mut Reader, into: &Word, tree: &Tree, or: bool) -> Option<Ask> {
    if !matches!(tree.value, Yaml::Map(_)) && !or {
        let what = reader.word("a call of a connector", tree)?;
        return Some(Ask { into: into.clone(), what, send: Vec::new(), or: None, fallback: None });
    }
    let known: &[&str] = if or { &["call", "send", "or"] } else { &["call", "send"] };
    let fields = reader.fields(format!("`{}`", into.value), into.span, tree, known)?;
    let what = fields.need(reader, "call").and_then(|tree| reader.word("`call`", tree));
    let send = fields.get("send").map(|tree| read_send(reader, tree)).unwrap_or_default();
    let or = if or { Some(fields.need(reader, "or")?.clone()) } else { None };
    Some(Ask { into: into.clone(), what: what?, send, or, fallback: None })
}

/// Reads the arguments: expressions by name.
pub(crate) fn read_send(reader: &mut Reader, tree: &Tree) -> Vec<(Word, Expression)> {
    let mut send = Vec::new();
    for (name, value) in reader.entries("`send`", tree.span, tree).unwrap_or_default() {
        if let Some(word) = reader.word("an argument", value) {
            match Expression::new(word) {
                Ok(expression) => send.push((name.clone(), expression)),
                Err(finding) => reader.note(finding),
            }
        }
    }
    send
}

impl Ask {
    /// A question whose answer a step gives a name.
    pub(crate) fn new(into: Word, what: Word, send: Vec<(Word, Expression)>) -> Self {
        Ask { into, what, send, or: None, fallback: None }
    }

    /// What answers it.
    pub(crate) fn find<'c>(&self, connectors: &'c Connectors) -> Option<(&'c Connector, &'c str)> {
        let (connector, call) = self.what.value.split_once('.')?;
        let connector = connectors.get(connector)?;
        let (call, _) = connector.calls.get_key_value(call)?;
        Some((connector, call))
    }

    /// The call that answers it.
    pub(crate) fn call<'c>(&self, connectors: &'c Connectors) -> Option<&'c Call> {
        self.find(connectors).and_then(|(connector, call)| connector.call(call))
    }

    /// The type and an example of the answer; unknown where the call is, which the check notes.
    pub(crate) fn answer(&self, connectors: &Connectors) -> (Type, Value) {
        match self.find(connectors).and_then(|(connector, call)| connector.call(call)) {
            Some(call) => (call.returns().clone(), call.example_value().clone()),
            None => (Type::Unknown, Value::from(())),
        }
    }

    /// Reads what takes the answer's place.
    pub(crate) fn resolve(&mut self, reader: &mut Reader, connectors: &Connectors) {
        let Some(or) = &self.or else { return };
        let (ty, _) = self.answer(connectors);
        self.fallback = match ty {
            Type::Unknown => Some(Value::from(())),
            ty => ty.literal(reader, or.span, Some(or)),
        };
    }

    /// Notes whatever is wrong with it.
    pub(crate) fn check(&self, checker: &mut Checker<'_>) {
        let connectors = checker.connectors();
        let Some((name, call)) = self.what.value.split_once('.') else {
            let message = "a call is named with its connector";
            let finding = Finding::error("unknown-call", self.what.span, message, "not `connector.call`");
            let all = connectors.values();
            let first =
                all.flat_map(|known| known.calls.keys().map(|call| format!("{}.{call}", known.name))).next();
            return checker.note(finding.maybe_help(first.map(|first| format!("for example `{first}`"))));
        };
        let Some(connector) = connectors.get(name) else {
            if checker.knows_connectors() {
                let word = Word { value: name.to_owned(), span: part(self.what.span, 0, name.len()) };
                let finding =
                    unknown("unknown-connector", "connector", &word, connectors.keys().map(String::as_str));
                let none = connectors.is_empty().then(|| "write a file with `connector:`".to_owned());
                checker.note(finding.maybe_help(none));
            }
            return;
        };
        if connector.broken.contains(call) || !checker.knows_connectors() && connector.call(call).is_none() {
            return;
        }
        let Some(call) = connector.call(call) else {
            let word =
                Word { value: call.to_owned(), span: part(self.what.span, name.len() + 1, call.len()) };
            return checker.note(unknown(
                "unknown-call",
                "call",
                &word,
                connector.calls.keys().map(String::as_str),
            ));
        };
        let mut all_known = true;
        for (argument, expression) in &self.send {
            all_known &= call.takes().contains_key(&argument.value);
            match call.takes().get(&argument.value) {
                Some(ty) => checker.value(expression, ty, &format!("`{}`", argument.value)),
                None => {
                    let known = call.takes().keys().map(String::as_str);
                    checker.note(unknown("unknown-argument", "argument", argument, known));
                }
            }
        }
        let given = |name: &str| self.send.iter().any(|(argument, _)| argument.value == name);
        let known = |name: &str| FACTS.iter().any(|(fact, _)| *fact == name);
        for (name, ty) in call.takes() {
            // One that is misspelt may be the one that is needed.
            if all_known && !given(name) && !known(name) && !matches!(ty, Type::Optional(_)) {
                let message = format!("`{}` needs `{name}`", self.what.value);
                let finding = Finding::error("missing-argument", self.what.span, message, "not given");
                checker.note(
                    finding.help(format!("add `send: {{ {name}: ... }}`")).also(call.span(), "needed here"),
                );
            }
        }
    }

    /// The question with the values of now; none when nobody answers it, which the checker notes.
    pub(crate) fn wanted(&self, connectors: &Connectors, scope: &Scope) -> Option<Wanted> {
        let (connector, call) = self.find(connectors)?;
        Some(Wanted {
            connector: connector.name.clone(),
            call: call.to_owned(),
            arguments: self.arguments(connectors, scope),
            secret: self.secrets(connectors),
            idempotency_key: None,
        })
    }

    /// What is given for an argument.
    pub(crate) fn sent(&self, argument: &str) -> Option<&Expression> {
        self.send.iter().find(|(name, _)| name.value == argument).map(|(_, expression)| expression)
    }

    /// The arguments that are given.
    pub(crate) fn sent_names(&self) -> impl Iterator<Item = &str> {
        self.send.iter().map(|(name, _)| name.value.as_str())
    }

    /// The names of the arguments that nobody may see.
    pub(crate) fn secrets(&self, connectors: &Connectors) -> BTreeSet<String> {
        let call = self.find(connectors).and_then(|(connector, call)| connector.call(call));
        let takes = call.into_iter().flat_map(Call::takes);
        takes.filter(|(_, ty)| ty.is_secret()).map(|(name, _)| name.clone()).collect()
    }

    /// The arguments as they are now; one whose expression fails, or gives what the call does not take, is left out.
    pub(crate) fn arguments(&self, connectors: &Connectors, scope: &Scope) -> BTreeMap<String, Value> {
        let mut arguments = BTreeMap::new();
        let Some(call) = self.find(connectors).and_then(|(connector, call)| connector.call(call)) else {
            return arguments;
        };
        for name in call.takes().keys() {
            let own = self.send.iter().find(|(argument, _)| argument.value == *name);
            let value = match own {
                Some((_, expression)) => expression.evaluate(scope).ok(),
                None => scope.get(name).filter(|_| FACTS.iter().any(|(fact, _)| fact == name)).cloned(),
            };
            if let Some(value) = value.filter(|value| !value.is_undefined() && !value.is_none()) {
                arguments.insert(name.clone(), value);
            }
        }
        arguments
    }
}

/// A part of a word, where it is written without quotes.
fn part(span: Span, at: usize, len: usize) -> Span {
    let start = (span.start + at).min(span.end);
    Span { start, end: (start + len).min(span.end), ..span }
}
