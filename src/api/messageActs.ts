import type { RouterContext } from '@koa/router';
import type { ClientSession } from 'mongoose';
import { showMessages } from '../core/presenters/show.ts';
import { AnsweredMeanwhile, checkNothingSince, lockThread } from '../core/replies/answeredMeanwhile.ts';
import type { ReplyThread } from '../core/replies/draft.ts';
import { draftBecomes } from '../core/replies/drafts.ts';
import { setThreadFields } from '../core/threads/setThreadFields.ts';
import type { ThreadFields } from '../infra/models/outbound.ts';
import type { MessageRow } from '../infra/models/index.ts';
import type { ApiState } from './auth.ts';
import type { RouteDeps } from './deps.ts';
import { checkMatch } from './etag.ts';
import { Problem } from './problem.ts';
import { threadTag } from './threadChange.ts';

/** What a request to write a message asks for besides. */
interface Acts {
  after?: string | null | undefined;
  draft?: string | null | undefined;
  /** Only of a note: a reply changes its thread when it goes out. */
  threadChange: ThreadFields | null;
}

/**
 * The checks and writes in the transaction that stores a message; undefined when there are none.
 * @param thread undefined for a message that opens one
 */
export function actsOf(
  ctx: RouterContext<ApiState>,
  { models }: Pick<RouteDeps, 'models'>,
  thread: ReplyThread | undefined,
  { after, draft, threadChange }: Acts,
) {
  const isChecked = thread && (Boolean(after) || ctx.get('If-Match') !== '');
  if (!isChecked && !draft && !threadChange) return undefined;
  return async (message: MessageRow, session: ClientSession): Promise<void> => {
    if (isChecked) {
      const row = await lockThread(models, thread, session);
      if (!row) throw new AnsweredMeanwhile([]);
      checkMatch(ctx, threadTag(thread.kind, row));
      if (after) await checkNothingSince(models, row, after, session);
    }
    if (draft) await draftBecomes(models, draft, message, ctx.state.user, session);
    if (message.direction === 'note' && threadChange)
      await setThreadFields(models, message, threadChange, session);
  };
}

/** @throws Problem 412 with the messages since the one that the agent had read last */
export async function refusingSecondAnswers<T>(
  ctx: RouterContext<ApiState>,
  deps: RouteDeps,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof AnsweredMeanwhile)) throw error;
    const messages = await showMessages(error.since, ctx.state.user, deps);
    throw new Problem(
      412,
      'There are newer messages. Read them, and send your answer again if it still fits.',
      {
        members: { messages },
      },
    );
  }
}
