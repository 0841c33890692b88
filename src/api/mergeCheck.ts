import { seenBy, type ApiUser } from '../core/presenters/visibility.ts';
import type { MessageRow } from '../infra/models/index.ts';
import type { ThreadRow } from '../infra/models/thread.ts';
import { notFound, wrongFields } from './problem.ts';

/** Checks that the user sees both threads, and that the same people see both. @throws Problem 404, 422 */
export function mergeCheck(kind: MessageRow['thread_kind'], into: string, user: ApiUser) {
  const isSeen = (row: ThreadRow | null): row is ThreadRow =>
    row !== null &&
    row.hidden !== 'merged' &&
    row.deleted_at === undefined &&
    seenBy(user).audience.$in.some((audience) => audience === row.audience);
  const check: (first: ThreadRow | null, second: ThreadRow | null) => asserts first is ThreadRow = (
    first,
    second,
  ) => {
    if (!isSeen(first)) throw notFound();
    if (first._id === into) throw wrongInto(`must be another ${kind}`);
    if (!isSeen(second)) throw wrongInto(`must be a ${kind} that you can see`);
    if (first.audience !== second.audience)
      throw wrongInto('must be visible to the same people: one of the two is personal');
  };
  return check;
}

const wrongInto = (message: string) => wrongFields([{ field: 'into', message }]);
