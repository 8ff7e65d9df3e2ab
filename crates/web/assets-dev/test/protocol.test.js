// Messages: what is written is read, what is malformed is dropped.
import assert from "node:assert/strict";
import test from "node:test";
import { decode, encode, isDigit } from "../../assets/js/protocol.js";

const v = 1;

test("a message carries version and type beside its fields", () => {
  assert.deepEqual(JSON.parse(encode("key", { digit: "#" })), { v, type: "key", digit: "#" });
  assert.deepEqual(JSON.parse(encode("ping")), { v, type: "ping" });
});

test("every message of the gateway is read", () => {
  const messages = [
    { type: "answer", sdp: "v=0", pictures: { width: 352, height: 288, fps: 15, kbps: 384 } },
    { type: "candidate", candidate: "candidate:1", mid: "0", line: 0 },
    { type: "accepted", call: 7 },
    { type: "refused", status: 503, reason: "full", retry_after_s: 5 },
    { type: "showing", node: "main", text: "Press a key", language: "en" },
    { type: "waiting", place: 1, waiting: 2 },
    { type: "talking", with: "desk1" },
    { type: "ended", why: "hung up" },
    { type: "agent", agent: "desk1", state: "wrap_up", seconds: 5 },
    { type: "ring", call: 7, caller: "", number: "1008621", queue: "video-general", video: true },
    { type: "stop_ringing", call: 7, why: "rejected" },
    { type: "service", version: 2 },
    { type: "error", code: "busy", text: "too many" },
    { type: "pong" },
  ];
  for (const message of messages) {
    assert.deepEqual(decode(JSON.stringify({ v, ...message })), { v, ...message }, message.type);
  }
});

test("lists that are missing from a welcome are empty", () => {
  const welcome = decode(JSON.stringify({ v, type: "welcome", token: "t", resumed: false }));
  assert.ok(welcome?.type === "welcome");
  assert.deepEqual([welcome.agents, welcome.numbers, welcome.ice_servers, welcome.state], [[], [], [], {}]);
});

test("what is malformed is dropped, not thrown", () => {
  const texts = [
    "", "{", "null", "7", "[]", '"text"', "{}", '{"v":2,"type":"pong"}', '{"v":1}', '{"v":1,"type":"dance"}',
    '{"v":1,"type":"toString"}', '{"v":1,"type":"__proto__"}', '{"v":1,"type":"ended"}',
    '{"v":1,"type":"waiting","place":"1","waiting":1}', '{"v":1,"type":"accepted","call":null}',
    '{"v":1,"type":"welcome","token":7,"resumed":false}',
  ];
  for (const text of texts) assert.equal(decode(text), null, text);
  assert.equal(decode(new ArrayBuffer(3)), null);
});

test("twelve keys can be pressed", () => {
  for (const key of "0123456789*#") assert.ok(isDigit(key), key);
  for (const key of ["", "a", "12", "+", " ", "Enter", "١"]) assert.ok(!isDigit(key), key);
});
