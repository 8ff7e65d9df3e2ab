// The scenarios; each is given the stage and answers what goes into the result. What a test judges by is in the
// result; a scenario throws only when it cannot go on.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Tab } from "./tabs.mjs";
import { relay } from "./proxy.mjs";

/**
 * @typedef {object} Stage
 * @property {import("playwright-core").Browser} browser
 * @property {string} url
 * @property {Record<string, string>} options
 * @property {(event: string, more?: object) => void} say prints a line for the test that listens
 */

/** axe-core, to be run inside a page. */
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export const pause = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** @param {Stage} stage @param {string} [url] */
export const phone = ({ browser, url, options }, at = url) =>
  Tab.open(browser, at, { path: "/phone", source: options.source === "test" ? "test" : "camera" });

/** A desk at work. @param {Stage} stage @param {string} agent @param {string} [url] */
export async function desk({ browser, url, options, say }, agent, at = url) {
  const tab = await Tab.open(browser, at, { path: "/desk", as: agent, source: options.desk === "camera" ? "camera" : "test" });
  await tab.work(agent);
  say("ready", { agent });
  return tab;
}

export const number = (/** @type {Stage} */ { options }) => options.number ?? "1008621";
export const agents = (/** @type {Stage} */ { options }) => (options.agents ?? "desk1,desk2").split(",");

/** A visitor who presses the key for an agent. @param {Stage} stage @param {string} [url] */
export async function caller(stage, url) {
  const visitor = await phone(stage, url);
  await visitor.call(number(stage));
  await visitor.key(stage.options.key ?? "0");
  return visitor;
}

/** Rings, is accepted, and both see the other; answers the ms since the agent's click. @param {Tab} visitor @param {Tab} agent */
export async function join(visitor, agent) {
  const rang = await agent.rings();
  await visitor.watchChange();
  await agent.accept();
  await agent.until("talking", (state) => state.mode === "talking" && state.talk !== null);
  await agent.picture();
  const timing = await agent.timing();
  const seen = (await visitor.changedAt()) - timing.clickedAt;
  await visitor.until("talking", (state) => state.with !== null);
  return { rang, agent_sees: timing.picture, visitor_sees: Math.round(seen), both: Math.max(timing.picture, seen), steps: timing };
}

/** What axe-core finds serious or critical on a page (WCAG 2.1, A and AA). @param {Tab} tab */
async function barriers(tab) {
  // Not a script tag, which the page's policy keeps out.
  await tab.page.evaluate(AXE);
  const found = await tab.page.evaluate(async () => {
    const { violations } = await window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] });
    return violations.map(({ id, impact, nodes }) => ({ id, impact, at: nodes.slice(0, 3).map((node) => node.html.slice(0, 160)) }));
  });
  return found.filter(({ impact }) => impact === "serious" || impact === "critical");
}

/** Every page at two sizes, in both languages, light and dark. @param {Stage} stage */
async function pages({ browser, url, options }) {
  const shots = [];
  const [errors, foreign, wide, serious] = [[], [], [], []];
  let bytes = 0;
  const looks = [
    { name: "wide", width: 1920, height: 1080, language: "en-US" },
    { name: "narrow", width: 360, height: 740, language: "zh-CN", dark: true },
  ];
  for (const { name, ...look } of looks) {
    const all = [["/", undefined], ["/phone", undefined], ["/sign-in", undefined], ["/", "admin"], ["/desk", "desk1"],
      ["/calls", "supervisor"], ["/wallboard", "supervisor"], ["/supervisor", "supervisor"], ["/dialplans", "admin"], ["/accounts", "admin"]];
    for (const [path, as] of /** @type {[string, string|undefined][]} */ (all)) {
      const tab = await Tab.open(browser, url, { path, as, ...look });
      await pause(700);
      const file = `${options.out ?? "."}/page-${path.slice(1) || "home"}${path === "/" && as ? "-signed-in" : ""}-${name}.png`;
      shots.push(await tab.screenshot(file));
      const over = await tab.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (over > 0) wide.push({ path, name, over });
      for (const barrier of await barriers(tab)) serious.push({ path, name, ...barrier });
      errors.push(...tab.errors);
      foreign.push(...tab.foreign);
      // Shared files are loaded anew in each profile; what counts is the largest page.
      bytes = Math.max(bytes, tab.bytes);
      await tab.close();
    }
  }
  return { shots, errors, foreign, wide, serious, bytes };
}

