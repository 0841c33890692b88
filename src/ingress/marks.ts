import type { Logger } from 'pino';
import { NotStoredError, type Storage } from '../infra/storage/storage.ts';
import { arrivalOf } from '../infra/archive/keys.ts';
import { Outbox, type Worked } from '../lib/outbox.ts';

/** Says that a durable object is not processed yet. */
export interface Mark {
  provider: string;
  /** Last part of its key; sorts by arrival (infra/archive/keys.ts). */
  id: string;
}

/** Does what a mark stands for, as `work` of an outbox does (lib/outbox.ts). */
export type MarkTask = () => Promise<Worked>;

export interface MarkWorkDeps {
  /** For the log. */
  name: string;
  providers: string[];
  /** Storage prefix of a provider's marks. */
  folder: (provider: string) => string;
  /** The task of a mark that another process left. */
  taskOf: (mark: Mark) => MarkTask;
  storage: Storage;
  log: Logger;
}

/** The process that wrote a younger mark is still processing it. */
const LEFT_BEHIND_MS = 30_000;
/**
 * A mark is written a moment before its object: only after this many tries (8 s or more) the object counts as
 * gone.
 */
const TRIES_FOR_OBJECT = 8;

export interface MarkedWish {
  mark: Mark;
  /** Marks of different groups take turns. */
  group: string;
  task: MarkTask;
}

/** An outbox whose store is a folder of marks: a mark is removed when what it stands for is done. */
export function createMarkWork({ name, taskOf, log, ...store }: MarkWorkDeps): Outbox<MarkedWish> {
  async function* waiting(): AsyncIterable<MarkedWish> {
    for (const provider of store.providers)
      for await (const { id, ageMs } of marksOf(store, provider)) {
        // Ids sort by time: all further ones are younger.
        if (ageMs < LEFT_BEHIND_MS) break;
        yield { mark: { provider, id }, group: '', task: taskOf({ provider, id }) };
      }
  }

  async function work({ mark: { provider, id }, task }: MarkedWish, tries: number): Promise<Worked> {
    const worked = await task().catch((error: unknown) => {
      if (!(error instanceof NotStoredError) || tries + 1 < TRIES_FOR_OBJECT) throw error;
      log.error({ post: id }, 'the payload of a marked post is gone; the mark is removed');
      return true;
    });
    if (worked === true) await store.storage.delete(store.folder(provider) + id, { keepFolder: true });
    return worked;
  }

  return new Outbox({
    name,
    keyOf: ({ mark }) => mark.id,
    groupOf: ({ group }) => group,
    waiting,
    work,
    log,
  });
}

type MarkStore = Pick<MarkWorkDeps, 'providers' | 'folder' | 'storage'>;

/**
 * Age in seconds of the oldest mark of any process; 0 = there is none.
 * @throws anything when storage is away
 */
export async function oldestMarkAge(store: MarkStore): Promise<number> {
  let oldestMs = 0;
  for (const provider of store.providers)
    for await (const { ageMs } of marksOf(store, provider)) {
      oldestMs = Math.max(oldestMs, ageMs);
      break;
    }
  return oldestMs / 1000;
}

/** The oldest first. */
async function* marksOf({ folder, storage }: MarkStore, provider: string) {
  for await (const key of storage.list(folder(provider))) {
    const id = key.slice(key.lastIndexOf('/') + 1);
    const ageMs = Date.now() - arrivalOf(id).getTime();
    // Else it is no mark, but a file of a person or of a file system.
    if (!Number.isNaN(ageMs)) yield { id, ageMs };
  }
}
