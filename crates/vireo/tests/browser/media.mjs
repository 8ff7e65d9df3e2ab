// Connections otherwise than our own pages make them. Every function here is sent into a page and must stand alone.

/** From now on connections of this page use relayed candidates only. */
export function relayOnlyInPage() {
  const Plain = globalThis.RTCPeerConnection;
  globalThis.RTCPeerConnection = class extends Plain {
    /** @param {RTCConfiguration} config */
    constructor(config) {
      super({ ...config, iceTransportPolicy: "relay" });
    }
  };
}

/** How the peer connection of the page's call stands: ICE's state, our user fragment, the kinds of the pair in use. */
export async function iceInPage() {
  const pc = window.vireo.session.peer?.pc;
  if (!pc) return null;
  const report = await pc.getStats();
  const transport = [...report.values()].find(({ type }) => type === "transport");
  const pair = report.get(transport?.selectedCandidatePairId);
  const kind = (/** @type {string} */ id) => report.get(id)?.candidateType ?? null;
  return {
    state: pc.iceConnectionState,
    user: /a=ice-ufrag:(\S+)/.exec(pc.localDescription?.sdp ?? "")?.[1] ?? null,
    local: kind(pair?.localCandidateId),
    remote: kind(pair?.remoteCandidateId),
  };
}

/** Calls with a microphone and nothing else; `window.sound` has what is heard and the way to say more. @param {string} number */
export async function callWithSoundInPage(number) {
  const socket = new WebSocket(`ws://${location.host}/ws`);
  const opened = new Promise((resolve) => socket.addEventListener("open", resolve));
  const pc = new RTCPeerConnection();
  /** @type {any[]} */
  const heard = [];
  const send = (/** @type {string} */ type, more = {}) => socket.send(JSON.stringify({ v: 1, type, ...more }));
  Object.assign(window, { sound: { heard, pc, send } });
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  pc.addTrack(stream.getAudioTracks()[0], stream);
  pc.ontrack = ({ track }) => {
    const speaker = new Audio();
    speaker.srcObject = new MediaStream([track]);
    void speaker.play();
  };
  pc.onicecandidate = ({ candidate }) =>
    candidate?.candidate && send("candidate", { candidate: candidate.candidate, mid: candidate.sdpMid, line: candidate.sdpMLineIndex });
  socket.onmessage = async ({ data }) => {
    const message = JSON.parse(data);
    if (message.type === "answer") await pc.setRemoteDescription({ type: "answer", sdp: message.sdp });
    if (message.type === "candidate") {
      await pc.addIceCandidate({ candidate: message.candidate, sdpMid: message.mid, sdpMLineIndex: message.line });
    }
    heard.push(message);
  };
  await opened;
  send("hello", { role: "phone" });
  await pc.setLocalDescription();
  send("call", { number, sdp: pc.localDescription?.sdp });
}

/** What was heard so far on the line of `callWithSoundInPage`. */
export async function soundInPage() {
  const { pc } = window.sound;
  const report = await pc.getStats();
  const audio = [...report.values()].find((entry) => entry.type === "inbound-rtp" && entry.kind === "audio") ?? {};
  return { packets: audio.packetsReceived ?? 0, energy: audio.totalAudioEnergy ?? 0, seconds: audio.totalSamplesDuration ?? 0 };
}
