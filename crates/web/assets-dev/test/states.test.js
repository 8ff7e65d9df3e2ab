// What phone and desk make of the gateway's words.
import assert from "node:assert/strict";
import test from "node:test";
import * as deskState from "../../assets/js/desk-state.js";
import * as phoneState from "../../assets/js/phone-state.js";

/** @import { Event as PhoneEvent } from "../../assets/js/phone-state.js" */
/** @import { Event as DeskEvent } from "../../assets/js/desk-state.js" */

/** @param {...PhoneEvent} events */
const phone = (...events) => events.reduce((state, event, at) => phoneState.next(state, event, at), phoneState.IDLE);
/** @param {...DeskEvent} events */
const desk = (...events) => events.reduce((state, event, at) => deskState.next(state, event, at * 1000), deskState.SIGNED_OUT);

const dial = /** @type {const} */ ({ type: "dial", number: "1008621" });
const offered = /** @type {const} */ ({ type: "offered" });
const accepted = /** @type {const} */ ({ type: "accepted", call: 7 });
const ended = /** @type {const} */ ({ type: "ended", why: "over" });

test("a call begins, waits, talks and ends", () => {
  assert.equal(phone(dial).phase, "preparing");
  assert.equal(phone(dial, offered).phase, "calling");
  const live = phone(dial, offered, accepted);
  assert.deepEqual([live.phase, live.since], ["live", 2]);
  const waiting = phone(dial, offered, accepted, { type: "waiting", place: 1, waiting: 3 });
  assert.deepEqual(waiting.waiting, { place: 1, waiting: 3 });
  const talking = phoneState.next(waiting, { type: "talking", with: "desk1" }, 9);
  assert.deepEqual([talking.with, talking.waiting, talking.since], ["desk1", null, 2]);
  assert.deepEqual(phoneState.next(talking, ended, 9), { ...phoneState.IDLE, over: { kind: "ended", why: "over" } });
});

test("a refusal says why and when to try again", () => {
  const refused = phone(dial, offered, { type: "refused", status: 503, reason: "full", retry_after_s: 4 });
  assert.deepEqual(refused.over, { kind: "refused", status: 503, reason: "full", retryAfter: 4 });
});

test("after hanging up nothing begins until the gateway has let go", () => {
  const ending = phone(dial, offered, accepted, { type: "hang_up" });
  assert.equal(phoneState.next(ending, dial, 5), ending);
  assert.deepEqual(phoneState.next(ending, ended, 5).over, { kind: "hung_up" });
  assert.deepEqual(phoneState.next(ending, { type: "gone" }, 5).over, { kind: "hung_up" });
});

test("words of a call that is over change nothing", () => {
  for (const event of [accepted, ended, offered, { type: "talking", with: "x" }, { type: "gone" }]) {
    assert.equal(phoneState.next(phoneState.IDLE, /** @type {PhoneEvent} */ (event), 0), phoneState.IDLE);
  }
});

test("a resumed session draws the call as it is now", () => {
  const live = phone(dial, offered, accepted);
  assert.deepEqual(phoneState.redraw(live, {}), [{ type: "gone" }]);
  assert.deepEqual(phoneState.redraw(phone(dial, offered), {}), []);
  assert.deepEqual(phoneState.redraw(phoneState.IDLE, {}), []);
  const events = phoneState.redraw(live, { call: 7, talking: "desk2" });
  const now = events.reduce((state, event) => phoneState.next(state, event, 99), live);
  assert.deepEqual([now.with, now.since], ["desk2", 2]);
});

