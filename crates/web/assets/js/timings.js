// How long things take, from the press of a button to the first picture: for tests, and for a look by hand
// (`vireo.timings` in the console). Each step is a performance mark too.

/**
 * Times in ms of one call, by `performance.now()`; `epoch` + time is wall time.
 * @typedef {{id: number, epoch: number, click: number, [step: string]: number}} Timing
 */

/** The latest come last; older ones are forgotten. */
const KEPT_MAX = 500;

/** @type {Timing[]} */
export const timings = [];

let count = 0;

/** A button was pressed. */
export function begin() {
  count += 1;
  const timing = { id: count, epoch: performance.timeOrigin, click: performance.now() };
  timings.push(timing);
  if (timings.length > KEPT_MAX) timings.shift();
  performance.mark(`vireo:${count}:click`);
}

/** A step is done; only its first time counts. @param {string} step */
export function reached(step) {
  const timing = timings.at(-1);
  if (!timing || step in timing) return;
  timing[step] = performance.now();
  performance.mark(`vireo:${timing.id}:${step}`);
}
