//! Connectors: what a service asks of other systems, and what they answer.
//!
//! A file with `connector:` names the calls of one HTTP interface: what each takes, returns and costs in time, and an
//! example of its answer, which the checker, the simulator and tests use. Here is only what is pure: the shell sends a
//! [`Request`] and hands what came back to [`Call::read`]; a run asks by [`Question`] and is told an [`Answer`].

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use minijinja::value::Value;
use serde_json::Value as Json;

use crate::limits;
use crate::problem::Finding;
use crate::read::{Fields, Reader};
use crate::source::{Span, Word};
use crate::types::{self, Type};
use crate::yaml::{Tree, Value as Yaml};

/// The methods of HTTP that a call can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads; may be repeated.
    Get,
    /// Does something; is repeated only where the call says `idempotent: true`.
    Post,
    /// Replaces; may be repeated.
    Put,
    /// Removes; may be repeated.
    Delete,
}

const METHODS: [(&str, Method); 4] =
    [("get", Method::Get), ("post", Method::Post), ("put", Method::Put), ("delete", Method::Delete)];

/// One interface.
#[derive(Debug)]
pub struct Connector {
    /// As flows call it.
    pub name: String,
    /// What paths are appended to; `${NAME}` stands for a value of the environment.
    pub base: String,
    /// Sent with every request; values as `base`.
    pub headers: Vec<(String, String)>,
    /// How many requests may be on their way at once; one more fails.
    pub at_once: u32,
    /// By name.
    pub calls: BTreeMap<String, Call>,
    /// Calls that are there and have mistakes, which are noted: what they are asked for is not judged.
    pub(crate) broken: BTreeSet<String>,
    pub(crate) span: Span,
}

/// One thing that can be asked.
#[derive(Debug)]
pub struct Call {
    /// How it is sent.
    pub method: Method,
    /// How long an answer may take.
    pub timeout: Duration,
    /// Whether it may be sent again when no answer came.
    pub idempotent: bool,
    /// Whether only the step `order` may ask it, which has the caller confirm it.
    pub order: bool,
    path: Vec<Piece>,
    takes: BTreeMap<String, Type>,
    returns: Type,
    /// Statuses of HTTP that are an answer: no.
    refused: Vec<u16>,
    example: Value,
    span: Span,
}

#[derive(Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Name(String),
}

/// What a run wants to know. Its `Debug` hides what may be secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Question {
    /// For the answer; unique in the call.
    pub id: u32,
    /// Name of the connector.
    pub connector: String,
    /// Name of the call.
    pub call: String,
    /// By the names that the call takes.
    pub arguments: BTreeMap<String, Value>,
    /// The arguments that nobody may see.
    pub secret: BTreeSet<String>,
    /// The same for every attempt at one thing that must happen once.
    pub idempotency_key: Option<String>,
}

impl Question {
    /// What it is about, for a person: `crm.bill caller=138 pin=***`.
    #[must_use]
    pub fn told(&self) -> String {
        let mut told = format!("{}.{}", self.connector, self.call);
        for (name, value) in &self.arguments {
            let value = if self.secret.contains(name) { "***".to_owned() } else { value.to_string() };
            told.push_str(&format!(" {name}={value}"));
        }
        told
    }
}

impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.arguments.keys().map(String::as_str).collect();
        write!(f, "Question({} {}.{} of {})", self.id, self.connector, self.call, names.join(", "))
    }
}

/// What came of a question. Its `Debug` hides the value.
#[derive(Clone, PartialEq, Eq)]
pub enum Answer {
    /// A value of the type that the call returns; made by [`Call::read`] alone.
    Done(Answered),
    /// The other side says no.
    Refused,
    /// It did not happen, for certain.
    Failed,
    /// It may have happened: no answer came in time, or none that can be read.
    Unknown,
}

/// A value of the right type.
#[derive(Clone, PartialEq, Eq)]
pub struct Answered(pub(crate) Value);

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Answer::Done(_) => "Done",
            Answer::Refused => "Refused",
            Answer::Failed => "Failed",
            Answer::Unknown => "Unknown",
        })
    }
}

/// What is to be sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// How.
    pub method: Method,
    /// Behind the connector's base: path and query, percent-encoded.
    pub path: String,
    /// The body, for what is not read.
    pub body: Option<Json>,
}

impl Connector {
    /// One of its calls.
    #[must_use]
    pub fn call(&self, name: &str) -> Option<&Call> {
        self.calls.get(name)
    }
}

