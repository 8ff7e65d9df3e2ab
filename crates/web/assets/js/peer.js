// One call's RTCPeerConnection. The page always offers, the gateway answers; lost ICE is restarted by a new
// offer. H.264 and G.711 come first, since they pass through the gateway unchanged.

/** @import { Pictures } from "./protocol.js" */

/** What a source sends that does not know its size. */
const [WIDTH, HEIGHT] = [352, 288];
/** Bits per second of our picture: CIF at 15 pictures a second. */
const VIDEO_BPS_MAX = 400_000;
const PICTURES_PER_SECOND = 15;
/** A restart that nobody answered is tried again after this. */
const RESTART_AGAIN_MS = 3_000;

/** Codecs in our order of preference; `fmtp` must hold where it is given. */
const AUDIO = [{ mime: "audio/pcmu" }, { mime: "audio/pcma" }];
const VIDEO = [
  { mime: "video/h264", fmtp: /profile-level-id=42e0/i, and: /packetization-mode=1/ },
  { mime: "video/h264", fmtp: /profile-level-id=42[ce]0/i },
  { mime: "video/h264" },
];

/** Whether this browser can do it at all. */
export const canCall = () => typeof RTCPeerConnection === "function";

/**
 * @typedef {object} PeerHandlers
 * @property {(type: "candidate"|"restart", fields: Record<string, unknown>) => void} send
 * @property {(state: RTCPeerConnectionState|"interrupted") => void} state
 */

export class Peer {
  /**
   * @param {RTCIceServer[]} iceServers
   * @param {MediaStream} stream what we send
   * @param {PeerHandlers} handlers
   */
  constructor(iceServers, stream, handlers) {
    this.handlers = handlers;
    this.pc = new RTCPeerConnection({ iceServers, bundlePolicy: "max-bundle" });
    /** Candidates that came before the answer. @type {RTCIceCandidateInit[]} */
    this.early = [];
    /** @type {number|undefined} */
    this.again = undefined;
    this.pc.onicecandidate = ({ candidate }) => {
      if (!candidate?.candidate) return;
      const { candidate: line, sdpMid, sdpMLineIndex } = candidate;
      handlers.send("candidate", { candidate: line, mid: sdpMid, line: sdpMLineIndex });
    };
    this.pc.onconnectionstatechange = () => this.moved();
    this.pc.oniceconnectionstatechange = () => this.moved();
    /** What we receive; the tracks are there before anything comes. */
    this.remote = this.add(stream);
  }

  /** Sends `stream`, and says what will be received. @param {MediaStream} stream */
  add(stream) {
    const [audio] = stream.getAudioTracks();
    const [video] = stream.getVideoTracks();
    const sound = this.pc.addTransceiver(audio ?? "audio", { direction: "sendrecv", streams: [stream] });
    const encoding = { maxBitrate: VIDEO_BPS_MAX, maxFramerate: PICTURES_PER_SECOND };
    const picture = this.pc.addTransceiver(video ?? "video", {
      direction: "sendrecv", streams: [stream], sendEncodings: [encoding],
    });
    prefer(sound, "audio", AUDIO);
    prefer(picture, "video", VIDEO);
    return new MediaStream([sound.receiver.track, picture.receiver.track]);
  }

  /** The description to send with `call` or `accept`. */
  async offer() {
    await this.pc.setLocalDescription(await this.pc.createOffer());
    return this.pc.localDescription?.sdp ?? "";
  }

  /** @param {string} sdp @param {Pictures} [pictures] */
  async answer(sdp, pictures) {
    if (this.pc.signalingState !== "have-local-offer") return;
    await this.pc.setRemoteDescription({ type: "answer", sdp });
    for (const candidate of this.early.splice(0)) await this.pc.addIceCandidate(candidate).catch(ignored);
    if (pictures) await this.keepWithin(pictures).catch(ignored);
  }

