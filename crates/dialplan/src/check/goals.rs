//! How many menu choices a caller makes up to what they called for: nodes that name a `goal`, against the flow's
//! `key_budget`.

use std::collections::{BTreeMap, VecDeque};

use super::Checker;
use super::graph::Edges;
use crate::flow::{Body, Node};
use crate::problem::Finding;

/// The shortest way to a node.
#[derive(Clone, Copy)]
struct Way<'a> {
    choices: u32,
    from: Option<&'a str>,
}

/// Notes each goal that takes more choices than the flow allows, at the node of that goal that is nearest.
pub(super) fn check(checker: &mut Checker<'_>, flow: &Body, edges: &Edges<'_>) {
    // Where something is wrong, the shortest way may be missing.
    let Some(budget) = flow.key_budget.filter(|_| flow.shaky.is_empty()) else { return };
    let Some(start) = flow.start.as_ref().map(|start| start.value.as_str()) else { return };
    let ways = shortest(edges, start);
    let mut nearest: BTreeMap<&str, (&str, &Node, u32)> = BTreeMap::new();
    for (name, node) in &flow.nodes {
        // One that cannot be reached is noted as such.
        if let (Some(goal), Some(way)) = (&node.goal, ways.get(name.as_str()))
            && nearest.get(goal.value.as_str()).is_none_or(|(.., choices)| way.choices < *choices)
        {
            nearest.insert(&goal.value, (name, node, way.choices));
        }
    }
    for (goal, (name, node, choices)) in nearest {
        let Some(word) = node.goal.as_ref().filter(|_| choices > budget) else { continue };
        let message = format!("`{goal}` takes {choices} menu choices, and `key_budget` is {budget}");
        let help = format!("the shortest way: {}", path(&ways, name).join(" -> "));
        checker.note(Finding::error("far-goal", word.span, message, "too far").help(help));
    }
}

/// Fewest choices first; what costs none goes to the front.
fn shortest<'a>(edges: &Edges<'a>, start: &str) -> BTreeMap<&'a str, Way<'a>> {
    let mut ways: BTreeMap<&str, Way<'_>> = BTreeMap::new();
    let Some((start, _)) = edges.get_key_value(start) else { return ways };
    ways.insert(*start, Way { choices: 0, from: None });
    let mut open = VecDeque::from([(*start, 0)]);
    while let Some((name, choices)) = open.pop_front() {
        if ways.get(name).is_some_and(|way| way.choices < choices) {
            continue;
        }
        for edge in edges.get(name).into_iter().flatten() {
            let Some((to, _)) = edges.get_key_value(edge.to) else { continue };
            let far = choices + u32::from(edge.choice);
            if ways.get(to).is_some_and(|way| way.choices <= far) {
                continue;
            }
            ways.insert(*to, Way { choices: far, from: Some(name) });
            if edge.choice { open.push_back((*to, far)) } else { open.push_front((*to, far)) }
        }
    }
    ways
}

fn path<'a>(ways: &BTreeMap<&'a str, Way<'a>>, to: &'a str) -> Vec<&'a str> {
    let mut path = vec![to];
    // No way is longer than there are nodes.
    while let Some(from) =
        path.last().and_then(|name| ways.get(name)?.from).filter(|_| path.len() <= ways.len())
    {
        path.push(from);
    }
    path.reverse();
    path
}
