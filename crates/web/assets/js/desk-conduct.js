// What the caller has of the agent, and what the agent can do about it.
import { t } from "./i18n.js";
import { Icon, Notice } from "./parts.js";
import { stillTrack } from "./still.js";
import { html, signal } from "./ui.js";

/** @import { DeskNow } from "./protocol.js" */
/** @import { Session } from "./session.js" */

/** Pictures of the camera's size are usual. */
const SIZE = { width: 352, height: 288 };

/** A picture of the agent's own that is sent in place of the camera. @type {import("@preact/signals").Signal<{name: string, stop: () => void}|null>} */
const still = signal(null);
/** Why there is none. */
const refused = signal("");

/** @param {Session} session @param {File|undefined} file */
async function showFile(session, file) {
  if (!file) return;
  refused.value = "";
  const video = session.source.value?.stream.getVideoTracks()[0];
  const { width = SIZE.width, height = SIZE.height } = video?.getSettings() ?? {};
  try {
    const shown = await stillTrack(file, { width, height });
    dropStill(session);
    if (!await session.showInstead(shown.track)) return shown.stop();
    still.value = { name: file.name, stop: shown.stop };
  } catch {
    refused.value = t("own_picture_refused", { name: file.name });
  }
}

/** The camera again. @param {Session} session */
export function dropStill(session) {
  const was = still.peek();
  if (was === null) return;
  still.value = null;
  void session.showInstead(null).finally(was.stop);
}

/** The curtain, or an end of the shield. @param {Session} session @param {DeskNow|null} view */
export function drawCurtain(session, view) {
  session.send("curtain", { on: !(view?.curtain || view?.shielded) });
}

/** @param {{session: Session, name: string, field: string, all: string[]}} props */
function Choice({ session, name, field, all }) {
  const send = (/** @type {any} */ event) => {
    if (event.target.value) session.send(name, { [field]: event.target.value });
    event.target.value = "";
  };
  return all.length > 0 && html`<label class="field inline"><span>${t(`desk_${name}`)}</span>
    <select name=${name} onChange=${send}>
      <option value="">${t("desk_choose")}</option>
      ${all.map((one) => html`<option value=${one}>${one}</option>`)}
    </select></label>`;
}

/**
 * @param {{session: Session, view: DeskNow|null, onSnapshot?: () => void, mayShield?: boolean}} props
 */
export function Conduct({ session, view, onSnapshot, mayShield = false }) {
  if (!view) return null;
  const { on_air, held, curtain, shielded, shown, shelf, queues } = view;
  const own = still.value?.name;
  const word = !on_air ? "desk_coming_on" : held ? "desk_held" : shown ? "desk_shown" : curtain ? "desk_curtain_drawn" : own ? "desk_shown" : "desk_seen";
  const pick = (/** @type {any} */ event) => {
    void showFile(session, event.target.files?.[0]);
    event.target.value = "";
  };
  return html`<div class="conduct">
    <p class="seen" role="status">${t("desk_caller_sees")} <b>${t(word, { what: shown ?? own ?? "" })}</b></p>
    ${shielded && html`<${Notice} tone="alarm">${t("desk_shielded")}<//>`}
    <div class="actions">
      <button type="button" class="button hold" aria-pressed=${held} onClick=${() => session.send("hold", { on: !held })}>
        ${t(held ? "desk_unhold" : "desk_hold")}</button>
      <button type="button" class="button curtain" aria-pressed=${curtain} onClick=${() => drawCurtain(session, view)}>
        ${t(curtain ? "desk_uncurtain" : "desk_curtain")}<kbd>C</kbd></button>
      ${shown && html`<button type="button" class="button take-back" onClick=${() => session.send("take_back")}>${t("desk_take_back")}</button>`}
      ${own !== undefined && html`<button type="button" class="button drop-still" onClick=${() => dropStill(session)}>${t("desk_take_back")}</button>`}
      <label class="button own-picture"><${Icon} name="picture" />${t("own_picture")}<input type="file" accept="image/*" onChange=${pick} /></label>
      ${onSnapshot && html`<button type="button" class="button snapshot" onClick=${onSnapshot}><${Icon} name="camera" />${t("snap")}</button>`}
      ${mayShield && html`<button type="button" class="button shield" disabled=${shielded} onClick=${() => session.send("shield")}><${Icon} name="shield" />${t("desk_shield")}</button>`}
    </div>
    <div class="choices">
      <${Choice} session=${session} name="show" field="name" all=${shelf} />
      <${Choice} session=${session} name="hand_on" field="queue" all=${queues} />
    </div>
    ${refused.value && html`<${Notice} tone="warn">${refused.value}<//>`}
  </div>`;
}
