//! How long a caller is spoken to before the first key is named: the longest way from the start to a step that asks
//! something, by an estimate of what is said. Long speeches are where callers hang up.

use std::time::Duration;

use super::graph::Edges;
use crate::expression::Scope;
use crate::flow::Body;
use crate::limits;
use crate::problem::Finding;
use crate::simulate::length;
use crate::text::{Telling, Texts};

/// Steps that ask the caller something.
const ASKS: [&str; 5] = ["menu", "collect", "rate", "order", "clip"];

/// Notes a flow in which that takes longer than its `speech_budget`, in the language in which it takes longest.
pub(crate) fn check(
    flow: &Body,
    edges: &Edges<'_>,
    texts: &Texts,
    samples: impl Fn(&str) -> Option<Scope>,
) -> Option<Finding> {
    let start = flow.start.as_ref().filter(|_| !flow.is_flash() && !flow.numbers.is_empty())?;
    let (start, _) = edges.get_key_value(start.value.as_str())?;
    let longest = flow.languages.iter().filter_map(|language| {
        let telling = Telling::new(texts, &language.value, samples(&language.value)?);
        let (time, way) = before_first_key(flow, edges, &telling, start, &mut Vec::new());
        Some((time, way, language.value.as_str()))
    });
    let (time, way, language) = longest.max_by_key(|(time, ..)| *time)?;
    let budget = flow.speech_budget.as_ref().map_or(limits::SPEECH_BUDGET_USUAL, |(_, budget)| *budget);
    if time <= budget {
        return None;
    }
    let at = flow.nodes.get(*start)?.name.span;
    let message = format!(
        "callers are spoken to for some {} s in {language} before they hear of a key, and {} s are enough",
        time.as_secs(),
        budget.as_secs(),
    );
    let told: Vec<String> = way.iter().map(|(name, time)| format!("{name} {} s", time.as_secs())).collect();
    let finding = Finding::error("long-speech", at, message, "from here on").into_warning();
    Some(finding.help(format!("say less: {}; or set `speech_budget`", told.join(", "))))
}

/// Nodes of a way, with what each takes.
type Way<'a> = Vec<(&'a str, Duration)>;

/// The longest way on which nothing is asked.
fn before_first_key<'a>(
    flow: &Body,
    edges: &'a Edges<'a>,
    telling: &Telling<'_>,
    name: &'a str,
    path: &mut Vec<&'a str>,
) -> (Duration, Way<'a>) {
    // A way is no longer than this; flows are not that deep before their first menu.
    if path.contains(&name) || path.len() >= limits::SPEECH_NODES_MAX {
        return (Duration::ZERO, Vec::new());
    }
    let Some(node) = flow.nodes.get(name) else { return (Duration::ZERO, Vec::new()) };
    let own = node.step.prompt(telling).and_then(|prompt| length(&prompt)).unwrap_or_default();
    path.push(name);
    let behind = if ASKS.contains(&node.step.kind().name) {
        None
    } else {
        let ways = edges.get(name).into_iter().flatten().filter(|edge| !edge.outage);
        ways.map(|edge| before_first_key(flow, edges, telling, edge.to, path)).max_by_key(|(time, _)| *time)
    };
    path.pop();
    let (time, way) = behind.unwrap_or_default();
    let own_part = (!own.is_zero()).then_some((name, own));
    (own + time, own_part.into_iter().chain(way).collect())
}
