//! What a drawing shows: boxes with their words, and the ways between them with their labels.
//!
//! Where a way leads is known to the checked flow. By which key or condition it does is read from where its word stands
//! in the file, so that a new step is drawn well without knowing of drawings.

use std::collections::BTreeMap;

use super::layout::{Link, Request};
use super::{Edge, Graph, Mark, Node};
use crate::flow::{self, Body};
use crate::service::{Flow, Service};
use crate::source::{Span, Word};
use crate::text::{Telling, columns};
use crate::yaml::{self, Tree, Value};

/// Height of a box.
pub(super) const NODE_H: f64 = 60.0;
/// Height of a label.
pub(super) const LABEL_H: f64 = 16.0;
/// Columns of a title that are drawn; a Chinese character takes two.
const TITLE_COLUMNS: usize = 26;
/// Columns of a label that are drawn.
const LABEL_COLUMNS: usize = 26;
/// Fields that only say that something leads on; what is above them says when.
const LEADING: [&str; 3] = ["to", "next", "run"];
/// Fields whose text tells a node best, the best first.
const TELLING: [&str; 3] = ["title", "say", "lines"];

/// The ways from one node to one target.
#[derive(Default)]
struct Ways {
    labels: Vec<String>,
    /// Whether any of them is written at the node.
    own: bool,
}

/// Everything but the places.
pub(super) fn gather(service: &Service, flow: &Flow) -> (Graph, Request) {
    let body = &flow.body;
    let source = &service.sources.0[body.name.span.file];
    // The service was compiled from this very text.
    let tree = yaml::parse(body.name.span.file, &source.text).ok().flatten();
    let language = body.languages.first().map(|word| word.value.as_str()).unwrap_or_default();
    let telling = Telling::new(&service.texts, language, body.first_values());
    let (mut nodes, mut edges, mut links) = (Vec::new(), Vec::new(), Vec::new());
    let mut run: Vec<&Word> = Vec::new();
    let mut lead = |from: (&str, usize), to: (&str, usize), label: String, default: bool| {
        let text = clipped(&label, LABEL_COLUMNS);
        links.push(Link { from: from.1, to: to.1, size: (width(&text, 6.2) + 8.0, LABEL_H) });
        let (from, to) = (from.0.to_owned(), to.0.to_owned());
        edges.push(Edge { from, to, label, text, default, place: Default::default(), points: vec![] });
    };
    let index: BTreeMap<&str, usize> = body.nodes.keys().map(String::as_str).zip(0..).collect();
    for (name, node) in &body.nodes {
        let written = tree.as_ref().and_then(|tree| field(field(tree, "nodes")?, name));
        let (from, mut marks) = ((name.as_str(), index[name.as_str()]), Vec::new());
        for (target, ways) in ways(body, node, written) {
            match target.strip_prefix('$') {
                Some(target) => marks.push(mark(target, &ways)),
                None => {
                    if let Some(at) = index.get(target) {
                        lead(from, (target, *at), ways.labels.join(", "), !ways.own);
                    }
                }
            }
        }
        for (flow, labels) in parts(node, written) {
            let known = run.iter().position(|known| known.value == flow.value);
            let at = known.unwrap_or(run.len());
            if known.is_none() {
                run.push(flow);
            }
            lead(from, (&box_name(flow), body.nodes.len() + at), labels.join(", "), false);
        }
        let title = written.map(|tree| title(tree, node.step.kind().name, &telling)).unwrap_or_default();
        let goal = written.and_then(|tree| word(field(tree, "goal")?)).map(str::to_owned);
        nodes.push(Node {
            w: node_width(name, &title, node.step.kind().name, &marks, goal.as_deref()),
            h: NODE_H,
            name: name.clone(),
            kind: node.step.kind().name,
            colour: super::svg::colour(node.step.kind().name),
            title,
            goal,
            start: body.start.as_ref().is_some_and(|start| start.value == *name),
            flow: None,
            line: service.position(node.name.span).line,
            marks,
            rank: 0,
            x: 0.0,
            y: 0.0,
        });
    }
    nodes.extend(run.into_iter().map(|flow| part_box(service, flow)));
    let start = nodes.iter().position(|node| node.start).unwrap_or(0);
    let request = Request { nodes: nodes.iter().map(|node| (node.w, node.h)).collect(), links, start };
    let (flow, path) = (flow.name().to_owned(), source.path.to_string());
    (Graph { flow, path, width: 0.0, height: 0.0, nodes, edges }, request)
}

/// The ways out of a node by target, in the order they are written.
fn ways<'a>(body: &'a Body, node: &'a flow::Node, written: Option<&Tree>) -> Vec<(&'a str, Ways)> {
    let mut labels = BTreeMap::new();
    if let Some(tree) = written {
        label_words(tree, "", &mut labels);
    }
    let mut all: Vec<(&str, Ways)> = Vec::new();
    let mut add = |to: &'a Word, label: String, own: bool| {
        let at = all.iter().position(|(target, _)| *target == to.value).unwrap_or_else(|| {
            all.push((&to.value, Ways::default()));
            all.len() - 1
        });
        let ways = &mut all[at].1;
        ways.own |= own;
        if !label.is_empty() && !ways.labels.contains(&label) {
            ways.labels.push(label);
        }
    };
    for way in node.step.ways() {
        add(way.to, labels.get(&way.to.span).cloned().unwrap_or_default(), true);
    }
    for outcome in node.outcomes() {
        let own = node.step.exits().get(outcome.name);
        if let Some(to) = own.or_else(|| body.defaults.exits.get(outcome.name)) {
            add(to, outcome.name.to_owned(), own.is_some());
        }
    }
    all
}