/** A visitor waits, talks and leaves; what the wallboard says each time, and how large. @param {Stage} stage */
async function wallboard(stage) {
  const { browser, url, options } = stage;
  const board = await Tab.open(browser, url, { path: "/wallboard", as: "supervisor", width: 1920, height: 1080 });
  const says = () => {
    const text = (/** @type {Element|null} */ element) => element?.textContent ?? null;
    const tiles = [...document.querySelectorAll(".tile")];
    const states = [...document.querySelectorAll(".state")];
    return {
      tiles: tiles.map((tile) => text(tile.querySelector(".figure"))),
      states: Object.fromEntries(states.map((state) => [state.classList[1], Number(text(state.querySelector("b")))])),
      queues: [...document.querySelectorAll("tbody tr")].map((row) => [...row.children].map(text)),
      pixels: Math.min(...[...document.querySelectorAll(".figure, .state b")].map((one) => parseFloat(getComputedStyle(one).fontSize))),
    };
  };
  const now = () => board.page.evaluate(says);
  const idle = await board.inside("the first figures", () => document.querySelector(".tile") !== null).then(now);
  const clerk = await desk(stage, agents(stage)[0]);
  const visitor = await caller(stage);
  await clerk.rings();
  await board.inside("somebody who waits", () => document.querySelector(".tile .figure")?.textContent === "1");
  const waiting = await now();
  await clerk.accept();
  await clerk.until("talking", (state) => state.mode === "talking");
  await board.inside("somebody who talks", () => document.querySelector(".state.talking b")?.textContent === "1");
  const talking = await now();
  if (options.out) await board.screenshot(`${options.out}/wallboard-talking.png`);
  await visitor.hangUp();
  await board.inside("the end of the talk", () => document.querySelector(".state.talking b")?.textContent === "0"
    && document.querySelectorAll(".list ol li").length > 2);
  const after = await now();
  if (options.out) await board.screenshot(`${options.out}/wallboard-after.png`);
  return { idle, waiting, talking, after, errors: [...board.errors, ...visitor.errors, ...clerk.errors] };
}

/** A desk that answers by itself, and says by which way the caller came. @param {Stage} stage */
async function answersItself(stage) {
  const { options } = stage;
  const clerk = await desk(stage, agents(stage)[0]);
  const visitor = await phone(stage);
  await visitor.call(number(stage));
  await visitor.key("1");
  await pause(500);
  await visitor.key("0");
  await clerk.rings();
  const way = await clerk.page.evaluate(() => [...document.querySelectorAll(".ring .way .node")].map((node) => node.textContent));
  await clerk.until("talking", (state) => state.mode === "talking" && state.talk !== null);
  const plays = await clerk.plays();
  if (options.out) await clerk.screenshot(`${options.out}/desk-answers-itself.png`);
  await visitor.hangUp();
  return { way, plays, errors: [...visitor.errors, ...clerk.errors] };
}

/** A supervisor takes an agent off, tells them so, and closes the queue. @param {Stage} stage */
async function supervisor(stage) {
  const { browser, url, options } = stage;
  const clerk = await desk(stage, agents(stage)[0]);
  const lead = await Tab.open(browser, url, { path: "/supervisor", as: "supervisor", width: 1920, height: 1080 });
  const words = { "why": "fire drill", "what": "Line 2 is down" };
  lead.page.on("dialog", (dialog) => {
    const text = dialog.type() === "confirm" ? undefined : dialog.message().startsWith("Why") ? words.why : words.what;
    void dialog.accept(text);
  });
  const row = `[data-agent=${agents(stage)[0]}]`;
  const shows = (/** @type {string} */ text, /** @type {string} */ where) => lead.inside(`${text} at ${where}`,
    `document.querySelector(${JSON.stringify(where)})?.textContent.includes(${JSON.stringify(text)})`);
  await shows("ready", row);
  await lead.page.click(`${row} .set-ready`);
  await shows("not ready", row);
  await shows(words.why, row);
  await clerk.until("not ready", (state) => state.mode === "not_ready");
  const off = (await clerk.state()).mode;
  await lead.page.click(`${row} .say`);
  const heard = await clerk.inside("a message", () => document.querySelector(".message p")?.textContent);
  if (options.out) await clerk.screenshot(`${options.out}/desk-message.png`);
  await clerk.page.click(".message .read");
  await clerk.inside("no message", () => document.querySelector(".message") === null);
  await lead.page.click(`${row} .set-ready`);
  await clerk.until("ready again", (state) => state.mode === "ready");
  await clerk.page.evaluate(() => {
    const [track] = window.vireo.session.source.value.stream.getAudioTracks();
    track.dispatchEvent(new Event("ended"));
  });
  await shows("No microphone", row);
  const deaf = (await clerk.state()).mode;
  await lead.page.click(`${row} .set-ready`);
  await clerk.until("ready once more", (state) => state.mode === "ready");
  await lead.page.click("[data-queue=video-general] [data-doors=closed]");
  await shows("closed", "[data-queue=video-general]");
  const visitor = await caller(stage);
  await pause(2_000);
  const rang = (await clerk.state()).mode;
  const waiting = await lead.page.evaluate(() => document.querySelector("[data-queue=video-general] td:nth-child(3)")?.textContent);
  await lead.page.click("[data-queue=video-general] [data-doors=open]");
  await shows("open", "[data-queue=video-general] .pill");
  if (options.out) await lead.screenshot(`${options.out}/supervisor.png`);
  await visitor.hangUp();
  return { off, heard, deaf, rang, waiting, errors: [...lead.errors, ...clerk.errors, ...visitor.errors] };
}

