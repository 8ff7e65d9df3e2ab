// Controls that phone and desk share: the choice of our picture, and mute.
import { t } from "./i18n.js";
import { Icon, Notice, Picture } from "./parts.js";
import { html } from "./ui.js";

/** @import { Session } from "./session.js" */

/** Camera or test picture, and why not the camera. @param {{session: Session}} props */
export function SourceChoice({ session }) {
  const notice = session.source.value?.notice;
  const kinds = /** @type {const} */ (["camera", "test"]);
  return html`<fieldset class="choice">
      <legend>${t("phone_source")}</legend>
      ${kinds.map((kind) => html`<label>
        <input type="radio" name="source" value=${kind} checked=${session.wanted.value === kind}
          onChange=${() => session.want(kind)} /><span>${t(`source_${kind}`)}</span>
      </label>`)}
    </fieldset>
    ${session.opening.value && html`<${Notice}>${t("source_opening")}<//>`}
    ${notice && html`<${Notice} tone="warn">${t(notice)}<//>`}`;
}

/** @param {{session: Session}} props */
export function Mute({ session }) {
  const muted = session.muted.value;
  return html`<button type="button" class="button mute" aria-pressed=${muted} onClick=${() => session.toggleMute()}>
    <${Icon} name=${muted ? "silent" : "voice"} />${t(muted ? "phone_unmute" : "phone_mute")}</button>`;
}

/** Our own picture, small; a camera's is mirrored, as people know themselves. @param {{session: Session, label: string}} props */
export function Preview({ session, label }) {
  const source = session.source.value;
  if (!source) return null;
  const kind = source.kind === "camera" ? "own mirrored" : "own";
  return html`<${Picture} stream=${source.stream} muted label=${label} kind=${kind} />`;
}

/** Shown when the browser wants a gesture before it plays. @param {{session: Session}} props */
export function Unblock({ session }) {
  const play = session.blocked.value;
  if (!play) return null;
  const press = () => {
    session.blocked.value = null;
    play();
  };
  return html`<button type="button" class="button go unblock" onClick=${press}><${Icon} name="sound" />${t("hear")}</button>`;
}

/** Interrupted sound and picture. @param {{session: Session}} props */
export function Interruption({ session }) {
  return session.interrupted.value ? html`<${Notice} tone="warn">${t("ice_lost")}<//>` : null;
}
