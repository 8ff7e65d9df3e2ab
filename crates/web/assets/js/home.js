// The first page: what this is, how to call it, which version is live, and why an edit was refused.
import { whoAmI } from "./account.js";
import { language, t } from "./i18n.js";
import { Icon, Notice, Song, poll, show } from "./parts.js";
import { html, signal } from "./ui.js";

/** The last answer of /api/v1/status, or what strangers are told. @type {import("@preact/signals").Signal<any>} */
const status = signal(null);
const lost = signal(false);
/** Whether the whole status is there. */
const whole = () => status.value?.service !== undefined;

function Hero() {
  const numbers = status.value?.numbers ?? [];
  return html`<section class="hero">
    <div>
      <h1>${t("home_head")}</h1>
      <p class="lead">${t("home_lead")}</p>
      <p class="actions">
        <a class="button go" href="/phone"><${Icon} name="call" />${t("home_call")}</a>
        <a class="button" href="/desk">${t("home_answer")}</a>
      </p>
    </div>
    <div class="board">
      <small>${t("home_number")}</small>
      ${numbers.length > 0 ? numbers.map((/** @type {string} */ number) => html`<b>${number}</b>`) : html`<b>···</b>`}
      <${Song} />
      ${status.value && html`<p><i class="dot"></i>${t("home_version", { n: whole() ? status.value.service.version : status.value.version })}</p>`}
    </div>
  </section>`;
}

function Steps() {
  const steps = [["step_1", "/phone"], ["step_2", "/desk"], ["step_3", ""]];
  return html`<section>
    <h2>${t("home_steps")}</h2>
    <ol class="steps">
      ${steps.map(([key, href]) => html`<li>
        <h3>${href ? html`<a href=${href}>${t(key)}</a>` : t(key)}</h3>
        <p>${t(`${key}_text`)}</p>
      </li>`)}
    </ol>
  </section>`;
}

/** @param {string|number} at what the gateway calls `loaded_at`: RFC 3339, or seconds since 1970 */
function time(at) {
  const date = new Date(typeof at === "number" ? at * 1000 : at);
  return Number.isNaN(date.getTime()) ? String(at) : date.toLocaleTimeString(language.value === "zh" ? "zh-CN" : "en-GB");
}

function Live() {
  const { service, counts } = status.value;
  const figures = ["calls", "transcoders", "accepted", "refused", "faults"].filter((name) => counts?.[name] !== undefined);
  return html`<section class="live">
    <h2>${t("home_live")}</h2>
    ${service.diagnostics && html`<div class="refusal" role="alert">
      <h3>${t("home_refused")}</h3>
      <p>${t("home_refused_text", { n: service.version })}</p>
      <pre tabindex="0">${service.diagnostics}</pre>
    </div>`}
    <p class="version"><b>${t("home_version", { n: service.version })}</b>
      ${service.loaded_at && html` <span>${t("home_since", { time: time(service.loaded_at) })}</span>`}</p>
    <p class="quiet">${service.summary}</p>
    <dl class="figures">
      ${figures.map((name) => html`<div><dt>${t(`count_${name}`)}</dt><dd>${counts[name]}</dd></div>`)}
    </dl>
  </section>`;
}

function Sip() {
  const { numbers = [], sip = [] } = status.value;
  const addresses = numbers.flatMap((/** @type {string} */ number) =>
    sip.map((/** @type {string} */ host) => (host.startsWith("sip:") ? host : `sip:${number}@${host}`)));
  if (addresses.length === 0) return null;
  return html`<section>
    <h2>${t("home_sip")}</h2>
    <ul class="addresses">${addresses.map((/** @type {string} */ uri) => html`<li><code>${uri}</code></li>`)}</ul>
  </section>`;
}

function Agents() {
  const agents = (status.value.agents ?? []).filter((/** @type {any} */ agent) => agent.state !== "signed_out");
  return html`<section>
    <h2>${t("home_agents")}</h2>
    ${agents.length === 0 && html`<p class="quiet">${t("no_agents")}</p>`}
    <ul class="agents">${agents.map((/** @type {any} */ { name, state }) =>
      html`<li><b>${name}</b><span class="pill ${state}">${t(`desk_${state}`)}</span></li>`)}</ul>
  </section>`;
}

function Page() {
  return html`
    ${lost.value && html`<${Notice} tone="warn">${t("status_lost")}<//>`}
    <${Hero} />
    ${status.value?.service?.diagnostics && html`<${Live} />`}
    <${Steps} />
    ${whole() && html`
      <div class="columns">
        ${!status.value.service.diagnostics && html`<${Live} />`}
        <div class="stack"><${Sip} /><${Agents} /></div>
      </div>`}`;
}

/** @param {any} data */
function take(data) {
  lost.value = data === null;
  if (data !== null) status.value = data;
}

void whoAmI().then((who) => {
  if (who && !who.must_change) poll("/api/v1/status", 2_000, take);
  else poll("/api/v1/service", 10_000, take);
});
show("home_title", Page, () => {
  const program = whole() ? status.value.version : status.value?.program;
  return program ? t("version", { version: program }) : "";
});
