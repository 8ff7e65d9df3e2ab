// What phone and desk have in common: the link, the source of our picture, and the peer of the one call.
import { Link } from "./link.js";
import { Peer, canCall } from "./peer.js";
import { openSource } from "./source.js";
import { begin, reached, timings } from "./timings.js";
import { batch, keep, leaveBehind, recall, signal, takeUp } from "./ui.js";

/** @import { FromGateway, Welcome } from "./protocol.js" */
/** @import { LinkState } from "./link.js" */
/** @import { Source } from "./source.js" */

export { canCall };

/**
 * @typedef {object} SessionHandlers
 * @property {(message: FromGateway) => void} message
 * @property {(welcome: Welcome) => void} welcome
 * @property {() => void} gone
 * @property {() => unknown} state what the page knows, for tests and for a look by hand
 */

export class Session {
  /**
   * @param {"phone"|"desk"|"lead"} role
   * @param {{hue: number, pitch: number}} look of our test picture
   * @param {SessionHandlers} handlers
   */
  constructor(role, look, handlers) {
    this.role = role;
    this.look = look;
    this.handlers = handlers;
    /** @type {import("@preact/signals").Signal<LinkState>} */
    this.link = signal("connecting");
    /** @type {import("@preact/signals").Signal<Welcome|null>} */
    this.welcome = signal(null);
    /** @type {import("@preact/signals").Signal<Source|null>} */
    this.source = signal(null);
    this.opening = signal(false);
    /** @type {import("@preact/signals").Signal<MediaStream|null>} */
    this.remote = signal(null);
    this.interrupted = signal(false);
    this.muted = signal(false);
    /** Set when the browser wants a gesture before it plays sound. @type {import("@preact/signals").Signal<(() => void)|null>} */
    this.blocked = signal(null);
    /** @type {import("@preact/signals").Signal<"camera"|"test">} */
    this.wanted = signal(recall("source") === "test" ? "test" : "camera");
    this.refusal = signal("");
    /** @type {Peer|null} */
    this.peer = null;
    /** A source that is being opened. @type {Promise<Source>|null} */
    this.pending = null;
    this.socket = new Link(role, {
      message: (message) => this.heard(message),
      welcome: (welcome) => this.greeted(welcome),
      gone: () => this.handlers.gone(),
      state: (state) => {
        this.link.value = state;
      },
    }, takeUp(`session.${role}`));
    addEventListener("pagehide", () => this.leave());
    // A page brought back from the browser's cache has neither socket nor call.
    addEventListener("pageshow", (event) => event.persisted && location.reload());
    Object.assign(globalThis, { vireo: { timings, session: this, state: handlers.state } });
  }

  /** @param {Welcome} welcome */
  greeted(welcome) {
    this.welcome.value = welcome;
    this.handlers.welcome(welcome);
  }

  /** @param {FromGateway} message */
  heard(message) {
    if (message.type === "answer") {
      reached("answered");
      this.peer?.answer(message.sdp, message.pictures).catch((error) => console.warn("the answer does not fit:", error));
    } else if (message.type === "candidate") {
      void this.peer?.candidate(message);
    } else if (message.type === "error") {
      this.refusal.value = message.text;
    }
    this.handlers.message(message);
  }

  /** @param {string} type @param {Record<string, unknown>} [fields] */
  send(type, fields) {
    this.socket.send(type, fields);
  }

  /** The source that is wanted, if it is open. */
  ready() {
    const has = this.source.value;
    return has && (has.kind === this.wanted.value || has.notice !== null) ? has : null;
  }

  /** The source that is wanted, opened if need be; the same one for all who ask meanwhile. */
  open() {
    const has = this.ready();
    if (has) return Promise.resolve(has);
    this.pending ??= this.openAnew().finally(() => {
      this.pending = null;
    });
    return this.pending;
  }

  async openAnew() {
    this.opening.value = true;
    const source = await openSource(this.wanted.value, this.look);
    const had = this.source.value;
    batch(() => {
      this.opening.value = false;
      this.source.value = source;
    });
    had?.stop();
    return source;
  }

  /** @param {"camera"|"test"} kind */
  async want(kind) {
    this.wanted.value = kind;
    keep("source", kind);
    const had = this.source.value;
    if (!had) return;
    if (had.kind === kind) {
      // The test picture is wished for now, not a makeshift: a later wish for the camera tries it again.
      this.source.value = { ...had, notice: null };
      return;
    }
    await this.show(await this.open());
  }

  /** Camera and tone off. */
  release() {
    this.source.value?.stop();
    this.source.value = null;
  }

  /**
   * A connection for one call; resolves to its offer. A camera takes half a second to open: the call begins
   * meanwhile, and our picture follows.
   */
  async connect() {
    begin();
    this.disconnect();
    const source = this.ready();
    const peer = new Peer(this.welcome.value?.ice_servers ?? [], source?.stream ?? new MediaStream(), {
      send: (type, fields) => this.send(type, fields),
      state: (state) => {
        if (state === "connected") reached("connected");
        this.interrupted.value = state === "interrupted" || state === "failed";
      },
    });
    this.peer = peer;
    this.remote.value = peer.remote;
    const sdp = await peer.offer();
    reached("offered");
    if (!source) void this.open().then((opened) => this.show(opened, peer));
    return sdp;
  }

  /**
   * A new connection for a call that the page before this one had. @returns {Promise<void>}
   */
  async rejoin() {
    this.send("restart", { sdp: await this.connect() });
  }

  /** Sends a source in this call; one that comes too late is closed. @param {Source} source @param {Peer|null} [of] */
  async show(source, of = this.peer) {
    reached("source");
    if (of !== null && of !== this.peer) return this.peer === null ? this.release() : undefined;
    await this.peer?.replace(source.stream);
    // A page that may record may play, too.
    const play = this.blocked.value;
    this.blocked.value = null;
    play?.();
    this.peer?.mute(this.muted.value);
  }

  /** Sends this picture in place of the source's, or with null the source's again; false when there is no call. @param {MediaStreamTrack|null} track */
  async showInstead(track) {
    const own = this.source.value?.stream.getVideoTracks()[0] ?? null;
    return await this.peer?.replacePicture(track ?? own) ?? false;
  }

  /** The call is over; the session goes on. */
  disconnect() {
    this.peer?.close();
    this.peer = null;
    batch(() => {
      this.remote.value = null;
      this.interrupted.value = false;
      this.muted.value = false;
      this.blocked.value = null;
    });
    for (const track of this.source.value?.stream.getAudioTracks() ?? []) track.enabled = true;
  }

  toggleMute() {
    this.muted.value = !this.muted.value;
    this.peer?.mute(this.muted.value);
  }

  leave() {
    if (this.socket.token !== null) leaveBehind(`session.${this.role}`, this.socket.token);
    this.socket.close();
    this.disconnect();
    this.release();
  }
}

/** Whether a key press is meant for a field or button and not for the page. @param {KeyboardEvent} event */
export function typing(event) {
  const target = /** @type {HTMLElement} */ (event.target);
  return event.ctrlKey || event.altKey || event.metaKey || ["INPUT", "SELECT", "TEXTAREA"].includes(target.tagName);
}
