// Drives headless Chromium against a running gateway and prints what it saw as lines of JSON.
//
//   npm ci
//   node drive.mjs SCENARIO --url http://127.0.0.1:8080 [--option value]...
//
// Lines: any number of {"event": ..., "at": ms, ...} while it runs, then one {"ok": true, "scenario": ..., ...}
// with the results, or {"ok": false, "error": ...} and exit code 1 when the scenario could not go on. The test
// that starts it judges the numbers; nothing is judged here.
//
// Scenarios (scenarios.mjs), and the options each reads beside --number (1008621), --key and --out (a folder that
// exists, for screenshots):
//   pages                 every page wide and narrow -> shots, errors, foreign hosts, what is too wide, barriers, bytes
//   answers-itself        a desk with auto_answer; by which way the caller came
//   work                  an agent checks the equipment, shows a picture, notes, keeps a snapshot, is insulted
//   keyboard              visitor, agent and supervisor work without a mouse
//   supervises            a supervisor listens, whispers, joins in and takes over
//   supervisor            an agent is taken off and told so, the queue is closed
//   wallboard             a visitor waits, talks and leaves; what the wallboard says
//   conduct               --plate A.png --page B.png   curtain, shelf, hold, handing on
//   menu                  --slide A.png --next B.png [--key 1]   call, picture like A, key, picture like B, hang up
//   agent                 --hang-up phone|desk   0, desk rings, answer, both play, one hangs up
//   desk-closed-ringing   the desk that rings is closed, the other one answers
//   desk-closed-talking   the desk that talks is closed; what the caller sees then
//   cut                   [--seconds 3]   the WebSockets of both are cut while they talk
//   reload                [--slide A.png] [--desk camera]   the pages of both are loaded anew: at the menu, while they talk
//   race                  [--calls 1]   two desks press Enter; how many talk
//   timings               [--calls 20] [--answers 0]   click to first picture, answer to both pictures: p50, p99
//   desk                  [--hang-up desk] [--write TEXT] [--show NAME]   says "ready", answers a caller who is no browser
//   phone                 [--hang-up phone]  calls an agent who is no browser, says "talking"
// and in network.mjs, for which the test makes the network bad or the service another at the lines named here:
//   outage                says "up", "interrupted"; whether the call comes back, and by an ICE restart, or ends
//   no-media              calls without waiting for a picture; how and when it ends
//   loss                  says "joined"; how both play until [--seconds 10] later, says "enough", and after that
//   edited                [--key 1] says "shown", waits until version 2 is live; what this call and the next show
//   sound                 a visitor without any video line hears the menu and is answered at the desk
//   relay                 a visitor whose media goes by TURN only
//   serve                 obeys lines of JSON on stdin, see below
// --agents desk1,desk2 names the browser agents, --source test lets the phone send the test picture instead of
// Chromium's fake camera. VIREO_CHROMIUM names the browser's program (/usr/bin/chromium).
//
// `serve`: {"do": "open", "tab": "a", "path": "/phone"} opens a tab; {"tab": "a", "do": M, "with": [...]} calls the
// method M of tabs.mjs (call, dial, key, reaches, hangUp, work, rings, accept, reject, state, look, plays, stats, received,
// ssim, shows, timing, screenshot, close); each is answered by one line {"did": M, "tab": "a", "result": ...} or {"did", "error"}.
// The end of stdin ends it.
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { NETWORK } from "./network.mjs";
import { SCENARIOS as PLAIN } from "./scenarios.mjs";
import { Tab, closeAll, launch } from "./tabs.mjs";

const SCENARIOS = { ...PLAIN, ...NETWORK };

const print = (/** @type {object} */ line) => process.stdout.write(`${JSON.stringify(line)}\n`);

const OPTIONS = ["url", "number", "key", "out", "slide", "next", "plate", "page", "hang-up", "seconds", "calls", "answers", "agents", "source", "desk", "write", "show"];
const TAB_METHODS = ["call", "dial", "picture", "key", "reaches", "hangUp", "work", "rings", "accept", "reject", "state", "link", "look",
  "plays", "stats", "received", "ssim", "shows", "timing", "screenshot", "close"];

/** @param {import("./scenarios.mjs").Stage} stage */
async function serve({ browser, url }) {
  /** @type {Map<string, Tab>} */
  const tabs = new Map();
  const obey = async ({ tab, do: name, with: words = [], ...how }) => {
    if (name === "open") {
      tabs.set(tab, await Tab.open(browser, url, how));
      return null;
    }
    const open = tabs.get(tab);
    if (!open) throw new Error(`no tab ${tab} is open`);
    if (!TAB_METHODS.includes(name)) throw new Error(`a tab cannot ${name}`);
    return (await open[name](...words)) ?? null;
  };
  for await (const line of createInterface({ input: process.stdin })) {
    if (line.trim() === "") continue;
    const command = JSON.parse(line);
    const did = { did: command.do, tab: command.tab };
    await obey(command).then((result) => print({ ...did, result }), (error) => print({ ...did, error: error.message }));
  }
  return {};
}

async function main() {
  const options = Object.fromEntries(OPTIONS.map((name) => [name, /** @type {const} */ ({ type: "string" })]));
  const { values, positionals: [scenario] } = parseArgs({ options, allowPositionals: true });
  const run = scenario === "serve" ? serve : SCENARIOS[scenario];
  if (!run || !values.url) throw new Error(`usage: drive.mjs SCENARIO --url URL; scenarios: ${Object.keys(SCENARIOS).join(", ")}, serve`);
  const began = performance.now();
  const say = (event, more = {}) => print({ event, at: Math.round(performance.now() - began), ...more });
  const browser = await launch();
  try {
    const url = String(values.url).replace(/\/$/, "");
    print({ ok: true, scenario, ...(await run({ browser, url, options: values, say })) });
  } finally {
    await closeAll();
    await browser.close();
  }
}

main().catch((error) => {
  print({ ok: false, error: error.message });
  process.exitCode = 1;
});
