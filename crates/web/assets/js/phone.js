// The softphone: call the hotline, see and hear it, press keys.
import { Interruption, Mute, Preview, SourceChoice, Unblock } from "./controls.js";
import { language, t, tOr, whyText } from "./i18n.js";
import { Icon, LinkNotice, Notice, Picture, SmallScreen, Song, Sonogram, show } from "./parts.js";
import { IDLE, inCall, next, redraw } from "./phone-state.js";
import { isDigit } from "./protocol.js";
import { Session, canCall, typing } from "./session.js";
import { clock, knows } from "./texts.js";
import { reached } from "./timings.js";
import { computed, html, keep, now, recall, signal, useEffect } from "./ui.js";
import { Writing, forget, read } from "./writing.js";

/** @import { Event, Over, Phone } from "./phone-state.js" */

/** How long we wait for the gateway to confirm that we hung up. */
const HANG_UP_MS = 3_000;
/** How long a pressed key stays lit. */
const LIT_MS = 160;
const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];
const LETTERS = ["", "ABC", "DEF", "GHI", "JKL", "MNO", "PQRS", "TUV", "WXYZ", "", "", ""];

/** @type {import("@preact/signals").Signal<Phone>} */
const phone = signal(IDLE);
const number = signal("");
const name = signal(recall("name") ?? "");
const handset = signal(recall("handset") === "yes");
/** The key that was pressed last, while it is lit. */
const lit = signal("");

const session = new Session("phone", { hue: 158, pitch: 440 }, {
  message: (message) => tell(message),
  welcome: (welcome) => {
    // Whoever is about to type is not interrupted.
    const typing = document.activeElement instanceof HTMLInputElement && document.activeElement.name === "number";
    if (number.value === "" && !typing) number.value = welcome.numbers[0] ?? "";
    if (!welcome.resumed) return;
    const events = redraw(phone.value, welcome.state);
    events.forEach(tell);
    if (events[0]?.type === "rejoin") session.rejoin().catch(() => session.send("hang_up"));
  },
  gone: () => tell({ type: "gone" }),
  state: () => phone.value,
});

/** Moves the state; a call that is over takes its connection with it. @param {Event} event */
function tell(event) {
  const before = phone.value;
  if (event.type === "text") read(event.text);
  phone.value = next(before, event, Date.now());
  if (event.type === "accepted" || event.type === "talking") reached(event.type);
  if (before.with !== null && phone.value.with === null) forget();
  if (inCall(before) && !inCall(phone.value)) {
    session.disconnect();
    session.release();
  }
}

/** @param {SubmitEvent} [event] */
async function call(event) {
  event?.preventDefault();
  const called = number.value.trim();
  if (called === "" || inCall(phone.value)) return;
  keep("name", name.value);
  tell({ type: "dial", number: called });
  try {
    const sdp = await session.connect();
    if (phone.value.phase !== "preparing") return session.disconnect();
    const who = name.value.trim();
    session.send("call", who ? { number: called, sdp, name: who } : { number: called, sdp });
    tell({ type: "offered" });
  } catch (error) {
    tell({ type: "failed", why: error instanceof Error ? error.message : String(error) });
  }
}

function hangUp() {
  if (phone.value.phase === "preparing") return tell({ type: "gone" });
  session.send("hang_up");
  tell({ type: "hang_up" });
  const ending = phone.value;
  setTimeout(() => phone.value.phase === "ending" && phone.value.number === ending.number && tell({ type: "gone" }), HANG_UP_MS);
}

/** @param {string} key */
function press(key) {
  if (phone.value.phase !== "live") return;
  session.send("key", { digit: key });
  lit.value = key;
  setTimeout(() => {
    if (lit.value === key) lit.value = "";
  }, LIT_MS);
}

addEventListener("keydown", (event) => {
  if (event.repeat || typing(event) || !isDigit(event.key)) return;
  event.preventDefault();
  press(event.key);
});

const seconds = computed(() => (phone.value.since === null ? "" : clock(now.value - phone.value.since)));

/** @param {Over} over */
function words(over) {
  if (over.kind === "ended") {
    const why = whyText(over.why);
    return why ? t("over_ended_why", { why }) : t("over_ended");
  }
  if (over.kind === "failed") return t("over_failed", { why: over.why });
  if (over.kind !== "refused") return t(`over_${over.kind}`);
  const what = tOr(`refused_${over.status}`, t("refused_other", { status: over.status }));
  const again = over.retryAfter === null ? "" : t("refused_retry", { n: over.retryAfter });
  // A reason that we have no words for is told in the gateway's.
  const said = over.reason && !knows(`refused_${over.status}`) ? t("refused_said", { reason: whyText(over.reason) }) : "";
  return [what, again, said].filter(Boolean).join(language.value === "zh" ? "" : " ");
}

function Outcome() {
  const { over } = phone.value;
  if (!over) return null;
  const tone = over.kind === "hung_up" || over.kind === "ended" ? "calm" : "alarm";
  return html`<${Notice} tone=${tone}>${words(over)}<//>`;
}

