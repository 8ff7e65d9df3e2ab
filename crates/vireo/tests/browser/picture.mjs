// Measures of the remote picture. Every function here is sent into the page and must stand alone.

/**
 * Mean SSIM of the remote picture against a PNG, by luma in windows of 8x8 with step 4 (Wang et al. 2004, with
 * flat windows); the picture is scaled to the PNG's size. 0 while there is no picture.
 * @param {string} png data: URL
 */
export async function ssimInPage(png) {
  const video = document.querySelector("video.remote");
  if (!video?.videoWidth) return 0;
  // The policy of the pages lets scripts fetch from their own host only, and images from data: URLs.
  const slide = new Image();
  slide.src = png;
  await slide.decode();
  const [w, h] = [slide.naturalWidth, slide.naturalHeight];
  const luma = (source) => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [w, h];
    const brush = canvas.getContext("2d", { willReadFrequently: true });
    brush.drawImage(source, 0, 0, w, h);
    const { data } = brush.getImageData(0, 0, w, h);
    return Float64Array.from({ length: w * h }, (_, i) =>
      0.299 * data[4 * i] + 0.587 * data[4 * i + 1] + 0.114 * data[4 * i + 2]);
  };
  const [a, b] = [luma(video), luma(slide)];
  const [c1, c2, n] = [(0.01 * 255) ** 2, (0.03 * 255) ** 2, 64];
  let [sum, windows] = [0, 0];
  for (let y = 0; y + 8 <= h; y += 4) {
    for (let x = 0; x + 8 <= w; x += 4) {
      let [sa, sb, saa, sbb, sab] = [0, 0, 0, 0, 0];
      for (let dy = 0; dy < 8; dy += 1) {
        for (let dx = 0; dx < 8; dx += 1) {
          const at = (y + dy) * w + x + dx;
          const [p, q] = [a[at], b[at]];
          [sa, sb, saa, sbb, sab] = [sa + p, sb + q, saa + p * p, sbb + q * q, sab + p * q];
        }
      }
      const [ma, mb] = [sa / n, sb / n];
      const [va, vb, cov] = [saa / n - ma * ma, sbb / n - mb * mb, sab / n - ma * mb];
      sum += ((2 * ma * mb + c1) * (2 * cov + c2)) / ((ma * ma + mb * mb + c1) * (va + vb + c2));
      windows += 1;
    }
  }
  return sum / windows;
}

/** The remote picture in its own size as a data: URL of a PNG; null while there is none. */
export function pngInPage() {
  const video = document.querySelector("video.remote");
  if (!video?.videoWidth) return null;
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  canvas.getContext("2d").drawImage(video, 0, 0);
  return canvas.toDataURL("image/png");
}

/** Size, mean colour and spread of luma of the remote picture; a black or grey one has hardly any spread. */
export function lookInPage() {
  const video = document.querySelector("video.remote");
  if (!video?.videoWidth) return { width: 0, height: 0, mean: [0, 0, 0], spread: 0 };
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [88, 72];
  const brush = canvas.getContext("2d", { willReadFrequently: true });
  brush.drawImage(video, 0, 0, 88, 72);
  const { data } = brush.getImageData(0, 0, 88, 72);
  const n = data.length / 4;
  const mean = [0, 0, 0];
  let [sum, squares] = [0, 0];
  for (let i = 0; i < n; i += 1) {
    for (const c of [0, 1, 2]) mean[c] += data[4 * i + c] / n;
    const y = 0.299 * data[4 * i] + 0.587 * data[4 * i + 1] + 0.114 * data[4 * i + 2];
    [sum, squares] = [sum + y, squares + y * y];
  }
  const spread = Math.sqrt(Math.max(0, squares / n - (sum / n) ** 2));
  return { width: video.videoWidth, height: video.videoHeight, mean: mean.map(Math.round), spread: Math.round(spread) };
}

/**
 * From now on watches for a picture of another colour than the present one's, and notes when it was first shown
 * (wall time in ms) in `vireo.changedAt`: that is how a caller sees that hold has become an agent.
 */
export function watchChangeInPage() {
  const video = document.querySelector("video.remote");
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [8, 8];
  const brush = canvas.getContext("2d", { willReadFrequently: true });
  const mean = () => {
    brush.drawImage(video, 0, 0, 8, 8);
    const { data } = brush.getImageData(0, 0, 8, 8);
    const sums = [0, 0, 0];
    for (let i = 0; i < 64; i += 1) for (const c of [0, 1, 2]) sums[c] += data[4 * i + c] / 64;
    return sums;
  };
  const before = mean();
  window.vireo.changedAt = null;
  const look = () => {
    const now = mean();
    if (Math.hypot(...now.map((value, c) => value - before[c])) > 40) {
      window.vireo.changedAt = performance.timeOrigin + performance.now();
    } else {
      video.requestVideoFrameCallback(look);
    }
  };
  video.requestVideoFrameCallback(look);
}

/** What WebRTC says of the call: counters that grow, codecs, the pair in use. */
export async function statsInPage() {
  const pc = window.vireo.session.peer?.pc;
  if (!pc) return null;
  const report = await pc.getStats();
  const all = [...report.values()];
  const one = (type, kind) => all.find((entry) => entry.type === type && entry.kind === kind) ?? {};
  const [videoIn, audioIn] = [one("inbound-rtp", "video"), one("inbound-rtp", "audio")];
  const [videoOut, audioOut] = [one("outbound-rtp", "video"), one("outbound-rtp", "audio")];
  const codec = ({ codecId }) => (codecId ? report.get(codecId)?.mimeType : undefined);
  return {
    state: pc.connectionState,
    video: { codec: codec(videoIn), decoded: videoIn.framesDecoded ?? 0, keys: videoIn.keyFramesDecoded ?? 0,
      packets: videoIn.packetsReceived ?? 0, received: videoIn.framesReceived ?? 0, dropped: videoIn.framesDropped ?? 0,
      lost: videoIn.packetsLost ?? 0, freezes: videoIn.freezeCount ?? 0, pli: videoIn.pliCount ?? 0 },
    audio: { codec: codec(audioIn), packets: audioIn.packetsReceived ?? 0, lost: audioIn.packetsLost ?? 0,
      energy: audioIn.totalAudioEnergy ?? 0, seconds: audioIn.totalSamplesDuration ?? 0 },
    sent: { video: codec(videoOut), encoded: videoOut.framesEncoded ?? 0, audio: codec(audioOut),
      packets: audioOut.packetsSent ?? 0 },
  };
}
