// Before an agent gets ready: is the picture there, and does the microphone hear anything?
import { t } from "./i18n.js";
import { HEARD_DB, QUIETEST_DB, UNKNOWN, listen, measured, passes } from "./meter.js";
import { Notice } from "./parts.js";
import { effect, html, signal } from "./ui.js";

/** @import { Equipment } from "./meter.js" */
/** @import { Session } from "./session.js" */
/** @import { Source } from "./source.js" */

/** How long the agent is waited for before it may go on without a sound, as who signs does. */
const PATIENCE_MS = 5_000;

/** @type {import("@preact/signals").Signal<Equipment>} */
export const equipment = signal(UNKNOWN);

/** @param {Source} source @returns {Equipment} */
function begun({ stream }) {
  const live = (/** @type {MediaStreamTrack[]} */ tracks) => tracks.some((track) => track.readyState === "live");
  return { ...UNKNOWN, picture: live(stream.getVideoTracks()), sound: live(stream.getAudioTracks()) };
}

/**
 * Watches what the session's source gives, while `wanted`.
 * @param {Session} session
 * @param {() => boolean} wanted
 */
export function watchEquipment(session, wanted) {
  let stop = () => {};
  /** @type {Source|null} */
  let watched = null;
  effect(() => {
    const source = wanted() ? session.source.value : null;
    if (source === watched) return;
    watched = source;
    stop();
    stop = () => {};
    if (source === null) return;
    equipment.value = begun(source);
    const still = listen(source.stream, (level) => {
      equipment.value = measured(equipment.peek(), level);
    });
    const timer = setTimeout(() => {
      equipment.value = { ...equipment.peek(), patient: false };
    }, PATIENCE_MS);
    stop = () => {
      still();
      clearTimeout(timer);
    };
  });
}

/** Level meter and button. @param {{onReady: () => void}} props */
export function Check({ onReady }) {
  const has = equipment.value;
  const good = passes(has);
  const dumb = !good && has.picture && !has.patient;
  const word = !has.picture ? "check_no_picture" : !has.sound ? "check_no_sound" : has.heard ? "check_heard" : "check_speak";
  return html`<div class="check">
    <label class="field"><span>${t("check_level")}</span>
      <meter min=${QUIETEST_DB} max="0" low=${HEARD_DB} high="-6" optimum="-20" value=${has.level ?? QUIETEST_DB}></meter></label>
    <${Notice} tone=${good ? "calm" : "warn"}>${t(word)}<//>
    <div class="actions">
      <button type="button" class="button go ready" disabled=${!good} onClick=${onReady}>${t("desk_get_ready")}</button>
      ${dumb && html`<button type="button" class="button silent-ready" onClick=${onReady}>${t("check_without_sound")}</button>`}
    </div>
  </div>`;
}
