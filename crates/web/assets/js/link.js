// The WebSocket of one session: says hello, keeps alive, comes back with the token after a loss.
// What is said while it is lost waits for the resumed session. Nothing of calls is known here.
import { decode, encode } from "./protocol.js";
import { GRACE_MS, mayResume, pause } from "./reconnect.js";

/** @import { FromGateway, Welcome } from "./protocol.js" */

/** How often we show that we are alive; the gateway closes after 30 s. */
const PING_MS = 8_000;
/** A pong that takes longer means a dead socket. */
const PONG_MS = 5_000;
/** How often a lost link in a hidden tab looks whether it is time to try again. */
const TICK_LOST_MS = 1_000;
/** Messages kept during a loss; more are dropped, oldest first. */
const WAITING_MAX = 64;
/** How a page closes its socket that is closed or loaded anew: it cannot know which. */
const AWAY = 4001;
/** How the gateway closes a desk whose account may not have it any more. */
const SIGNED_OUT = 4401;
/** The errors after which trying again is no use. */
const FOR_GOOD = ["bad_version", "sign_in"];

/**
 * @typedef {"connecting"|"open"|"lost"|"refused"|"closed"} LinkState
 * @typedef {object} Handlers
 * @property {(message: FromGateway) => void} message everything but `pong` and `welcome`
 * @property {(welcome: Welcome) => void} welcome a session began, or was resumed
 * @property {() => void} gone the gateway no longer keeps the session
 * @property {(state: LinkState) => void} state
 */

export class Link {
  /**
   * @param {"phone"|"desk"|"lead"} role
   * @param {Handlers} handlers
   * @param {string|null} [token] of the page before this one
   * @param {string} [url]
   */
  constructor(role, handlers, token = null, url = socketUrl(location)) {
    this.role = role;
    this.handlers = handlers;
    this.url = url;
    /** @type {LinkState} */
    this.state = "connecting";
    /** @type {string|null} */
    this.token = token;
    /** @type {WebSocket|null} */
    this.socket = null;
    /** @type {string[]} */
    this.waiting = [];
    this.lostAt = 0;
    this.tries = 0;
    /** @type {number|undefined} */
    this.timer = undefined;
    /** @type {number|undefined} */
    this.overdue = undefined;
    this.welcomed = false;
    this.refused = false;
    /** Ticks where a hidden tab's own timers are slowed to one a minute, and the gateway would miss our pings. */
    this.ticks = new Worker(new URL("./tick.js", import.meta.url));
    this.ticks.onmessage = () => this.tick();
    this.ticks.postMessage(PING_MS);
    this.due = 0;
    addEventListener("online", () => this.tryNow());
    this.open();
  }

  open() {
    clearTimeout(this.timer);
    this.welcomed = false;
    const socket = new WebSocket(this.url);
    this.socket = socket;
    socket.onopen = () => {
      const resume = this.token && this.canResume() ? { resume: this.token } : {};
      socket.send(encode("hello", { role: this.role, ...resume }));
      this.expectAnswer();
    };
    socket.onmessage = (event) => this.read(event.data);
    socket.onclose = (event) => {
      if (this.socket !== socket) return;
      this.refused ||= event.code === SIGNED_OUT;
      this.lose();
    };
  }

  canResume() {
    return this.lostAt === 0 || mayResume(performance.now() - this.lostAt);
  }

  /** @param {unknown} data */
  read(data) {
    clearTimeout(this.overdue);
    const message = decode(data);
    if (message === null) return;
    if (message.type === "pong") return;
    if (message.type === "welcome") return this.begin(message);
    if (message.type === "error") {
      this.refused = FOR_GOOD.includes(message.code);
      console.warn("the gateway says:", message.code, message.text);
    }
    this.handlers.message(message);
  }

  /** @param {Welcome} welcome */
  begin(welcome) {
    const had = this.token !== null;
    this.token = welcome.token;
    this.welcomed = true;
    this.tries = 0;
    this.lostAt = 0;
    this.enter("open");
    this.ticks.postMessage(PING_MS);
    if (had && !welcome.resumed) {
      this.waiting = [];
      this.handlers.gone();
    }
    this.handlers.welcome(welcome);
    for (const text of this.waiting.splice(0)) this.socket?.send(text);
  }

  tick() {
    if (this.state !== "lost") this.ping();
    else if (performance.now() >= this.due) this.tryNow();
  }

  ping() {
    if (!this.welcomed || this.socket?.readyState !== WebSocket.OPEN) return;
    this.socket.send(encode("ping"));
    this.expectAnswer();
  }

  expectAnswer() {
    clearTimeout(this.overdue);
    this.overdue = setTimeout(() => this.drop(), PONG_MS);
  }

  /** A silent socket is as good as lost; its own closing could take minutes. */
  drop() {
    const socket = this.socket;
    this.socket = null;
    if (socket) socket.onclose = socket.onmessage = null;
    socket?.close();
    this.lose();
  }

  lose() {
    clearTimeout(this.overdue);
    clearTimeout(this.timer);
    this.socket = null;
    if (this.state === "closed") return;
    if (this.refused) return this.enter("refused");
    if (this.lostAt === 0) this.lostAt = performance.now();
    const lostFor = performance.now() - this.lostAt;
    if (this.token !== null && lostFor > GRACE_MS) {
      this.token = null;
      this.waiting = [];
      this.handlers.gone();
    }
    this.enter("lost");
    const wait = pause(this.tries, lostFor, Math.random());
    this.due = performance.now() + wait;
    this.timer = setTimeout(() => this.open(), wait);
    this.ticks.postMessage(TICK_LOST_MS);
    this.tries += 1;
  }

  /** The network is back, or somebody is looking: no more waiting. */
  tryNow() {
    if (this.state === "lost" && this.socket === null) this.open();
  }

  /** @param {LinkState} state */
  enter(state) {
    if (this.state === state) return;
    this.state = state;
    this.handlers.state(state);
  }

  /**
   * Says something now, or as soon as the session is resumed.
   * @param {string} type
   * @param {Record<string, unknown>} [fields]
   */
  send(type, fields) {
    const text = encode(type, fields);
    if (this.welcomed && this.socket?.readyState === WebSocket.OPEN) return this.socket.send(text);
    this.waiting.push(text);
    if (this.waiting.length > WAITING_MAX) this.waiting.shift();
  }

  /** The page is left; whoever has the token may come back for a moment. */
  close() {
    clearTimeout(this.timer);
    clearTimeout(this.overdue);
    this.ticks.terminate();
    this.enter("closed");
    this.socket?.close(AWAY);
  }
}

/** @param {{protocol: string, host: string}} place */
export function socketUrl(place) {
  return `${place.protocol === "https:" ? "wss:" : "ws:"}//${place.host}/ws`;
}
