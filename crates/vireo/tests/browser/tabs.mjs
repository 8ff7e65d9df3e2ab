// A browser, and tabs in it that act as a visitor or an agent would: by clicks and keys, never by calling the
// page's functions. Only looking is done from inside the page.
import { readFile, writeFile } from "node:fs/promises";
import { chromium } from "playwright-core";
import { relayOnlyInPage } from "./media.mjs";
import { lookInPage, pngInPage, ssimInPage, statsInPage, watchChangeInPage } from "./picture.mjs";

const FLAGS = [
  "--no-sandbox",
  "--use-fake-device-for-media-stream",
  "--use-fake-ui-for-media-stream",
  "--disable-features=WebRtcHideLocalIpsWithMdns",
  "--allow-loopback-in-peer-connection",
  "--disable-background-networking",
];

/** How long a tab waits for what should take a second or two. */
const PATIENCE_MS = 20_000;
/** How often it looks. What is measured is noted by the pages themselves. */
const POLL_MS = 25;

export async function launch() {
  const executablePath = process.env.VIREO_CHROMIUM ?? "/usr/bin/chromium";
  return chromium.launch({ executablePath, headless: true, args: FLAGS });
}

/** Names and passwords, of the file that VIREO_ACCOUNTS names: one of each on a line. @type {Map<string, string>} */
const accounts = new Map((process.env.VIREO_ACCOUNTS ? await readFile(process.env.VIREO_ACCOUNTS, "utf8") : "")
  .split("\n").filter((line) => line.includes(" "))
  .map((line) => [line.slice(0, line.indexOf(" ")), line.slice(line.indexOf(" ") + 1)]));

/** Tabs that are open. @type {Set<Tab>} */
const open = new Set();

/** Closes what a scenario left open, so that calls end and agents sign out. */
export async function closeAll() {
  await Promise.all([...open].map((tab) => tab.close().catch(() => {})));
}

/** One page in a profile of its own. */
export class Tab {
  /**
   * @param {import("playwright-core").Browser} browser
   * @param {string} url the gateway's
   * @param {{path: string, source?: "camera"|"test", width?: number, height?: number, dark?: boolean, language?: string,
   *   relay?: boolean, as?: string}} how `relay`: its media goes by a TURN server or not at all; `as`: signed in with
   *   this account
   */
  static async open(browser, url, how) {
    const { path, source = "test", width = 1280, height = 800, dark = false, language = "en-US", relay = false, as } = how;
    const context = await browser.newContext({
      viewport: { width, height }, colorScheme: dark ? "dark" : "light", locale: language, ignoreHTTPSErrors: true,
    });
    await context.addInitScript((kind) => localStorage.setItem("vireo.source", kind), source);
    if (relay) await context.addInitScript(relayOnlyInPage);
    const tab = new Tab(await context.newPage(), url);
    open.add(tab);
    if (as !== undefined) await tab.signIn(as, path);
    else await tab.page.goto(url + path);
    await tab.page.waitForSelector("main > *", { timeout: PATIENCE_MS }).catch(async (why) => {
      const html = await tab.page.evaluate(() => document.body.innerHTML.slice(0, 500));
      const waits = JSON.stringify({ errors: tab.errors, waits: [...tab.asked], html });
      throw new Error(`${path} does not come up: ${waits} (${why.message})`);
    });
    return tab;
  }

  /** Signs in as a person does, and comes to a page. @param {string} account @param {string} path */
  async signIn(account, path) {
    await this.page.goto(`${this.url}/sign-in?next=${encodeURIComponent(path)}`);
    await this.page.fill("input[name=name]", account, { timeout: PATIENCE_MS });
    await this.page.fill("input[name=password]", accounts.get(account) ?? "nobody knows it");
    // Of this page; what counts is the one that follows.
    this.bytes = 0;
    await this.page.click(".sign-in button.go");
    await this.page.waitForURL((address) => address.pathname === path, { timeout: PATIENCE_MS });
  }