/** An agent looks at the own equipment, works on a conversation, is insulted, and supervisors see what came of it. @param {Stage} stage */
async function work(stage) {
  const { browser, url, options } = stage;
  const shot = (/** @type {Tab} */ tab, /** @type {string} */ name) => options.out && tab.screenshot(`${options.out}/${name}.png`);
  const [agent] = agents(stage);
  const clerk = await Tab.open(browser, url, { path: "/desk", as: agent, source: "test", height: 1000 });
  await clerk.page.click(`[data-agent="${agent}"]:enabled`);
  const checked = await clerk.inside("the microphone is heard", () =>
    document.querySelector(".button.ready:enabled") && document.querySelector("video.checked")
      && Number(document.querySelector(".check meter").value));
  await shot(clerk, "desk-check");
  await clerk.page.click(".button.ready:enabled");
  await clerk.until("ready", (state) => state.mode === "ready");
  const visitor = await caller(stage);
  await join(visitor, clerk);
  await clerk.until("on air", (state) => state.view?.on_air === true);
  await pause(1_000);
  await visitor.watchChange();
  await clerk.page.setInputFiles(".own-picture input", { name: "meter.png", mimeType: "image/png", buffer: redPicture(await clerk.page.evaluate(red)) });
  await visitor.changedAt();
  await clerk.inside("the own picture", () => document.querySelector(".drop-still") !== null);
  await pause(1_000);
  const own = await visitor.page.evaluate(middle);
  await clerk.page.click(".drop-still");
  await pause(1_500);
  const camera = await visitor.page.evaluate(middle);
  await clerk.page.fill(".writing input", "Which country do you go to?");
  await clerk.page.keyboard.press("Enter");
  const asked = await visitor.inside("the question", () => document.querySelector(".writing li:not(.own-line)")?.textContent);
  await visitor.page.fill(".writing input", "新加坡 0159");
  await visitor.page.keyboard.press("Enter");
  const answered = await clerk.inside("the answer", () => document.querySelector(".writing li:not(.own-line)")?.textContent);
  await shot(visitor, "phone-writes");
  await clerk.page.click(".codes input[value=roaming] + span");
  await clerk.page.fill(".remarks textarea", "Caller asks about the roaming pack; 客户咨询国际漫游资费");
  await clerk.page.click(".button.snapshot");
  await clerk.inside("the picture is kept", () => document.querySelector(".remarks .notice.calm") !== null);
  await clerk.inside("the note is kept", () => document.querySelector(".contacts li p") !== null && document.querySelector(".contacts .snap") !== null);
  await shot(clerk, "desk-notes");
  const snap = await clerk.page.evaluate(async () => {
    const answer = await fetch(document.querySelector(".contacts .snap").href);
    const picture = await createImageBitmap(await answer.blob());
    return { status: answer.status, type: answer.headers.get("content-type"), width: picture.width };
  });
  await clerk.page.click(".button.shield");
  await clerk.until("shielded", (state) => state.view?.shielded === true);
  await shot(clerk, "desk-shield");
  await clerk.hangUp();
  await clerk.until("a break", (state) => state.mode === "not_ready");
  const lead = await Tab.open(browser, url, { path: "/supervisor", as: "supervisor", width: 1920, height: 1080 });
  const alert = await lead.inside("the alert", () => document.querySelector(".alerts .notice")?.textContent);
  await lead.inside("the reason", () => document.querySelector(".people")?.textContent.includes("Was insulted"));
  await shot(lead, "supervisor-alert");
  const board = await Tab.open(browser, url, { path: "/wallboard", as: "supervisor", width: 1920, height: 1080 });
  const said = await board.inside("hot words", () => {
    const words = [...document.querySelectorAll(".list li .label")].map((label) => label.textContent.trim());
    return words.includes("Roaming") && words;
  });
  await shot(board, "wallboard-words");
  return { checked, own, camera, asked, answered, snap, rests: (await clerk.state()).mode, alert, said,
    errors: [...clerk.errors, ...visitor.errors, ...lead.errors, ...board.errors] };
}

