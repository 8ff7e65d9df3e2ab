// Both languages are complete, and every text that a script asks for exists.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import test from "node:test";
import { TEXTS, choose, clock, knows, say } from "../../assets/js/texts.js";

const SCRIPTS = new URL("../../assets/js/", import.meta.url);
const names = (/** @type {string} */ text) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

test("every key is in both languages, with the same names in it", () => {
  assert.deepEqual(Object.keys(TEXTS.zh).sort(), Object.keys(TEXTS.en).sort());
  for (const [key, text] of Object.entries(TEXTS.en)) {
    assert.notEqual(text.trim(), "", key);
    assert.notEqual(TEXTS.zh[key].trim(), "", key);
    assert.deepEqual(names(TEXTS.zh[key]), names(text), key);
  }
});

test("Chinese sentences have Chinese punctuation", () => {
  for (const [key, text] of Object.entries(TEXTS.zh)) {
    assert.doesNotMatch(text, /\p{Script=Han}[,:;!?]|[,:;!?]\p{Script=Han}/u, key);
  }
});

test("every text that a script asks for exists, and none is left over", () => {
  const sources = readdirSync(SCRIPTS).filter((name) => name !== "texts.js")
    .map((name) => readFileSync(new URL(name, SCRIPTS), "utf8")).join("\n");
  const asked = [...sources.matchAll(/\bt\(\s*"(\w+)"/g)].map(([, key]) => key);
  assert.ok(asked.length > 40, `${asked.length} found`);
  for (const key of asked) assert.ok(knows(key), key);
  // Keys that are put together, as `phone_${phase}`.
  const made = [...sources.matchAll(/`(\w+_)\$\{|`\$\{\w+\}(_\w+)`/g)].map(([, head, tail]) => head ?? tail);
  const built = (/** @type {string} */ key) => made.some((part) => key.startsWith(part) || key.endsWith(part));
  for (const key of Object.keys(TEXTS.en)) assert.ok(sources.includes(`"${key}"`) || built(key), `${key} is not used`);
});

test("values are filled in, unknown names stay", () => {
  assert.equal(say("en", "phone_place", { place: 2, waiting: 5 }), "Place 2 of 5");
  assert.equal(say("en", "phone_place", { place: 2 }), "Place 2 of {waiting}");
  assert.equal(say("zh", "no_such_key"), "no_such_key");
  assert.equal(say("en", "toString"), "toString");
});

test("the language is what was chosen, else the first of the browser's that we speak", () => {
  assert.equal(choose("zh", ["en-US"]), "zh");
  assert.equal(choose(null, ["fr-FR", "zh-TW", "en"]), "zh");
  assert.equal(choose(null, ["en-GB", "zh-CN"]), "en");
  assert.equal(choose("klingon", ["fr"]), "en");
});

test("seconds read as a clock", () => {
  assert.deepEqual([0, 999, 61_000, 3_601_000, -5].map(clock), ["0:00", "0:00", "1:01", "1:00:01", "0:00"]);
});
