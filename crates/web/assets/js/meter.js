// How loud a stream is, for a level meter and for the question whether a microphone hears anything.

/** Below this nothing is drawn. */
export const QUIETEST_DB = -60;
/** A voice at a usual distance is louder than this; the noise of a quiet room is not. */
export const HEARD_DB = -45;
const LOOK_MS = 60;
/** How long a browser takes to begin to measure, at most. */
const BEGINS_MS = 1_000;

/**
 * What is known of the equipment. `level` in dB; null where nothing can be measured.
 * @typedef {{picture: boolean, sound: boolean, heard: boolean, level: number|null, patient: boolean}} Equipment
 */

/** Nothing is open yet. @type {Equipment} */
export const UNKNOWN = { picture: false, sound: false, heard: false, level: QUIETEST_DB, patient: true };

/** Whether an agent with this equipment may get ready at once. Pure. @param {Equipment} has */
export const passes = (has) => has.picture && has.sound && (has.heard || has.level === null);

/** Another level. Pure. @param {Equipment} has @param {number|null} level @returns {Equipment} */
export const measured = (has, level) => ({ ...has, level, heard: has.heard || (level !== null && level >= HEARD_DB) });

/** The level of samples between -1 and 1, in dB below full scale. Pure. @param {ArrayLike<number>} samples */
export function decibels(samples) {
  let sum = 0;
  for (let at = 0; at < samples.length; at += 1) sum += samples[at] ** 2;
  const rms = Math.sqrt(sum / Math.max(1, samples.length));
  return Math.max(QUIETEST_DB, 20 * Math.log10(rms));
}

/**
 * Tells the level of a stream's sound again and again; null while the browser, which nobody has touched yet, measures none.
 * @param {MediaStream} stream
 * @param {(level: number|null) => void} take dB
 * @returns {() => void} stops it
 */
export function listen(stream, take) {
  if (stream.getAudioTracks().length === 0) return () => {};
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  let waited = 0;
  const timer = setInterval(() => {
    if (context.state !== "running") {
      waited += LOOK_MS;
      return waited > BEGINS_MS ? take(null) : undefined;
    }
    analyser.getFloatTimeDomainData(samples);
    take(decibels(samples));
  }, LOOK_MS);
  return () => {
    clearInterval(timer);
    void context.close();
  };
}
