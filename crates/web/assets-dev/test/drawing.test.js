// Lines, heads and counts of a flow's drawing.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

// The module draws with the vendored libraries, whose bare names only a page resolves; what is tried here draws nothing.
const source = readFileSync(new URL("../../assets/js/drawing.js", import.meta.url), "utf8");
const plain = source.replace(/^import .*$/gm, "").replace("export function Drawing", "function Drawing");
const { countByNode, head, path, short, signs } = await import(`data:text/javascript,${encodeURIComponent(plain)}`);

const edge = (/** @type {[number, number][]} */ points, to = "b") =>
  ({ from: "a", to, label: "1", text: "1", default: false, points, place: { x: 0, y: 0, w: 1, h: 1 } });

test("a line bends within a pair of points and is straight between pairs", () => {
  const down = edge([[10, 0], [20, 30], [20, 40], [5, 70]]);
  assert.equal(path(down), "M10 0C10 15 20 15 20 30L20 40C20 55 5 55 5 70");
  assert.equal(head(down), "M5 70l-4 -7h8z");
});

test("a line up ends below its box, one back to its own box beside it", () => {
  assert.equal(head(edge([[0, 90], [0, 60]])), "M0 60l-4 7h8z");
  const loop = edge([[9, 0], [20, 0], [20, 8], [9, 8]], "a");
  assert.equal(path(loop), "M9 0L20 0L20 8L9 8");
  assert.equal(head(loop), "M9 8l7 -4v8z");
});

test("calls are counted at the nodes of their own flow", () => {
  const calls = [["f", "main"], ["f", "main"], ["g", "main"], ["f", null], ["f", "bye"]]
    .map(([flow, node]) => ({ flow, node }));
  assert.deepEqual([...countByNode(calls, "f")], [["main", 2], ["bye", 1]]);
});

test("built-in targets are signs, others words", () => {
  const mark = (/** @type {string} */ target, keys = "") => ({ target, keys, label: "", default: false });
  assert.equal(signs([mark("repeat", "#"), mark("hangup"), mark("callback", "2")]), "# ↻  ✕  2 callback");
});

test("a figure has four characters at most", () => {
  assert.deepEqual([0, 9_999, 10_000, 999_999, 1_000_000].map(short), ["0", "9999", "10k", "999k", "1M"]);
});
