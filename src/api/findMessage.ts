import type { RouterContext } from '@koa/router';
import { NOT_SHOWN } from '../core/presenters/show.ts';
import { seenBy } from '../core/presenters/visibility.ts';
import type { MessageRow, Models } from '../infra/models/index.ts';
import type { ApiState } from './auth.ts';
import type { ThreadRow } from '../infra/models/thread.ts';
import { findThread, findThreadInTrashToo } from './findThread.ts';
import { notFound } from './problem.ts';

/**
 * Finds the message that the path of a request names, in a thread that the user may see.
 * @throws Problem 404
 */
export const messageFinder = (models: Models, kind: MessageRow['thread_kind']) =>
  finderBy(findThread, models, kind);

/** The same; the thread may be in the trash. */
export const messageInTrashTooFinder = (models: Models, kind: MessageRow['thread_kind']) =>
  finderBy(findThreadInTrashToo, models, kind);

const finderBy =
  (find: typeof findThread, models: Models, kind: MessageRow['thread_kind']) =>
  async ({ params, state }: RouterContext<ApiState>): Promise<MessageRow> => {
    const { _id: thread_id }: ThreadRow = await find(models, kind, params.id, state.user);
    const filter = { ...seenBy(state.user), thread_kind: kind, thread_id, _id: params.message_id };
    const row = await models.Message.findOne(filter, NOT_SHOWN).lean<MessageRow>();
    if (!row) throw notFound();
    return row;
  };