  /** @param {import("playwright-core").Page} page @param {string} url */
  constructor(page, url) {
    this.page = page;
    this.url = url;
    /** Errors of the console and of scripts; a broken content security policy shows here. @type {string[]} */
    this.errors = [];
    /** Addresses asked for on other hosts. @type {string[]} */
    this.foreign = [];
    /** What was asked for and is not there yet. @type {Set<string>} */
    this.asked = new Set();
    page.on("request", (request) => this.asked.add(request.url()));
    page.on("requestfinished", (request) => this.asked.delete(request.url()));
    page.on("requestfailed", (request) => this.errors.push(`${request.url()}: ${request.failure()?.errorText}`));
    /** Octets of the bodies that were loaded. */
    this.bytes = 0;
    page.on("console", (message) => message.type() === "error" && this.errors.push(message.text()));
    page.on("pageerror", (error) => this.errors.push(String(error)));
    page.on("request", (request) => {
      const asked = request.url();
      if (!asked.startsWith(url) && !asked.startsWith("data:") && !asked.startsWith("blob:")) this.foreign.push(asked);
    });
    page.on("response", async (response) => {
      const body = response.url().includes("/api/") ? null : await response.body().catch(() => null);
      this.bytes += body?.length ?? 0;
    });
  }

  /** As a person closes a tab: the page still hears `pagehide`. */
  async close() {
    open.delete(this);
    await this.page.close();
    await this.page.context().close();
  }

  /** As a person presses F5. */
  async reload() {
    await this.page.reload();
    await this.page.waitForSelector("main > *", { timeout: PATIENCE_MS });
  }

  /** What the page knows of its call or agent (phone-state.js, desk-state.js). */
  state() {
    return this.page.evaluate(() => window.vireo.state());
  }

  link() {
    return this.page.evaluate(() => window.vireo.session.link.value);
  }

