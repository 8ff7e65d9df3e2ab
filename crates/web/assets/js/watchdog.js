// Watches over a desk: an agent who cannot be seen or heard, or whose computer has slept, gets no calls.

/** Between two looks. */
const LOOK_MS = 5_000;
/** A computer that is merely busy, or a tab in the background, comes back sooner. */
const SLEPT_MS = 30_000;

/** @typedef {"camera_lost"|"microphone_lost"|"slept"} Trouble */

/** Whether the time between two looks was slept through. Pure. @param {number} before ms @param {number} now ms */
export const hasSlept = (before, now) => now - before >= SLEPT_MS;

/**
 * Tells when a track ends or falls silent by itself; what is stopped on purpose says nothing.
 * @param {MediaStream} stream
 * @param {(trouble: Trouble) => void} tell
 * @returns {() => void} stops it
 */
export function watchTracks(stream, tell) {
  const stops = stream.getTracks().map((track) => {
    const lost = () => tell(track.kind === "audio" ? "microphone_lost" : "camera_lost");
    // A track that is muted for a moment, as when another device takes over, is not lost.
    let timer = 0;
    const muted = () => {
      timer = window.setTimeout(() => track.muted && lost(), LOOK_MS);
    };
    track.addEventListener("ended", lost);
    track.addEventListener("mute", muted);
    return () => {
      clearTimeout(timer);
      track.removeEventListener("ended", lost);
      track.removeEventListener("mute", muted);
    };
  });
  return () => stops.forEach((stop) => stop());
}

/** Tells when the computer wakes up again. @param {(trouble: Trouble) => void} tell */
export function watchSleep(tell) {
  let before = Date.now();
  // A worker's clock is not slowed down when the tab is in the background.
  const ticks = new Worker(new URL("./tick.js", import.meta.url));
  ticks.onmessage = () => {
    const now = Date.now();
    if (hasSlept(before, now)) tell("slept");
    before = now;
  };
  ticks.postMessage(LOOK_MS);
}
