//! `requires: pin` of a node: callers come to it only by the exit `ok` of the flow `check_pin`, whatever they press.
//!
//! What has been proved stays so for the rest of the call. A run looks again before it enters such a node (`run.rs`), so
//! that a mistake of this check shows nothing to anybody.

use std::collections::{BTreeMap, VecDeque};

use super::Checker;
use super::graph::{Edge, Edges};
use crate::flow::Body;
use crate::problem::Finding;
use crate::words::suggest;

/// The outcome that proves something.
pub(crate) const OK: &str = "ok";

/// What an outcome of a flow that is run proves.
pub(crate) fn proves<'a>(flow: &'a str, outcome: &str) -> Option<&'a str> {
    flow.strip_prefix("check_").filter(|_| outcome == OK)
}

pub(super) fn check(checker: &mut Checker<'_>, flow: &Body, edges: &Edges<'_>) {
    for (name, node) in &flow.nodes {
        let Some(proof) = &node.requires else { continue };
        let proved = || edges.values().flatten().filter_map(|edge| edge.proves);
        if !proved().any(|known| known == proof.value) {
            // What has mistakes may prove it.
            if !flow.shaky.is_empty() {
                continue;
            }
            let message = format!("nothing in this flow proves `{}`", proof.value);
            let finding = Finding::error("unknown-proof", proof.span, message, "never proved");
            let help = suggest(&proof.value, proved()).unwrap_or_else(|| {
                format!("run a flow `check_{}`, and lead here by its exit `{OK}`", proof.value)
            });
            checker.note(finding.help(help));
            continue;
        }
        let Some((way, last)) = way_round(flow, edges, name, &proof.value) else { continue };
        // The first such node on the way is the mistake.
        let requires = |name: &&str| {
            let required = flow.nodes.get(*name).and_then(|node| node.requires.as_ref());
            required.is_some_and(|other| other.value == proof.value)
        };
        if way[..way.len() - 1].iter().any(requires) {
            continue;
        }
        let message = format!("`{name}` requires `{}`, and callers come to it without", proof.value);
        let at = last.map_or(proof.span, |edge| edge.word.span);
        let finding = Finding::error("requires-bypassed", at, message, "a way round");
        checker.note(finding.help(format!(
            "lead through a flow `check_{}` and its exit `{OK}`; the way round: {}",
            proof.value,
            way.join(" -> ")
        )));
    }
}

/// The shortest way from the start to a node that proves nothing, and its last step.
fn way_round<'a>(
    flow: &Body,
    edges: &'a Edges<'a>,
    to: &str,
    proof: &str,
) -> Option<(Vec<&'a str>, Option<&'a Edge<'a>>)> {
    let (start, _) = edges.get_key_value(flow.start.as_ref()?.value.as_str())?;
    let mut from: BTreeMap<&str, (&str, &Edge<'_>)> = BTreeMap::new();
    let mut open = VecDeque::from([*start]);
    while let Some(name) = open.pop_front() {
        if name == to {
            break;
        }
        for edge in edges.get(name).into_iter().flatten().filter(|edge| edge.proves != Some(proof)) {
            let Some((next, _)) = edges.get_key_value(edge.to) else { continue };
            if next != start && !from.contains_key(next) {
                from.insert(*next, (name, edge));
                open.push_back(*next);
            }
        }
    }
    let (to, _) = edges.get_key_value(to)?;
    if to != start && !from.contains_key(to) {
        return None;
    }
    let mut way = vec![*to];
    while let Some((before, _)) = way.last().and_then(|name| from.get(name)) {
        way.push(before);
    }
    way.reverse();
    Some((way, from.get(to).map(|(_, edge)| *edge)))
}