/**
 * Comes to an element by Tab alone, as who has no mouse; throws when it is never reached, or cannot be told from others.
 * @param {Tab} tab @param {string} selector
 */
async function tabTo(tab, selector) {
  for (let step = 0; step < 80; step += 1) {
    const found = await tab.page.evaluate((wanted) => {
      const at = document.activeElement;
      if (!at?.matches(wanted)) return null;
      // A choice is drawn by what stands beside it, an upload by what it stands in.
      const drawn = [at, at.nextElementSibling, at.parentElement].filter((one) => one !== null);
      return drawn.some((one) => getComputedStyle(one).outlineStyle !== "none");
    }, selector);
    if (found === true) return;
    if (found === false) throw new Error(`nothing shows that ${selector} has the focus`);
    await tab.page.keyboard.press("Tab");
  }
  throw new Error(`${selector} is not reached by Tab: ${await tab.page.evaluate(() => document.activeElement?.outerHTML.slice(0, 200))}`);
}

/** A visitor, an agent and a supervisor do their work without a mouse. @param {Stage} stage */
async function keyboard(stage) {
  const { browser, url } = stage;
  const [agent] = agents(stage);
  const press = (/** @type {Tab} */ tab, /** @type {string} */ key) => tab.page.keyboard.press(key);
  const clerk = await Tab.open(browser, url, { path: "/desk", as: agent, source: "test" });
  await tabTo(clerk, `[data-agent="${agent}"]`);
  await press(clerk, "Enter");
  await clerk.inside("the microphone is heard", () => document.querySelector(".button.ready:enabled") !== null);
  await tabTo(clerk, ".button.ready");
  await press(clerk, "Enter");
  await clerk.until("ready", (state) => state.mode === "ready");
  const visitor = await Tab.open(browser, url, { path: "/phone", source: "test" });
  await visitor.inside("a number", () => document.querySelector("input[name=number]")?.value !== "");
  await tabTo(visitor, ".dial .go");
  await press(visitor, "Enter");
  await visitor.picture();
  await pause(1_000);
  await press(visitor, "0");
  await clerk.rings();
  await press(clerk, "Enter");
  await clerk.until("on air", (state) => state.view?.on_air === true);
  await tabTo(clerk, ".hold");
  await press(clerk, "Space");
  await clerk.until("held", (state) => state.view?.held === true);
  await press(clerk, "Space");
  await clerk.until("not held", (state) => state.view?.held === false);
  await press(clerk, "c");
  await clerk.until("the curtain", (state) => state.view?.curtain === true);
  await tabTo(clerk, ".own-picture input");
  await tabTo(clerk, ".writing input");
  await clerk.page.keyboard.type("c is a letter here, 1 2 3");
  await press(clerk, "Enter");
  const read = await visitor.inside("the text", () => document.querySelector(".writing li")?.textContent);
  const curtain = (await clerk.state()).view.curtain;
  await tabTo(clerk, ".codes input");
  await press(clerk, "Space");
  await tabTo(clerk, ".remarks textarea");
  await clerk.page.keyboard.type("by keys alone");
  await clerk.inside("the note is kept", () => document.querySelector(".contacts li p")?.textContent);
  const lead = await Tab.open(browser, url, { path: "/supervisor", as: "supervisor", source: "test" });
  await lead.inside("a conversation", `document.querySelector('[data-agent=${agent}] .listen:enabled') !== null`);
  await tabTo(lead, `[data-agent=${agent}] .listen`);
  await press(lead, "Enter");
  await lead.inside("the part", () => document.querySelector(".part[data-part=whisper]:enabled") !== null);
  await tabTo(lead, ".part[data-part=whisper]");
  await press(lead, "Enter");
  await lead.inside("whispering", () => document.querySelector(".part[data-part=whisper][aria-pressed=true]") !== null);
  await tabTo(lead, ".stop-listening");
  await press(lead, "Enter");
  await lead.inside("it is over", () => document.querySelector(".listening") === null);
  await tabTo(clerk, ".hang-up");
  await press(clerk, "Enter");
  await clerk.until("the end", (state) => state.talk === null);
  await visitor.until("no agent", (state) => state.with === null);
  const board = await Tab.open(browser, url, { path: "/wallboard", as: "supervisor" });
  await tabTo(board, ".scroll");
  return { read, curtain, errors: [...clerk.errors, ...visitor.errors, ...lead.errors, ...board.errors] };
}