/// The flows that a node runs, with the keys that do.
fn parts<'a>(node: &'a flow::Node, written: Option<&Tree>) -> Vec<(&'a Word, Vec<String>)> {
    let mut keys = BTreeMap::new();
    if let Some(tree) = written {
        label_words(tree, "", &mut keys);
    }
    let step = node.step.part().map(|part| (&part.flow, "run".to_owned()));
    let asides = node.step.asides().into_iter().map(|part| &part.flow);
    let asides = asides.map(|flow| (flow, keys.get(&flow.span).cloned().unwrap_or_default()));
    let mut all: Vec<(&Word, Vec<String>)> = Vec::new();
    for (flow, label) in step.into_iter().chain(asides) {
        match all.iter_mut().find(|(known, _)| known.value == flow.value) {
            Some((_, labels)) => labels.push(label),
            None => all.push((flow, vec![label])),
        }
    }
    all
}

/// No node has such a name.
fn box_name(flow: &Word) -> String {
    format!("→ {}", flow.value)
}

/// The box of another flow.
fn part_box(service: &Service, word: &Word) -> Node {
    let (name, kind) = (box_name(word), "flow");
    let flow = service.flows().iter().find(|flow| flow.name() == word.value);
    let path = flow.map_or("", |flow| &service.sources.0[flow.body.name.span.file].path);
    let title = clipped(path.rsplit('/').next().unwrap_or_default(), TITLE_COLUMNS);
    Node {
        w: node_width(&name, &title, kind, &[], None),
        h: NODE_H,
        name,
        kind,
        colour: super::svg::colour("run"),
        title,
        goal: None,
        start: false,
        flow: Some(word.value.clone()),
        line: service.position(word.span).line,
        marks: Vec::new(),
        rank: 0,
        x: 0.0,
        y: 0.0,
    }
}

/// Notes for each word of `tree` what it stands under: the nearest name that says something.
fn label_words(tree: &Tree, label: &str, labels: &mut BTreeMap<Span, String>) {
    match &tree.value {
        Value::Scalar(_) => {
            labels.insert(tree.span, label.to_owned());
        }
        Value::List(items) => {
            for (at, item) in items.iter().enumerate() {
                let when = field(item, "when").and_then(word);
                label_words(item, when.unwrap_or(&format!("case {}", at + 1)), labels);
            }
        }
        Value::Map(entries) => {
            for (key, value) in entries {
                let own = if LEADING.contains(&key.value.as_str()) { label } else { &key.value };
                label_words(value, own, labels);
            }
        }
        Value::Empty => {}
    }
}

fn mark(target: &str, ways: &Ways) -> Mark {
    let is_key = |label: &&String| matches!(label.as_bytes(), [b'0'..=b'9' | b'*' | b'#']);
    let keys: Vec<&str> = ways.labels.iter().filter(is_key).map(String::as_str).collect();
    Mark {
        target: target.to_owned(),
        keys: keys.join(" "),
        label: ways.labels.join(", "),
        default: !ways.own,
    }
}

/// The first text that the step names, as it is shown; else the name of what it leads into.
fn title(node: &Tree, step: &str, telling: &Telling<'_>) -> String {
    let Some(step) = field(node, step) else { return String::new() };
    let texts = TELLING.iter().filter_map(|name| first_word(field(step, name)?));
    let told = texts.map(|name| telling.shown(name)).find(|text| !text.is_empty());
    let named =
        || Some(word(["name", "call", "flow"].iter().find_map(|name| field(step, name))?)?.to_owned());
    clipped(&told.or_else(named).unwrap_or_default(), TITLE_COLUMNS)
}

fn field<'t>(tree: &'t Tree, name: &str) -> Option<&'t Tree> {
    let Value::Map(entries) = &tree.value else { return None };
    entries.iter().find(|(key, _)| key.value == name).map(|(_, value)| value)
}

fn word(tree: &Tree) -> Option<&str> {
    match &tree.value {
        Value::Scalar(text) => Some(text.trim()),
        Value::Empty | Value::List(_) | Value::Map(_) => None,
    }
}

fn first_word(tree: &Tree) -> Option<&str> {
    match &tree.value {
        Value::List(items) => word(items.first()?),
        Value::Scalar(_) | Value::Empty | Value::Map(_) => word(tree),
    }
}

/// `text` with at most so many columns.
fn clipped(text: &str, most: usize) -> String {
    let line = text.lines().next().unwrap_or_default();
    if columns(line) <= most {
        return line.to_owned();
    }
    let mut kept = String::new();
    for sign in line.chars() {
        kept.push(sign);
        if columns(&kept) >= most {
            kept.pop();
            break;
        }
    }
    format!("{}…", kept.trim_end())
}

/// What a text takes at most, with so much for a column.
fn width(text: &str, column: f64) -> f64 {
    columns(text) as f64 * column
}

fn node_width(name: &str, title: &str, kind: &str, marks: &[Mark], goal: Option<&str>) -> f64 {
    let goal = goal.map_or(0.0, |goal| 24.0 + width(goal, 6.0));
    let marks: f64 = marks.iter().map(mark_width).sum();
    let foot = width(kind, 6.4) + 12.0 + marks;
    [width(name, 8.2) + goal, width(title, 6.4), foot].into_iter().fold(84.0, f64::max) + 24.0
}

/// What a mark takes of its row.
pub(super) fn mark_width(mark: &Mark) -> f64 {
    let sign = if super::svg::sign(&mark.target).is_some() { 12.0 } else { width(&mark.target, 6.0) };
    sign + width(&mark.keys, 6.4) + 8.0
}
