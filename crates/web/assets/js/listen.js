// A supervisor in a conversation: listens and looks on, prompts the agent, joins in, takes over.
import { Interruption, Mute, Preview, SourceChoice, Unblock } from "./controls.js";
import { Conduct, dropStill } from "./desk-conduct.js";
import { t, whyText } from "./i18n.js";
import { Icon, Notice, Picture, Sonogram } from "./parts.js";
import { Session } from "./session.js";
import { html, signal } from "./ui.js";

/** @import { DeskNow, PartNow } from "./protocol.js" */

/**
 * @typedef {{call: number, agent: string, part: PartNow|null, view: DeskNow|null, alone: string|null}} Listening
 *   `alone`: with whom, once the conversation was taken over
 */

/** @type {import("@preact/signals").Signal<Listening|null>} */
export const listening = signal(null);
/** Why it is over, or never began. */
const over = signal("");

/** @type {Session|null} */
let session = null;

/** The connection, made when it is first needed: most who look at the page listen to nobody. */
function connection() {
  session ??= new Session("lead", { hue: 268, pitch: 784 }, {
    message: (message) => heard(message),
    welcome: () => {},
    gone: () => end(t("link_lost")),
    state: () => listening.value,
  });
  return session;
}

/** @param {import("./protocol.js").FromGateway} message */
function heard(message) {
  const now = listening.peek();
  if (message.type === "refused") return end(whyText(message.reason));
  if (message.type === "ended") return end(whyText(message.why));
  if (now === null) return;
  if (message.type === "part") listening.value = { ...now, part: message };
  else if (message.type === "desk") listening.value = { ...now, view: message };
  else if (message.type === "talking") listening.value = { ...now, alone: message.with || t("withheld") };
}

/** @param {string} why */
function end(why) {
  if (session) dropStill(session);
  session?.disconnect();
  session?.release();
  [listening.value, over.value] = [null, why];
}

/** Begins to listen. @param {number} call @param {string} agent */
export async function listen(call, agent) {
  if (listening.peek() !== null) return;
  over.value = "";
  listening.value = { call, agent, part: null, view: null, alone: null };
  const its = connection();
  try {
    if (its.link.peek() !== "open") await opened(its);
    const sdp = await its.connect();
    if (listening.peek()?.call === call) its.send("listen", { call, part: "monitor", sdp });
  } catch (error) {
    end(error instanceof Error ? error.message : String(error));
  }
}

/** @param {Session} its @returns {Promise<void>} */
function opened(its) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      stop();
      reject(new Error(t("status_lost")));
    }, 8_000);
    const stop = its.link.subscribe((/** @type {string} */ link) => {
      if (link !== "open") return;
      clearTimeout(timer);
      resolve();
      queueMicrotask(() => stop());
    });
  });
}

/** @param {Record<string, unknown>} part */
const take = (part) => session?.send("part", part);

function leave() {
  session?.send("hang_up");
}

/** @param {{now: Listening}} props */
function Parts({ now }) {
  const part = now.part?.part ?? "monitor";
  const agent = now.part?.agent === true;
  const seen = now.part?.seen === true;
  const choice = (/** @type {string} */ name, /** @type {Record<string, unknown>} */ fields) => html`<button type="button"
    class="button part" data-part=${name} aria-pressed=${part === name} disabled=${!now.part}
    onClick=${() => take({ part: name, ...fields })}>${t(`part_${name}`)}</button>`;
  return html`<div class="actions">
      ${choice("monitor", { agent })}${choice("whisper", { agent })}${choice("barge_in", { seen: true })}
      <button type="button" class="button take-over" disabled=${!now.part} onClick=${() => take({ part: "take_over" })}>${t("part_take_over")}</button>
    </div>
    <p class="quiet">${t(`part_${part}_text`, { agent: now.agent })}</p>
    ${part === "barge_in" ? html`<label class="toggle"><input type="checkbox" checked=${seen} onChange=${() => take({ part, seen: !seen })} /><i></i><span>${t("part_seen")}</span></label>`
      : html`<label class="toggle"><input type="checkbox" name="agent" checked=${agent} onChange=${() => take({ part, agent: !agent })} /><i></i><span>${t("part_see_agent")}</span></label>`}`;
}

/** The conversation that is listened to. */
export function Listening() {
  const now = listening.value;
  if (now === null || session === null) return over.value ? html`<${Notice}>${t("over_ended_why", { why: over.value })}<//>` : null;
  const stream = session.remote.value;
  return html`<section class="listening screen" aria-label=${t("lead_listening", { agent: now.agent })}>
    <div class="stage"><${Picture} stream=${stream} label=${t("desk_remote")} kind="remote"
        onBlocked=${(/** @type {() => void} */ play) => session && (session.blocked.value = play)} /><${Unblock} session=${session} /></div>
    <${Sonogram} stream=${stream} label=${t("phone_sound")} />
    <div class="below"><div class="talk">
      <p><b>${now.alone ? t("phone_with", { who: now.alone }) : t("lead_listening", { agent: now.agent })}</b>
        ${!now.alone && now.part && html` <span class="quiet">${now.part.caller || t("withheld")}</span>`}</p>
      <${Interruption} session=${session} />
      ${now.alone ? html`<${Conduct} session=${session} view=${now.view} />` : html`<${Parts} now=${now} />`}
      <div class="actions"><${Mute} session=${session} />
        <button type="button" class="button end stop-listening" onClick=${leave}><${Icon} name="end" />${t(now.alone ? "phone_hang_up" : "lead_stop")}</button></div>
      <${SourceChoice} session=${session} />
    </div><${Preview} session=${session} label=${t("desk_own")} /></div>
  </section>`;
}