  /**
   * Waits until the page's state is so; answers the ms it took. Throws with the state after `patience` ms.
   * @param {string} what for the error
   * @param {(state: any) => boolean} is
   * @param {number} [patience]
   */
  async until(what, is, patience = PATIENCE_MS) {
    const began = performance.now();
    let state = null;
    while (performance.now() - began < patience) {
      // Asked from here again and again: the pages' policy forbids the evaluation that waiting inside would need.
      state = await this.state();
      if (is(state)) return Math.round(performance.now() - began);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    throw new Error(`waited ${patience} ms in vain for: ${what}; the page knows ${JSON.stringify(state)}`);
  }

  /**
   * Waits until a function inside the page answers something, and answers that.
   * @param {string} what for the error
   * @param {() => any} ask
   * @param {number} [patience] ms
   */
  async inside(what, ask, patience = PATIENCE_MS) {
    const began = performance.now();
    while (performance.now() - began < patience) {
      const answer = await this.page.evaluate(ask);
      if (answer) return answer;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    throw new Error(`waited ${patience} ms in vain for: ${what}`);
  }

  // A visitor

  /** Dials, and waits for the first decoded picture; answers the call's timing. @param {string} number @param {string} [name] */
  async call(number, name) {
    await this.dial(number, name);
    await this.picture();
    return this.timing();
  }

  /** Dials and does not wait. @param {string} number @param {string} [name] who calls, as the field for it is filled in */
  async dial(number, name) {
    await this.page.fill("input[name=number]", number);
    if (name !== undefined) await this.page.fill("input[name=name]", name);
    await this.page.click(".dial button[type=submit]");
  }

  /** Waits until the page tells what is said at a node; answers the text. @param {string} node */
  async reaches(node) {
    await this.until(`the node ${node}`, (phone) => phone.caption?.node === node);
    return (await this.state()).caption.text;
  }

  /** Waits for the first picture of this call. */
  async picture() {
    await this.inside("the first picture", () => window.vireo.timings.at(-1)?.picture !== undefined);
  }

  /** @param {string} digit */
  async key(digit) {
    await this.until("a live call", (phone) => phone.phase === "live");
    await this.page.click(`.key[data-key="${digit}"]`);
  }

  hangUp() {
    return this.page.click(".button.end:not(.reject)");
  }

  // An agent

  /** Signs in and gets ready; again and again while the name is still kept for a desk that was lost. @param {string} agent */
  async work(agent) {
    const began = performance.now();
    let refused = true;
    while (refused && performance.now() - began < PATIENCE_MS) {
      await this.page.click(`[data-agent="${agent}"]:enabled`, { timeout: PATIENCE_MS });
      await this.until("an answer", (desk) => desk.mode !== "signing_in");
      refused = (await this.state()).agent === null;
      if (refused) await this.page.waitForTimeout(1_000);
    }
    await this.until("signed in", (desk) => desk.mode === "not_ready" || desk.mode === "ready");
    if ((await this.state()).mode === "not_ready") await this.page.click(".button.ready");
    await this.until("ready", (desk) => desk.mode === "ready");
  }

  /** @param {number} [patience] ms */
  rings(patience = PATIENCE_MS) {
    return this.until("a ring", (desk) => desk.ring !== null, patience);
  }

  accept() {
    return this.page.keyboard.press("Enter");
  }

  reject() {
    return this.page.keyboard.press("Escape");
  }

  // Looking

  /** The latest call's times in ms since its click, and `clickedAt` in wall time. */
  timing() {
    return this.page.evaluate(() => {
      const { id, epoch, click, ...steps } = window.vireo.timings.at(-1);
      const since = Object.entries(steps).map(([step, at]) => [step, Math.round((at - click) * 10) / 10]);
      return { id, clickedAt: epoch + click, ...Object.fromEntries(since) };
    });
  }

  look() {
    return this.page.evaluate(lookInPage);
  }

  stats() {
    return this.page.evaluate(statsInPage);
  }

  watchChange() {
    return this.page.evaluate(watchChangeInPage);
  }

  /** Wall time in ms at which the watched picture changed. */
  changedAt() {
    return this.inside("another picture", () => window.vireo.changedAt);
  }

  /** Writes the remote picture, as it was received, as a PNG. @param {string} file */
  async received(file) {
    const png = await this.page.evaluate(pngInPage);
    if (png === null) throw new Error("no picture is there");
    await writeFile(file, Buffer.from(png.slice(png.indexOf(",") + 1), "base64"));
    return file;
  }

  /** How alike the remote picture and a PNG are now. @param {string} file */
  async ssim(file) {
    const png = `data:image/png;base64,${(await readFile(file)).toString("base64")}`;
    return this.page.evaluate(ssimInPage, png);
  }

  /**
   * Waits until the picture is like the PNG; answers the best likeness and the ms until `enough`, null if never.
   * @param {string} file
   * @param {{enough?: number, patience?: number}} [limits]
   */
  async shows(file, { enough = 0.9, patience = PATIENCE_MS } = {}) {
    const began = performance.now();
    let best = 0;
    while (performance.now() - began < patience) {
      best = Math.max(best, await this.ssim(file));
      if (best >= enough) return { ssim: best, ms: Math.round(performance.now() - began) };
      await this.page.waitForTimeout(100);
    }
    return { ssim: best, ms: null };
  }

  /** Whether pictures and sound come: what has grown in `ms`, and how the picture looks. @param {number} [ms] */
  async plays(ms = 1_500) {
    const before = await this.stats();
    await this.page.waitForTimeout(ms);
    const [after, look] = [await this.stats(), await this.look()];
    if (!before || !after) return { pictures: 0, packets: 0, level: 0, black: true, look, stats: after };
    const seconds = Math.max(0.001, after.audio.seconds - before.audio.seconds);
    return {
      pictures: after.video.decoded - before.video.decoded,
      packets: after.audio.packets - before.audio.packets,
      // Root mean square of the sound, 0..1 (webrtc-stats, totalAudioEnergy).
      level: Math.sqrt(Math.max(0, after.audio.energy - before.audio.energy) / seconds),
      black: look.spread < 6,
      look,
      stats: after,
    };
  }

  /** @param {string} file @param {boolean} [whole] beyond the window too */
  async screenshot(file, whole = true) {
    await this.page.screenshot({ path: file, fullPage: whole });
    return file;
  }
}