  /** What the other side can show: a picture that is larger or faster would not be decoded. @param {Pictures} pictures */
  async keepWithin({ width, height, fps, kbps }) {
    const sender = this.pc.getSenders().find(({ track }) => track?.kind === "video");
    const parameters = sender?.getParameters();
    if (!sender?.track || !parameters?.encodings?.[0]) return;
    const is = sender.track.getSettings();
    const scale = Math.max(1, (is.width ?? WIDTH) / width, (is.height ?? HEIGHT) / height);
    Object.assign(parameters.encodings[0], {
      scaleResolutionDownBy: scale,
      maxFramerate: Math.min(fps, PICTURES_PER_SECOND),
      maxBitrate: Math.min(kbps * 1000, VIDEO_BPS_MAX),
    });
    await sender.setParameters(parameters);
  }

  /** @param {{candidate: string, mid?: string|null, line?: number|null}} word */
  async candidate({ candidate, mid = null, line = null }) {
    const init = { candidate, sdpMid: mid, sdpMLineIndex: mid === null ? (line ?? 0) : line };
    if (this.pc.remoteDescription === null) this.early.push(init);
    else await this.pc.addIceCandidate(init).catch(ignored);
  }

  moved() {
    const { connectionState, iceConnectionState } = this.pc;
    if (connectionState === "closed") return;
    const broken = iceConnectionState === "disconnected" || iceConnectionState === "failed";
    if (broken) this.restart();
    this.handlers.state(broken ? "interrupted" : connectionState);
  }

  /** New ICE credentials, the same call. */
  restart() {
    if (this.again !== undefined || this.pc.signalingState === "closed") return;
    if (this.pc.connectionState === "connected") return;
    this.again = setTimeout(() => {
      this.again = undefined;
      if (this.pc.connectionState !== "connected") this.restart();
    }, RESTART_AGAIN_MS);
    this.pc.restartIce();
    this.offer().then((sdp) => this.handlers.send("restart", { sdp }), ignored);
  }

  /** @param {boolean} muted */
  mute(muted) {
    for (const { track } of this.pc.getSenders()) if (track?.kind === "audio") track.enabled = !muted;
  }

  /** Sends another stream from now on, without a new offer. @param {MediaStream} stream */
  async replace(stream) {
    for (const { sender, receiver } of this.pc.getTransceivers()) {
      const track = stream.getTracks().find(({ kind }) => kind === receiver.track.kind) ?? null;
      await sender.replaceTrack(track).catch(ignored);
    }
  }

  /** Sends another picture from now on; false when the call has none. @param {MediaStreamTrack|null} track */
  async replacePicture(track) {
    const video = this.pc.getTransceivers().find(({ receiver }) => receiver.track.kind === "video");
    if (!video) return false;
    return video.sender.replaceTrack(track).then(() => true, (error) => {
      ignored(error);
      return false;
    });
  }

  close() {
    clearTimeout(this.again);
    this.pc.close();
  }
}

/**
 * @param {RTCRtpTransceiver} transceiver
 * @param {"audio"|"video"} kind
 * @param {{mime: string, fmtp?: RegExp, and?: RegExp}[]} order
 */
function prefer(transceiver, kind, order) {
  const known = RTCRtpReceiver.getCapabilities?.(kind)?.codecs;
  if (!known || !transceiver.setCodecPreferences) return;
  const place = (/** @type {RTCRtpCodec} */ codec) => {
    const fmtp = codec.sdpFmtpLine ?? "";
    const at = order.findIndex(({ mime, fmtp: must, and }) =>
      codec.mimeType.toLowerCase() === mime && (!must || must.test(fmtp)) && (!and || and.test(fmtp)));
    return at < 0 ? order.length : at;
  };
  // The sort is stable: what we have no opinion on stays in the browser's order.
  transceiver.setCodecPreferences([...known].sort((a, b) => place(a) - place(b)));
}

/** A candidate or a track of a call that has just ended. @param {unknown} error */
function ignored(error) {
  console.debug("not applied:", error);
}
