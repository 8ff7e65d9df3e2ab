//! A flow as a drawing: its nodes in ranks from the start downwards, and the ways between them.
//!
//! What a drawing shows is gathered from the checked flow and from what stands in its file (`gather`), so a step needs
//! no code for it; where things lie is the business of `layout`, and `svg` writes the picture. Targets that stay at the
//! node or end the call (`$repeat`, `$back`, ...) are [`Mark`]s on it. Start at [`Service::graph`].

mod gather;
mod layout;
mod order;
mod svg;
#[cfg(test)]
mod tests;

use serde::Serialize;

use crate::limits;
use crate::service::{FlowId, Service};

/// A flow, drawn. Lengths are in pixels of a picture at its natural size; y grows downwards.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Graph {
    /// The flow.
    pub flow: String,
    /// The file that it stands in.
    pub path: String,
    /// Of the picture.
    pub width: f64,
    /// Of the picture.
    pub height: f64,
    /// By name; behind them the flows that they run.
    pub nodes: Vec<Node>,
    /// What leads from node to node.
    pub edges: Vec<Edge>,
}

/// A box.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Node {
    /// As the flow calls it.
    pub name: String,
    /// The word of its step; `flow` for another flow.
    pub kind: &'static str,
    /// Of its step, as `#rrggbb`.
    pub colour: &'static str,
    /// What a caller sees or hears of it, in the flow's first language; may be empty.
    pub title: String,
    /// What callers come here for, where the flow says so.
    pub goal: Option<String>,
    /// Where calls begin.
    pub start: bool,
    /// It is no node, but this other flow, which is run.
    pub flow: Option<String>,
    /// How many ranks are above it.
    pub rank: usize,
    /// Its line in the file, from 1; of another flow, where it is named first.
    pub line: usize,
    /// Left edge.
    pub x: f64,
    /// Upper edge.
    pub y: f64,
    /// Width.
    pub w: f64,
    /// Height.
    pub h: f64,
    /// Ways that lead to no other node.
    pub marks: Vec<Mark>,
}

/// Ways out of a node to one built-in target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mark {
    /// The target without its `$`.
    pub target: String,
    /// The keys that lead there.
    pub keys: String,
    /// Keys and outcomes that lead there.
    pub label: String,
    /// All of them come from the flow's `defaults`.
    pub default: bool,
}

/// All ways from one node to another.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Edge {
    /// Name of a node.
    pub from: String,
    /// Name of a node; may be the same.
    pub to: String,
    /// Keys, conditions and outcomes that lead there.
    pub label: String,
    /// The label as far as it is drawn.
    pub text: String,
    /// Where that is drawn.
    pub place: Place,
    /// All of them come from the flow's `defaults`.
    pub default: bool,
    /// From the one box to the other, in pairs: between the points of a pair the line bends from one vertical to the
    /// other, from pair to pair it is straight.
    pub points: Vec<(f64, f64)>,
}

/// A rectangle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Place {
    /// Left edge.
    pub x: f64,
    /// Upper edge.
    pub y: f64,
    /// Width.
    pub w: f64,
    /// Height.
    pub h: f64,
}

/// A flow that has too many ways for a drawing anyone could read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this flow is too large to be drawn")]
pub struct TooLarge;

impl Service {
    /// The drawing of a flow; none for an id of another service.
    ///
    /// # Errors
    /// [`TooLarge`] beyond [`limits::DRAWN_PIECES_MAX`].
    pub fn graph(&self, flow: FlowId) -> Option<Result<Graph, TooLarge>> {
        let flow = self.flow(flow)?;
        let (mut graph, request) = gather::gather(self, flow);
        let Some(drawn) = layout::layout(&request, limits::DRAWN_PIECES_MAX) else {
            return Some(Err(TooLarge));
        };
        (graph.width, graph.height) = drawn.size;
        for (node, (place, rank)) in graph.nodes.iter_mut().zip(drawn.nodes) {
            (node.x, node.y, node.rank) = (place.x, place.y, rank);
        }
        for (edge, (place, points)) in graph.edges.iter_mut().zip(drawn.edges) {
            (edge.place, edge.points) = (place, points);
        }
        Some(Ok(graph))
    }

    /// What stands in the file of a flow.
    pub fn source(&self, flow: FlowId) -> Option<&str> {
        let span = self.flow(flow)?.body.name.span;
        Some(&self.sources.0.get(span.file)?.text)
    }

    /// The file that a flow stands in, as it was given to [`Service::compile`].
    pub fn path(&self, flow: FlowId) -> Option<&str> {
        let span = self.flow(flow)?.body.name.span;
        Some(&self.sources.0.get(span.file)?.path)
    }
}

impl Graph {
    /// The picture as an SVG document that needs nothing beside it.
    pub fn svg(&self) -> String {
        svg::svg(self)
    }
}
