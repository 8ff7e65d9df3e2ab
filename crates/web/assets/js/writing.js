// What is written during a conversation.
import { t } from "./i18n.js";
import { html, signal, useEffect, useRef } from "./ui.js";

/** @import { Session } from "./session.js" */

/** Lines that are kept; the oldest goes. */
const LINES_MAX = 50;
const CHARS_MAX = 300;

/** @type {import("@preact/signals").Signal<{own: boolean, text: string}[]>} */
const lines = signal([]);

/** @param {boolean} own @param {string} text */
const add = (own, text) => {
  lines.value = [...lines.value, { own, text }].slice(-LINES_MAX);
};

/** The other one writes. @param {string} text */
export const read = (text) => add(false, text);

/** The conversation is over. */
export const forget = () => {
  lines.value = [];
};

/** What was written, and a line to write more. @param {{session: Session}} props */
export function Writing({ session }) {
  const log = useRef(/** @type {HTMLElement|null} */ (null));
  useEffect(() => {
    if (log.current) log.current.scrollTop = log.current.scrollHeight;
  }, [lines.value.length]);
  const send = (/** @type {any} */ event) => {
    event.preventDefault();
    const field = event.target.elements.text;
    const text = field.value.trim();
    if (!text) return;
    session.send("text", { text });
    add(true, text);
    field.value = "";
  };
  return html`<div class="writing">
    <ol ref=${log} role="log" tabindex="0" aria-label=${t("text_log")}>${lines.value.map(({ own, text }) => html`<li class=${own ? "own-line" : ""}>
      <span class="sr">${t(own ? "text_own" : "text_other")}</span>${text}</li>`)}</ol>
    <form onSubmit=${send}><input name="text" maxlength=${CHARS_MAX} autocomplete="off" aria-label=${t("text_write")} placeholder=${t("text_write")} />
      <button type="submit" class="button small">${t("text_send")}</button></form>
  </div>`;
}
