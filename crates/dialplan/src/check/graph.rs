//! The flow as a graph: every outcome leads somewhere, every node can be reached, and no loop runs
//! without giving the caller time to act.

use std::collections::{BTreeMap, BTreeSet};

use super::Checker;
use super::parts::Parts;
use super::requires::proves;
use crate::flow::{Body, Node};
use crate::problem::Finding;
use crate::source::Word;
use crate::target::{Builtin, Target, target};
use crate::words::nearest;

/// One edge: the word that leads there, and whether time for the caller passes before.
pub(super) struct Edge<'a> {
    pub(super) word: &'a Word,
    pub(super) to: &'a str,
    pub(super) waits: bool,
    /// The caller has chosen it from a menu.
    pub(super) choice: bool,
    /// Taken when what the node asks for did not come.
    pub(super) without_answers: bool,
    /// The same, because the other side is down or slow, not because it says no.
    pub(super) outage: bool,
    /// Variables that have a value behind it.
    pub(super) sets: Vec<&'a str>,
    /// What a caller who goes this way has proved (see [`super::requires`]).
    pub(super) proves: Option<&'a str>,
}

pub(super) type Edges<'a> = BTreeMap<&'a str, Vec<Edge<'a>>>;

/// All edges of a flow, by the node they begin in.
pub(super) fn edges<'a>(flow: &'a Body, parts: &Parts<'_>) -> Edges<'a> {
    flow.nodes.iter().map(|(name, node)| (name.as_str(), edges_of(flow, node, parts))).collect()
}

/// Checks outcomes, reachability and loops.
pub(super) fn check(checker: &mut Checker<'_>, flow: &Body, edges: &Edges<'_>) {
    uncovered(checker, flow);
    // With a broken node, or no start, one mistake would look like many unreachable nodes.
    let start =
        flow.start.as_ref().map(|start| start.value.as_str()).filter(|start| edges.contains_key(start));
    if let Some(start) = start
        && flow.broken.is_empty()
    {
        unreachable(checker, flow, edges, start);
    }
    loops(checker, edges);
}

/// The edges that begin in a node.
pub(super) fn edges_of<'a>(flow: &'a Body, node: &'a Node, parts: &Parts<'_>) -> Vec<Edge<'a>> {
    ways_out(flow, node, parts).into_iter().filter_map(|out| edge(flow, node, out)).collect()
}

/// A word that says where a node leads.
pub(super) struct Out<'a> {
    pub(super) word: &'a Word,
    /// As [`Edge`] has it, like the rest.
    pub(super) waits: bool,
    choice: bool,
    without_answers: bool,
    outage: bool,
    sets: Vec<&'a str>,
    proves: Option<&'a str>,
}

/// Every word that says where a node leads.
pub(super) fn ways_out<'a>(flow: &'a Body, node: &'a Node, parts: &Parts<'_>) -> Vec<Out<'a>> {
    let out = |word, waits| Out {
        word,
        waits,
        choice: false,
        without_answers: false,
        outage: false,
        sets: Vec::new(),
        proves: None,
    };
    let choice = node.step.kind().name == "menu";
    let asks = node.asks().next().is_some();
    let asks_or_orders = asks || node.step.orders().is_some();
    let outcomes = node.outcomes().filter_map(|outcome| {
        let without_answers = asks && ["failed", "refused", "unknown"].contains(&outcome.name);
        let sets = if outcome.name == "done" { node.step.sets() } else { Vec::new() };
        let word = exit(flow, node, outcome.name)?;
        let outage = asks_or_orders && ["failed", "unknown"].contains(&outcome.name);
        Some(Out { without_answers, outage, sets, ..out(word, outcome.waits) })
    });
    match node.step.part() {
        Some(part) => {
            let waits = |outcome: &Word| parts.waits(&part.flow.value, &outcome.value);
            let returned = |(outcome, to): &'a (Word, Word)| Out {
                proves: proves(&part.flow.value, &outcome.value),
                ..out(to, waits(outcome))
            };
            part.returns.iter().map(returned).chain(outcomes).collect()
        }
        None => {
            let ways = node.step.ways().into_iter();
            ways.map(|way| Out { sets: way.sets, choice, ..out(way.to, way.waits) }).chain(outcomes).collect()
        }
    }
}

fn exit<'a>(flow: &'a Body, node: &'a Node, outcome: &str) -> Option<&'a Word> {
    node.step.exits().get(outcome).or_else(|| flow.defaults.exits.get(outcome))
}

/// Where a word leads from `node`; nothing for the end of the call and for words noted elsewhere.
fn edge<'a>(flow: &'a Body, node: &'a Node, out: Out<'a>) -> Option<Edge<'a>> {
    let Out { word, waits, choice, without_answers, outage, sets, proves } = out;
    let to = match target(&word.value)? {
        // A misspelt name is one mistake; the node that was meant is not unreachable besides.
        Target::Node(name) if !flow.has_node(name) => {
            let to = nearest(name, flow.node_names())?;
            return Some(Edge { word, to, waits: true, choice, without_answers, outage, sets, proves });
        }
        Target::Node(name) => name,
        Target::Builtin(Builtin::Repeat | Builtin::Language) => &node.name.value,
        // With no menu behind, `$back` is the start; with one, a caller has had time there.
        Target::Builtin(Builtin::Back) => &flow.start.as_ref()?.value,
        Target::Builtin(Builtin::Hangup) | Target::Return(_) => return None,
    };
    Some(Edge { word, to, waits, choice, without_answers, outage, sets, proves })
}

