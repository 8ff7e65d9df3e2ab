//! Flows that other flows run: none runs itself, and whether time for the caller passes before each of their outcomes.

use std::collections::{BTreeMap, BTreeSet};

use super::graph::{edges_of, ways_out};
use crate::flow::Body;
use crate::limits;
use crate::problem::Finding;
use crate::source::{Span, Word};
use crate::target::{Target, target};

/// Whether time for the caller passes before an outcome of a flow, by the names of both.
#[derive(Debug, Default)]
pub(crate) struct Parts<'a>(BTreeMap<(&'a str, &'a str), bool>);

impl<'a> Parts<'a> {
    /// Looks at all flows.
    pub(crate) fn new(flows: &'a [Body]) -> Self {
        let mut parts = Parts::default();
        let mut begun = BTreeSet::new();
        for flow in flows {
            parts.add(flows, flow, &mut begun);
        }
        parts
    }

    /// What is not known is wrong, and noted elsewhere.
    pub(super) fn waits(&self, flow: &str, outcome: &str) -> bool {
        self.0.get(&(flow, outcome)).copied().unwrap_or(true)
    }

    /// The flows that it runs come first; one that runs itself is noted elsewhere.
    fn add(&mut self, flows: &'a [Body], flow: &'a Body, begun: &mut BTreeSet<&'a str>) {
        if !begun.insert(&flow.name.value) {
            return;
        }
        for part in runs(flow) {
            if let Some(other) = named(flows, part) {
                self.add(flows, other, begun);
            }
        }
        let at_once = self.returned_at_once(flow);
        for outcome in &flow.outcomes {
            let waits = !at_once.contains(outcome.value.as_str());
            self.0.insert((&flow.name.value, &outcome.value), waits);
        }
    }

    /// The outcomes to which a way leads on which nothing waits.
    fn returned_at_once(&self, flow: &'a Body) -> BTreeSet<&'a str> {
        let mut outcomes = BTreeSet::new();
        let mut open: Vec<&str> = flow.start.iter().map(|start| start.value.as_str()).collect();
        let mut seen = BTreeSet::new();
        while let Some(name) = open.pop() {
            let Some(node) = flow.nodes.get(name).filter(|_| seen.insert(name)) else { continue };
            for out in ways_out(flow, node, self) {
                if let (Some(Target::Return(outcome)), false) = (target(&out.word.value), out.waits) {
                    outcomes.insert(outcome);
                }
            }
            open.extend(
                edges_of(flow, node, self).into_iter().filter(|edge| !edge.waits).map(|edge| edge.to),
            );
        }
        outcomes
    }
}

/// Where a flow enters a queue, or a flow that it runs.
pub(super) fn queue_in(flows: &[Body], flow: &Body) -> Option<Span> {
    let (mut open, mut seen) = (vec![flow], BTreeSet::new());
    while let Some(flow) = open.pop() {
        if !seen.insert(flow.name.value.as_str()) {
            continue;
        }
        if let Some(node) = flow.nodes.values().find(|node| node.step.kind().name == "queue") {
            return Some(node.name.span);
        }
        open.extend(runs(flow).filter_map(|part| named(flows, part)));
    }
    None
}

/// The names of the flows that a flow runs.
fn runs(flow: &Body) -> impl Iterator<Item = &Word> {
    let parts = flow.nodes.values().flat_map(|node| node.step.part().into_iter().chain(node.step.asides()));
    parts.map(|part| &part.flow)
}

/// A flow that can be run.
fn named<'a>(flows: &'a [Body], name: &Word) -> Option<&'a Body> {
    flows.iter().find(|flow| flow.name.value == name.value && !flow.outcomes.is_empty())
}

/// Notes each flow that runs itself, with the way, and those that are run too deep.
pub(crate) fn check(flows: &[Body]) -> Vec<Finding> {
    let mut search = Search { flows, path: Vec::new(), depths: BTreeMap::new(), findings: Vec::new() };
    for flow in flows {
        search.depth(flow);
    }
    let mut findings = search.findings;
    // A misspelt name is one mistake; the flow that was meant is not unused besides.
    let all_known = flows.iter().flat_map(runs).all(|run| named(flows, run).is_some())
        && flows.iter().all(|flow| flow.shaky.is_empty());
    for flow in flows.iter().filter(|flow| all_known && !flow.outcomes.is_empty()) {
        if !flows.iter().flat_map(runs).any(|run| run.value == flow.name.value) {
            let message = format!("no flow runs `{}`, and nobody can call it", flow.name.value);
            let finding = Finding::error("unused-flow", flow.name.span, message, "never run");
            findings.push(finding.into_warning().help("run it by a step `run`, or remove the file"));
        }
    }
    findings
}

struct Search<'a> {
    flows: &'a [Body],
    path: Vec<&'a str>,
    /// How many flows run each other from this one on, itself included.
    depths: BTreeMap<&'a str, usize>,
    findings: Vec<Finding>,
}

impl<'a> Search<'a> {
    fn depth(&mut self, flow: &'a Body) -> usize {
        if let Some(depth) = self.depths.get(flow.name.value.as_str()) {
            return *depth;
        }
        self.path.push(&flow.name.value);
        let mut deepest = 1;
        for part in runs(flow) {
            let Some(other) = named(self.flows, part) else { continue };
            if let Some(from) = self.path.iter().position(|name| *name == part.value) {
                let way: Vec<&str> = self.path[from..].iter().copied().chain([part.value.as_str()]).collect();
                let message = format!("this flow runs itself: {}", way.join(" -> "));
                let finding = Finding::error("endless-run", part.span, message, "closes the circle");
                self.findings.push(finding.help("lead to a node of the flow instead"));
                continue;
            }
            let depth = self.depth(other) + 1;
            // Whoever runs this one goes deeper still, for the same reason.
            if depth == limits::RUNS_DEEP_MAX + 1 {
                let message = format!("more than {} flows run each other from here", limits::RUNS_DEEP_MAX);
                let finding = Finding::error("too-deep", part.span, message, "one too many");
                self.findings.push(finding.help("make one flow of two of them"));
            }
            deepest = deepest.max(depth);
        }
        self.path.pop();
        self.depths.insert(&flow.name.value, deepest);
        deepest
    }
}
