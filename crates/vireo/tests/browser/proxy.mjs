// A TCP relay in front of the gateway, so that a test can cut the WebSocket as a network does: pages and
// socket go through it, media (UDP) does not.
import net from "node:net";

/**
 * @param {URL} target the gateway
 * @returns {Promise<{url: string, cut: () => void, mend: () => void, close: () => void}>} `cut` drops every
 *   connection and refuses new ones until `mend`
 */
export async function relay(target) {
  const pairs = new Set();
  let whole = true;
  const server = net.createServer((near) => {
    if (!whole) return near.destroy();
    const far = net.connect(Number(target.port), target.hostname);
    const pair = { end: () => [near, far].forEach((socket) => socket.destroy()) };
    pairs.add(pair);
    for (const [from, to] of [[near, far], [far, near]]) {
      from.pipe(to);
      from.on("error", pair.end);
      from.on("close", () => {
        pair.end();
        pairs.delete(pair);
      });
    }
  });
  await new Promise((resolve) => server.listen(0, target.hostname, () => resolve(undefined)));
  const { port } = /** @type {net.AddressInfo} */ (server.address());
  const drop = () => pairs.forEach((pair) => pair.end());
  return {
    url: `${target.protocol}//${target.hostname}:${port}`,
    cut: () => {
      whole = false;
      drop();
    },
    mend: () => {
      whole = true;
    },
    close: () => {
      server.close();
      drop();
    },
  };
}
