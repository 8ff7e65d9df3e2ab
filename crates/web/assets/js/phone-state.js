// What the phone page knows of its call. Pure: one function from state and event to state.
/** @import { Drawn, FromGateway } from "./protocol.js" */

/**
 * @typedef {{kind: "ended", why: string} | {kind: "hung_up"} | {kind: "lost"} | {kind: "failed", why: string}
 *   | {kind: "refused", status: number, reason: string, retryAfter: number|null}} Over why there is no call
 * @typedef {{phase: "idle"|"preparing"|"calling"|"live"|"ending", number: string, since: number|null,
 *   caption: {node: string, text: string, language: string}|null,
 *   waiting: {place: number, waiting: number}|null, with: string|null, over: Over|null}} Phone
 * @typedef {FromGateway | {type: "dial", number: string} | {type: "offered"} | {type: "hang_up"}
 *   | {type: "failed", why: string} | {type: "gone"} | {type: "rejoin", seconds: number}} Event
 */

/** No call. @type {Phone} */
export const IDLE = {
  phase: "idle", number: "", since: null, caption: null, waiting: null, with: null, over: null,
};

/** @param {Phone} phone */
export const inCall = (phone) => phone.phase !== "idle";

/**
 * The state after `event`. An event that does not fit the state leaves it as it is.
 * @param {Phone} phone
 * @param {Event} event
 * @param {number} now ms, of the clock that `since` is read against
 * @returns {Phone}
 */
export function next(phone, event, now) {
  if (event.type === "dial") {
    return inCall(phone) ? phone : { ...IDLE, phase: "preparing", number: event.number };
  }
  if (event.type === "rejoin") {
    return inCall(phone) ? phone : { ...IDLE, phase: "live", since: now - event.seconds * 1000 };
  }
  if (!inCall(phone)) return phone;
  switch (event.type) {
    case "offered":
      return phone.phase === "preparing" ? { ...phone, phase: "calling" } : phone;
    case "accepted":
      return phone.phase === "ending" ? phone : { ...phone, phase: "live", since: phone.since ?? now };
    case "showing": {
      const { node, text, language } = event;
      return { ...phone, caption: { node, text, language }, with: null };
    }
    case "waiting":
      return { ...phone, waiting: { place: event.place, waiting: event.waiting }, with: null };
    case "talking":
      return { ...phone, with: event.with, waiting: null, caption: null };
    case "hang_up":
      // An `ended` is still owed; a new call that began before it would be ended by it.
      return { ...phone, phase: "ending" };
    case "ended":
      return over(phone.phase === "ending" ? { kind: "hung_up" } : { kind: "ended", why: event.why });
    case "refused":
      return over(phone.phase === "ending" ? { kind: "hung_up" } : {
        kind: "refused", status: event.status, reason: event.reason, retryAfter: event.retry_after_s ?? null,
      });
    case "failed":
      return over({ kind: "failed", why: event.why });
    case "gone":
      return over(phone.phase === "ending" ? { kind: "hung_up" } : { kind: "lost" });
    default:
      return phone;
  }
}

/**
 * What a resumed session says of the call, as the events that lead there. A page that was loaded anew knows of
 * none yet and has to join it again.
 * @param {Phone} phone
 * @param {Drawn} drawn
 * @returns {Event[]}
 */
export function redraw(phone, { call, seconds = 0, showing, waiting, talking }) {
  if (phone.phase === "preparing") return [];
  if (!inCall(phone) && (call === undefined || phone.over !== null)) return [];
  // A call that is not taken yet may still be on its way.
  if (call === undefined) return phone.phase === "calling" ? [] : [{ type: "gone" }];
  /** @type {Event[]} */
  const events = [inCall(phone) ? { type: "accepted", call } : { type: "rejoin", seconds }];
  if (showing) events.push({ type: "showing", ...showing });
  if (waiting) events.push({ type: "waiting", ...waiting });
  if (talking !== undefined) events.push({ type: "talking", with: talking });
  return events;
}

/** @param {Over} why @returns {Phone} */
function over(why) {
  return { ...IDLE, over: why };
}
