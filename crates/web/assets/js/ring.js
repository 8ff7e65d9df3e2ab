// The desk's ring tone: two soft notes that rise, as a vireo asks; again every two seconds until stopped.

/** @returns {() => void} stops it */
export function ringTone() {
  const context = new AudioContext();
  const level = context.createGain();
  level.gain.value = 0;
  const voice = context.createOscillator();
  voice.type = "triangle";
  voice.connect(level).connect(context.destination);
  voice.start();
  const sing = () => {
    const from = context.currentTime + 0.05;
    note(from, 880, 1175);
    note(from + 0.32, 988, 1319);
  };
  const note = (/** @type {number} */ at, /** @type {number} */ low, /** @type {number} */ high) => {
    voice.frequency.setValueAtTime(low, at);
    voice.frequency.exponentialRampToValueAtTime(high, at + 0.18);
    level.gain.setValueAtTime(0, at);
    level.gain.linearRampToValueAtTime(0.16, at + 0.03);
    level.gain.linearRampToValueAtTime(0, at + 0.26);
  };
  sing();
  const timer = setInterval(sing, 2_000);
  return () => {
    clearInterval(timer);
    void context.close();
  };
}