/** A supervisor listens, whispers, joins in with picture and sound, and takes over. @param {Stage} stage */
async function supervises(stage) {
  const { browser, url, options } = stage;
  const shot = (/** @type {Tab} */ tab, /** @type {string} */ name) => options.out && tab.screenshot(`${options.out}/${name}.png`);
  const [agent] = agents(stage);
  const clerk = await desk(stage, agent);
  const visitor = await caller(stage);
  await join(visitor, clerk);
  await clerk.until("on air", (state) => state.view?.on_air === true);
  const lead = await Tab.open(browser, url, { path: "/supervisor", as: "supervisor", source: "test", width: 1920, height: 1400 });
  await lead.page.click(`[data-agent=${agent}] .listen:enabled`);
  const part = async (/** @type {string} */ name) => {
    await lead.inside(name, `document.querySelector('.part[data-part=${name}][aria-pressed=true]:enabled') !== null`);
    await pause(1_000);
    const [at_visitor, at_clerk, at_lead] = await Promise.all([visitor, clerk, lead].map((tab) => tab.page.evaluate(pitches)));
    return { at_visitor, at_clerk, at_lead, face: await visitor.page.evaluate(middle) };
  };
  const listens = await part("monitor");
  await shot(lead, "supervisor-listens");
  await lead.page.click(".part[data-part=whisper]");
  const whispers = await part("whisper");
  await lead.page.click(".part[data-part=barge_in]");
  const joins = await part("barge_in");
  await shot(lead, "supervisor-joins");
  await shot(visitor, "phone-sees-supervisor");
  await lead.page.click(".part[data-part=monitor]");
  const again = await part("monitor");
  await lead.page.click(".take-over");
  await clerk.until("taken over", (state) => state.talk === null);
  const told = (await clerk.state()).note;
  await visitor.until("the supervisor", (state) => state.with === "supervisor");
  await pause(1_000);
  const alone = { at_visitor: await visitor.page.evaluate(pitches), at_lead: await lead.page.evaluate(pitches), face: await visitor.page.evaluate(middle) };
  await shot(lead, "supervisor-took-over");
  await lead.page.click(".stop-listening");
  await lead.inside("it is over", () => document.querySelector(".listening") === null);
  await visitor.until("the flow goes on or ends", (state) => state.with === null);
  return { listens, whispers, joins, again, alone, told, errors: [...lead.errors, ...clerk.errors, ...visitor.errors] };
}

/** In a page: which of the test pictures' tones are heard within two seconds. */
async function pitches() {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 8192;
  context.createMediaStreamSource(document.querySelector("video.remote").srcObject).connect(analyser);
  const bins = new Float32Array(analyser.frequencyBinCount);
  const most = { phone: -200, desk: -200, lead: -200 };
  const tones = { phone: 440, desk: 587, lead: 784 };
  for (let look = 0; look < 20; look += 1) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    analyser.getFloatFrequencyData(bins);
    for (const [who, hertz] of Object.entries(tones)) {
      const at = Math.round((hertz * analyser.fftSize) / context.sampleRate);
      most[who] = Math.max(most[who], bins[at - 1], bins[at], bins[at + 1]);
    }
  }
  await context.close();
  const loudest = Math.max(...Object.values(most));
  return Object.keys(tones).filter((who) => most[who] > -75 && most[who] > loudest - 25);
}

/** In a page: a red picture as base64. */
function red() {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [400, 400];
  const brush = canvas.getContext("2d");
  brush.fillStyle = "#e01010";
  brush.fillRect(0, 0, 400, 400);
  return canvas.toDataURL("image/png").split(",")[1];
}

const redPicture = (/** @type {string} */ text) => Buffer.from(text, "base64");

/** In a page: the colour in the middle of what is received. */
function middle() {
  const video = document.querySelector("video.remote");
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  const brush = canvas.getContext("2d");
  brush.drawImage(video, 0, 0);
  return [...brush.getImageData(canvas.width / 2, canvas.height / 4, 1, 1).data].slice(0, 3);
}