function State() {
  const { phase, waiting, with: who } = phone.value;
  const title = who !== null ? t("phone_with", { who: who || t("withheld") }) : waiting ? t("phone_waiting") : t(`phone_${phase}`);
  return html`<div class=${`state ${phase}`} data-phase=${phase} tabindex="-1">
    <p><i class="dot"></i><b role="status">${title}</b>${seconds.value && html`<time>${seconds.value}</time>`}</p>
    ${waiting && html`<p class="place">${t("phone_place", waiting)}</p>`}
  </div>`;
}

function Form() {
  const { numbers = [] } = session.welcome.value ?? {};
  const ready = session.link.value === "open" && number.value.trim() !== "";
  return html`<form class="dial" onSubmit=${call}>
    <label class="field"><span>${t("phone_number")}</span>
      <input name="number" type="tel" autocomplete="off" maxlength="32" list="numbers" value=${number.value}
        onInput=${(/** @type {any} */ event) => (number.value = event.target.value)} /></label>
    <datalist id="numbers">${numbers.map((one) => html`<option value=${one} />`)}</datalist>
    <label class="field"><span>${t("phone_name")} <small>${t("phone_name_hint")}</small></span>
      <input name="name" autocomplete="nickname" maxlength="40" value=${name.value}
        onInput=${(/** @type {any} */ event) => (name.value = event.target.value)} /></label>
    <button type="submit" class="button go wide" disabled=${!ready}><${Icon} name="call" />${t("phone_call")}</button>
  </form>`;
}

function InCall() {
  return html`<div class="actions">
    <${Mute} session=${session} />
    <button type="button" class="button end" disabled=${phone.value.phase === "ending"} onClick=${hangUp}>
      <${Icon} name="end" />${t("phone_hang_up")}</button>
  </div>`;
}

function Keypad() {
  const off = phone.value.phase !== "live";
  return html`<div class="keypad" role="group" aria-label=${t("phone_keypad")}>
    ${KEYS.map((key, index) => html`<button type="button" data-key=${key} disabled=${off}
      class=${lit.value === key ? "key lit" : "key"}
      onClick=${() => press(key)}>${key}${LETTERS[index] && html`<small aria-hidden="true">${LETTERS[index]}</small>`}</button>`)}
  </div>`;
}

function Screen() {
  const stream = session.remote.value;
  const { caption } = phone.value;
  return html`<div class="screen">
    <div class="stage">
      <${Picture} stream=${stream} label=${t("phone_remote")} kind="remote" onFirst=${() => reached("picture")}
        onBlocked=${(/** @type {() => void} */ play) => (session.blocked.value = play)} />
      ${handset.value && html`<${SmallScreen} stream=${stream} label=${t("phone_remote")} />`}
      ${!stream && html`<div class="dark"><${Song} /><p>${t("phone_empty")}</p></div>`}
      <${Unblock} session=${session} />
    </div>
    <${Sonogram} stream=${stream} label=${t("phone_sound")} />
    <div class="below">
      <p class="caption" role="status" aria-label=${t("phone_caption")} lang=${caption?.language}>${caption?.text}</p>
      <${Preview} session=${session} label=${t("phone_own")} />
    </div>
    ${phone.value.with !== null && html`<${Writing} session=${session} />`}
  </div>`;
}

function HandsetSwitch() {
  const turn = () => {
    handset.value = !handset.value;
    keep("handset", handset.value ? "yes" : "no");
  };
  return html`<label class="toggle" title=${t("phone_handset_hint")}>
    <input type="checkbox" role="switch" checked=${handset.value} onChange=${turn} /><i aria-hidden="true"></i>
    <span>${t("phone_handset")}<small>${t("phone_handset_hint")}</small></span>
  </label>`;
}

function Page() {
  const busy = inCall(phone.value);
  useEffect(() => {
    // The focus must not fall out of the page with the form; on "Hang up" a second Enter would end the call.
    /** @type {HTMLElement|null} */ (document.querySelector(busy ? ".state" : ".dial .go"))?.focus({ preventScroll: true });
  }, [busy]);
  return html`
    <h1 class="unseen">${t("phone_title")}</h1>
    ${!canCall() && html`<${Notice} tone="alarm">${t("no_webrtc")}<//>`}
    <${LinkNotice} state=${session.link.value} refusal=${session.refusal.value} inCall=${busy} />
    <${Interruption} session=${session} />
    <div class=${handset.value ? "set handset" : "set"}>
      <${Screen} />
      <div class="side">
        <${State} />
        <${Outcome} />
        ${busy ? html`<${InCall} />` : html`<${Form} />`}
        <${Keypad} />
        ${busy && html`<p class="hint">${t("phone_keys_hint")}</p>`}
      </div>
    </div>
    <div class="options"><${SourceChoice} session=${session} /><${HandsetSwitch} /></div>`;
}

show("phone_title", Page, () => {
  const version = session.welcome.value?.service.version;
  return version ? t("home_version", { n: version }) : "";
});
