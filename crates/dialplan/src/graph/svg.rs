//! The drawing as SVG: no script, no style sheet and no font of its own.

use std::fmt::Write;

use super::gather::mark_width;
use super::{Edge, Graph, Mark, Node};
use crate::step::STEPS;

/// One for each step, in their order; a longer language begins anew.
const COLOURS: [&str; 12] = [
    "#1d6fd1", "#5b5f97", "#b7791f", "#0b8a6f", "#b3363e", "#7b3fb0", "#2d7f9d", "#a2478f", "#5d7d12",
    "#8a5a3c", "#4a6fa5", "#6b4f2a",
];
const INK: &str = "#1c2430";
const FAINT: &str = "#a9b2bf";
const LINE: &str = "#4d5a6b";
const FONT: &str = "'Noto Sans CJK SC','Noto Sans',sans-serif";

/// The colour of a step.
pub(super) fn colour(kind: &str) -> &'static str {
    let at = STEPS.iter().position(|step| step.name == kind).unwrap_or(0);
    COLOURS[at % COLOURS.len()]
}

/// The outline of a built-in target's sign in a square of twelve, if it has one.
pub(super) fn sign(target: &str) -> Option<&'static str> {
    match target {
        "repeat" => Some("M9.5 6A3.7 3.7 0 1 1 8.2 3.2M8.3 .8V3.4H5.7"),
        "back" => Some("M4.5 1.8 1.8 4.5 4.5 7.2M2 4.5H7.5A2.8 2.8 0 0 1 7.5 10.1H4.5"),
        "language" => {
            Some("M6 1.2A4.8 4.8 0 1 1 5.9 1.2M1.3 6H10.7M6 1.2C3.2 4 3.2 8 6 10.8C8.8 8 8.8 4 6 1.2")
        }
        "hangup" => Some("M2.5 2.5 9.5 9.5M9.5 2.5 2.5 9.5"),
        _ => None,
    }
}

pub(super) fn svg(graph: &Graph) -> String {
    let mut out = String::new();
    let Graph { flow, width, height, .. } = graph;
    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} \
         {height}\" font-family=\"{FONT}\">\n<title>{}</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>",
        escaped(flow)
    )
    .expect("a String takes everything");
    // What the flow's defaults lead to lies under what is written at the nodes.
    for default in [true, false] {
        for edge in graph.edges.iter().filter(|edge| edge.default == default) {
            line(&mut out, edge);
        }
    }
    for edge in &graph.edges {
        label(&mut out, edge);
    }
    for node in &graph.nodes {
        draw(&mut out, node);
    }
    out.push_str("</svg>\n");
    out
}

fn line(out: &mut String, edge: &Edge) {
    let stroke = if edge.default { FAINT } else { LINE };
    let dash = if edge.default { " stroke-dasharray=\"4 3\"" } else { "" };
    let path = path(edge);
    write!(
        out,
        "<path d=\"{path}\" fill=\"none\" stroke=\"{stroke}\" stroke-width=\"1.4\"{dash}/>\n{}",
        arrow(edge, stroke)
    )
    .expect("a String takes everything");
}

fn path(edge: &Edge) -> String {
    let mut path = String::new();
    for (at, (x, y)) in edge.points.iter().enumerate() {
        let straight = at % 2 == 0 || edge.from == edge.to;
        let command = match (at.checked_sub(1).map(|before| edge.points[before]), straight) {
            (None, _) => format!("M{x:.1} {y:.1}"),
            (Some(_), true) => format!("L{x:.1} {y:.1}"),
            (Some((from_x, from_y)), false) => {
                let middle = (from_y + y) / 2.0;
                format!("C{from_x:.1} {middle:.1} {x:.1} {middle:.1} {x:.1} {y:.1}")
            }
        };
        path.push_str(&command);
    }
    path
}

/// The head of the line, on the edge of the box.
fn arrow(edge: &Edge, fill: &str) -> String {
    // Lines arrive upright, whatever is beside them.
    let [.., (_, from_y), (x, y)] = edge.points[..] else { return String::new() };
    if edge.from == edge.to {
        return format!("<path d=\"M{x:.1} {y:.1}l7 -4v8z\" fill=\"{fill}\"/>\n");
    }
    let back = if from_y < y { -7 } else { 7 };
    format!("<path d=\"M{x:.1} {y:.1}l-4 {back}h8z\" fill=\"{fill}\"/>\n")
}

