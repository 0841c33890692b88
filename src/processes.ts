import pino, { type Logger } from 'pino';
import { ConfigError, loadConfig, type Config } from './infra/config.ts';
import { UnsuitableDatabase } from './infra/database.ts';
import { logFields } from './infra/telemetry/logContext.ts';
import { createStorage } from './infra/storage/createStorage.ts';
import type { Storage } from './infra/storage/storage.ts';

/** A configuration in which both engines are named. */
export type ServerConfig = Config & {
  mongodbUri: string;
  temporal: Config['temporal'] & { address: string };
};

/** Config and log of a server process. Where the environment is not right it says so and ends the process with 1. */
export function startProcess(name: string): { config: ServerConfig; log: Logger } {
  try {
    const config = loadConfig();
    const { mongodbUri, temporal } = config;
    const { address } = temporal;
    if (!mongodbUri || !address)
      throw new ConfigError('MONGODB_URI and TEMPORAL_ADDRESS must be set (`npm start` brings up its own).');
    const log = pino({ name, level: config.logLevel, mixin: logFields });
    return { config: { ...config, mongodbUri, temporal: { ...temporal, address } }, log };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

/** Tries without end, with a line every `sayEveryMs`; `what` is said to be away meanwhile. Rejects when `signal` is aborted. */
export async function untilItWorks<T>(
  what: string,
  attempt: () => Promise<T>,
  { log, signal, sayEveryMs = 5_000 }: { log: Logger; signal: AbortSignal; sayEveryMs?: number },
): Promise<T> {
  for (let saidAt = 0; ;) {
    signal.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() - saidAt >= sayEveryMs) {
        saidAt = Date.now();
        log.warn({ error: nameOf(error) }, `${what} is away; it is tried again until it answers`);
      }
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
  }
}

/** Opens the store, however long it takes. */
export const openStorage = (config: Config, log: Logger, signal: AbortSignal): Promise<Storage> =>
  untilItWorks('storage', () => createStorage(config.storage), { log, signal });

/** Aborts at SIGTERM or SIGINT; a second one ends the process at once. */
export function stopSignal(log: Logger): AbortSignal {
  const stopping = new AbortController();
  const stop = (signal: NodeJS.Signals) => {
    if (stopping.signal.aborted) process.exit(1);
    log.info({ signal }, 'stopping');
    stopping.abort();
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);
  return stopping.signal;
}

/** Class and code, not the message: it may hold an address. */
function nameOf(error: unknown): string {
  if (error instanceof UnsuitableDatabase) return error.message;
  if (!(error instanceof Error)) return 'unknown';
  const { code } = error as NodeJS.ErrnoException;
  return code ? `${error.name} ${code}` : error.name;
}
