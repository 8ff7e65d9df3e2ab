//! A connector that is down must not send everybody to the agents, who could not look anything up either.
//!
//! From each exit that is taken when no answer came, the ways are followed on which the caller chooses nothing: whoever only
//! waits goes there. A queue at their end is told, with the way. One page may ask the caller something on it; behind a second
//! one, such as the main menu, callers are where they would be anyway.

use std::collections::{BTreeMap, VecDeque};

use super::Checker;
use super::graph::{Edge, Edges};
use crate::flow::Body;
use crate::problem::Finding;

pub(super) fn check(checker: &mut Checker<'_>, flow: &Body, edges: &Edges<'_>) {
    let mut noted = Vec::new();
    for (name, from_here) in edges {
        for edge in from_here.iter().filter(|edge| edge.outage) {
            let Some(way) = way_without_choice(flow, edges, edge) else { continue };
            // An exit of the defaults is one mistake, however many nodes take it.
            if noted.contains(&edge.word.span) {
                continue;
            }
            noted.push(edge.word.span);
            let message = format!(
                "when no answer comes, everybody goes on to the queue: {name} -> {}",
                way.join(" -> ")
            );
            let finding =
                Finding::error("outage-floods-queue", edge.word.span, message, "taken when no answer came");
            checker.note(finding.into_warning().help(
                "lead to a page that says so and lets the caller choose; `exhausted` of that page leads elsewhere, too",
            ));
        }
    }
}

/// Steps that ask the caller something.
const ASKS: [&str; 4] = ["menu", "collect", "rate", "order"];

/// The shortest way to a queue on which nothing is chosen.
fn way_without_choice<'a>(flow: &Body, edges: &'a Edges<'a>, first: &Edge<'a>) -> Option<Vec<&'a str>> {
    let kind = |name: &str| flow.nodes.get(name).map_or("", |node| node.step.kind().name);
    // A node, and whether the caller was asked before it.
    let mut from: BTreeMap<(&str, bool), (&str, bool)> = BTreeMap::new();
    let (start, _) = edges.get_key_value(first.to)?;
    let mut open = VecDeque::from([(*start, false)]);
    while let Some((name, asked)) = open.pop_front() {
        if kind(name) == "queue" {
            let (mut way, mut at) = (vec![name], (name, asked));
            while let Some(before) = from.get(&at) {
                way.push(before.0);
                at = *before;
            }
            way.reverse();
            return Some(way);
        }
        let asks = ASKS.contains(&kind(name));
        if asks && asked {
            continue;
        }
        for edge in edges.get(name).into_iter().flatten().filter(|edge| !edge.choice) {
            let Some((to, _)) = edges.get_key_value(edge.to) else { continue };
            let next = (*to, asked || asks);
            if *to != name && next != (*start, false) && !from.contains_key(&next) {
                from.insert(next, (name, asked));
                open.push_back(next);
            }
        }
    }
    None
}
