//! A flow that begins with `flash` is never answered: it begins there alone, and nothing in it needs a caller.

use super::Checker;
use super::graph::Edges;
use crate::flow::{Body, Node};
use crate::problem::Finding;

/// The step that this is about.
pub(crate) const FLASH: &str = "flash";

pub(super) fn check(checker: &mut Checker<'_>, flow: &Body, edges: &Edges<'_>) {
    for (name, node) in flow.nodes.iter().filter(|(_, node)| node.step.kind().name == FLASH) {
        // Without a start, that is the mistake.
        let starts = flow.start.as_ref().is_none_or(|start| start.value == *name);
        if !starts || !flow.outcomes.is_empty() {
            let message = format!("`{name}` rings, and a call rings before anything else");
            let finding = Finding::error("flash-inside", node.name.span, message, "too late to ring");
            checker.note(finding.help("make it the `start` of a flow that has a number of its own"));
        }
    }
    if !flow.is_flash() {
        return;
    }
    if let Some(start) = &flow.start {
        let back = edges.values().flatten().filter(|edge| edge.to == start.value);
        for edge in back.collect::<Vec<_>>() {
            let message = "nothing leads back to the ringing: the caller is gone";
            checker.note(Finding::error("flash-inside", edge.word.span, message, "leads back"));
        }
    }
    let nodes: Vec<&Node> = flow.nodes.values().filter(|node| needs_caller(checker, node)).collect();
    for node in nodes {
        let step = node.step.kind().name;
        let message = format!("`{}` has nobody to speak to: this flow never answers", node.name.value);
        let finding =
            Finding::error("needs-caller", node.name.span, message, format!("a {step} needs a caller"));
        checker.note(
            finding.help("behind a `flash` look things up, set variables, write messages, and hang up"),
        );
    }
}

/// A part is as good as its nodes; how deep parts go is checked elsewhere.
fn needs_caller(checker: &Checker<'_>, node: &Node) -> bool {
    let mut open = vec![node];
    let mut seen = Vec::new();
    while let Some(node) = open.pop() {
        if node.step.needs_caller() {
            return true;
        }
        let part = node.step.part().filter(|part| !seen.contains(&part.flow.value.as_str()));
        if let Some(part) = part {
            seen.push(&part.flow.value);
            let flow = checker.context.flows.iter().find(|flow| flow.name.value == part.flow.value);
            open.extend(flow.into_iter().flat_map(|flow| flow.nodes.values()));
        }
    }
    false
}
