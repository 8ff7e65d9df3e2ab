// The calls in progress, asked for each second.
import { mustBeSignedIn } from "./account.js";
import { t } from "./i18n.js";
import { Notice, poll, show } from "./parts.js";
import { clock } from "./texts.js";
import { html, signal } from "./ui.js";

/**
 * @typedef {{id: string|number, caller: string, number: string, flow: string, version: number, node: string,
 *   seconds: number, agent: string|null}} Call
 */

/** @type {import("@preact/signals").Signal<Call[]|null>} */
const calls = signal(null);
const lost = signal(false);

/** @param {{call: Call}} props */
function Row({ call }) {
  const cell = (/** @type {string} */ key, /** @type {any} */ text) => html`<td data-label=${t(key)}>${text}</td>`;
  return html`<tr>
    ${cell("calls_caller", call.caller)}
    ${cell("calls_number", call.number)}
    ${cell("calls_flow", html`<span>${call.flow} <small>${t("calls_version", { n: call.version })}</small></span>`)}
    ${cell("calls_node", html`<span class="node">${call.node}</span>`)}
    ${cell("calls_agent", call.agent ?? "–")}
    ${cell("calls_time", clock(call.seconds * 1000))}
  </tr>`;
}

const HEADS = ["calls_caller", "calls_number", "calls_flow", "calls_node", "calls_agent", "calls_time"];

/** @param {{list: Call[]}} props */
function List({ list }) {
  return html`<table class="calls">
    <thead><tr>${HEADS.map((key) => html`<th scope="col">${t(key)}</th>`)}</tr></thead>
    <tbody>${list.map((call) => html`<${Row} key=${call.id} call=${call} />`)}</tbody>
  </table>`;
}

function Empty() {
  return html`<div class="empty">
    <h2>${t("calls_none")}</h2>
    <p>${t("calls_none_text")}</p>
    <p><a class="button go" href="/phone">${t("home_call")}</a></p>
  </div>`;
}

function Page() {
  const list = calls.value;
  return html`
    <div class="title"><h1>${t("calls_head")}</h1>
      ${list && list.length > 0 && html`<p>${t("calls_count", { n: list.length })}</p>`}</div>
    ${lost.value && html`<${Notice} tone="warn">${t("status_lost")}<//>`}
    ${list === null ? html`<p class="quiet">${t("loading")}</p>`
      : list.length === 0 ? html`<${Empty} />` : html`<${List} list=${list} />`}`;
}

void mustBeSignedIn();
poll("/api/v1/calls", 1_000, (data) => {
  lost.value = data === null;
  if (data !== null) calls.value = Array.isArray(data.calls) ? data.calls : [];
});
show("calls_title", Page);
