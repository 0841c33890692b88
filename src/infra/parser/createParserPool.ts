import type { StoredMail } from '../../mail/storedMail.ts';
import { type ParserJob, type JobOptions, ParserLane } from './parserLane.ts';
import type { ParserPool, SanitisedBody } from './pool.ts';

export interface ParserPoolOptions {
  /** Heap of each thread in MiB; a mail that needs more breaks its thread. */
  heapMb?: number;
  /** Start the quick lane's threads at once, not with the first job. */
  warm?: boolean;
}

/** Enough for every mail within the caps; measured with the hostile mails of the tests. */
const HEAP_MB = 384;
/** Reading only header fields takes milliseconds. */
const SALVAGE_LIMIT_MS = 5_000;
/** Sanitising HTML within the caps takes two seconds, on a busy machine five. */
const SANITISE_LIMIT_MS = 10_000;

/**
 * Makes a pool with lanes of threads, so that no kind of work waits behind another: `quick` and `slow` mail with two threads
 * each, `again` for mail that broke one, `files`, and `written` for what agents wrote, one each. All but the quick ones are
 * started with their first job.
 */
export function createParserPool({ heapMb = HEAP_MB, warm = true }: ParserPoolOptions = {}): ParserPool {
  const lanes = {
    quick: new ParserLane(2, heapMb),
    slow: new ParserLane(2, heapMb),
    again: new ParserLane(1, heapMb),
    files: new ParserLane(1, heapMb),
    written: new ParserLane(1, heapMb),
  };
  if (warm) lanes.quick.warm();
  const run = async <T>(lane: keyof typeof lanes, job: ParserJob, options: JobOptions): Promise<T> =>
    (await lanes[lane].run(job, options)) as T;
  return {
    digest: (mail, { lane, ...options }) => run<StoredMail>(lane, { kind: 'digest', mail }, options),
    salvage: (mail) => run<StoredMail>('again', { kind: 'salvage', mail }, { limitMs: SALVAGE_LIMIT_MS }),
    extract: (mime, parts, dir, { maxBytes, ...options }) =>
      run('files', { kind: 'extract', mime, parts, dir, maxBytes }, options),
    sanitise: (html) =>
      run<SanitisedBody>('written', { kind: 'sanitise', html }, { limitMs: SANITISE_LIMIT_MS }),
    words: (text) => run<string[]>('written', { kind: 'words', text }, { limitMs: SANITISE_LIMIT_MS }),
    async close() {
      await Promise.all(Object.values(lanes).map((lane) => lane.close()));
    },
  };
}
