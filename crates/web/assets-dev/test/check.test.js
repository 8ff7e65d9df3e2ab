// The look at an agent's equipment, and a picture of the agent's own.
import assert from "node:assert/strict";
import test from "node:test";

globalThis.localStorage ??= /** @type {any} */ ({ getItem: () => null, setItem: () => {} });
const { decibels, HEARD_DB, measured, passes, QUIETEST_DB, UNKNOWN } = await import("../../assets/js/meter.js");
const { fitted } = await import("../../assets/js/still.js");

test("a level is that of a sine wave, and silence has the least", () => {
  const sine = Float32Array.from({ length: 4_800 }, (_, at) => Math.sin(at / 10));
  assert.ok(Math.abs(decibels(sine) + 3) < 0.2);
  assert.ok(Math.abs(decibels(sine.map((sample) => sample / 10)) + 23) < 0.2);
  assert.equal(decibels(new Float32Array(100)), QUIETEST_DB);
  assert.equal(decibels(new Float32Array(0)), QUIETEST_DB);
  assert.ok(decibels(sine.map((sample) => sample / 1_000)) < HEARD_DB, "the noise of a room");
});

test("an agent gets ready who was seen and heard, or where nothing can be measured", () => {
  const open = { ...UNKNOWN, picture: true, sound: true };
  assert.equal(passes(UNKNOWN), false);
  assert.equal(passes(measured(open, -50)), false, "a quiet room");
  assert.equal(passes(measured(measured(open, -20), -50)), true, "heard once");
  assert.equal(passes(measured({ ...open, picture: false }, -20)), false);
  assert.equal(passes(measured({ ...open, sound: false }, -20)), false);
  assert.equal(passes(measured(open, null)), true);
});

test("a picture is shown whole, in the middle", () => {
  const canvas = { width: 352, height: 288 };
  assert.deepEqual(fitted({ width: 704, height: 288 }, canvas), { x: 0, y: 72, width: 352, height: 144 });
  assert.deepEqual(fitted({ width: 10, height: 288 }, canvas), { x: 171, y: 0, width: 10, height: 288 });
});