impl Call {
    /// What it returns.
    #[must_use]
    pub fn returns(&self) -> &Type {
        &self.returns
    }

    /// What it takes, by name.
    #[must_use]
    pub fn takes(&self) -> &BTreeMap<String, Type> {
        &self.takes
    }

    /// The answer of the simulator and the checker.
    #[must_use]
    pub fn example(&self) -> Answer {
        Answer::Done(Answered(self.example.clone()))
    }

    /// The example with some of its parts changed: `("bill.yuan", "5")`, in JSON or as a text.
    ///
    /// # Errors
    /// Why that is no answer of this call.
    pub(crate) fn example_with(&self, parts: &[(&str, &str)]) -> Result<Answer, String> {
        let mut json = serde_json::to_value(&self.example).map_err(|why| why.to_string())?;
        for (path, text) in parts {
            let mut at = &mut json;
            for name in path.split('.') {
                at = at.get_mut(name).ok_or_else(|| format!("its answer has no part `{path}`"))?;
            }
            // What is no number, flag or null is a text, and so is a number where one is meant.
            let value = serde_json::from_str(text).unwrap_or_else(|_| Json::from(*text));
            *at = if at.is_string() && value.is_number() { Json::from(*text) } else { value };
        }
        Ok(Answer::Done(Answered(self.returns.accept(&json)?)))
    }

    pub(crate) fn example_value(&self) -> &Value {
        &self.example
    }

    pub(crate) fn span(&self) -> Span {
        self.span
    }

    /// How a question is sent. An argument that is not given is left out.
    #[must_use]
    pub fn request(&self, question: &Question) -> Request {
        let text = |name: &str| question.arguments.get(name).map(ToString::to_string).unwrap_or_default();
        let mut path = String::new();
        for piece in &self.path {
            match piece {
                Piece::Text(text) => path.push_str(text),
                Piece::Name(name) => path.push_str(&encoded(&text(name))),
            }
        }
        let named = |name: &&String| !self.path.contains(&Piece::Name((*name).clone()));
        let rest: Vec<&String> =
            self.takes.keys().filter(named).filter(|name| question.arguments.contains_key(*name)).collect();
        if self.method == Method::Get {
            for name in rest {
                path.push(if path.contains('?') { '&' } else { '?' });
                path.push_str(&format!("{name}={}", encoded(&text(name))));
            }
            return Request { method: self.method, path, body: None };
        }
        let json = |name: &String| {
            let value = &question.arguments[name];
            let text =
                matches!(self.takes[name], Type::Text | Type::Secret).then(|| Json::from(value.to_string()));
            (name.clone(), text.or_else(|| serde_json::to_value(value).ok()).unwrap_or(Json::Null))
        };
        Request { method: self.method, path, body: Some(Json::Object(rest.into_iter().map(json).collect())) }
    }

    /// Reads what came back: status and body. The error says what does not fit; it is for the log. With a status of
    /// success it may have been done all the same, see [`Answer::Unknown`].
    ///
    /// # Errors
    /// When the status is neither success nor among the refusals, or the body is not what the call returns.
    pub fn read(&self, status: u16, body: &[u8]) -> Result<Answer, String> {
        if self.refused.contains(&status) {
            return Ok(Answer::Refused);
        }
        if !(200..300).contains(&status) {
            return Err(format!("it answers with the status {status}"));
        }
        if matches!(&self.returns, Type::Record(fields) if fields.is_empty()) {
            return Ok(Answer::Done(Answered(Value::from(BTreeMap::<String, Value>::new()))));
        }
        if body.len() > limits::ANSWER_BYTES_MAX {
            return Err(format!("it answers with more than {} octets", limits::ANSWER_BYTES_MAX));
        }
        // The parser bounds the depth itself, and only takes UTF-8 (RFC 8259 §8.1).
        let json: Json =
            serde_json::from_slice(body).map_err(|why| format!("its answer is no JSON: {why}"))?;
        let value = self.returns.accept(&json).map_err(|why| format!("its answer does not fit: {why}"))?;
        Ok(Answer::Done(Answered(value)))
    }
}

/// Percent-encoded for a path or a query (RFC 3986 §2.3): only unreserved characters stay.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for octet in text.bytes() {
        match octet {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(octet));
            }
            octet => out.push_str(&format!("%{octet:02X}")),
        }
    }
    out
}

