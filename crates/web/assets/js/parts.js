// What the pages share: frame, icons, notices, the stage with its pictures, the sonogram.
import { maySee, me, signOut, toSignIn, whoAmI } from "./account.js";
import { language, switchLanguage, t } from "./i18n.js";
import { effect, html, keep, recall, render, signal, useEffect, useRef } from "./ui.js";

/** "light", "dark", or null for what the system says. */
const theme = signal(recall("theme"));

effect(() => {
  if (theme.value) document.documentElement.dataset.theme = theme.value;
});

function switchTheme() {
  const dark = theme.value ? theme.value === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  theme.value = dark ? "light" : "dark";
  keep("theme", theme.value);
}

/** Outlines on a 24-dot grid. @type {Record<string, string>} */
const ICONS = {
  call: "M6 3h3l2 5-2.5 2a11 11 0 0 0 5.5 5.5L16 13l5 2v3a3 3 0 0 1-3 3A15 15 0 0 1 3 6a3 3 0 0 1 3-3z",
  end: "M3 14v-2c5-5 13-5 18 0v2l-1 2-5-1v-3c-2-.7-4-.7-6 0v3l-5 1z",
  voice: "M12 3a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3zM6 11a6 6 0 0 0 12 0M12 17v4",
  silent: "M12 3a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3zM6 11a6 6 0 0 0 12 0M12 17v4M4 3l16 18",
  theme: "M12 4a8 8 0 1 0 0 16zM12 4a8 8 0 0 1 0 16",
  picture: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15 9h.01",
  camera: "M3 8h4l2-3h6l2 3h4v11H3zM12 10a3.5 3.5 0 1 1 0 7a3.5 3.5 0 0 1 0-7z",
  shield: "M12 3l8 3v6c0 5-3.5 8-8 9-4.5-1-8-4-8-9V6z",
  sound: "M4 10v4h4l5 4V6l-5 4zM16 9c1.5 2 1.5 4 0 6M19 6c3 4 3 8 0 12",
};

/** @param {{name: string}} props */
export function Icon({ name }) {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d=${ICONS[name]} /></svg>`;
}

/** A vireo's phrase, as a sonogram shows it: slurred sweeps, none longer than half a second. */
const PHRASE = [
  "M8 60q6-34 16-30t14 22", "M56 44q8-30 18-4t18-10", "M112 70q4-44 14-46t10 40", "M150 34q10 26 20 6t16-12",
  "M204 64q10-46 22-40t10 30", "M250 30q6 30 16 34t14-34", "M296 58q8-22 16-8t18-26", "M346 40q8 34 18 10t14-22",
];

/** Where there is nothing to see yet. */
export function Song() {
  return html`<svg class="song" viewBox="0 0 386 88" aria-hidden="true">${PHRASE.map((d) => html`<path d=${d} />`)}</svg>`;
}

/** @param {{url: string}} props */
function Mark({ url }) {
  return html`<a class="brand" href="/">
    <img src=${url} width="34" height="34" alt="" />
    <span><b>vireo</b><small>${t("brand_line")}</small></span>
  </a>`;
}

const PAGES = [["/phone", "nav_phone"], ["/desk", "nav_desk"], ["/calls", "nav_calls"], ["/supervisor", "nav_supervisor"], ["/wallboard", "nav_wallboard"],
  ["/dialplans", "nav_dialplans"], ["/accounts", "nav_accounts"]];
const MARK = new URL("../vireo.svg", import.meta.url).href;

/** Who is signed in. */
function Own() {
  if (me.value === undefined || location.pathname === "/sign-in") return null;
  if (me.value === null) return html`<a class="plain" href="/sign-in?next=${encodeURIComponent(location.pathname)}">${t("sign_in")}</a>`;
  return html`<span class="own"><b>${me.value.name}</b><small>${t(`role_${me.value.role}`)}</small></span>
    <button type="button" class="plain sign-out" onClick=${signOut}>${t("sign_out")}</button>`;
}

/** @param {{children: any, foot?: string}} props */
function Frame({ children, foot }) {
  const here = (/** @type {string} */ path) => (location.pathname === path ? "page" : undefined);
  return html`
    <a class="skip" href="#main">${t("skip")}</a>
    <header class="top">
      <${Mark} url=${MARK} />
      <nav aria-label=${t("nav_label")}>
        ${PAGES.filter(([path]) => maySee(path, me.value)).map(([path, key]) => html`<a href=${path} aria-current=${here(path)}>${t(key)}</a>`)}
      </nav>
      <div class="switches">
        <${Own} />
        <button type="button" class="plain" lang=${language.value === "zh" ? "en" : "zh-CN"}
          title=${t("switch_language_label")} onClick=${switchLanguage}>${t("switch_language")}</button>
        <button type="button" class="plain round" aria-label=${t("switch_theme")} title=${t("switch_theme")}
          onClick=${switchTheme}><${Icon} name="theme" /></button>
      </div>
    </header>
    <main id="main" tabindex="-1">${children}</main>
    <footer class="foot">${foot}</footer>`;
}

/**
 * Draws a page and keeps its title in step with the language.
 * @param {string} titleKey
 * @param {() => any} Page
 * @param {() => string} [foot]
 */
export function show(titleKey, Page, foot = () => "") {
  const App = () => html`<${Frame} foot=${foot()}><${Page} /><//>`;
  effect(() => {
    document.title = `${t(titleKey)} - Vireo`;
  });
  if (me.value === undefined) void whoAmI();
  render(html`<${App} />`, /** @type {Element} */ (document.getElementById("app")));
}