fn label(out: &mut String, edge: &Edge) {
    let (place, fill) = (edge.place, if edge.default { "#8a94a3" } else { INK });
    writeln!(
        out,
        "<g><title>{} → {}: {}</title><rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"3\" \
         fill=\"#fff\"/><text x=\"{:.1}\" y=\"{:.1}\" font-size=\"11\" text-anchor=\"middle\" \
         fill=\"{fill}\">{}</text></g>",
        escaped(&edge.from),
        escaped(&edge.to),
        escaped(&edge.label),
        place.x,
        place.y,
        place.w,
        place.h,
        place.x + place.w / 2.0,
        place.y + place.h / 2.0 + 4.0,
        escaped(&edge.text),
    )
    .expect("a String takes everything");
}

fn draw(out: &mut String, node: &Node) {
    let Node { x, y, w, h, .. } = *node;
    let colour = node.colour;
    let border = if node.start { 2.4 } else { 1.2 };
    let (id, dash) = match &node.flow {
        None => (format!("node-{}", node.name), ""),
        Some(flow) => (format!("flow-{flow}"), " stroke-dasharray=\"5 3\""),
    };
    writeln!(
        out,
        "<g id=\"{id}\"><rect x=\"{x}\" y=\"{y}\" width=\"{w:.1}\" height=\"{h}\" rx=\"6\" fill=\"#fbfcfe\" \
         stroke=\"{colour}\" stroke-width=\"{border}\"{dash}/>\n<path d=\"M{left} {top}v{tall}\" stroke=\"{colour}\" \
         stroke-width=\"4\" stroke-linecap=\"round\"/>\n<text x=\"{text}\" y=\"{first}\" font-size=\"13\" \
         font-weight=\"700\" fill=\"{INK}\">{name}</text>\n<text x=\"{text}\" y=\"{second}\" font-size=\"11\" \
         fill=\"#47525f\">{title}</text>\n<text x=\"{text}\" y=\"{third}\" font-size=\"10\" \
         fill=\"{colour}\">{kind}</text>",
        id = escaped(&id),
        name = escaped(&node.name),
        left = x + 6.0,
        top = y + 9.0,
        tall = h - 18.0,
        text = x + 14.0,
        first = y + 19.0,
        second = y + 35.0,
        third = y + 51.0,
        title = escaped(&node.title),
        kind = node.kind,
    )
    .expect("a String takes everything");
    if let Some(goal) = &node.goal {
        flag(out, node, goal);
    }
    let mut right = x + w - 8.0;
    for mark in node.marks.iter().rev() {
        right -= mark_width(mark);
        draw_mark(out, mark, right, y + 41.0);
    }
    out.push_str("</g>\n");
}

/// A node that callers come for has a flag with what it is.
fn flag(out: &mut String, node: &Node, goal: &str) {
    let (x, y) = (node.x + node.w - 10.0, node.y + 7.0);
    writeln!(
        out,
        "<path d=\"M{:.1} {y}v13m0 -13h-9l3 4l-3 4h9\" fill=\"#e0a100\" stroke=\"#a87500\"/>\
         <text x=\"{:.1}\" y=\"{:.1}\" font-size=\"10\" text-anchor=\"end\" fill=\"#8a6100\">{}</text>",
        x,
        x - 13.0,
        y + 11.0,
        escaped(goal)
    )
    .expect("a String takes everything");
}

fn draw_mark(out: &mut String, mark: &Mark, x: f64, y: f64) {
    let colour = if mark.default { FAINT } else { LINE };
    write!(out, "<g><title>{}: ${}</title>", escaped(&mark.label), escaped(&mark.target))
        .expect("a String takes everything");
    let text = match sign(&mark.target) {
        Some(sign) => {
            write!(
                out,
                "<path transform=\"translate({x:.1} {y:.1})\" d=\"{sign}\" fill=\"none\" stroke=\"{colour}\" \
                 stroke-width=\"1.2\"/>"
            )
            .expect("a String takes everything");
            (x + 14.0, mark.keys.clone())
        }
        None => (x, format!("{} {}", mark.target, mark.keys)),
    };
    writeln!(
        out,
        "<text x=\"{:.1}\" y=\"{:.1}\" font-size=\"10\" fill=\"{colour}\">{}</text></g>",
        text.0,
        y + 10.0,
        escaped(&text.1)
    )
    .expect("a String takes everything");
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
