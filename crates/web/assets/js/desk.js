// The agent's desk: sign in, get ready, answer.
import { me, mustBeSignedIn, toSignIn, whoAmI } from "./account.js";
import { Check, watchEquipment } from "./desk-check.js";
import { Conduct, drawCurtain, dropStill } from "./desk-conduct.js";
import { LastContacts, Remarks, keepPicture, lookBack, speakOf } from "./desk-notes.js";
import { Interruption, Mute, Preview, SourceChoice, Unblock } from "./controls.js";
import { SIGNED_OUT, next } from "./desk-state.js";
import { t, tOr, whyText } from "./i18n.js";
import { Icon, LinkNotice, Notice, Picture, Song, Sonogram, show } from "./parts.js";
import { ringTone } from "./ring.js";
import { Session, canCall, typing } from "./session.js";
import { clock, knows } from "./texts.js";
import { reached } from "./timings.js";
import { effect, html, now, signal, useEffect } from "./ui.js";
import { watchSleep, watchTracks } from "./watchdog.js";
import { Writing, forget, read } from "./writing.js";

/** @import { Desk, Event, Note } from "./desk-state.js" */

const REASONS = ["break", "lunch", "training", "paperwork"];

/** What stands on the stage while nobody is to be seen. @type {Record<string, string>} */
const IDLE = { not_ready: "desk_pause", wrap_up: "desk_rest", ringing: "desk_ringing", talking: "desk_joining" };

/** @type {import("@preact/signals").Signal<Desk>} */
const desk = signal(SIGNED_OUT);
/** Whether this agent wants calls; said again after a lost session. */
let willing = false;

const session = new Session("desk", { hue: 28, pitch: 587 }, {
  message: (message) => tell(message),
  welcome: (welcome) => {
    const { agent: is, ring, talking, desk: view, seconds = 0 } = welcome.state;
    const anew = desk.value.agent === null && welcome.resumed;
    if (anew && is?.agent !== undefined) takeUpAgain(is.agent, is.state);
    const { agent, talk } = desk.value;
    if (agent === null) return;
    if (is?.agent === undefined) return signInAgain(agent);
    tell({ type: "agent", ...is });
    if (is.state === "ringing" && ring) tell({ type: "ring", ...ring });
    if (talking !== undefined && anew) {
      tell({ type: "rejoin", with: talking, seconds, ring });
      session.rejoin().catch(() => session.send("hang_up"));
    } else if (talking !== undefined) tell({ type: "talking", with: talking });
    else if (talk) tell({ type: "ended", why: "" });
    if (talking !== undefined && view) tell({ type: "desk", ...view });
  },
  gone: () => lostSession(),
  state: () => desk.value,
});

/** The gateway forgot us, and a call with us; `welcome` follows and signs in anew. */
function lostSession() {
  const { agent, talk, ring } = desk.value;
  session.disconnect();
  if (agent === null) return;
  tell({ type: "sign_in", agent });
  if (talk || ring) desk.value = { ...desk.value, note: { kind: "lost" } };
}

/** The page was loaded anew; the gateway still has us. @param {string} agent @param {string} mode */
function takeUpAgain(agent, mode) {
  willing = mode !== "not_ready";
  tell({ type: "sign_in", agent });
  void session.open();
}

/** @param {string} agent */
function signInAgain(agent) {
  session.send("sign_in", { agent, ready: willing });
}

/** Moves the state; a talk that is over takes its connection with it. @param {Event} event */
function tell(event) {
  if (event.type === "text") read(event.text);
  const before = desk.value;
  const after = next(before, event, Date.now());
  desk.value = after;
  if (event.type === "talking") reached("talking");
  const connected = (/** @type {Desk} */ state) => state.talk !== null || state.ring?.accepting === true;
  const { talk, view } = after;
  if (talk && view && talk.ticket) speakOf({ ticket: talk.ticket, who: talk.with, codes: view.codes ?? [] });
  if (before.talk && !talk) {
    forget();
    void lookBack();
  }
  if (connected(before) && !connected(after)) {
    dropStill(session);
    session.disconnect();
  }
  if (before.agent !== null && after.agent === null) session.release();
}

