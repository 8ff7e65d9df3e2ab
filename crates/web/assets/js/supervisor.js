// Queues, agents and calls, and what a supervisor can do about them.
import { ask, me, mustBeSignedIn } from "./account.js";
import { t, tOr } from "./i18n.js";
import { Listening, listen, listening } from "./listen.js";
import { Notice, poll, show } from "./parts.js";
import { clock } from "./texts.js";
import { html, signal } from "./ui.js";

/**
 * @typedef {{name: string, browser: boolean, state: string, reason: string|null, call: number|null}} Agent
 * @typedef {{name: string, doors: "open"|"closing"|"closed", waiting: number, longest: number|null}} Queue
 * @typedef {{id: number, caller: string|null, node: string|null, seconds: number, agent: string|null}} Call
 */

/** How long an alert is an alarm, in seconds. */
const ALARM_S = 300;

/** @type {import("@preact/signals").Signal<Agent[]|null>} */
const agents = signal(null);
/** @type {import("@preact/signals").Signal<Queue[]|null>} */
const queues = signal(null);
/** @type {import("@preact/signals").Signal<Call[]>} */
const calls = signal([]);
/** @type {import("@preact/signals").Signal<{at: number, agent: string, caller: string|null, queue: string}[]>} */
const alerts = signal([]);
const lost = signal(false);
/** @type {import("@preact/signals").Signal<{tone: "calm"|"alarm", text: string}|null>} */
const note = signal(null);

/** @param {Promise<import("./account.js").Answer>} asked @param {string} done */
async function act(asked, done) {
  const { status, data } = await asked;
  note.value = status >= 200 && status < 300 ? { tone: "calm", text: done } : { tone: "alarm", text: data?.detail ?? t("status_lost") };
}

/** @param {Queue} queue @param {string} doors */
const setDoors = ({ name }, doors) => {
  if (doors === "closed" && !confirm(t("lead_close_sure", { name }))) return;
  void act(ask(`/queues/${encodeURIComponent(name)}/doors`, "PUT", { doors }), t("lead_done", { name }));
};

/** @param {Agent} agent */
const setReady = ({ name, state }) => {
  const ready = state === "not_ready";
  const reason = ready ? "" : prompt(t("lead_reason", { name }), t("lead_break"));
  if (reason === null) return;
  void act(ask(`/agents/${encodeURIComponent(name)}/ready`, "PUT", { ready, reason }), t("lead_done", { name }));
};

/** @param {Agent} agent */
const say = ({ name }) => {
  const text = prompt(t("lead_message_to", { name }), "")?.trim();
  if (text) void act(ask(`/agents/${encodeURIComponent(name)}/message`, "POST", { text }), t("lead_said", { name }));
};

const cell = (/** @type {string} */ key, /** @type {any} */ content) => html`<td data-label=${t(key)}>${content}</td>`;
const heads = (/** @type {string[]} */ keys) => html`<thead><tr>${keys.map((key) => html`<th scope="col">${t(key)}</th>`)}</tr></thead>`;

/** @param {{list: Queue[]}} props */
function Queues({ list }) {
  return html`<section><h2>${t("wall_queues")}</h2><table class="calls queues">
    ${heads(["wall_queue", "lead_doors", "wall_waiting", "wall_longest", "account_do"])}
    <tbody>${list.map((queue) => html`<tr key=${queue.name} data-queue=${queue.name}>
      ${cell("wall_queue", html`<b>${queue.name}</b>`)}
      ${cell("lead_doors", html`<span class="pill ${queue.doors === "open" ? "ready" : "not_ready"}">${t(`wall_doors_${queue.doors}`)}</span>`)}
      ${cell("wall_waiting", queue.waiting)}
      ${cell("wall_longest", queue.longest === null ? "–" : clock(queue.longest * 1_000))}
      ${cell("account_do", html`<span class="actions">${["open", "closing", "closed"].filter((doors) => doors !== queue.doors)
        .map((doors) => html`<button type="button" class="button small ${doors === "closed" ? "reject" : ""}" data-doors=${doors}
          onClick=${() => setDoors(queue, doors)}>${t(`lead_do_${doors}`)}</button>`)}</span>`)}
    </tr>`)}</tbody></table></section>`;
}

