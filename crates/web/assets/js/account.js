// Who is signed in, and asking the gateway in their name.
import { signal } from "./ui.js";

/**
 * @typedef {{name: string, role: "agent"|"supervisor"|"operator"|"admin", agent: string|null, must_change: boolean,
 *   csrf: string}} Me
 * @typedef {{status: number, data: any}} Answer `status` 0: nobody answered
 */

/** `undefined` while it is not known, `null` for nobody. @type {import("@preact/signals").Signal<Me|null|undefined>} */
export const me = signal(undefined);

/**
 * Asks the gateway; what changes something carries the session's token.
 * @param {string} path below /api/v1
 * @param {string} [method]
 * @param {unknown} [body]
 * @returns {Promise<Answer>}
 */
export async function ask(path, method = "GET", body = undefined) {
  /** @type {Record<string, string>} */
  const headers = {};
  if (body !== undefined) headers["content-type"] = "application/json";
  if (method !== "GET" && me.value) headers["x-csrf-token"] = me.value.csrf;
  try {
    const response = await fetch(`/api/v1${path}`, {
      method, headers, cache: "no-store", signal: AbortSignal.timeout(10_000),
      body: body === undefined ? null : JSON.stringify(body),
    });
    return { status: response.status, data: await response.json().catch(() => null) };
  } catch {
    return { status: 0, data: null };
  }
}

/** Finds out who is signed in. */
export async function whoAmI() {
  const { status, data } = await ask("/session");
  if (status === 200) me.value = data;
  else if (status === 204 || me.value === undefined) me.value = null;
  return me.value ?? null;
}

/**
 * Signs in; answers what came of it.
 * @param {string} name
 * @param {string} password
 */
export async function signIn(name, password) {
  const answer = await ask("/session", "POST", { name, password });
  if (answer.status === 200) me.value = answer.data;
  return answer;
}

export async function signOut() {
  await ask("/session", "DELETE");
  me.value = null;
  location.assign("/");
}

/** To the page where one signs in, and back here afterwards. */
export function toSignIn() {
  location.assign(`/sign-in?next=${encodeURIComponent(location.pathname)}`);
}

/** For pages that nobody sees without an account. */
export async function mustBeSignedIn() {
  const who = await whoAmI();
  if (who === null || who.must_change) toSignIn();
  return who;
}

/** Where to go after signing in: a page of ours, never elsewhere. @param {string} search of the address */
export function nextPage(search) {
  const next = new URLSearchParams(search).get("next") ?? "/";
  return /^\/[a-z-]*$/.test(next) ? next : "/";
}

/** Pages that need an account, with the roles that may. @type {Record<string, Me["role"][]>} */
const ROLES = {
  "/desk": ["agent", "supervisor", "operator", "admin"],
  "/calls": ["supervisor", "operator", "admin"],
  "/supervisor": ["supervisor", "admin"],
  "/wallboard": ["supervisor", "operator", "admin"],
  "/dialplans": ["supervisor", "operator", "admin"],
  "/accounts": ["admin"],
};

/** Whether whoever is signed in may see a page. @param {string} path @param {Me|null|undefined} who */
export const maySee = (path, who) => ROLES[path] === undefined || (who ? ROLES[path].includes(who.role) : path === "/desk");
