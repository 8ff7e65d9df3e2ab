//! The names that can be used in each node: facts and variables everywhere, what is fetched where every way of a call
//! has come by the fetch. Variables that begin without a value are told by texts only where every way has set them.

use std::collections::{BTreeMap, BTreeSet};

use super::graph::Edges;
use crate::ask::Connectors;
use crate::expression::FACTS;
use crate::flow::Body;
use crate::types::Type;
use crate::typing::{Known, Names};

/// Facts, variables and what is asked at the start.
pub(super) fn everywhere(flow: Option<&Body>, connectors: &Connectors) -> Names {
    let fact = |name: &str| match (name, flow) {
        ("has_video", _) => Type::Flag,
        ("language", Some(flow)) if !flow.languages.is_empty() => {
            Type::OneOf(flow.languages.iter().map(|language| language.value.clone()).collect())
        }
        _ => Type::Text,
    };
    let known = |ty| Known { ty, lacking: None, unset: false };
    let mut names: Names = FACTS.iter().map(|(name, _)| ((*name).to_owned(), known(fact(name)))).collect();
    if let Some(flow) = flow {
        names
            .extend(flow.variables.iter().map(|(name, variable)| (name.clone(), known(variable.ty.clone()))));
        names.extend(
            flow.at_start.iter().map(|ask| (ask.into.value.clone(), known(ask.answer(connectors).0))),
        );
        for word in &flow.shaky {
            names.entry(word.clone()).or_insert(known(Type::Unknown));
        }
    }
    names
}

/// The names in each node before it asks, by its name.
pub(super) fn by_node<'a>(
    flow: &'a Body,
    connectors: &Connectors,
    edges: &Edges<'a>,
    everywhere: &Names,
) -> BTreeMap<&'a str, Names> {
    let asked: BTreeMap<&str, (Type, &str)> = flow
        .nodes
        .iter()
        .flat_map(|(node, body)| body.asks().chain(body.step.orders()).map(move |ask| (node, ask)))
        .filter(|(_, ask)| !ask.into.value.is_empty())
        .map(|(node, ask)| (ask.into.value.as_str(), (ask.answer(connectors).0, node.as_str())))
        .collect();
    let unset: BTreeSet<&str> = flow.begin_unset().collect();
    let had = had(flow, edges, &asked.keys().chain(&unset).copied().collect());
    let names = |node: &str| {
        let mut names = everywhere.clone();
        for (name, (ty, by)) in &asked {
            let is_had = had.get(node).is_none_or(|had| had.contains(name));
            let why = || format!("`{name}` is fetched in `{by}`, and callers come here on a way without it");
            let known = Known { ty: ty.clone(), lacking: (!is_had).then(why), unset: false };
            names.insert((*name).to_owned(), known);
        }
        for name in &unset {
            let is_had = had.get(node).is_none_or(|had| had.contains(name));
            names.entry((*name).to_owned()).and_modify(|known| known.unset = !is_had);
        }
        names
    };
    flow.nodes.keys().map(|node| (node.as_str(), names(node))).collect()
}

/// What has been fetched or set on every way to a node. Nodes that cannot be reached are not in it.
fn had<'a>(
    flow: &'a Body,
    edges: &Edges<'a>,
    all: &BTreeSet<&'a str>,
) -> BTreeMap<&'a str, BTreeSet<&'a str>> {
    let mut had: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let start = flow.start.as_ref().map(|start| start.value.as_str());
    let Some((start, _)) = start.and_then(|start| edges.get_key_value(start)) else { return had };
    had.insert(*start, BTreeSet::new());
    let mut open = vec![*start];
    while let Some(name) = open.pop() {
        let before = had.get(name).cloned().unwrap_or_default();
        let own = flow.nodes.get(name).into_iter().flat_map(|node| node.asks());
        let after: BTreeSet<&str> =
            before.iter().copied().chain(own.map(|ask| ask.into.value.as_str())).collect();
        for edge in edges.get(name).into_iter().flatten() {
            let mut brings = if edge.without_answers { before.clone() } else { after.clone() };
            brings.extend(&edge.sets);
            let Some((to, _)) = edges.get_key_value(edge.to) else { continue };
            let known = had.get(to);
            let kept: BTreeSet<&str> = known.unwrap_or(all).intersection(&brings).copied().collect();
            if known != Some(&kept) {
                had.insert(*to, kept);
                open.push(*to);
            }
        }
    }
    had
}
