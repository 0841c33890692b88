import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {
  type Engine,
  mongodbUri,
  obtainEngines,
  startMongodb,
  startTemporal,
} from '../../dev/engines/index.ts';
import { loadConfig } from '../../src/infra/config.ts';
import { lastingPort } from './ports.ts';
import { until } from './until.ts';

/** An engine that a test may kill: nobody else uses it, and it is started again with its data. */
export interface OwnEngine {
  /** kill -9 of all its processes. Returns when they are gone. */
  kill(): Promise<void>;
  /** Starts it again, on its port and with its data. Does nothing while it runs. */
  start(): Promise<void>;
  /** SIGSTOP: it stands still, and its connections stay open. */
  freeze(): void;
  /** SIGCONT. */
  thaw(): void;
}

export interface OwnEngines extends AsyncDisposable {
  mongodb: OwnEngine & { uri: string };
  temporal: OwnEngine & { address: string };
}

/** MongoDB, or its stand-in, and Temporal, with data of their own. What they have acknowledged is durable. */
export async function startOwnEngines(): Promise<OwnEngines> {
  const { cacheDir, mongodBinary } = loadConfig();
  const place = { cacheDir, env: process.env, say: () => undefined };
  const obtained = await obtainEngines(['mongodb', 'temporal'], place, { mongodBinary, fast: true });
  const dataDir = await mkdtemp(path.join(process.env.TEST_STORAGE_DIR ?? os.tmpdir(), 'engines-'));
  const [mongodbPort, temporalPort] = [await lastingPort(), await lastingPort()];
  const engines = [
    await ownEngine(() => startMongodb({ ...obtained.mongodb, port: mongodbPort, dataDir })),
    await ownEngine(() =>
      startTemporal({
        ...obtained.temporal,
        port: temporalPort,
        uiPort: null,
        namespace: 'default',
        dataDir,
      }),
    ),
  ] as const;
  return {
    mongodb: { ...engines[0], uri: mongodbUri(mongodbPort) },
    temporal: { ...engines[1], address: `127.0.0.1:${temporalPort}` },
    async [Symbol.asyncDispose]() {
      await Promise.all(engines.map((engine) => engine.kill()));
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function ownEngine(startEngine: () => Promise<Engine>): Promise<OwnEngine> {
  let running: Engine | null = await startEngine();
  const signal = (name: NodeJS.Signals) => {
    if (running) process.kill(-running.child.pid, name);
  };
  return {
    async kill() {
      if (!running) return;
      signal('SIGKILL');
      await running.child.exited;
      running = null;
    },
    async start() {
      // Its port may be in use for a moment still, and an engine that finds it so ends at once.
      running ??= await until('the engine to start', () => startEngine().catch(() => null));
    },
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
  };
}