/** @param {{list: Agent[]}} props */
function Agents({ list }) {
  return html`<section><h2>${t("lead_agents")}</h2><table class="calls people">
    ${heads(["calls_agent", "account_state", "lead_why", "calls_caller", "account_do"])}
    <tbody>${list.map((agent) => {
      const call = calls.value.find((one) => one.id === agent.call);
      const is = agent.state === "on_hold" ? "talking" : agent.state;
      return html`<tr key=${agent.name} data-agent=${agent.name}>
        ${cell("calls_agent", html`<span><b>${agent.name}</b>${!agent.browser && html` <small>SIP</small>`}</span>`)}
        ${cell("account_state", html`<span class="pill ${is}">${t(`wall_state_${agent.state}`)}</span>`)}
        ${cell("lead_why", agent.reason === null ? "–" : tOr(`reason_${agent.reason}`, agent.reason))}
        ${cell("calls_caller", call ? html`<span>${call.caller ?? t("withheld")} <small>${clock(call.seconds * 1_000)}</small></span>` : "–")}
        ${cell("account_do", html`<span class="actions">
          <button type="button" class="button small set-ready" onClick=${() => setReady(agent)}>${t(agent.state === "not_ready" ? "lead_ready" : "lead_not_ready")}</button>
          <button type="button" class="button small listen" disabled=${agent.call === null || listening.value !== null}
            onClick=${() => agent.call !== null && listen(agent.call, agent.name)}>${t("lead_listen")}</button>
          <button type="button" class="button small say" disabled=${!agent.browser || agent.state === "signed_out"} onClick=${() => say(agent)}>${t("lead_message")}</button></span>`)}
      </tr>`;
    })}</tbody></table></section>`;
}

/** Who was insulted or threatened today, the latest first. */
function Alerts() {
  if (alerts.value.length === 0) return null;
  const at = (/** @type {number} */ seconds) => new Date(seconds * 1_000).toLocaleTimeString([], { hour12: false });
  return html`<section><h2>${t("lead_alerts")}</h2><ul class="stack alerts">${alerts.value.map((one) => html`<li key=${one.at}>
    <${Notice} tone=${Date.now() / 1_000 - one.at < ALARM_S ? "alarm" : "warn"}>
      ${t("lead_alert", { time: at(one.at), agent: one.agent, caller: one.caller ?? t("withheld"), queue: one.queue })}<//></li>`)}</ul></section>`;
}

function Page() {
  if (me.value && !["supervisor", "admin"].includes(me.value.role)) return html`<${Notice} tone="alarm">${t("not_for_you")}<//>`;
  const told = note.value;
  return html`
    <div class="title"><h1>${t("lead_title")}</h1><p><a href="/calls">${t("calls_count", { n: calls.value.length })}</a></p></div>
    ${lost.value && html`<${Notice} tone="warn">${t("status_lost")}<//>`}
    ${told && html`<${Notice} tone=${told.tone}>${told.text}<//>`}
    ${agents.value === null || queues.value === null ? html`<p class="quiet">${t("loading")}</p>`
      : html`<div class="lead"><${Listening} /><${Alerts} /><${Queues} list=${queues.value} /><${Agents} list=${agents.value} /></div>`}`;
}

void mustBeSignedIn();
poll("/api/v1/agents", 1_000, (data) => {
  lost.value = data === null;
  if (data !== null) agents.value = data.agents;
});
poll("/api/v1/queues", 1_000, (data) => {
  if (data !== null) queues.value = data.queues;
});
poll("/api/v1/calls", 1_000, (data) => {
  if (data !== null) calls.value = data.calls;
});
poll(() => `/api/v1/alerts?since=${Math.floor(new Date().setHours(0, 0, 0, 0) / 1_000)}`, 1_000, (data) => {
  if (data !== null) alerts.value = data.alerts;
});
show("lead_title", Page);
