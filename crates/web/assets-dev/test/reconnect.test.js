// The pauses between tries to reconnect.
import assert from "node:assert/strict";
import test from "node:test";
import { GRACE_MS, PAUSE_IN_GRACE_MS, PAUSE_MAX_MS, mayResume, pause } from "../../assets/js/reconnect.js";

test("within the grace many tries are made, whatever chance says", () => {
  for (const random of [0, 0.5, 1]) {
    let [at, tries] = [0, 0];
    while (at < GRACE_MS) at += pause(tries++, at, random);
    assert.ok(tries >= 10, `${tries} tries with ${random}`);
  }
});

test("pauses grow, and never beyond their limit", () => {
  let last = 0;
  for (let tries = 0; tries < 100; tries += 1) {
    const wait = pause(tries, GRACE_MS * 2, 1);
    assert.ok(wait >= last && wait <= PAUSE_MAX_MS, `${wait} at ${tries}`);
    last = wait;
  }
  assert.equal(last, PAUSE_MAX_MS);
  assert.equal(pause(50, 0, 1), PAUSE_IN_GRACE_MS);
});

test("clients of one gateway spread", () => {
  assert.ok(pause(9, GRACE_MS, 0) <= 0.75 * PAUSE_MAX_MS);
  assert.ok(pause(0, 0, 0) > 0);
});

test("a session is resumed within the grace only", () => {
  assert.ok(mayResume(0) && mayResume(GRACE_MS - 1) && !mayResume(GRACE_MS));
});
