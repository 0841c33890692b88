import type { StoredMail } from '../../mail/storedMail.ts';
import { type ParserJob, type JobOptions, Lane } from './lane.ts';
import type { ParserPool, SanitisedBody } from './pool.ts';

export interface ParserPoolOptions {
  /** Heap of each thread in MiB; a mail that needs more breaks it. */
  heapMb?: number;
  /** The quick lane's threads are started at once. */
  warm?: boolean;
}

/** Enough for every mail within the caps; measured on the hostile ones of the tests. */
const HEAP_MB = 384;
/** Reading header fields takes milliseconds. */
const SALVAGE_LIMIT_MS = 5_000;
/** HTML within the caps takes two seconds, on a busy machine five. */
const SANITISE_LIMIT_MS = 10_000;

/**
 * Threads in three lanes, so that no kind of work waits behind another: `quick` (two, started at once or when first
 * needed), `slow` and files (one each, started when first needed).
 */
export function createParserPool({ heapMb = HEAP_MB, warm = true }: ParserPoolOptions = {}): ParserPool {
  const lanes = { quick: new Lane(2, heapMb), slow: new Lane(1, heapMb), files: new Lane(1, heapMb) };
  if (warm) lanes.quick.warm();
  const run = async <T>(lane: keyof typeof lanes, job: ParserJob, options: JobOptions): Promise<T> =>
    (await lanes[lane].run(job, options)) as T;
  return {
    digest: (mail, { lane = 'quick', ...options }) =>
      run<StoredMail>(lane, { kind: 'digest', mail }, options),
    salvage: (mail) => run<StoredMail>('slow', { kind: 'salvage', mail }, { limitMs: SALVAGE_LIMIT_MS }),
    extract: (mime, parts, dir, { maxBytes, ...options }) =>
      run('files', { kind: 'extract', mime, parts, dir, maxBytes }, options),
    sanitise: (html) =>
      run<SanitisedBody>('slow', { kind: 'sanitise', html }, { limitMs: SANITISE_LIMIT_MS }),
    async close() {
      await Promise.all(Object.values(lanes).map((lane) => lane.close()));
    },
  };
}
