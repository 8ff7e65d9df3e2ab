// The picture that a video shows now, as a JPEG.

const QUALITY = 0.85;

/** Null while there is nothing to be seen. @param {HTMLVideoElement} video @returns {Promise<Blob|null>} */
export function snapshot(video) {
  if (video.videoWidth === 0) return Promise.resolve(null);
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  canvas.getContext("2d", { alpha: false })?.drawImage(video, 0, 0);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
}