/// Reads a connector's file.
pub(crate) fn read(reader: &mut Reader, tree: &Tree) -> Option<Connector> {
    let start = Span { end: tree.span.start, ..tree.span };
    let known = ["connector", "base", "headers", "timeout", "at_once", "calls"];
    let fields = reader.fields("a connector", start, tree, &known)?;
    let name = fields.need(reader, "connector").and_then(|tree| reader.word("`connector`", tree))?;
    types::check_identifier(reader, "a connector", &name);
    let base = fields.need(reader, "base").and_then(|tree| reader.word("`base`", tree));
    if let Some(base) = &base {
        check_base(reader, base);
    }
    let mut headers = Vec::new();
    if let Some((key, tree)) = fields.entry("headers") {
        for (name, value) in reader.entries("`headers`", key.span, tree).unwrap_or_default() {
            let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
            if name.value.is_empty() || !name.value.chars().all(token) {
                let finding =
                    Finding::error("invalid-name", name.span, "no header is called so", "not a header");
                reader.note(finding.help("for example `Authorization`"));
            } else if let Some(value) = reader.word("a header", value) {
                headers.push((name.value.clone(), value.value));
            }
        }
    }
    let timeout = fields.get("timeout").and_then(|tree| reader.duration("`timeout`", tree));
    let timeout = timeout.unwrap_or(limits::ANSWER_TIMEOUT).min(limits::ANSWER_TIMEOUT_MAX);
    let at_once = fields.get("at_once").and_then(|tree| reader.number("`at_once`", tree, 1..=10_000));
    let (mut calls, mut broken) = (BTreeMap::new(), BTreeSet::new());
    if let Some(tree) = fields.need(reader, "calls") {
        for (call, tree) in reader.entries("`calls`", tree.span, tree).unwrap_or_default() {
            types::check_identifier(reader, "a call", call);
            let noted = reader.findings.len();
            match read_call(reader, call, tree, timeout) {
                Some(read) if reader.findings.len() == noted => drop(calls.insert(call.value.clone(), read)),
                _ => drop(broken.insert(call.value.clone())),
            }
        }
    }
    Some(Connector {
        base: base.map(|base| base.value).unwrap_or_default(),
        headers,
        at_once: at_once.unwrap_or(limits::AT_ONCE_USUAL),
        calls,
        broken,
        span: name.span,
        name: name.value,
    })
}

fn check_base(reader: &mut Reader, base: &Word) {
    let fits = ["http://", "https://", "${"].iter().any(|scheme| base.value.starts_with(scheme));
    if !fits || base.value.contains(char::is_whitespace) {
        let finding = Finding::error("invalid-address", base.span, "this is not an address of HTTP", "here");
        reader.note(
            finding.help("for example `https://crm.example.net/api`, or `${CRM_URL}` of the environment"),
        );
    }
}

fn read_call(reader: &mut Reader, name: &Word, tree: &Tree, timeout: Duration) -> Option<Call> {
    let known = [
        "get",
        "post",
        "put",
        "delete",
        "takes",
        "returns",
        "refused",
        "timeout",
        "idempotent",
        "order",
        "example",
    ];
    let what = format!("the call `{}`", name.value);
    let noted = reader.findings.len();
    let fields = reader.fields(what.clone(), name.span, tree, &known)?;
    let mut ways = METHODS.iter().filter_map(|(word, method)| Some((fields.entry(word)?, *method)));
    let Some(((key, path), method)) = ways.next() else {
        let finding = Finding::error(
            "missing-field",
            name.span,
            format!("{what} does not say where it is sent"),
            "no path",
        );
        reader.note(finding.help("add `get: /path` or `post: /path`"));
        return None;
    };
    if let Some(((second, _), _)) = ways.next() {
        let finding =
            Finding::error("duplicate-key", second.span, format!("{what} is sent in one way"), "the second");
        reader.note(finding.also(key.span, "the first"));
    }
    let takes = fields.get("takes").and_then(|tree| types::read_record(reader, "`takes`", tree));
    let takes = takes.unwrap_or_default();
    let path = reader.word("a path", path).and_then(|path| read_path(reader, &path, &takes));
    if method == Method::Get
        && let Some((secret, _)) = takes.iter().find(|(_, ty)| ty.is_secret())
    {
        let message =
            format!("`{secret}` is a secret, and what is sent by `get` stands in logs of other machines");
        reader.note(Finding::error("secret-used", key.span, message, "here").help("use `post`"));
    }
    if reader.findings.len() > noted && fields.get("returns").is_none() {
        // A misspelt `returns` would make every part of the example unknown.
        return None;
    }
    let returns = match fields.get("returns") {
        Some(tree) => Type::Record(types::read_record(reader, "`returns`", tree)?),
        None => Type::Record(BTreeMap::new()),
    };
    let own = fields.get("timeout").and_then(|tree| reader.duration("`timeout`", tree));
    let idempotent = fields.get("idempotent").and_then(|tree| reader.flag("`idempotent`", tree));
    let order = fields.get("order").and_then(|tree| reader.flag("`order`", tree)).unwrap_or(false);
    Some(Call {
        method,
        order,
        timeout: own.unwrap_or(timeout).min(limits::ANSWER_TIMEOUT_MAX),
        idempotent: idempotent.unwrap_or(method != Method::Post),
        path: path.unwrap_or_default(),
        example: read_example(reader, &fields, &returns)?,
        refused: read_refused(reader, &fields),
        takes,
        returns,
        span: name.span,
    })
}

