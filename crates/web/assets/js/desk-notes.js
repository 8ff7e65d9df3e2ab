// What an agent says of a conversation, pictures that are kept of it, and the conversations before it.
import { ask, me } from "./account.js";
import { t, tOr } from "./i18n.js";
import { Icon, Notice } from "./parts.js";
import { snapshot } from "./snapshot.js";
import { clock } from "./texts.js";
import { effect, html, signal } from "./ui.js";

/**
 * @typedef {{id: string, queue: string, caller: string|null, agent: string, answered_at: number, ended_at: number|null,
 *   code: string|null, note: string|null, snapshots: number}} Contact
 * @typedef {{ticket: string, who: string, codes: string[]}} Talked a conversation that can be spoken of
 * @typedef {{code: string, note: string, state: "new"|"changed"|"saving"|"saved"|"failed"}} Remark
 */

/** Nothing was said yet. @type {Remark} */
const NOTHING = { code: "", note: "", state: "new" };
const SAVE_AFTER_MS = 800;

/** The latest conversation, also when it is over. @type {import("@preact/signals").Signal<Talked|null>} */
export const talked = signal(null);
/** @type {import("@preact/signals").Signal<Remark>} */
const remark = signal(NOTHING);
/** @type {import("@preact/signals").Signal<Contact[]>} */
const contacts = signal([]);
/** @type {import("@preact/signals").Signal<{tone: "calm"|"alarm", text: string}|null>} */
const kept = signal(null);

const path = (/** @type {string} */ id) => `/contacts/${encodeURIComponent(id)}`;

/** Whoever begins to talk is spoken of from now on. @param {Talked} now */
export function speakOf(now) {
  if (talked.peek()?.ticket !== now.ticket) {
    void save();
    [remark.value, kept.value] = [NOTHING, null];
  }
  talked.value = now;
}

/** The conversations of before, as the gateway has them. */
export async function lookBack() {
  const { status, data } = await ask("/contacts");
  if (status === 200) contacts.value = data.contacts;
}

let timer = 0;

/** @param {Partial<Remark>} change */
function say(change) {
  remark.value = { ...remark.value, ...change, state: "changed" };
  clearTimeout(timer);
  timer = window.setTimeout(save, SAVE_AFTER_MS);
}

/** Says it to the gateway; what was typed meanwhile follows. */
async function save() {
  clearTimeout(timer);
  const [of, { code, note, state }] = [talked.peek(), remark.peek()];
  if (of === null || state !== "changed") return;
  remark.value = { ...remark.peek(), state: "saving" };
  const { status } = await ask(path(of.ticket), "PUT", { code, note });
  if (talked.peek()?.ticket !== of.ticket || remark.peek().state !== "saving") return;
  remark.value = { ...remark.peek(), state: status === 204 ? "saved" : "failed" };
  void lookBack();
}

// A page that is closed says what was not said yet.
addEventListener("pagehide", () => void save());

/** Keeps what the caller's video shows now. */
export async function keepPicture() {
  const of = talked.peek();
  const video = /** @type {HTMLVideoElement|null} */ (document.querySelector("video.remote"));
  const picture = of && video ? await snapshot(video) : null;
  if (!of || !picture) {
    kept.value = { tone: "alarm", text: t("snap_none") };
    return;
  }
  const response = await fetch(`/api/v1${path(of.ticket)}/snapshots`, {
    method: "POST", body: picture, headers: { "content-type": "image/jpeg", "x-csrf-token": me.peek()?.csrf ?? "" },
  }).catch(() => null);
  const data = await response?.json().catch(() => null);
  kept.value = response?.status === 201 ? { tone: "calm", text: t("snap_kept", { n: data.number }) }
    : { tone: "alarm", text: data?.detail ?? t("status_lost") };
  void lookBack();
}

/** Of the conversation that goes on, or the last one. */
export function Remarks() {
  const of = talked.value;
  const { code, note, state } = remark.value;
  if (!of) return null;
  return html`<section class="panel remarks">
    <h2>${t("notes_of", { who: of.who || t("withheld") })}</h2>
    ${of.codes.length > 0 && html`<fieldset class="choice codes"><legend>${t("notes_code")}</legend>
      ${of.codes.map((one) => html`<label><input type="radio" name="code" value=${one} checked=${one === code}
        onChange=${() => say({ code: one })} /><span>${tOr(`code_${one}`, one)}</span></label>`)}</fieldset>`}
    <label class="field"><span>${t("notes_note")}</span>
      <textarea rows="3" maxlength="2000" value=${note}
        onInput=${(/** @type {any} */ event) => say({ note: event.target.value })}></textarea></label>
    <p class="quiet" role="status">${t(`notes_${state}`)}</p>
    ${kept.value && html`<${Notice} tone=${kept.value.tone}>${kept.value.text}<//>`}
  </section>`;
}

/** @param {{of: Contact}} props */
function Pictures({ of }) {
  const numbers = Array.from({ length: of.snapshots }, (_, at) => at + 1);
  return html`${numbers.map((number) => html`<a class="snap" target="_blank" rel="noopener"
    href="/api/v1${path(of.id)}/snapshots/${number}" aria-label=${t("snap_open", { n: number })}><${Icon} name="picture" /></a>`)}`;
}

/** The conversations before this one. */
export function LastContacts() {
  if (contacts.value.length === 0) return null;
  const at = (/** @type {number} */ seconds) => new Date(seconds * 1_000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });
  return html`<section class="panel contacts"><h2>${t("contacts_head")}</h2>
    <ul>${contacts.value.slice(0, 8).map((one) => html`<li key=${one.id}>
      <time>${at(one.answered_at)}</time>
      <span><b>${one.caller ?? t("withheld")}</b> <small>${one.queue}${one.ended_at !== null && `, ${clock((one.ended_at - one.answered_at) * 1_000)}`}</small>
        ${one.code && html` <span class="pill">${tOr(`code_${one.code}`, one.code)}</span>`}
        ${one.note && html`<p>${one.note}</p>`}</span>
      <${Pictures} of=${one} /></li>`)}</ul></section>`;
}

effect(() => {
  if (me.value) void lookBack();
});
