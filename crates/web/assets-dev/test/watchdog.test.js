import assert from "node:assert/strict";
import test from "node:test";

import { hasSlept, watchTracks } from "../../assets/js/watchdog.js";

/** A track that can be told what happens to it. */
class Track extends EventTarget {
  /** @param {"audio"|"video"} kind */
  constructor(kind) {
    super();
    this.kind = kind;
    this.muted = false;
  }
}

test("a computer that is merely busy has not slept", () => {
  assert.equal(hasSlept(1_000, 6_000), false);
  assert.equal(hasSlept(1_000, 30_999), false);
  assert.equal(hasSlept(1_000, 31_000), true);
});

test("a track that ends is told by its kind, until nobody watches", () => {
  const [voice, picture] = [new Track("audio"), new Track("video")];
  /** @type {string[]} */
  const told = [];
  const stream = /** @type {any} */ ({ getTracks: () => [voice, picture] });
  const stop = watchTracks(stream, (trouble) => told.push(trouble));
  picture.dispatchEvent(new Event("ended"));
  voice.dispatchEvent(new Event("ended"));
  assert.deepEqual(told, ["camera_lost", "microphone_lost"]);
  stop();
  voice.dispatchEvent(new Event("ended"));
  assert.equal(told.length, 2);
});
