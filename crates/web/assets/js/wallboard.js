// Who waits and who works, and today's figures against their goals: for a screen that a whole room reads.
import { mustBeSignedIn } from "./account.js";
import { t, tOr } from "./i18n.js";
import { Notice, poll, show } from "./parts.js";
import { clock } from "./texts.js";
import { html, signal } from "./ui.js";

/**
 * @typedef {{offered: number, answered: number, in_time: number, abandoned: number, of_offered: number|null,
 *   without_short: number|null, of_answered: number|null, abandonment: number|null, goal: number}} Level
 * @typedef {{name: string, doors: string, waiting: number, longest: number|null, level: Level}} Queue
 * @typedef {{part: number, whole: number, share: number|null, goal: number}} Share
 * @typedef {{calls: number, queues: Queue[], all: Level, agents: Record<string, number>, satisfaction: Share,
 *   self_service: Share, nodes: {flow: string, node: string, entries: number}[],
 *   prefixes: {prefix: string, calls: number}[], codes: {word: string, times: number}[], words: {word: string, times: number}[]}} Board
 */

/** @type {import("@preact/signals").Signal<Board|null>} */
const board = signal(null);
const lost = signal(false);

/** Rows of a list, so that the whole board is seen on a screen of 1080 lines. */
const ROWS_SHOWN = 5;

const percent = (/** @type {number|null} */ share) => (share === null ? "–" : `${(share * 100).toFixed(1)} %`);
const time = (/** @type {number|null} */ seconds) => (seconds === null ? "–" : clock(seconds * 1_000));

/** A figure; with a goal, whether it is met. @param {{name: string, value: string, met?: boolean|null, note?: any}} props */
function Tile({ name, value, met = null, note = "" }) {
  const tone = met === null ? "" : met ? "met" : "missed";
  return html`<div class="tile ${tone}">
    <h2>${name}</h2>
    <p class="figure">${value}</p>
    <p class="note">${met !== null && html`<span class="verdict">${t(met ? "wall_met" : "wall_missed")}</span> `}${note}</p>
  </div>`;
}

/** @param {{name: string, share: number|null, goal: number, note: any}} props */
function Goal({ name, share, goal, note }) {
  return html`<${Tile} name=${name} value=${percent(share)} met=${share === null ? null : share >= goal}
    note=${html`${t("wall_goal", { goal: percent(goal) })} · ${note}`} />`;
}

/** A list with bars as long as their numbers. @param {{name: string, rows: {label: any, number: number}[]}} props */
function Bars({ name, rows }) {
  rows = rows.slice(0, ROWS_SHOWN);
  const most = Math.max(1, ...rows.map((row) => row.number));
  return html`<section class="list"><h2>${name}</h2>
    ${rows.length === 0 ? html`<p class="quiet">${t("wall_nothing")}</p>` : html`<ol>${rows.map((row) => html`<li>
      <span class="label">${row.label}</span>
      <meter min="0" max=${most} value=${row.number} aria-hidden="true"></meter>
      <b>${row.number}</b></li>`)}</ol>`}
  </section>`;
}

/** @param {{queue: Queue}} props */
function Row({ queue }) {
  const { level } = queue;
  return html`<tr class=${queue.doors === "open" ? "" : "shut"}>
    <th scope="row">${queue.name}${queue.doors !== "open" && html` <small>${t(`wall_doors_${queue.doors}`)}</small>`}</th>
    <td class=${queue.waiting > 0 ? "busy" : ""}>${queue.waiting}</td>
    <td>${time(queue.longest)}</td>
    <td>${percent(level.of_offered)}</td>
    <td>${percent(level.without_short)}</td>
    <td>${percent(level.of_answered)}</td>
    <td>${percent(level.abandonment)}</td>
  </tr>`;
}

const STATES = ["ready", "ringing", "talking", "on_hold", "wrap_up", "not_ready", "signed_out"];
const HEADS = ["wall_queue", "wall_waiting", "wall_longest", "wall_of_offered", "wall_without_short",
  "wall_of_answered", "wall_abandonment"];

/** @param {{now: Board}} props */
function Figures({ now }) {
  const waiting = now.queues.reduce((sum, queue) => sum + queue.waiting, 0);
  const waits = now.queues.map((queue) => queue.longest).filter((longest) => longest !== null);
  const longest = waits.length === 0 ? null : Math.max(...waits);
  const of = (/** @type {Share} */ share) => t("wall_of", { part: share.part, whole: share.whole });
  return html`
    <div class="tiles">
      <${Tile} name=${t("wall_waiting")} value=${waiting} note=${t("wall_calls", { n: now.calls })} />
      <${Tile} name=${t("wall_longest")} value=${time(longest)} />
      <${Goal} name=${t("wall_in_time")} share=${now.all.of_offered} goal=${now.all.goal}
        note=${t("wall_of", { part: now.all.in_time, whole: now.all.offered })} />
      <${Goal} name=${t("wall_satisfaction")} share=${now.satisfaction.share} goal=${now.satisfaction.goal}
        note=${of(now.satisfaction)} />
      <${Goal} name=${t("wall_self_service")} share=${now.self_service.share} goal=${now.self_service.goal}
        note=${of(now.self_service)} />
      <${Tile} name=${t("wall_abandonment")} value=${percent(now.all.abandonment)}
        note=${t("wall_of", { part: now.all.abandoned, whole: now.all.offered })} />
    </div>
    <div class="states">${STATES.map((state) => html`<div class="state ${state}"><b>${now.agents[state] ?? 0}</b>
      <span>${t(`wall_state_${state}`)}</span></div>`)}</div>
    <div class="lists">
      <section class="list wide"><h2>${t("wall_queues")}</h2>
        <div class="scroll" tabindex="0" role="region" aria-label=${t("wall_queues")}><table>
          <thead><tr>${HEADS.map((key) => html`<th scope="col">${t(key)}</th>`)}</tr></thead>
          <tbody>${now.queues.map((queue) => html`<${Row} key=${queue.name} queue=${queue} />`)}</tbody>
        </table></div></section>
      <${Bars} name=${t("wall_nodes")} rows=${now.nodes.map(({ flow, node, entries }) => ({
        label: html`<small>${flow}</small> ${node}`, number: entries }))} />
      <${Bars} name=${t("wall_prefixes")} rows=${now.prefixes.map(({ prefix, calls }) => ({
        label: prefix === "" ? t("wall_withheld") : prefix, number: calls }))} />
      <${Bars} name=${t("wall_codes")} rows=${now.codes.map(({ word, times }) => ({ label: tOr(`code_${word}`, word), number: times }))} />
      <${Bars} name=${t("wall_words")} rows=${now.words.map(({ word, times }) => ({ label: word, number: times }))} />
    </div>`;
}

function Page() {
  const now = board.value;
  return html`
    <h1 class="sr">${t("wall_title")}</h1>
    ${lost.value && html`<${Notice} tone="warn">${t("status_lost")}<//>`}
    ${now === null ? html`<p class="quiet">${t("loading")}</p>` : html`<${Figures} now=${now} />`}`;
}

void mustBeSignedIn();
// Since this morning, where the screen hangs.
poll(() => `/api/v1/wallboard?since=${Math.floor(new Date().setHours(0, 0, 0, 0) / 1_000)}`, 2_000, (data) => {
  lost.value = data === null;
  if (data !== null) board.value = data;
});
show("wall_title", Page);