/**
 * A line that tells what is going on; `alarm` is read out at once.
 * @param {{tone?: "calm"|"warn"|"alarm", children: any}} props
 */
export function Notice({ tone = "calm", children }) {
  return html`<p class="notice ${tone}" role=${tone === "alarm" ? "alert" : "status"}>${children}</p>`;
}

/** Asks for JSON every `ms` and hands it on; null when nobody answers. Whoever is not signed in any more, signs in. @param {string|(() => string)} path @param {number} ms @param {(data: any) => void} take */
export function poll(path, ms, take) {
  const ask = async () => {
    try {
      const response = await fetch(typeof path === "string" ? path : path(), { cache: "no-store", signal: AbortSignal.timeout(5_000) });
      if (response.status === 401) return toSignIn();
      take(response.ok ? await response.json() : null);
    } catch {
      take(null);
    }
    setTimeout(ask, ms);
  };
  ask();
}

/**
 * A stream's picture, and its sound unless `muted`.
 * @param {{stream: MediaStream|null, muted?: boolean, label: string, kind: string, onFirst?: () => void,
 *   onBlocked?: (play: () => void) => void}} props
 */
export function Picture({ stream, muted = false, label, kind, onFirst, onBlocked }) {
  const ref = useRef(/** @type {HTMLVideoElement|null} */ (null));
  useEffect(() => {
    const video = ref.current;
    if (!video) return;
    video.srcObject = stream;
    if (!stream) return;
    if (onFirst && video.requestVideoFrameCallback) video.requestVideoFrameCallback(onFirst);
    video.play().catch((error) => {
      if (error.name === "NotAllowedError") onBlocked?.(() => void video.play());
    });
  }, [stream]);
  return html`<video ref=${ref} class=${kind} aria-label=${label} autoplay playsinline muted=${muted}></video>`;
}

/** A picture as a screen of 176 by 144 dots shows it. @param {{stream: MediaStream|null, label: string}} props */
export function SmallScreen({ stream, label }) {
  const ref = useRef(/** @type {HTMLCanvasElement|null} */ (null));
  useEffect(() => {
    const brush = ref.current?.getContext("2d", { alpha: false });
    if (!brush || !stream) return;
    const video = document.createElement("video");
    video.muted = true;
    video.srcObject = stream;
    let on = true;
    const draw = () => {
      if (!on) return;
      brush.imageSmoothingQuality = "high";
      brush.drawImage(video, 0, 0, 176, 144);
      video.requestVideoFrameCallback?.(draw);
    };
    video.requestVideoFrameCallback?.(draw);
    video.play().catch(() => {});
    return () => {
      on = false;
      video.srcObject = null;
      brush.clearRect(0, 0, 176, 144);
    };
  }, [stream]);
  return html`<canvas ref=${ref} class="small" width="176" height="144" role="img" aria-label=${label}></canvas>`;
}

/** The voice as a bird watcher draws it: time to the right, pitch upwards. @param {{stream: MediaStream|null, label: string}} props */
export function Sonogram({ stream, label }) {
  const ref = useRef(/** @type {HTMLCanvasElement|null} */ (null));
  useEffect(() => (ref.current && stream ? sonogram(ref.current, stream) : undefined), [stream]);
  return html`<canvas ref=${ref} class="sonogram" width="352" height="32" role="img" aria-label=${label}></canvas>`;
}

/** @param {HTMLCanvasElement} canvas @param {MediaStream} stream */
function sonogram(canvas, stream) {
  const brush = canvas.getContext("2d");
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 128;
  analyser.smoothingTimeConstant = 0.3;
  context.createMediaStreamSource(stream).connect(analyser);
  const bins = new Uint8Array(analyser.frequencyBinCount);
  const timer = setInterval(() => {
    if (!brush || document.hidden) return;
    analyser.getByteFrequencyData(bins);
    brush.globalCompositeOperation = "copy";
    brush.drawImage(canvas, -2, 0);
    brush.globalCompositeOperation = "source-over";
    // Telephone sound ends at 4 kHz; the analyser reaches to half of the context's rate.
    const top = Math.min(bins.length, Math.ceil((bins.length * 8_000) / context.sampleRate));
    for (let bin = 0; bin < top; bin += 1) {
      if (bins[bin] < 40) continue;
      brush.fillStyle = `rgb(111 227 180 / ${bins[bin] / 255})`;
      const step = canvas.height / top;
      brush.fillRect(canvas.width - 2, canvas.height - (bin + 1) * step, 1.5, Math.max(1, step - 1));
    }
  }, 40);
  return () => {
    clearInterval(timer);
    void context.close();
    brush?.clearRect(0, 0, canvas.width, canvas.height);
  };
}

/** What to say of the WebSocket, if anything. @param {{state: string, refusal: string, inCall: boolean}} props */
export function LinkNotice({ state, refusal, inCall }) {
  if (state === "lost") return html`<${Notice} tone="warn">${t(inCall ? "link_lost" : "link_lost_idle")}<//>`;
  if (state === "refused") return html`<${Notice} tone="alarm">${t("link_refused", { text: refusal })}<//>`;
  return null;
}
