// The flows of the live service: what stands in their files, their drawings, and where calls are in them now.
import { mustBeSignedIn } from "./account.js";
import { t } from "./i18n.js";
import { Drawing, countByNode } from "./drawing.js";
import { Notice, poll, show } from "./parts.js";
import { effect, html, signal } from "./ui.js";

/** @import { Figures, Graph, Node } from "./drawing.js" */
/** @typedef {{name: string, path: string, source: string, graph: Graph|null}} Sheet */

/** @type {import("@preact/signals").Signal<Sheet[]|null>} */
const sheets = signal(null);
const version = signal(0);
/** @type {import("@preact/signals").Signal<string|null>} */
const diagnostics = signal(null);
/** @type {import("@preact/signals").Signal<{flow: string, node: string|null}[]>} */
const calls = signal([]);
/** What callers did today, by flow and node. @type {import("@preact/signals").Signal<Record<string, Record<string, Figures>>>} */
const today = signal({});
const lost = signal(false);
/** The node whose line is marked. @type {import("@preact/signals").Signal<{flow: string, node: string, line: number}|null>} */
const chosen = signal(null);

effect(() => {
  if (chosen.value === null) return;
  const { flow, line } = chosen.value;
  // The mark is drawn with the page, after this.
  requestAnimationFrame(() => {
    document.getElementById(`${flow}-${line}`)?.scrollIntoView({ block: "center", behavior: "smooth" });
  });
});

/** @param {{sheet: Sheet}} props */
function Source({ sheet }) {
  const marked = chosen.value?.flow === sheet.name ? chosen.value.line : 0;
  const lines = sheet.source.replace(/\n$/, "").split("\n");
  return html`<div class="source" tabindex="0" role="region" aria-label=${sheet.path}>
    <pre>${lines.map((text, at) => html`<span id="${sheet.name}-${at + 1}"
      class=${at + 1 === marked ? "line marked" : "line"}><i>${at + 1}</i>${text}${"\n"}</span>`)}</pre>
  </div>`;
}

/** @param {{sheet: Sheet}} props */
function Flow({ sheet }) {
  const here = chosen.value?.flow === sheet.name ? chosen.value.node : null;
  const choose = (/** @type {Node} */ node) => {
    if (node.flow !== null) document.getElementById(`flow-${node.flow}`)?.scrollIntoView({ behavior: "smooth" });
    else chosen.value = { flow: sheet.name, node: node.name, line: node.line };
  };
  return html`<section class="flow" id="flow-${sheet.name}">
    <h2>${sheet.name} <small>${sheet.path}</small></h2>
    <div class="both">
      <div class="paper" tabindex="0" role="region" aria-label=${t("dialplans_drawing", { flow: sheet.name })}>
        ${sheet.graph === null ? html`<p class="quiet">${t("dialplans_large")}</p>`
          : html`<${Drawing} graph=${sheet.graph} label=${sheet.name} calls=${countByNode(calls.value, sheet.name)}
            figures=${today.value[sheet.name] ?? {}} chosen=${here} choose=${choose} />`}
      </div>
      <${Source} sheet=${sheet} />
    </div>
  </section>`;
}

function Page() {
  return html`
    <div class="title"><h1>${t("dialplans_head")}</h1>
      ${version.value > 0 && html`<p>${t("dialplans_version", { n: version.value })}</p>`}</div>
    ${lost.value && html`<${Notice} tone="warn">${t("status_lost")}<//>`}
    ${diagnostics.value !== null && html`<${Notice} tone="alarm">${t("dialplans_refused")}<//>
      <pre class="report">${diagnostics.value}</pre>`}
    <p class="quiet">${t("dialplans_legend")}</p>
    ${sheets.value === null ? html`<p class="quiet">${t("loading")}</p>`
      : sheets.value.map((sheet) => html`<${Flow} key=${sheet.name} sheet=${sheet} />`)}`;
}

// Drawings are large, so they are asked for again only when another version is live.
void mustBeSignedIn();
poll("/api/v1/status", 1_000, async (status) => {
  lost.value = status === null;
  if (status === null) return;
  diagnostics.value = status.service.diagnostics;
  if (sheets.value !== null && status.service.version === version.value) return;
  const response = await fetch("/api/v1/dialplans", { cache: "no-store" }).catch(() => null);
  if (!response?.ok) return;
  const plans = await response.json();
  chosen.value = null;
  sheets.value = plans.flows;
  version.value = plans.version;
});
poll("/api/v1/calls", 1_000, (data) => {
  if (data !== null) calls.value = Array.isArray(data.calls) ? data.calls : [];
});

/** The beginning of this day here, in seconds since 1970. */
const midnight = () => Math.floor(new Date().setHours(0, 0, 0, 0) / 1_000);

poll(() => `/api/v1/dialplans/figures?since=${midnight()}`, 5_000, (data) => {
  if (data !== null) today.value = data.flows;
});

show("dialplans_title", Page);