/** A call stands at its node in the drawing, and when it has ended, in the figures of today. @param {Stage} stage */
async function dialplans(stage) {
  const { browser, url, options } = stage;
  const visitor = await phone(stage);
  await visitor.call(number(stage));
  await visitor.key("1");
  const tab = await Tab.open(browser, url, { path: "/dialplans", as: "supervisor", width: 1280, height: 800 });
  const now = await tab.inside("a call at a page", () => {
    const count = document.querySelector("[data-node=balance] .calls-count");
    return count && { calls: count.textContent, all: document.querySelectorAll(".calls-count").length };
  });
  await visitor.hangUp();
  const today = await tab.inside("figures of today", () => {
    const figures = [...document.querySelectorAll(".today")];
    return figures.length > 0 && Object.fromEntries(figures.map((figure) =>
      [figure.closest("[data-node]")?.getAttribute("data-node"), figure.querySelector("text")?.textContent]));
  });
  const gone = await tab.inside("no call any more", () => document.querySelector(".calls-count") === null);
  if (options.out) await tab.screenshot(`${options.out}/dialplans-today.png`);
  const errors = [...visitor.errors, ...tab.errors];
  return { now, today, gone, errors };
}

/** Menu, key, next slide, hang-up. @param {Stage} stage */
async function menu(stage) {
  const { options } = stage;
  const visitor = await phone(stage);
  const timing = await visitor.call(number(stage));
  const first = options.slide ? await visitor.shows(options.slide) : null;
  const plays = await visitor.plays();
  if (options.out) await visitor.screenshot(`${options.out}/phone-menu.png`);
  const caption = (await visitor.state()).caption;
  await visitor.key(options.key ?? "1");
  const second = options.next ? await visitor.shows(options.next) : null;
  await pause(500);
  const next_caption = (await visitor.state()).caption;
  if (options.out) await visitor.screenshot(`${options.out}/phone-page.png`);
  await visitor.hangUp();
  await visitor.until("the call's end", (state) => state.phase === "idle");
  const { over } = await visitor.state();
  return { timing, first, plays, caption, second, next_caption, over, errors: visitor.errors };
}

/** 0, ring, answer, both see and hear; one side hangs up (`hang-up`: phone or desk). @param {Stage} stage */
async function agent(stage) {
  const { options, say } = stage;
  const clerk = await desk(stage, agents(stage)[0]);
  const visitor = await caller(stage);
  const joined = await join(visitor, clerk);
  say("joined", joined);
  const [visitor_plays, agent_plays] = await Promise.all([visitor.plays(), clerk.plays()]);
  if (options.out) await visitor.screenshot(`${options.out}/phone-talking.png`);
  if (options.out) await clerk.screenshot(`${options.out}/desk-talking.png`);
  await (options["hang-up"] === "desk" ? clerk : visitor).hangUp();
  const agent_free = await clerk.until("rest or ready", (state) => state.mode === "wrap_up" || state.mode === "ready");
  const ready_again = await clerk.until("ready again", (state) => state.mode === "ready", 60_000);
  await visitor.until("the end of the talk", (state) => state.with === null);
  const after = await visitor.state();
  return { joined, visitor_plays, agent_plays, agent_free, ready_again, after, errors: [...visitor.errors, ...clerk.errors] };
}

/** What an agent does to a conversation: `plate` and `page` are PNGs of what the caller is to see. @param {Stage} stage */
async function conduct(stage) {
  const { options, say } = stage;
  const [first, second] = agents(stage);
  const [clerk, expert] = [await desk(stage, first), await desk(stage, second)];
  const visitor = await caller(stage);
  await clerk.rings();
  await clerk.accept();
  const coming_on = await visitor.shows(options.plate);
  await clerk.until("being seen", (state) => state.view?.on_air === true);
  await visitor.until("talking", (state) => state.with !== null);
  const camera = await visitor.plays();
  say("on_air");
  await clerk.page.keyboard.press("c");
  const curtain = await visitor.shows(options.plate);
  const behind = await visitor.plays();
  if (options.out) await clerk.screenshot(`${options.out}/desk-curtain.png`);
  await clerk.page.keyboard.press("c");
  await clerk.until("no curtain", (state) => state.view?.curtain === false);
  await clerk.page.selectOption("select[name=show]", "help");
  const page = await visitor.shows(options.page);
  if (options.out) await clerk.screenshot(`${options.out}/desk-shown.png`);
  if (options.out) await visitor.screenshot(`${options.out}/phone-shown.png`);
  await clerk.page.click(".take-back");
  await clerk.until("taken back", (state) => state.view !== null && state.view.shown === undefined);
  await pause(500);
  const back = { ssim: await visitor.ssim(options.page) };
  await clerk.page.click(".hold");
  await clerk.until("on hold", (state) => state.view?.held === true);
  await pause(500);
  const held = await clerk.plays();
  await clerk.page.click(".hold");
  await clerk.until("off hold", (state) => state.view?.held === false);
  await pause(500);
  const resumed = { visitor: await visitor.plays(), clerk: await clerk.plays() };
  await clerk.page.selectOption("select[name=hand_on]", "experts");
  await expert.rings();
  await expert.accept();
  await expert.until("talking", (state) => state.talk !== null);
  await expert.until("being seen", (state) => state.view?.on_air === true);
  const handed = { expert: await expert.plays(), clerk: (await clerk.state()).mode };
  await visitor.hangUp();
  const errors = [...visitor.errors, ...clerk.errors, ...expert.errors];
  return { coming_on, camera, curtain, behind, page, back, held, resumed, handed, errors };
}

