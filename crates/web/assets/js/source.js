// What we send: the camera, or a moving test picture with a soft tone where there is none.

/** CIF, as the hotline draws and relays it. */
const WIDTH = 352;
const HEIGHT = 288;
const PICTURES_PER_SECOND = 15;
/** The tone: quiet enough to talk over, loud enough to move a level meter. */
const TONE_GAIN = 0.04;

/**
 * @typedef {object} Source
 * @property {"camera"|"test"} kind
 * @property {MediaStream} stream
 * @property {string|null} notice key of the text that says why it is not the camera
 * @property {() => void} stop
 */

/**
 * The camera if it is wanted and there is one, else the test picture.
 * @param {"camera"|"test"} wanted
 * @param {{hue: number, pitch: number}} look of the test picture, so that two ends can be told apart
 * @returns {Promise<Source>}
 */
export async function openSource(wanted, look) {
  if (wanted === "test") return testPicture(look, null);
  if (!navigator.mediaDevices?.getUserMedia) return testPicture(look, "camera_insecure");
  try {
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
      video: { width: { ideal: WIDTH }, height: { ideal: HEIGHT }, frameRate: { ideal: PICTURES_PER_SECOND, max: 30 } },
    });
    const stop = () => stream.getTracks().forEach((track) => track.stop());
    return { kind: "camera", stream, notice: null, stop };
  } catch (error) {
    return testPicture(look, noticeOf(error));
  }
}

/** @param {unknown} error */
function noticeOf(error) {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "camera_denied";
  return name === "NotFoundError" || name === "OverconstrainedError" ? "camera_missing" : "camera_busy";
}

/** @param {{hue: number, pitch: number}} look @param {string|null} notice @returns {Source} */
function testPicture({ hue, pitch }, notice) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [WIDTH, HEIGHT];
  const brush = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { alpha: false }));
  const began = performance.now();
  const picture = pictureTrack(canvas);
  const draw = () => {
    paint(brush, hue, performance.now() - began);
    picture.shown();
  };
  const ticks = new Worker(new URL("./tick.js", import.meta.url));
  ticks.onmessage = draw;
  ticks.postMessage(1000 / PICTURES_PER_SECOND);
  draw();
  const tone = toneTrack(pitch);
  const stream = new MediaStream([tone.track, picture.track]);
  const stop = () => {
    ticks.terminate();
    tone.stop();
    stream.getTracks().forEach((track) => track.stop());
  };
  return { kind: "test", stream, notice, stop };
}

/**
 * A track of what is painted. A generator goes on in a hidden tab, where a captured canvas stands still;
 * not every browser has it.
 * @param {HTMLCanvasElement} canvas
 * @returns {{track: MediaStreamTrack, shown: () => void}}
 */
export function pictureTrack(canvas) {
  const Generator = /** @type {any} */ (globalThis).MediaStreamTrackGenerator;
  if (!Generator || typeof VideoFrame !== "function") {
    return { track: canvas.captureStream(PICTURES_PER_SECOND).getVideoTracks()[0], shown: () => {} };
  }
  const track = new Generator({ kind: "video" });
  const writer = track.writable.getWriter();
  let busy = false;
  const shown = () => {
    if (busy || track.readyState === "ended") return;
    busy = true;
    const frame = new VideoFrame(canvas, { timestamp: Math.round(performance.now() * 1000) });
    writer.write(frame).catch(() => frame.close()).finally(() => {
      busy = false;
    });
  };
  return { track, shown };
}

/** A tone that swells once a second. @param {number} pitch Hz */
function toneTrack(pitch) {
  const context = new AudioContext();
  const [voice, swell, depth, level] =
    [context.createOscillator(), context.createOscillator(), context.createGain(), context.createGain()];
  voice.frequency.value = pitch;
  swell.frequency.value = 1;
  depth.gain.value = TONE_GAIN / 2;
  level.gain.value = TONE_GAIN / 2;
  const out = context.createMediaStreamDestination();
  swell.connect(depth).connect(level.gain);
  voice.connect(level).connect(out);
  voice.start();
  swell.start();
  // A page that nobody has touched yet, as after it was loaded anew, may make no sound: the first touch wakes it.
  const touches = ["pointerdown", "keydown"];
  const wake = () => void (context.state === "suspended" && context.resume());
  for (const touch of touches) addEventListener(touch, wake);
  const stop = () => {
    for (const touch of touches) removeEventListener(touch, wake);
    void context.close();
  };
  return { track: out.stream.getAudioTracks()[0], stop };
}

/**
 * One test picture: a bird that flies across bars, and the time.
 * @param {CanvasRenderingContext2D} brush
 * @param {number} hue degrees
 * @param {number} ms since the picture began
 */
function paint(brush, hue, ms) {
  const bars = 6;
  for (let bar = 0; bar < bars; bar += 1) {
    brush.fillStyle = `hsl(${hue + bar * 8} 45% ${26 + bar * 7}%)`;
    brush.fillRect((bar * WIDTH) / bars, 0, WIDTH / bars + 1, HEIGHT);
  }
  brush.fillStyle = "hsl(160 60% 8% / 55%)";
  brush.fillRect(0, HEIGHT - 44, WIDTH, 44);
  brush.fillStyle = "#fff";
  brush.font = "600 22px system-ui, sans-serif";
  brush.textBaseline = "middle";
  brush.fillText(new Date().toLocaleTimeString([], { hour12: false }), 14, HEIGHT - 22);
  brush.fillStyle = "#6fe3b4";
  brush.fillRect(WIDTH - 134, HEIGHT - 28, ((ms % 1000) / 1000) * 120, 12);
  const x = ((ms / 14) % (WIDTH + 90)) - 45;
  bird(brush, x, 118 + Math.sin(ms / 420) * 34, Math.sin(ms / 90));
}

/** @param {CanvasRenderingContext2D} brush @param {number} x @param {number} y @param {number} wing -1..1 */
function bird(brush, x, y, wing) {
  brush.save();
  brush.translate(x, y);
  brush.fillStyle = "#f4f6f1";
  brush.beginPath();
  brush.ellipse(0, 0, 34, 20, -0.15, 0, Math.PI * 2);
  brush.ellipse(28, -14, 14, 13, 0, 0, Math.PI * 2);
  brush.fill();
  brush.beginPath();
  brush.moveTo(-26, 2);
  brush.lineTo(-58, 10);
  brush.lineTo(-28, 14);
  brush.fill();
  brush.fillStyle = "#f2c14e";
  brush.beginPath();
  brush.moveTo(40, -16);
  brush.lineTo(54, -12);
  brush.lineTo(40, -8);
  brush.fill();
  brush.fillStyle = "#14614f";
  brush.beginPath();
  brush.moveTo(-16, -4);
  brush.quadraticCurveTo(-14, -44 * wing, 14, -2);
  brush.fill();
  brush.beginPath();
  brush.arc(31, -17, 2.6, 0, Math.PI * 2);
  brush.fill();
  brush.restore();
}
