import { once } from 'node:events';
import net from 'node:net';

const PORTS_PER_WORKER = 500;

/**
 * A port that stays free while nothing listens on it: below those that the system gives to outgoing
 * connections (32768 and up on Linux), and in a range of this jest worker.
 */
export async function lastingPort(): Promise<number> {
  const worker = Number(process.env.JEST_WORKER_ID ?? 1) % 10;
  for (;;) {
    const port = 15_000 + worker * PORTS_PER_WORKER + Math.floor(Math.random() * PORTS_PER_WORKER);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = net.createServer();
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