/// `/subscribers/{{ caller }}/balance`.
fn read_path(reader: &mut Reader, path: &Word, takes: &BTreeMap<String, Type>) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut rest = path.value.as_str();
    let wrong = |message: String| Finding::error("invalid-path", path.span, message, "here");
    if !rest.starts_with('/') {
        reader.note(wrong("a path begins with `/`".to_owned()));
        return None;
    }
    while let Some((text, behind)) = rest.split_once("{{") {
        let Some((name, tail)) = behind.split_once("}}") else {
            reader.note(wrong("a `{{` is not closed".to_owned()));
            return None;
        };
        let name = name.trim();
        match takes.get(name) {
            Some(ty) if ty.is_secret() => {
                let message = format!("`{name}` is a secret, and paths stand in logs of other machines");
                reader.note(Finding::error("secret-used", path.span, message, "here"));
            }
            Some(_) => {}
            None => {
                let word = Word { value: name.to_owned(), span: path.span };
                reader.unknown("unknown-variable", "argument", &word, takes.keys().map(String::as_str));
            }
        }
        pieces.push(Piece::Text(text.to_owned()));
        pieces.push(Piece::Name(name.to_owned()));
        rest = tail;
    }
    pieces.push(Piece::Text(rest.to_owned()));
    if pieces.iter().any(|piece| matches!(piece, Piece::Text(text) if text.contains(char::is_whitespace))) {
        reader.note(wrong("there are no spaces in a path".to_owned()));
    }
    Some(pieces)
}

fn read_refused(reader: &mut Reader, fields: &Fields<'_>) -> Vec<u16> {
    let Some(tree) = fields.get("refused") else { return Vec::new() };
    let words = reader.words("`refused`", tree);
    let mut statuses = Vec::new();
    for word in words {
        match word.value.parse() {
            Ok(status @ 400..=499) => statuses.push(status),
            Ok(_) | Err(_) => {
                let message = "`refused` lists statuses of HTTP from 400 to 499";
                reader.note(Finding::error("invalid-value", word.span, message, "not one of them"));
            }
        }
    }
    statuses
}

