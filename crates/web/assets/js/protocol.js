// The signalling messages between page and gateway: JSON over a WebSocket, see PROTOCOL.md. Pure.
// Every message is {"v":1,"type":...}. What is malformed becomes null and is dropped by the caller.

/** Version of the messages; the gateway closes on any other. */
export const VERSION = 1;

/**
 * @typedef {{name: string, taken: boolean}} AgentName
 * @typedef {{width: number, height: number, fps: number, kbps: number}} Pictures what ours must keep within
 * @typedef {{call: number, caller: string, number: string, queue: string, video?: boolean, ticket?: string, stars?: number, path?: string[], auto_answer?: boolean}} Ring
 * @typedef {"not_ready"|"ready"|"ringing"|"talking"|"wrap_up"} AgentMode
 * @typedef {{type: "welcome", token: string, resumed: boolean, state: Drawn,
 *   ice_servers: RTCIceServer[], numbers: string[], agents: AgentName[], service: {version: number}}} Welcome
 * @typedef {{call?: number, seconds?: number, talking?: string, waiting?: {place: number, waiting: number}, ring?: Ring, agent?: AgentNow, desk?: DeskNow,
 *   showing?: {node: string, text: string, language: string}}} Drawn what a page needs to draw itself anew
 * @typedef {{agent?: string, state: AgentMode, seconds?: number, reason?: string}} AgentNow no `agent`: signed out
 * @typedef {{on_air: boolean, held: boolean, curtain: boolean, shielded?: boolean, shown?: string, shelf: string[],
 *   queues: string[], codes?: string[]}} DeskNow
 * @typedef {{part: "monitor"|"whisper"|"barge_in"|"take_over", agent?: boolean, seen?: boolean, caller: string, agent_name: string}} PartNow
 * @typedef {Welcome
 *   | {type: "answer", sdp: string, pictures?: Pictures}
 *   | {type: "candidate", candidate: string, mid: string|null, line: number|null}
 *   | {type: "accepted", call: number}
 *   | {type: "refused", status: number, reason: string, retry_after_s?: number}
 *   | {type: "showing", node: string, text: string, language: string}
 *   | {type: "waiting", place: number, waiting: number}
 *   | {type: "talking", with: string}
 *   | {type: "ended", why: string}
 *   | ({type: "agent"} & AgentNow)
 *   | ({type: "desk"} & DeskNow)
 *   | ({type: "part"} & PartNow)
 *   | {type: "text", text: string}
 *   | ({type: "ring"} & Ring)
 *   | {type: "stop_ringing", call: number, why: string}
 *   | {type: "message", from: string, text: string}
 *   | {type: "service", version: number}
 *   | {type: "error", code: string, text: string}
 *   | {type: "pong"}} FromGateway
 */

/** Fields that must be there, by their `typeof`. @type {Record<string, Record<string, string>>} */
const FIELDS = {
  welcome: { token: "string", resumed: "boolean" },
  answer: { sdp: "string" },
  candidate: { candidate: "string" },
  accepted: { call: "number" },
  refused: { status: "number", reason: "string" },
  showing: { text: "string" },
  waiting: { place: "number", waiting: "number" },
  talking: { with: "string" },
  ended: { why: "string" },
  agent: { state: "string" },
  ring: { call: "number", caller: "string", number: "string", queue: "string" },
  desk: { on_air: "boolean", held: "boolean", curtain: "boolean", shelf: "object", queues: "object" },
  part: { part: "string", caller: "string", agent_name: "string" },
  text: { text: "string" },
  stop_ringing: { call: "number", why: "string" },
  message: { from: "string", text: "string" },
  service: { version: "number" },
  error: { code: "string", text: "string" },
  pong: {},
};

/**
 * One message as text.
 * @param {string} type
 * @param {Record<string, unknown>} [fields]
 */
export function encode(type, fields = {}) {
  return JSON.stringify({ v: VERSION, type, ...fields });
}

/**
 * Reads one message; null when it is none that this version knows.
 * @param {unknown} text
 * @returns {FromGateway | null}
 */
export function decode(text) {
  if (typeof text !== "string") return null;
  let message;
  try {
    message = JSON.parse(text);
  } catch {
    return null;
  }
  if (message === null || typeof message !== "object" || message.v !== VERSION) return null;
  const fields = Object.hasOwn(FIELDS, message.type) ? FIELDS[message.type] : undefined;
  if (!fields) return null;
  for (const [name, kind] of Object.entries(fields)) if (!is(kind, message[name])) return null;
  return message.type === "welcome" ? filled(message) : message;
}

/** @param {string} kind @param {unknown} value */
function is(kind, value) {
  return kind === "number" ? Number.isFinite(value) : typeof value === kind;
}

/** Lists that a gateway may leave out. @param {any} welcome @returns {Welcome} */
function filled(welcome) {
  const list = (/** @type {unknown} */ value) => (Array.isArray(value) ? value : []);
  return {
    ...welcome,
    state: welcome.state ?? {},
    ice_servers: list(welcome.ice_servers),
    numbers: list(welcome.numbers),
    agents: list(welcome.agents),
    service: welcome.service ?? { version: 0 },
  };
}

/** What a caller may press. @param {string} digit */
export function isDigit(digit) {
  return /^[0-9*#]$/.test(digit);
}
