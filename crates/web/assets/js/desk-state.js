// What the desk page knows of its agent. Pure: one function from state and event to state.
/** @import { AgentMode, DeskNow, FromGateway, Ring } from "./protocol.js" */

/**
 * @typedef {{agent: string|null, mode: "signed_out"|"signing_in"|AgentMode, reason: string,
 *   until: number|null, ring: (Ring & {since: number, accepting: boolean})|null,
 *   talk: {with: string, number: string, path: string[], ticket: string, stars: number, since: number|null}|null, view: DeskNow|null, note: Note|null,
 *   messages: {from: string, text: string}[]}} Desk
 * @typedef {{kind: "refused", reason: string} | {kind: "missed", why: string}
 *   | {kind: "ended", why: string} | {kind: "lost"} | {kind: "failed", why: string}} Note what to tell the agent
 * @typedef {FromGateway | {type: "rejoin", with: string, seconds: number, ring?: Ring} | {type: "sign_in", agent: string} | {type: "sign_out"} | {type: "accept"}
 *   | {type: "reject"} | {type: "failed", why: string} | {type: "gone"} | {type: "read"}} Event
 */

/** Nobody signed in. @type {Desk} */
export const SIGNED_OUT = {
  agent: null, mode: "signed_out", reason: "", until: null, ring: null, talk: null, view: null, note: null,
  messages: [],
};

/** Messages that are shown at once; the oldest goes. */
const MESSAGES_MAX = 5;

/**
 * The state after `event`. An event that does not fit the state leaves it as it is.
 * @param {Desk} desk
 * @param {Event} event
 * @param {number} now ms, of the clock that `until` and `since` are read against
 * @returns {Desk}
 */
export function next(desk, event, now) {
  switch (event.type) {
    case "sign_in":
      return { ...SIGNED_OUT, agent: event.agent, mode: "signing_in" };
    case "sign_out":
      return SIGNED_OUT;
    case "agent":
      if (desk.agent === null) return desk;
      return event.agent === undefined ? signedOut(event.reason) : moved(desk, event, now);
    case "ring": {
      const { call, caller, number, queue, video = true, path = [], auto_answer = false, ticket = "", stars = 0 } = event;
      if (desk.agent === null || desk.ring?.call === call) return desk;
      const ring = { call, caller, number, queue, video, path, auto_answer, ticket, stars, since: now, accepting: false };
      return { ...desk, mode: "ringing", ring, note: null };
    }
    case "stop_ringing":
      if (desk.ring === null || desk.ring.call !== event.call) return desk;
      return { ...desk, ring: null, talk: null, note: { kind: "missed", why: event.why ?? "" } };
    case "accept":
      return desk.ring ? { ...desk, ring: { ...desk.ring, accepting: true } } : desk;
    case "reject":
      return { ...desk, ring: null };
    case "rejoin":
    case "talking": {
      const began = event.type === "rejoin" ? now - event.seconds * 1000 : now;
      const of = desk.ring ?? desk.talk ?? (event.type === "rejoin" ? event.ring : undefined);
      const { number = "", path = [], ticket = "", stars = 0 } = of ?? {};
      const talk = { with: event.with, number, path, ticket, stars, since: desk.talk?.since ?? began };
      return desk.agent === null ? desk : { ...desk, mode: "talking", ring: null, talk, note: null };
    }
    case "desk": {
      const { on_air, held, curtain, shielded = false, shown, shelf, queues, codes = [] } = event;
      return desk.agent === null ? desk : { ...desk, view: { on_air, held, curtain, shielded, shown, shelf, queues, codes } };
    }
    case "ended":
      return { ...desk, ring: null, talk: null, view: null, note: { kind: "ended", why: event.why } };
    case "refused": {
      const note = /** @type {Note} */ ({ kind: "refused", reason: event.reason });
      return { ...desk, ring: null, talk: null, note };
    }
    case "failed":
      return { ...desk, ring: null, talk: null, note: { kind: "failed", why: event.why } };
    case "message":
      return { ...desk, messages: [...desk.messages, { from: event.from, text: event.text }].slice(-MESSAGES_MAX) };
    case "read":
      return { ...desk, messages: desk.messages.slice(1) };
    case "gone":
      return { ...SIGNED_OUT, note: { kind: "lost" } };
    default:
      return desk;
  }
}

/** Signed out by the gateway; a refused sign-in says why. @param {string} [reason] @returns {Desk} */
function signedOut(reason) {
  return { ...SIGNED_OUT, note: reason ? { kind: "refused", reason } : null };
}

/**
 * The gateway's word on the agent.
 * @param {Desk} desk
 * @param {import("./protocol.js").AgentNow} word
 * @param {number} now
 * @returns {Desk}
 */
function moved(desk, word, now) {
  const until = word.seconds === undefined ? null : now + word.seconds * 1000;
  const joining = word.state === "talking" && desk.ring?.accepting;
  const ring = word.state === "ringing" || joining ? desk.ring : null;
  const [talk, view] = word.state === "talking" ? [desk.talk, desk.view] : [null, null];
  return { ...desk, mode: word.state, reason: word.reason ?? "", until, ring, talk, view };
}
