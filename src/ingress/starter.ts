import type { Logger } from 'pino';
import { marksFolder, payloadKey } from '../infra/archive/keys.ts';
import { idsOf, readInboundIds } from '../infra/archive/recipients.ts';
import type { StoredPost } from '../infra/archive/storedPost.ts';
import type { Storage } from '../infra/storage/storage.ts';
import type { WorkflowStarts } from '../infra/temporal/workflowStarts.ts';
import { type MarkTask, type Mark, MarkWork } from './marks.ts';

/** A durable post whose workflows must be started. */
export interface UnstartedPost extends Mark {
  deliveries: StoredPost['deliveries'];
}

export interface StarterDeps {
  providers: ReadonlyMap<string, unknown>;
  storage: Storage;
  starts: Pick<WorkflowStarts, 'inboundEmail'>;
  /**
   * Notes a post on the row of the post that it repeats; does nothing when the row is of the post itself.
   * @returns false when that row does not exist yet.
   */
  noteRepeat: (inboundEmailId: string, postId: string) => Promise<boolean>;
  log: Logger;
}

export interface Starter {
  /** Starts the post's workflows in the background, and then removes its mark. Never throws. */
  add(post: UnstartedPost): void;
  /** Adds the marks that other processes left, now and every 30 s. */
  takeUpMarks(): void;
  /** Age of the oldest mark in seconds (marks.ts). */
  oldestAge(): Promise<number>;
  /** Resolves when the tasks under way have ended; the marks keep the rest. */
  close(): Promise<void>;
}

/**
 * Processes the marks of mails: starts one workflow for each recipient, then removes the mark. Idempotent;
 * safe to run in several processes, because Temporal refuses a second start, and that counts as success.
 */
export function createStarter(deps: StarterDeps): Starter {
  const { providers, storage, log } = deps;
  const marks = new MarkWork({
    providers: [...providers.keys()],
    folder: marksFolder,
    taskOf: (mark) => startTask(deps, mark, null),
    storage,
    log,
  });
  return {
    add: ({ deliveries, ...mark }) => marks.add(mark, startTask(deps, mark, idsOf(deliveries))),
    takeUpMarks: () => marks.takeUpMarks(),
    oldestAge: () => marks.oldestAge(),
    close: () => marks.close(),
  };
}

/** @param ids of inbound emails; null: they are read from the payload */
function startTask(deps: StarterDeps, { provider, id: postId }: Mark, ids: string[] | null): MarkTask {
  const key = payloadKey(provider, postId);
  let toStart = ids;
  /** A run with this id existed already, perhaps that of another post with the same content. */
  const toNote: string[] = [];

  return async (guarded) => {
    toStart ??= await readInboundIds(deps.storage, key);
    for (let id = toStart[0]; id !== undefined; id = toStart[0]) {
      const run = { id, key, run: 1 };
      if ((await guarded(() => deps.starts.inboundEmail(run))) === 'already-started') toNote.push(id);
      toStart.shift();
    }
    for (let id = toNote[0]; id !== undefined; id = toNote[0]) {
      if (!(await deps.noteRepeat(id, postId))) return false;
      toNote.shift();
    }
    return true;
  };
}