/** The desk that rings is closed; the next agent is rung and answers. @param {Stage} stage */
async function deskClosedRinging(stage) {
  const [first, second] = agents(stage);
  const desks = [await desk(stage, first), await desk(stage, second)];
  const visitor = await caller(stage);
  const rung = await Promise.any(desks.map((tab) => tab.rings().then(() => tab)));
  const other = desks[1 - desks.indexOf(rung)];
  await rung.close();
  const moved = await other.rings();
  const joined = await join(visitor, other);
  const plays = await visitor.plays();
  await visitor.hangUp();
  return { moved, joined, plays };
}

/** The desk is closed while it talks; what becomes of the caller. @param {Stage} stage */
async function deskClosedTalking(stage) {
  const clerk = await desk(stage, agents(stage)[0]);
  const visitor = await caller(stage);
  await join(visitor, clerk);
  await clerk.close();
  const noticed = await visitor.until("the talk's end", (state) => state.with === null, 30_000);
  await pause(1_000);
  const [after, plays] = [await visitor.state(), await visitor.plays()];
  const again = await Tab.open(stage.browser, stage.url, { path: "/desk", as: agents(stage)[0] });
  await again.work(agents(stage)[0]);
  return { noticed, after, plays, signed_in_again: true };
}

/** The WebSockets of phone and desk are cut for `seconds` (3) while they talk. @param {Stage} stage */
async function cut(stage) {
  const way = await relay(new URL(stage.url));
  try {
    const clerk = await desk(stage, agents(stage)[0], way.url);
    const visitor = await caller(stage, way.url);
    await join(visitor, clerk);
    way.cut();
    await pause(500);
    const during = { links: [await visitor.link(), await clerk.link()], plays: await visitor.plays() };
    await pause(Math.max(0, Number(stage.options.seconds ?? 3) * 1000 - 2_000));
    way.mend();
    const began = performance.now();
    const open = () => window.vireo.session.link.value === "open";
    await Promise.all([visitor, clerk].map((tab) => tab.inside("an open link", open)));
    const mended = Math.round(performance.now() - began);
    await pause(1_000);
    const [phoneState, deskState] = [await visitor.state(), await clerk.state()];
    const plays = await visitor.plays();
    await visitor.hangUp();
    const heard = await clerk.until("the end", (state) => state.talk === null);
    return { during, mended, phone: phoneState, desk: deskState, plays, heard };
  } finally {
    way.close();
  }
}

/** The pages of phone, at the menu, and of phone and desk, in conversation, are loaded anew. @param {Stage} stage */
async function reload(stage) {
  const { options } = stage;
  const visitor = await phone(stage);
  await visitor.call(number(stage));
  if (options.slide) await visitor.shows(options.slide);
  await visitor.reload();
  await visitor.until("the call again", (state) => state.phase === "live");
  const menu = { shows: options.slide ? await visitor.shows(options.slide) : null, plays: await visitor.plays() };
  const clerk = await desk(stage, agents(stage)[0]);
  await visitor.key(options.key ?? "0");
  await join(visitor, clerk);
  await clerk.reload();
  await clerk.until("the talk again", (state) => state.mode === "talking" && state.talk !== null);
  const after_desk = { visitor: await visitor.plays(), desk: await clerk.plays() };
  await visitor.reload();
  await visitor.until("the talk again", (state) => state.with !== null);
  const after_phone = { visitor: await visitor.plays(), desk: await clerk.plays() };
  if (options.out) await visitor.screenshot(`${options.out}/phone-reloaded.png`);
  const [phoneState, deskState] = [await visitor.state(), await clerk.state()];
  await visitor.hangUp();
  const heard = await clerk.until("the end", (state) => state.talk === null);
  return { menu, after_desk, after_phone, phone: phoneState, desk: deskState, heard, errors: [...visitor.errors, ...clerk.errors] };
}

