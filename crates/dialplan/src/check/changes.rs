//! Which picture gives way to which in a call.

use std::collections::{BTreeMap, BTreeSet};

use super::graph::{self, Edges};
use super::parts::Parts;
use crate::flow::Body;
use crate::limits;
use crate::pictures::Change;
use crate::{Presentations, Slide};

/// The changes of a flow in one language, where these nodes have slides to show; no more than
/// [`limits::CHANGES_MAX`].
pub(crate) fn changes(flow: &Body, shown: &BTreeMap<&str, Presentations>) -> BTreeSet<Change> {
    let edges = graph::edges(flow, &Parts::default());
    let mut changes = BTreeSet::new();
    if let Some(start) = &flow.start {
        let first = ahead([start.value.as_str()], &edges, shown);
        changes.extend(first.into_iter().map(|to| Change { from: None, to: to.clone() }));
    }
    for (name, here) in shown {
        let next = ahead(edges.get(name).into_iter().flatten().map(|edge| edge.to), &edges, shown);
        // After a clip nothing is known of what the phone holds.
        let before = here.slides.iter().map(Some).chain((!here.clips.is_empty()).then_some(None));
        for (from, to) in before.flat_map(|from| next.iter().map(move |to| (from, *to))) {
            if changes.len() >= limits::CHANGES_MAX {
                return changes;
            }
            changes.insert(Change { from: from.cloned(), to: to.clone() });
        }
    }
    changes
}

/// The slides that come next from `open` on: of each way those of the first node that has any.
fn ahead<'a>(
    open: impl IntoIterator<Item = &'a str>,
    edges: &Edges<'a>,
    shown: &'a BTreeMap<&str, Presentations>,
) -> BTreeSet<&'a Slide> {
    let mut open: Vec<&str> = open.into_iter().collect();
    let (mut seen, mut slides) = (BTreeSet::new(), BTreeSet::new());
    while let Some(name) = open.pop() {
        if !seen.insert(name) {
            continue;
        }
        match shown.get(name) {
            Some(all) => slides.extend(&all.slides),
            None => open.extend(edges.get(name).into_iter().flatten().map(|edge| edge.to)),
        }
    }
    slides
}