/// The example is needed where something is returned.
fn read_example(reader: &mut Reader, fields: &Fields<'_>, returns: &Type) -> Option<Value> {
    if matches!(returns, Type::Record(parts) if parts.is_empty()) && fields.get("example").is_none() {
        return Some(Value::from(BTreeMap::<String, Value>::new()));
    }
    let tree = fields.need(reader, "example")?;
    match &tree.value {
        Yaml::Map(_) => returns.literal(reader, tree.span, Some(tree)),
        Yaml::Empty | Yaml::Scalar(_) | Yaml::List(_) => {
            reader.note(Finding::error(
                "wrong-shape",
                tree.span,
                "`example` is a map of what is returned",
                "here",
            ));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn connector(calls: &str) -> (Option<Connector>, Vec<Finding>) {
        let text = format!("connector: crm\nbase: http://127.0.0.1:1\ncalls:\n{calls}");
        let tree = crate::yaml::parse(0, &text).expect("yaml").expect("a tree");
        let mut reader = Reader::default();
        let connector = read(&mut reader, &tree);
        (connector, reader.findings)
    }

    fn sound(calls: &str) -> Connector {
        let (connector, findings) = connector(calls);
        assert!(findings.is_empty(), "{findings:?}");
        connector.expect("a connector")
    }

    fn question(arguments: &[(&str, Value)]) -> Question {
        Question {
            id: 1,
            connector: "crm".to_owned(),
            call: "balance".to_owned(),
            arguments: arguments.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
            secret: BTreeSet::from(["pin".to_owned()]),
            idempotency_key: None,
        }
    }

    #[test]
    fn what_is_read_stands_in_the_path_and_what_is_done_in_the_body() {
        let crm = sound(
            "  balance: { get: \"/subscribers/{{ caller }}/balance\", takes: { caller: text, month: number }, returns: { yuan: money }, example: { yuan: 58.20 } }
  order: { post: \"/orders?by={{ caller }}\", takes: { caller: text, pack: text, pin: secret }, refused: [402, 409] }
",
        );
        let asked = question(&[("caller", "138/00&#张".into()), ("month", 2.into()), ("pin", 1234.into())]);
        let get = crm.call("balance").expect("a call").request(&asked);
        assert_eq!(
            (get.path.as_str(), get.body),
            ("/subscribers/138%2F00%26%23%E5%BC%A0/balance?month=2", None)
        );
        let post = crm.call("order").expect("a call").request(&asked);
        assert_eq!(post.path, "/orders?by=138%2F00%26%23%E5%BC%A0");
        assert_eq!(post.body, Some(json!({ "pin": "1234" })), "what is not given is left out");
        assert!(!format!("{asked:?}").contains("1234"));
        assert_eq!(asked.told(), "crm.balance caller=138/00&#张 month=2 pin=***");
    }

    #[test]
    fn an_answer_is_a_value_of_its_type_or_none() {
        let crm = sound(
            "  balance: { get: /b, returns: { yuan: money }, example: { yuan: 58.20 }, refused: 404 }\n  ping: { post: /p }\n",
        );
        let balance = crm.call("balance").expect("a call");
        let read = |status, body: &str| balance.read(status, body.as_bytes());
        let Ok(Answer::Done(Answered(value))) = read(200, "{\"yuan\": 3}") else { panic!("a value") };
        assert_eq!(value.get_attr("yuan").expect("yuan"), Value::from(3.0));
        assert_eq!(read(404, "<html>"), Ok(Answer::Refused));
        for (status, body) in [
            (500, "{\"yuan\": 3}"),
            (302, ""),
            (200, ""),
            (200, "{\"yuan\": \"much\"}"),
            (200, "[3]"),
            (200, &"[".repeat(100_000)),
            (200, "{\"yuan\": 1e999}"),
        ] {
            assert!(read(status, body).is_err(), "{status} {}", body.get(..20).unwrap_or(body));
        }
        assert!(balance.read(200, b"{\"yuan\": \"\xFF\"}").is_err(), "not UTF-8");
        assert!(balance.read(200, &vec![b' '; limits::ANSWER_BYTES_MAX + 1]).is_err());
        assert!(matches!(crm.call("ping").expect("a call").read(204, b""), Ok(Answer::Done(_))));
    }

    #[test]
    fn only_what_may_be_repeated_is() {
        let crm = sound("  a: { get: /a }\n  b: { post: /b }\n  c: { post: /c, idempotent: true }\n");
        let idempotent = |name| crm.call(name).expect("a call").idempotent;
        assert_eq!([idempotent("a"), idempotent("b"), idempotent("c")], [true, false, true]);
    }

    #[test]
    fn mistakes_are_noted() {
        for (calls, code) in [
            ("  a: { takes: {} }\n", "missing-field"),
            ("  a: { get: a }\n", "invalid-path"),
            ("  a: { get: \"/{{ who }}\" }\n", "unknown-variable"),
            ("  a: { get: \"/{{ pin }}\", takes: { pin: secret } }\n", "secret-used"),
            ("  a: { get: /a, returns: { yuan: mony }, example: { yuan: 1 } }\n", "unknown-type"),
            ("  a: { get: /a, returns: { yuan: money } }\n", "missing-field"),
            ("  a: { get: /a, returns: { yuan: money }, example: { yuan: much } }\n", "wrong-type"),
            ("  a: { get: /a, returns: { yuan: money }, example: {} }\n", "missing-field"),
            ("  a: { get: /a, refused: 500 }\n", "invalid-value"),
        ] {
            let (_, findings) = connector(calls);
            let codes: Vec<String> = findings.iter().map(|finding| finding.code().to_owned()).collect();
            assert!(!codes.is_empty() && codes[0] == code, "{calls}: {findings:?}");
        }
    }
}