/** All desks press Enter at whatever rings; `calls` times exactly one may talk. @param {Stage} stage */
async function race(stage) {
  const desks = await Promise.all(agents(stage).map((name) => desk(stage, name)));
  const visitor = await phone(stage);
  const rounds = [];
  for (let round = 0; round < Number(stage.options.calls ?? 1); round += 1) {
    await visitor.call(number(stage));
    await visitor.key(stage.options.key ?? "0");
    const eager = desks.map(async (tab) => {
      await tab.rings(6_000).catch(() => {});
      await tab.accept();
    });
    await visitor.until("talking", (state) => state.with !== null);
    await Promise.all(eager);
    const talking = (await Promise.all(desks.map((tab) => tab.state()))).map((state) => state.talk !== null);
    await visitor.hangUp();
    await Promise.all(desks.map((tab) => tab.until("ready", (state) => state.mode === "ready", 60_000)));
    await visitor.until("idle", (state) => state.phase === "idle");
    rounds.push({ talking: talking.filter(Boolean).length });
  }
  return { rounds };
}

/** @param {number[]} values */
function percentiles(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (/** @type {number} */ share) => sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
  return { n: sorted.length, p50: at(0.5), p99: at(0.99), max: sorted.at(-1) };
}

/** Click to first picture over `calls` (20); with `answers` also click on Accept to both pictures. @param {Stage} stage */
async function timings(stage) {
  const visitor = await phone(stage);
  const first = [];
  for (let call = 0; call < Number(stage.options.calls ?? 20); call += 1) {
    first.push(await visitor.call(number(stage)));
    await visitor.hangUp();
    await visitor.until("idle", (state) => state.phase === "idle");
  }
  const steps = ["source", "offered", "accepted", "answered", "connected", "picture"];
  const medians = Object.fromEntries(steps.map((step) => [step, percentiles(first.map((timing) => timing[step])).p50]));
  // The first call of a browser loads its codecs and opens its devices.
  const picture = percentiles(first.map((timing) => timing.picture));
  const answers = Number(stage.options.answers ?? 0);
  const both = [];
  const clerk = answers > 0 ? await desk(stage, agents(stage)[0]) : null;
  for (let call = 0; clerk && call < answers; call += 1) {
    await clerk.until("ready", (state) => state.mode === "ready", 60_000);
    await visitor.call(number(stage));
    await visitor.key(stage.options.key ?? "0");
    both.push((await join(visitor, clerk)).both);
    await visitor.hangUp();
    await visitor.until("idle", (state) => state.phase === "idle");
  }
  return { picture, medians, ...(clerk ? { both: percentiles(both) } : {}) };
}

/** A desk alone, for a caller who is no browser: says `ready`, then `talking`. @param {Stage} stage */
async function deskAlone(stage) {
  const { options, say } = stage;
  const clerk = await desk(stage, agents(stage)[0]);
  await clerk.rings(60_000);
  const { ring } = await clerk.state();
  await clerk.accept();
  await clerk.until("talking", (state) => state.talk !== null);
  await clerk.picture();
  const timing = await clerk.timing();
  say("talking", { ring, timing });
  const plays = await clerk.plays(3_000);
  if (options.write) {
    await clerk.page.fill(".writing input", options.write);
    await clerk.page.keyboard.press("Enter");
    await pause(7_000);
  }
  if (options.show) {
    await clerk.page.selectOption("select[name=show]", options.show);
    await pause(4_000);
    await clerk.page.click(".take-back");
    await pause(1_000);
  }
  if (options.out) await clerk.screenshot(`${options.out}/desk-alone.png`);
  if (options["hang-up"] === "desk") await clerk.hangUp();
  await clerk.until("the end", (state) => state.talk === null, 60_000);
  return { ring, timing, plays, after: await clerk.state() };
}

/** A phone alone, for an agent who is no browser: calls, presses `key`, says `talking`. @param {Stage} stage */
async function phoneAlone(stage) {
  const { options, say } = stage;
  const visitor = await caller(stage);
  say("waiting", { state: await visitor.state() });
  await visitor.until("talking", (state) => state.with !== null, 60_000);
  await pause(1_000);
  say("talking", { with: (await visitor.state()).with });
  const plays = await visitor.plays(3_000);
  if (options.out) await visitor.screenshot(`${options.out}/phone-alone.png`);
  if (options["hang-up"] === "phone") await visitor.hangUp();
  await visitor.until("the end of the talk", (state) => state.with === null, 60_000);
  return { plays, after: await visitor.state() };
}

/** @type {Record<string, (stage: Stage) => Promise<object>>} */
export const SCENARIOS = {
  pages,
  dialplans,
  wallboard,
  supervisor,
  work,
  supervises,
  keyboard,
  "answers-itself": answersItself,
  menu,
  agent,
  conduct,
  "desk-closed-ringing": deskClosedRinging,
  "desk-closed-talking": deskClosedTalking,
  cut,
  reload,
  race,
  timings,
  desk: deskAlone,
  phone: phoneAlone,
};