/** @param {string} agent */
function signIn(agent) {
  willing = false;
  tell({ type: "sign_in", agent });
  session.send("sign_in", { agent });
  // Now, so that no question about the camera stands between a ring and its answer.
  void session.open();
}

function signOut() {
  willing = false;
  session.send("sign_out");
  tell({ type: "sign_out" });
}

/** @param {boolean} ready @param {string} [reason] */
function setReady(ready, reason) {
  willing = ready;
  session.send("ready", reason ? { ready, reason } : { ready });
}

async function accept() {
  const { ring } = desk.value;
  if (!ring || ring.accepting) return;
  tell({ type: "accept" });
  try {
    const sdp = await session.connect();
    if (desk.value.ring?.call !== ring.call) return session.disconnect();
    session.send("accept", { call: ring.call, sdp });
  } catch (error) {
    session.send("reject", { call: ring.call });
    tell({ type: "failed", why: error instanceof Error ? error.message : String(error) });
  }
}

function reject() {
  const { ring } = desk.value;
  if (!ring || ring.accepting) return;
  session.send("reject", { call: ring.call });
  tell({ type: "reject" });
}

function hangUp() {
  session.send("hang_up");
}

/** Whoever cannot be seen or heard, or has been away, is offered nobody. @param {import("./watchdog.js").Trouble} trouble */
function troubled(trouble) {
  const { agent, mode } = desk.peek();
  if (agent !== null && mode !== "not_ready") setReady(false, trouble);
}

let unwatch = () => {};
effect(() => {
  const source = session.source.value;
  unwatch();
  unwatch = source ? watchTracks(source.stream, troubled) : () => {};
  // The camera was wanted, and there is none.
  if (source && source.notice !== null) troubled("camera_lost");
});
watchSleep(troubled);

watchEquipment(session, () => desk.value.agent !== null && desk.value.mode === "not_ready");

addEventListener("keydown", (event) => {
  if (event.repeat || typing(event) || event.ctrlKey || event.altKey || event.metaKey) return;
  if (desk.value.view && event.key.toLowerCase() === "c") {
    event.preventDefault();
    return drawCurtain(session, desk.value.view);
  }
  if (!desk.value.ring) return;
  if (event.key === "Enter") accept();
  else if (event.key === "Escape") reject();
  else return;
  event.preventDefault();
});

const rings = () => desk.value.ring !== null && !desk.value.ring.accepting;
let ringing = false;
let stopTone = () => {};
effect(() => {
  if (rings() === ringing) return;
  ringing = !ringing;
  stopTone();
  stopTone = ringing ? ringTone() : () => {};
});

/** Whole seconds until `until`. @param {number|null} until */
const left = (until) => (until === null ? 0 : Math.max(0, Math.ceil((until - now.value) / 1000)));

/** @param {Note} note */
function words(note) {
  if (note.kind === "refused") return t("note_refused", { reason: whyText(note.reason) });
  if (note.kind === "lost") return t("note_lost");
  if (note.kind === "failed") return t("over_failed", { why: note.why });
  const why = whyText(note.why);
  const key = note.kind === "missed" ? "note_missed" : "over_ended";
  return why ? t(`${key}_why`, { why }) : t(key);
}

function NoteLine() {
  const { note } = desk.value;
  if (!note) return null;
  const tone = note.kind === "ended" ? "calm" : note.kind === "missed" ? "warn" : "alarm";
  return html`<${Notice} tone=${tone}>${words(note)}<//>`;
}