/// Notes outcomes that lead nowhere: node by node while these are few, else once for the flow, whose
/// `defaults` are what is missing then.
fn uncovered(checker: &mut Checker<'_>, flow: &Body) {
    let mut open: Vec<(&Node, Vec<&str>)> = Vec::new();
    for node in flow.nodes.values() {
        let covered =
            |outcome: &str| node.step.exits().covers(outcome) || flow.defaults.exits.covers(outcome);
        let names = node.outcomes().map(|outcome| outcome.name);
        // One that stands where something is wrong is meant to be covered there.
        let open_ones = names.filter(|outcome| !covered(outcome) && !flow.shaky.contains(*outcome));
        let outcomes: Vec<&str> = open_ones.collect();
        if !outcomes.is_empty() {
            open.push((node, outcomes));
        }
    }
    if open.len() > 2 {
        let nodes: Vec<&str> = open.iter().map(|(node, _)| node.name.value.as_str()).take(5).collect();
        let outcomes: BTreeSet<&str> = open.iter().flat_map(|(_, outcomes)| outcomes).copied().collect();
        let outcomes: Vec<&str> = outcomes.into_iter().collect();
        let message = format!(
            "in {} nodes ({}{}) nothing says where {} leads",
            open.len(),
            nodes.join(", "),
            if open.len() > nodes.len() { ", ..." } else { "" },
            quoted(&outcomes),
        );
        let help =
            format!("add `defaults: {{ exits: {{ {}: ... }} }}` to the flow", outcomes.join(": ..., "));
        return checker
            .note(Finding::error("uncovered-outcome", flow.name.span, message, "in this flow").help(help));
    }
    for (node, outcomes) in open {
        let step = node.step.kind().name;
        let message =
            format!("`{}`: nothing says where {} of its {step} leads", node.name.value, quoted(&outcomes));
        let help = match outcomes[..] {
            ["done"] => "add `next: ...` to the step".to_owned(),
            _ => format!(
                "add `exits: {{ {}: ... }}` to the step, or to the flow's `defaults`",
                outcomes.join(": ..., ")
            ),
        };
        checker.note(Finding::error("uncovered-outcome", node.name.span, message, "no exit").help(help));
    }
}

fn quoted(outcomes: &[&str]) -> String {
    match outcomes {
        [one] => format!("the outcome `{one}`"),
        many => format!("each of the outcomes `{}`", many.join("`, `")),
    }
}

fn unreachable(checker: &mut Checker<'_>, flow: &Body, edges: &Edges<'_>, start: &str) {
    let mut reached = BTreeSet::new();
    reach(edges, start, &mut reached);
    // What has mistakes may lead there.
    for word in &flow.shaky {
        reach(edges, word, &mut reached);
    }
    let mut rest: Vec<&Node> = flow.nodes.values().collect();
    rest.sort_by_key(|node| node.name.span);
    for node in rest {
        let name = node.name.value.as_str();
        if reached.contains(name) {
            continue;
        }
        // Those behind it are reached as soon as it is.
        let before = reached.len();
        reach(edges, name, &mut reached);
        let behind = reached.len() - before - 1;
        let message = match behind {
            0 => format!("the node `{name}` can never be reached"),
            1 => format!("the node `{name}` can never be reached, nor another one behind it"),
            more => format!("the node `{name}` can never be reached, nor {more} others behind it"),
        };
        let finding = Finding::error("unreachable-node", node.name.span, message, "no way leads here");
        checker.note(finding.help("lead to it from another node, or remove it"));
    }
}

/// Adds a node and all that it leads to.
fn reach<'a>(edges: &'a Edges<'a>, from: &'a str, reached: &mut BTreeSet<&'a str>) {
    let mut open = vec![from];
    while let Some(name) = open.pop() {
        if let Some(from_here) = edges.get(name)
            && reached.insert(name)
        {
            open.extend(from_here.iter().map(|edge| edge.to));
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    OnPath,
    Done,
}

/// Notes each edge that closes a loop in which nothing waits. Depth first, with a stack of our own: a
/// flow may be longer than the thread's.
fn loops(checker: &mut Checker<'_>, edges: &Edges<'_>) {
    let mut marks: BTreeMap<&str, Mark> = BTreeMap::new();
    for root in edges.keys().copied() {
        if marks.contains_key(root) {
            continue;
        }
        let mut path: Vec<(&str, usize)> = vec![(root, 0)];
        marks.insert(root, Mark::OnPath);
        while let Some((name, index)) = path.last_mut() {
            let Some(edge) = edges.get(name).and_then(|from_here| from_here.get(*index)) else {
                marks.insert(name, Mark::Done);
                path.pop();
                continue;
            };
            *index += 1;
            if edge.waits || !edges.contains_key(edge.to) {
                continue;
            }
            match marks.get(edge.to) {
                Some(Mark::Done) => {}
                Some(Mark::OnPath) => checker.note(endless(&path, edge)),
                None => {
                    marks.insert(edge.to, Mark::OnPath);
                    path.push((edge.to, 0));
                }
            }
        }
    }
}

fn endless(path: &[(&str, usize)], closing: &Edge<'_>) -> Finding {
    let from = path.iter().position(|(name, _)| *name == closing.to).unwrap_or(0);
    let names: Vec<&str> = path[from..].iter().map(|(name, _)| *name).chain([closing.to]).collect();
    Finding::error(
        "endless-loop",
        closing.word.span,
        format!("this loop never waits for the caller: {}", names.join(" -> ")),
        "closes the loop",
    )
    .help("lead through a `menu`, or to `$hangup`")
}
