import net from 'node:net';

/** True when no process listens on this port, neither on 127.0.0.1 nor on all addresses. */
export async function isPortFree(port: number): Promise<boolean> {
  return (await canListen(port, '127.0.0.1')) && (await canListen(port, undefined));
}

/**
 * The port, or the next one above, that is free and not in `taken`; adds to `taken` every port that it tried.
 */
export async function nextFreePort(port: number, taken: Set<number>): Promise<number> {
  for (let candidate = port; candidate <= 65_535; candidate += 1) {
    if (taken.has(candidate)) continue;
    // Before the wait: two concurrent calls must not find the same port.
    taken.add(candidate);
    if (await isPortFree(candidate)) return candidate;
  }
  throw new Error(`no port from ${port} up is free`);
}

/** A free port that the system picks. */
export async function anyFreePort(): Promise<number> {
  return listen(0, '127.0.0.1');
}

/** True when something accepts connections there. */
export function answers(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ port, host, timeout: 1_000 });
    const settle = (open: boolean) => {
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
    socket.once('timeout', () => settle(false));
  });
}

async function canListen(port: number, host: string | undefined): Promise<boolean> {
  return listen(port, host).then(
    () => true,
    () => false,
  );
}

function listen(port: number, host: string | undefined): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen({ port, ...(host && { host }) }, () => {
      const address = server.address() as net.AddressInfo;
      server.close(() => resolve(address.port));
    });
  });
}
