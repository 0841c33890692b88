import { signalGivenBack } from '../core/events/signalGivenBack.ts';
import type { ApiUser } from '../core/presenters/visibility.ts';
import { giveBackReplies, stopRepliesOf } from '../core/replies/stop.ts';
import { summarise } from '../core/threads/summary.ts';
import { threadsOf, WITHOUT_LISTS } from '../core/threads/threads.ts';
import type { MessageRow, OutboundMessageRow } from '../infra/models/index.ts';
import type { ThreadRow } from '../infra/models/thread.ts';
import type { RouteDeps } from './deps.ts';
import { threadWriter } from './threadWrite.ts';

interface Written {
  thread: ThreadRow | null;
  stopped: OutboundMessageRow[];
  givenBack: OutboundMessageRow[];
}

/**
 * As `threadWriter`, for a change that puts a thread into the trash or takes it out, in one transaction with
 * its replies: those that wait are stopped, and come back as drafts of their authors. Neither sends anything.
 */
export const trashWriter =
  (
    { models, replies }: Pick<RouteDeps, 'models' | 'replies'>,
    kind: MessageRow['thread_kind'],
    user: ApiUser,
  ) =>
  async (row: ThreadRow, change: object): Promise<ThreadRow | null> => {
    const { thread, stopped, givenBack } = await models.connection.transaction(
      async (session): Promise<Written> => {
        const written = await threadWriter(models, kind, user, session)(row, change);
        if (!written) return { thread: null, stopped: [], givenBack: [] };
        return {
          thread: written,
          // At a restore too: one may have been saved while the thread was put into the trash.
          stopped: await stopRepliesOf(models, written, session),
          givenBack: written.deleted_at ? [] : await giveBackReplies(models, written, session),
        };
      },
    );
    for (const { _id, outbound } of stopped) void replies.wake({ id: _id, run: outbound.run });
    await signalGivenBack(models, givenBack);
    if (!thread || stopped.length === 0) return thread;
    // If the process dies before this, the change handler does it (core/events/changeHandler.ts).
    await summarise(models, kind, thread);
    const { _id, workspace_id } = thread;
    return threadsOf(models, kind).findOne({ _id, workspace_id }, WITHOUT_LISTS).lean<ThreadRow>();
  };
