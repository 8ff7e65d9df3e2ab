// A picture of the agent's own, sent in place of the camera.
import { pictureTrack } from "./source.js";

/** What is read of a file at most; a photograph has less. */
const FILE_BYTES_MAX = 20_000_000;
const PICTURES_PER_SECOND = 5;

/** Where a picture of `width` by `height` goes on a canvas that it must not be cut off by. Pure.
 * @param {{width: number, height: number}} picture @param {{width: number, height: number}} canvas */
export function fitted(picture, canvas) {
  const scale = Math.min(canvas.width / picture.width, canvas.height / picture.height);
  const [width, height] = [picture.width * scale, picture.height * scale];
  return { x: (canvas.width - width) / 2, y: (canvas.height - height) / 2, width, height };
}

/**
 * A track that shows the file. Rejects what is no picture.
 * @param {File} file
 * @param {{width: number, height: number}} size of the pictures that are sent now
 * @returns {Promise<{track: MediaStreamTrack, stop: () => void}>}
 */
export async function stillTrack(file, size) {
  if (file.size > FILE_BYTES_MAX) throw new RangeError("the file is too large");
  const picture = await createImageBitmap(file);
  const canvas = document.createElement("canvas");
  Object.assign(canvas, size);
  const brush = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { alpha: false }));
  brush.imageSmoothingQuality = "high";
  const at = fitted(picture, size);
  const { track, shown } = pictureTrack(canvas);
  const draw = () => {
    brush.fillStyle = "#0f1b2d";
    brush.fillRect(0, 0, canvas.width, canvas.height);
    brush.drawImage(picture, at.x, at.y, at.width, at.height);
    shown();
  };
  // Again and again: who comes later, or has lost packets, is to see it as well.
  const ticks = new Worker(new URL("./tick.js", import.meta.url));
  ticks.onmessage = draw;
  ticks.postMessage(1000 / PICTURES_PER_SECOND);
  draw();
  return {
    track,
    stop: () => {
      ticks.terminate();
      track.stop();
      picture.close();
    },
  };
}