test("a page that was loaded anew takes up its call", () => {
  const events = phoneState.redraw(phoneState.IDLE, { call: 7, seconds: 30, showing: { node: "menu", text: "1", language: "en" } });
  const now = events.reduce((state, event) => phoneState.next(state, event, 40_000), phoneState.IDLE);
  assert.deepEqual([now.phase, now.since, now.caption?.node], ["live", 10_000, "menu"]);
  const over = { ...phoneState.IDLE, over: /** @type {const} */ ({ kind: "hung_up" }) };
  assert.deepEqual(phoneState.redraw(over, { call: 7 }), [], "this page has hung up");
  const talking = desk(signIn, { type: "agent", agent: "desk1", state: "talking" }, { type: "rejoin", with: "Ann", seconds: 2, ring: { ...ring, ticket: "8", stars: 4, path: ["menu"] } });
  assert.deepEqual([talking.mode, talking.talk], ["talking", { with: "Ann", number: "1008621", path: ["menu"], ticket: "8", stars: 4, since: 0 }]);
});

const signIn = /** @type {const} */ ({ type: "sign_in", agent: "desk1" });
/** @param {import("../../assets/js/protocol.js").AgentMode} state @param {number} [seconds] */
const agent = (state, seconds) => /** @type {const} */ ({ type: "agent", agent: "desk1", state, seconds });
const ring = /** @type {const} */ ({ type: "ring", call: 7, caller: "138", number: "1008621", queue: "q" });

test("an agent signs in, is rung, answers, and rests", () => {
  assert.equal(desk(signIn).mode, "signing_in");
  assert.equal(desk(signIn, agent("not_ready")).mode, "not_ready");
  const rung = desk(signIn, agent("ready"), agent("ringing"), ring);
  assert.deepEqual([rung.mode, rung.ring?.caller, rung.ring?.accepting], ["ringing", "138", false]);
  const talking = [{ type: "accept" }, agent("talking"), { type: "talking", with: "138" }]
    .reduce((state, event) => deskState.next(state, /** @type {DeskEvent} */ (event), 5), rung);
  assert.deepEqual([talking.mode, talking.ring, talking.talk?.with, talking.talk?.number], ["talking", null, "138", "1008621"]);
  const resting = deskState.next(deskState.next(talking, ended, 6), agent("wrap_up", 5), 10_000);
  assert.deepEqual([resting.mode, resting.until, resting.talk], ["wrap_up", 15_000, null]);
});

test("accepting survives that the gateway says talking before the two are joined", () => {
  const accepting = desk(signIn, ring, { type: "accept" }, agent("talking"));
  assert.equal(accepting.ring?.accepting, true);
});

test("a ring tells how long it may still be answered", () => {
  const rung = desk(signIn, ring, { type: "agent", agent: "desk1", state: "ringing", seconds: 12 });
  assert.equal(typeof rung.until, "number");
  assert.equal(desk(signIn, ring, agent("ringing")).until, null);
});

test("a ring that stops is no conversation", () => {
  const stopped = desk(signIn, ring, { type: "stop_ringing", call: 7, why: "caller gone" });
  assert.deepEqual([stopped.ring, stopped.note], [null, { kind: "missed", why: "caller gone" }]);
  const other = desk(signIn, ring, { type: "stop_ringing", call: 6, why: "old" });
  assert.equal(other.ring?.call, 7);
});

test("a refused sign-in leads back to the names, with the reason", () => {
  const refused = desk(signIn, { type: "agent", state: "not_ready", reason: "signed in elsewhere" });
  assert.deepEqual([refused.agent, refused.note], [null, { kind: "refused", reason: "signed in elsewhere" }]);
});

test("nobody is rung who is not signed in", () => {
  assert.equal(desk(ring).ring, null);
  assert.equal(desk(signIn, ring, { type: "sign_out" }).ring, null);
});

test("what caller and agent have of each other is known until the call is over", () => {
  const view = { on_air: true, held: false, curtain: true, shown: "film", shelf: ["film"], queues: ["help"], shielded: false, codes: ["bill"] };
  const talking = /** @type {const} */ ([signIn, ring, agent("talking"), { type: "talking", with: "Ann" }, { type: "desk", ...view }]);
  assert.deepEqual(desk(...talking).view, view);
  assert.equal(desk(...talking, { type: "ended", why: "" }).view, null);
  assert.equal(desk(...talking, agent("wrap_up", 5)).view, null);
  assert.equal(desk({ type: "desk", ...view }).view, null, "nobody is signed in");
});
