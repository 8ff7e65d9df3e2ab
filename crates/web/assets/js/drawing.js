// The drawing of a flow as the gateway lays it out: boxes, the ways between them, and how many calls are where.
import { t } from "./i18n.js";
import { html } from "./ui.js";

/**
 * @typedef {{target: string, keys: string, label: string, default: boolean}} Mark
 * @typedef {{name: string, kind: string, colour: string, title: string, goal: string|null, start: boolean, line: number,
 *   flow: string|null, x: number, y: number, w: number, h: number, marks: Mark[]}} Node
 * @typedef {{from: string, to: string, label: string, text: string, default: boolean, points: [number, number][],
 *   place: {x: number, y: number, w: number, h: number}}} Edge
 * @typedef {{entries: number, timeouts: number, hung_up: number, abandoned: number}} Figures
 * @typedef {{width: number, height: number, nodes: Node[], edges: Edge[]}} Graph
 */

/** What leads to no other node. @type {Record<string, string>} */
const SIGNS = { repeat: "↻", back: "↩", language: "⇄", hangup: "✕" };

/** At most four characters. @param {number} n */
export const short = (n) => (n < 1e4 ? `${n}` : n < 1e6 ? `${Math.floor(n / 1e3)}k` : `${Math.floor(n / 1e6)}M`);

/** The line of a way: in pairs of points it bends, between pairs it is straight. @param {Edge} edge */
export function path(edge) {
  const loop = edge.from === edge.to;
  return edge.points.map(([x, y], at) => {
    if (at === 0) return `M${x} ${y}`;
    if (loop || at % 2 === 0) return `L${x} ${y}`;
    const [x0, y0] = edge.points[at - 1];
    const middle = (y0 + y) / 2;
    return `C${x0} ${middle} ${x} ${middle} ${x} ${y}`;
  }).join("");
}

/** Its head, on the edge of the box. @param {Edge} edge */
export function head(edge) {
  const [x, y] = edge.points[edge.points.length - 1];
  if (edge.from === edge.to) return `M${x} ${y}l7 -4v8z`;
  return `M${x} ${y}l-4 ${edge.points[edge.points.length - 2][1] < y ? -7 : 7}h8z`;
}

/** What marks of a node say. @param {Mark[]} marks */
export const signs = (marks) =>
  marks.map((mark) => `${mark.keys}${mark.keys && " "}${SIGNS[mark.target] ?? mark.target}`).join("  ");

/** @param {{edge: Edge}} props */
function Way({ edge }) {
  const { place } = edge;
  return html`<g class="way ${edge.default ? "default" : ""}">
    <title>${edge.from} → ${edge.to}: ${edge.label}</title>
    <path class="line" d=${path(edge)} /><path class="head" d=${head(edge)} />
    <rect x=${place.x} y=${place.y} width=${place.w} height=${place.h} rx="3" />
    <text x=${place.x + place.w / 2} y=${place.y + place.h / 2 + 4}>${edge.text}</text>
  </g>`;
}

/** What callers did at a node today, on the lower edge of its box. @param {{node: Node, figures: Figures}} props */
function Today({ node, figures: { entries, timeouts, abandoned } }) {
  const parts = [["→", entries], ["∅", timeouts], ["✕", abandoned]].filter(([, n]) => n);
  const text = parts.map(([sign, n]) => `${sign} ${short(Number(n))}`).join(" · ");
  const [x, y] = [node.x + 10, node.y + node.h - 4];
  return text && html`<g class="today"><rect x=${x} y=${y} width=${text.length * 6 + 10} height="15" rx="7.5" />
    <text x=${x + 6} y=${y + 11}>${text}</text></g>`;
}

/** @param {{node: Node, calls: number, figures: Figures|undefined, chosen: boolean, choose: (node: Node) => void}} props */
function Box({ node, calls, figures, chosen, choose }) {
  const { x, y, w, h } = node;
  const key = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    choose(node);
  };
  const label = node.flow !== null ? t("dialplans_part", { flow: node.flow })
    : t("dialplans_node", { node: node.name, kind: node.kind, line: node.line, n: calls });
  const today = figures && `\n${t("dialplans_today", { ...figures })}`;
  return html`<g class="box ${chosen ? "chosen" : ""} ${node.start ? "start" : ""} ${node.flow !== null ? "part" : ""}" role="button" tabindex="0"
      data-node=${node.name} onClick=${() => choose(node)} onKeyDown=${key}>
    <title>${label}${today}${node.marks.map((mark) => `\n${mark.label}: $${mark.target}`).join("")}</title>
    <rect x=${x} y=${y} width=${w} height=${h} rx="6" stroke=${node.colour} />
    <path d="M${x + 6} ${y + 9}v${h - 18}" stroke=${node.colour} stroke-width="4" stroke-linecap="round" />
    <text class="name" x=${x + 14} y=${y + 19}>${node.name}</text>
    <text class="said" x=${x + 14} y=${y + 35}>${node.title}</text>
    <text class="kind" x=${x + 14} y=${y + 51}>${node.kind}</text>
    <text class="signs" x=${x + w - 8} y=${y + 51}>${signs(node.marks)}</text>
    ${node.goal && html`<text class="goal" x=${x + w - 8} y=${y + 19}>⚑ ${node.goal}</text>`}
    ${figures && html`<${Today} node=${node} figures=${figures} />`}
    ${calls > 0 && html`<circle class="calls-now" cx=${x + w - 2} cy=${y + 2} r="11" />
      <text class="calls-count" x=${x + w - 2} y=${y + 6}>${calls}</text>`}
  </g>`;
}

/**
 * @param {{graph: Graph, label: string, calls: Map<string, number>, figures: Record<string, Figures>, chosen: string|null,
 *   choose: (node: Node) => void}} props
 */
export function Drawing({ graph, label, calls, figures, chosen, choose }) {
  const ways = [...graph.edges].sort((a, b) => Number(b.default) - Number(a.default));
  return html`<svg class="drawing" width=${graph.width} height=${graph.height} role="group" aria-label=${label}
      viewBox="0 0 ${graph.width} ${graph.height}">
    ${ways.map((edge) => html`<${Way} key=${`${edge.from} ${edge.to}`} edge=${edge} />`)}
    ${graph.nodes.map((node) => html`<${Box} key=${node.name} node=${node} calls=${calls.get(node.name) ?? 0}
      figures=${figures[node.name]} chosen=${node.name === chosen} choose=${choose} />`)}
  </svg>`;
}

/**
 * How many calls are at each node of a flow. Calls of other versions are counted too, for their nodes are mostly the same.
 * @param {{flow: string, node: string|null}[]} calls
 * @param {string} flow
 */
export function countByNode(calls, flow) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const call of calls) {
    if (call.flow === flow && call.node !== null) counts.set(call.node, (counts.get(call.node) ?? 0) + 1);
  }
  return counts;
}
