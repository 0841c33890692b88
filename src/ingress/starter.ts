import type { Logger } from 'pino';
import type { Storage } from '../infra/storage/storage.ts';
import { idsOf, readInboundIds } from '../infra/archive/recipients.ts';
import { marksFolder, payloadKey } from '../infra/archive/keys.ts';
import { type MarkTask, type Mark, MarkWork } from './marks.ts';
import type { StoredPost } from '../infra/archive/storedPost.ts';
import type { WorkflowStarts } from '../infra/temporal/workflowStarts.ts';

/** A durable post whose workflows are to be started. */
export interface UnstartedPost extends Mark {
  deliveries: StoredPost['deliveries'];
}

export interface StarterDeps {
  providers: ReadonlyMap<string, unknown>;
  storage: Storage;
  starts: Pick<WorkflowStarts, 'inboundEmail'>;
  /**
   * Notes a post on the row of the post that it repeats; nothing to note when it is that post itself.
   * @returns false when that row is not there yet.
   */
  noteRepeat: (inboundEmailId: string, postId: string) => Promise<boolean>;
  log: Logger;
}

export interface Starter {
  /** Starts the post's workflows soon, and removes its mark then. Never throws. */
  add(post: UnstartedPost): void;
  /** Takes up marks that others left, now and every 30 s. */
  takeUpMarks(): void;
  /** Seconds (marks.ts). */
  oldestAge(): Promise<number>;
  /** Resolves when the steps under way have ended; marks keep the rest. */
  close(): Promise<void>;
}

/**
 * Works off the marks of mails: starts one workflow a recipient, then removes the mark. Any step may happen twice, here or
 * in another process: Temporal refuses the second start, and that is success.
 */
export function createStarter(deps: StarterDeps): Starter {
  const { providers, storage, log } = deps;
  const marks = new MarkWork({
    providers: [...providers.keys()],
    folder: marksFolder,
    jobOf: (mark) => startJob(deps, mark, null),
    storage,
    log,
  });
  return {
    add: ({ deliveries, ...mark }) => marks.add(mark, startJob(deps, mark, idsOf(deliveries))),
    takeUpMarks: () => marks.takeUpMarks(),
    oldestAge: () => marks.oldestAge(),
    close: () => marks.close(),
  };
}

/** @param ids of inbound emails; null: to be read from the payload */
function startJob(deps: StarterDeps, { provider, id: postId }: Mark, ids: string[] | null): MarkTask {
  const key = payloadKey(provider, postId);
  let toStart = ids;
  /** A run was there already: perhaps of another post with the same content. */
  const toNote: string[] = [];

  return async (knock) => {
    toStart ??= await readInboundIds(deps.storage, key);
    for (let id = toStart[0]; id !== undefined; id = toStart[0]) {
      const run = { id, key, run: 1 };
      if ((await knock(() => deps.starts.inboundEmail(run))) === 'already-started') toNote.push(id);
      toStart.shift();
    }
    for (let id = toNote[0]; id !== undefined; id = toNote[0]) {
      if (!(await deps.noteRepeat(id, postId))) return false;
      toNote.shift();
    }
    return true;
  };
}
