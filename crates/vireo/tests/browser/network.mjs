// Scenarios in which network or service change while a call lasts. The test that listens makes the change when it
// hears the line named here; what it judges by is in the result.
import { callWithSoundInPage, iceInPage, soundInPage } from "./media.mjs";
import { agents, caller, desk, join, number, pause, phone } from "./scenarios.mjs";
import { Tab } from "./tabs.mjs";

/** @import { Stage } from "./scenarios.mjs" */

/** Longer than any outage that is waited for. */
const OUTAGE_MS = 60_000;

/** "up", then the media is lost: "interrupted"; the call comes back, or ends. @param {Stage} stage */
async function outage(stage) {
  const visitor = await phone(stage);
  await visitor.call(number(stage));
  const before = await visitor.page.evaluate(iceInPage);
  stage.say("up");
  await visitor.inside("an interruption", () => window.vireo.session.interrupted.value, OUTAGE_MS);
  const began = performance.now();
  stage.say("interrupted");
  const over = () => window.vireo.session.interrupted.value === false;
  await visitor.inside("media again, or the end", over, OUTAGE_MS);
  const took = Math.round(performance.now() - began);
  await pause(1_000);
  const [after, state, plays] = [await visitor.page.evaluate(iceInPage), await visitor.state(), await visitor.plays()];
  if (state.phase !== "live") return { before, after, took, state, plays };
  await visitor.key(stage.options.key ?? "1");
  const was = state.caption.node;
  await visitor.until("the next page", ({ caption }) => caption.node !== was);
  return { before, after, took, state, plays };
}

/** Calls where no media passes. @param {Stage} stage */
async function noMedia(stage) {
  const visitor = await phone(stage);
  const began = performance.now();
  await visitor.dial(number(stage));
  await visitor.until("the end", ({ over }) => over !== null, OUTAGE_MS);
  return { ms: Math.round(performance.now() - began), state: await visitor.state() };
}

/** "joined", then packets are lost for a while; "enough", then no more. @param {Stage} stage */
async function loss(stage) {
  const clerk = await desk(stage, agents(stage)[0]);
  const visitor = await caller(stage);
  await join(visitor, clerk);
  stage.say("joined");
  const ms = Number(stage.options.seconds ?? 10) * 1_000;
  const both = (/** @type {number} */ time) => Promise.all([visitor.plays(time), clerk.plays(time)]);
  const during = await both(ms);
  stage.say("enough");
  await pause(1_000);
  const after = await both(3_000);
  return { during, after, state: await visitor.state() };
}

/** "shown" at a page, then that page is edited; what this call shows of it and what the next one does. @param {Stage} stage */
async function edited(stage) {
  const key = stage.options.key ?? "1";
  const look = async (/** @type {Tab} */ tab) => {
    await tab.until("a caption", ({ caption }) => caption !== null);
    const was = (await tab.state()).caption.node;
    await tab.key(key);
    await tab.until("the page", ({ caption }) => caption !== null && caption.node !== was);
    return (await tab.state()).caption.text;
  };
  const visitor = await phone(stage);
  await visitor.call(number(stage));
  const before = await look(visitor);
  stage.say("shown");
  const live = () => fetch("/api/v1/service").then((answer) => answer.json()).then(({ version }) => version === 2);
  await visitor.inside("version 2", live, OUTAGE_MS * 2);
  const page = (await visitor.state()).caption.node;
  await visitor.key("9");
  await visitor.until("the menu", ({ caption }) => caption.node !== page);
  const same = await look(visitor);
  const plays = await visitor.plays();
  const second = await phone(stage);
  await second.call(number(stage));
  return { before, same, plays, next: await look(second), next_plays: await second.plays() };
}

/** A visitor with a microphone only. @param {Stage} stage */
async function sound(stage) {
  const clerk = await desk(stage, agents(stage)[0]);
  const tab = await Tab.open(stage.browser, stage.url, { path: "/calls", as: "admin" });
  await tab.page.evaluate(callWithSoundInPage, number(stage));
  await tab.inside("a caption", () => window.sound.heard.some(({ type }) => type === "showing"));
  const hears = async () => {
    const before = await tab.page.evaluate(soundInPage);
    await pause(3_000);
    const after = await tab.page.evaluate(soundInPage);
    const energy = (after.energy - before.energy) / Math.max(0.001, after.seconds - before.seconds);
    return { packets: after.packets - before.packets, level: Math.sqrt(Math.max(0, energy)) };
  };
  const menu = await hears();
  await tab.page.evaluate((digit) => window.sound.send("key", { digit }), stage.options.agent ?? "0");
  await clerk.rings();
  const { ring } = await clerk.state();
  await clerk.accept();
  await clerk.until("talking", ({ talk }) => talk !== null);
  const [talk, at_desk] = [await hears(), await clerk.plays(3_000)];
  await tab.page.evaluate(() => window.sound.send("hang_up"));
  await clerk.until("the end", (state) => state.talk === null);
  const heard = await tab.page.evaluate(() => window.sound.heard.map(({ type }) => type));
  return { menu, ring, talk, at_desk, heard, errors: tab.errors };
}

/** A visitor whose media goes by a TURN server. @param {Stage} stage */
async function relay(stage) {
  const visitor = await Tab.open(stage.browser, stage.url, { path: "/phone", relay: true });
  const timing = await visitor.call(number(stage));
  const [ice, plays] = [await visitor.page.evaluate(iceInPage), await visitor.plays()];
  await visitor.hangUp();
  await visitor.until("the end", ({ phase }) => phase === "idle");
  return { timing, ice, plays, state: await visitor.state(), errors: visitor.errors };
}

/** @type {Record<string, (stage: Stage) => Promise<object>>} */
export const NETWORK = { outage, "no-media": noMedia, loss, edited, sound, relay };
