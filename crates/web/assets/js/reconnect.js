// When to try again after a lost WebSocket. Pure: time and chance are handed in.

/** How long the gateway keeps a call or a sign-in whose socket is lost, in ms. */
export const GRACE_MS = 10_000;
/** Longest pause between two tries, in ms. */
export const PAUSE_MAX_MS = 10_000;
/** Longest pause while the gateway still keeps the call: every second counts then. */
export const PAUSE_IN_GRACE_MS = 1_000;
/** First pause, in ms. */
export const PAUSE_FIRST_MS = 150;

/**
 * The pause before the next try, in ms: doubled each time, spread by a quarter so that the clients of a
 * restarted gateway do not all come at once.
 * @param {number} tries how many have failed since the loss
 * @param {number} lostFor ms since the loss
 * @param {number} random in 0..1
 */
export function pause(tries, lostFor, random) {
  const ceiling = lostFor < GRACE_MS ? PAUSE_IN_GRACE_MS : PAUSE_MAX_MS;
  const plain = Math.min(PAUSE_FIRST_MS * 2 ** Math.min(tries, 16), ceiling);
  return Math.round(plain * (0.75 + random / 4));
}

/** Whether the gateway may still keep what the token stands for. @param {number} lostFor ms */
export function mayResume(lostFor) {
  return lostFor < GRACE_MS;
}