function SignIn() {
  const agents = session.welcome.value?.agents ?? [];
  return html`<section class="panel sign-in">
    <h1>${t("desk_head")}</h1>
    <p class="quiet">${t("desk_lead")}</p>
    ${me.value && !me.value.agent && html`<${Notice} tone="warn">${t("desk_none")}<//>`}
    ${session.welcome.value && agents.length === 0 && html`<${Notice} tone="warn">${t("desk_no_names")}<//>`}
    <ul class="names">${agents.map(({ name, taken }) => html`<li>
      <button type="button" class="button name" data-agent=${name} disabled=${session.link.value !== "open"}
        onClick=${() => signIn(name)}><b>${name}</b>${taken && html`<small>${t("desk_taken")}</small>`}</button></li>`)}</ul>
    <${NoteLine} />
    <${SourceChoice} session=${session} />
  </section>`;
}

function Status() {
  const { agent, mode, until, reason, talk } = desk.value;
  const since = talk?.since ? clock(now.value - talk.since) : "";
  return html`<section class="panel status" data-mode=${mode}>
    <div class="who"><b>${agent}</b>
      <span class="pill ${mode}" role="status">${t(`desk_${mode}`)}${mode === "not_ready" && reason ? `, ${tOr(`reason_${reason}`, reason)}` : ""}</span>
      ${since && html`<time>${since}</time>`}</div>
    ${mode === "wrap_up" && html`<p class="quiet">${t("desk_wrap_up_text", { n: left(until) })}</p>`}
    <${Readiness} />
    <button type="button" class="button small leave" disabled=${mode === "talking"} onClick=${signOut}>${t("desk_sign_out")}</button>
  </section>`;
}

function Readiness() {
  const { mode } = desk.value;
  if (mode === "ready" || mode === "wrap_up") {
    const choose = (/** @type {any} */ event) => {
      setReady(false, event.target.value);
      event.target.value = "";
    };
    return html`<label class="field inline"><span>${t("desk_not_ready")}</span>
      <select name="reason" onChange=${choose}>
        <option value="">${t("desk_reason")}</option>
        ${REASONS.map((reason) => html`<option value=${reason}>${t(`reason_${reason}`)}</option>`)}
      </select></label>
      ${mode === "wrap_up" && html`<button type="button" class="button go ready" onClick=${() => setReady(true)}>${t("desk_get_ready")}</button>`}`;
  }
  if (mode !== "not_ready") return null;
  return html`<${Check} onReady=${() => setReady(true)} />`;
}

/** A caller's level. @param {{stars: number}} props */
function Stars({ stars }) {
  if (stars === 0) return null;
  return html`<span class="stars" role="img" aria-label=${t("desk_stars", { n: stars })}>${"★".repeat(stars)}<i>${"★".repeat(Math.max(0, 5 - stars))}</i></span>`;
}

/** How long it rings at a desk that answers by itself. */
const AUTO_ANSWER_MS = 1_000;

/** The caller's way through the menus. @param {{path: string[]|undefined}} props */
function Way({ path = [] }) {
  if (path.length === 0) return null;
  return html`<div><dt>${t("desk_way")}</dt><dd class="way">${path.map((node, at) => html`${at > 0 && html`<i aria-hidden="true">›</i>`}<span class="node">${node}</span>`)}</dd></div>`;
}

function Ring() {
  const { ring, until } = desk.value;
  useEffect(() => {
    /** @type {HTMLElement|null} */ (document.querySelector(".ring .accept"))?.focus();
    // A moment of the ring's tone tells the agent that somebody comes.
    if (!ring?.auto_answer) return;
    const timer = setTimeout(accept, AUTO_ANSWER_MS);
    return () => clearTimeout(timer);
  }, [ring?.call]);
  if (!ring) return null;
  const seconds = Math.max(0, Math.floor((now.value - ring.since) / 1000));
  return html`<section class="panel ring" role="alertdialog" aria-label=${t("desk_ringing")} aria-describedby="ring-who">
    <h2>${t(ring.accepting ? "desk_joining" : "desk_ringing")}</h2>
    <p class="caller" id="ring-who">${ring.caller || t("withheld")} <${Stars} stars=${ring.stars} /></p>
    ${!ring.video && html`<p class="quiet">${t("desk_sound_only")}</p>`}
    <dl><div><dt>${t("desk_number")}</dt><dd>${ring.number}</dd></div>
      <div><dt>${t("desk_queue")}</dt><dd>${ring.queue}</dd></div>
      <${Way} path=${ring.path} />
      <div><dt>${t("desk_rings_for")}</dt><dd>${t("seconds", { n: seconds })}</dd></div>
      ${until !== null && !ring.accepting && html`<div><dt>${t("desk_rings_still")}</dt><dd>${t("seconds", { n: left(until) })}</dd></div>`}</dl>
    <div class="actions">
      <button type="button" class="button go accept" disabled=${ring.accepting} onClick=${accept}>
        <${Icon} name="call" />${t("desk_accept")}<kbd>${t("desk_accept_key")}</kbd></button>
      <button type="button" class="button end reject" disabled=${ring.accepting} onClick=${reject}>
        ${t("desk_reject")}<kbd>${t("desk_reject_key")}</kbd></button>
    </div>
  </section>`;
}

/** What supervisors say. */
function Messages() {
  return html`<div role="log" class="stack messages">${desk.value.messages.map(({ from, text }, at) => html`<div class="message">
    <p><b>${t("lead_from", { from })}</b> ${text}</p>
    ${at === 0 && html`<button type="button" class="button small read" onClick=${() => tell({ type: "read" })}>${t("lead_heard")}</button>`}
  </div>`)}</div>`;
}

function Talk() {
  const { talk, ring, mode } = desk.value;
  const stream = session.remote.value;
  const idle = IDLE[mode] ?? "desk_wait";
  const own = session.source.value;
  // Who is about to get ready looks at themselves as callers will see them.
  const shielded = desk.value.view?.shielded === true;
  const checked = !stream && mode === "not_ready" && own;
  return html`<section class="screen">
    <div class="stage">
      <${Picture} stream=${stream} label=${t("desk_remote")} kind="remote" onFirst=${() => reached("picture")}
        onBlocked=${(/** @type {() => void} */ play) => (session.blocked.value = play)} />
      ${shielded && html`<div class="covered"><${Icon} name="shield" /></div>`}
      ${checked ? html`<${Picture} stream=${own.stream} muted label=${t("desk_own")} kind=${own.kind === "camera" ? "checked mirrored" : "checked"} />`
        : !stream && html`<div class="dark"><${Song} /><b>${t(idle)}</b>${knows(`${idle}_text`) && html`<p>${t(`${idle}_text`)}</p>`}</div>`}
      <${Unblock} session=${session} />
    </div>
    <${Sonogram} stream=${stream} label=${t("phone_sound")} />
    <div class="below">
      <div class="talk">
        ${talk && html`<p><b>${t("phone_with", { who: talk.with || t("withheld") })}</b>${talk.number && html` <span class="quiet">${talk.number}</span>`} <${Stars} stars=${talk.stars} /></p>
        ${talk.path.length > 0 && html`<dl class="came"><${Way} path=${talk.path} /></dl>`}
        <div class="actions"><${Mute} session=${session} />
          <button type="button" class="button end hang-up" onClick=${hangUp}><${Icon} name="end" />${t("phone_hang_up")}</button></div>
        <${Conduct} session=${session} view=${desk.value.view} onSnapshot=${keepPicture} mayShield /><${Writing} session=${session} />`}
        ${!talk && !ring && html`<${SourceChoice} session=${session} />`}
      </div>
      ${!checked && html`<${Preview} session=${session} label=${t("desk_own")} />`}
    </div>
  </section>`;
}

function Page() {
  const { agent, mode } = desk.value;
  const talking = desk.value.talk !== null;
  return html`
    <h1 class="unseen">${t("desk_title")}</h1>
    ${!canCall() && html`<${Notice} tone="alarm">${t("no_webrtc")}<//>`}
    ${me.value?.agent && html`<${LinkNotice} state=${session.link.value} refusal=${session.refusal.value} inCall=${talking} />`}
    <${Interruption} session=${session} />
    ${agent === null ? html`<${SignIn} />`
      : mode === "signing_in" ? html`<p class="quiet">${t("desk_signing_in")}</p>`
        : html`<div class="desk"><div class="stack"><${Status} /><${Messages} /><${NoteLine} /><${Ring} /><${Remarks} /><${LastContacts} /></div><${Talk} /></div>`}`;
}

void mustBeSignedIn();
// The gateway has closed the desk: whoever may still have it comes back by signing in.
effect(() => {
  if (session.link.value === "refused") void whoAmI().then((who) => who === null && toSignIn());
});
show("desk_title", Page, () => {
  const version = session.welcome.value?.service.version;
  return version ? t("home_version", { n: version }) : "";
});
