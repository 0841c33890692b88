import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { EngineName, Engines } from './engine.ts';

/** What starts each engine. */
export type Starters = { [Name in EngineName]: () => Promise<Engines[Name]> };

/** Starts each engine when a test file first asks for it; all files of a run share it. */
export interface Broker {
  /** `GET <url>/<engine>` answers with JSON: how to reach it, or with 500 and why it cannot be started. */
  url: string;
  /** Answers no more; waits for engines that are being started. */
  close(): Promise<void>;
}

export async function startBroker(starters: Starters): Promise<Broker> {
  const started = new Map<string, Promise<unknown>>();
  const start = (name: string): Promise<unknown> => {
    const existing = started.get(name);
    if (existing) return existing;
    const starting = starters[name as EngineName]();
    started.set(name, starting);
    return starting;
  };
  const server = http.createServer((request, response) => {
    const answer = (status: number, body: unknown) =>
      response.writeHead(status, { Connection: 'close' }).end(JSON.stringify(body));
    start((request.url ?? '').slice(1)).then(
      (engine) => answer(200, engine),
      (error: unknown) => answer(500, error instanceof Error ? error.message : String(error)),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await Promise.allSettled(started.values());
    },
  };
}
