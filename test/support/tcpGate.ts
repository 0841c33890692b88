import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { lastingPort } from './ports.ts';

/**
 * A proxy in front of a server: connections to `port` reach the server while the gate is open. Closed,
 * connections are broken off and refused, as when the server has died; stalled, they stay and no byte passes,
 * as when its machine or the network has gone silent.
 */
export interface TcpGate {
  readonly port: number;
  open(): Promise<void>;
  close(): Promise<void>;
  stall(): Promise<void>;
  /** From now on each answer of the server takes `ms` longer, as on a slow network. */
  delayAnswers(ms: number): void;
  /** From now on each connection passes so many bytes of answers a second, as a narrow network does. */
  limitAnswers(bytesPerSecond: number): void;
  /**
   * Of each of the next answers only the first half passes; then its connection is reset, as when a machine
   * restarts.
   */
  cutAnswers(count: number): void;
  /**
   * The server loses its connections, and the other side does not learn of it: no byte passes on them any
   * more, as behind a firewall that has forgotten them. New connections work.
   */
  halfOpen(): void;
  /** Closes it for good. */
  end(): Promise<void>;
}

export async function startTcpGate(target: { host: string; port: number }): Promise<TcpGate> {
  const pairs = new Set<[net.Socket, net.Socket]>();
  /** Half-open ones. */
  const abandoned = new Set<net.Socket>();
  let stalled = false;
  let delayMs = 0;
  let bytesPerSecond = Infinity;
  let toCut = 0;
  const port = await lastingPort();
  let server: net.Server | null = null;

  const connect = (inner: net.Socket): void => {
    const outer = net.connect(target);
    const pair: [net.Socket, net.Socket] = [inner, outer];
    pairs.add(pair);
    const drop = () => {
      pairs.delete(pair);
      inner.destroy();
      outer.destroy();
    };
    for (const socket of pair) socket.setNoDelay(true).on('error', drop).on('close', drop);
    inner.pipe(outer);
    let passed = Promise.resolve();
    outer.on('data', (bytes) => {
      const due = delayMs > 0 ? sleep(delayMs) : null;
      passed = passed.then(() => due).then(() => answer(pair, bytes));
    });
    if (stalled) silence(pair);
  };
  const answer = async ([inner, outer]: [net.Socket, net.Socket], bytes: Buffer): Promise<void> => {
    if (toCut > 0) {
      toCut -= 1;
      inner.write(bytes.subarray(0, bytes.length / 2), () => inner.resetAndDestroy());
      outer.destroy();
      return;
    }
    if (bytesPerSecond < Infinity) await sleep((bytes.length / bytesPerSecond) * 1_000);
    inner.write(bytes);
  };
  const silence = ([inner, outer]: [net.Socket, net.Socket]): void => {
    inner.unpipe(outer).pause();
    outer.pause();
  };
  const dropAll = (): void => {
    for (const [inner, outer] of pairs) {
      inner.destroy();
      outer.destroy();
    }
    for (const inner of abandoned) inner.destroy();
    abandoned.clear();
  };
  const listen = async (): Promise<void> => {
    if (server) return;
    server = net.createServer(connect);
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  const close = async (): Promise<void> => {
    const closing = server;
    server = null;
    const closed = closing && new Promise((resolve) => closing.close(resolve));
    dropAll();
    await closed;
  };

  await listen();
  return {
    port,
    close,
    end: close,
    delayAnswers(ms) {
      delayMs = ms;
    },
    limitAnswers(limit) {
      bytesPerSecond = limit;
    },
    cutAnswers(count) {
      toCut = count;
    },
    halfOpen() {
      for (const pair of pairs) {
        const [inner, outer] = pair;
        pairs.delete(pair);
        abandoned.add(inner);
        inner.unpipe(outer).resume();
        outer.removeAllListeners('data').removeAllListeners('close').destroy();
      }
    },
    async open() {
      // Connections that were silent are broken off: it is unknown which bytes passed.
      if (stalled) dropAll();
      stalled = false;
      await listen();
    },
    async stall() {
      stalled = true;
      await listen();
      for (const pair of pairs) silence(pair);
    },
  };
}
