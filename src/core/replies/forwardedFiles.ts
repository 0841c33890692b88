import type { AttachmentRow, Models } from '../../infra/models/index.ts';
import { threadsOf } from '../threads/threads.ts';
import { copyFiles, type Copying } from './copyFiles.ts';
import { Unfit } from './draft.ts';
import type { Order } from './newReply.ts';

interface Seen {
  workspace_id: string;
  audience: { $in: string[] };
}

/**
 * Adds copies of the files of another message, to forward them. Pictures that its HTML shows are left out:
 * they come with the quote. So are files that could not be stored, which the other message says of each.
 * @param from id of a message, of any thread that the author may see
 * @param seen filter of the rows that the author may see
 * @throws Unfit
 */
export async function withFilesOf(
  deps: Pick<Copying, 'models' | 'storage' | 'platformDomain'>,
  order: Order,
  from: string | null,
  seen: Seen,
): Promise<Order> {
  if (from === null) return order;
  await checkVisible(deps.models, from, seen);
  const files = await deps.models.Attachment.find({
    workspace_id: seen.workspace_id,
    message_id: from,
    inline: false,
    state: { $in: ['stored', 'pending'] },
  })
    .sort({ position: 1 })
    .lean<AttachmentRow[]>();
  if (files.some(({ state }) => state === 'pending'))
    throw new Unfit('attachments_of', 'has a file that is still being fetched; try again');
  const copies = await copyFiles({ ...deps, author: order.author, messageId: order.id }, files);
  return { ...order, copies: [...order.copies, ...copies] };
}

async function checkVisible(models: Models, _id: string, seen: Seen): Promise<void> {
  const message = await models.Message.findOne({ _id, ...seen }, { thread_kind: 1, thread_id: 1 }).lean();
  const thread = message && {
    _id: message.thread_id,
    ...seen,
    hidden: { $in: [null, 'spam' as const] },
  };
  if (!thread || !(await threadsOf(models, message.thread_kind).exists(thread)))
    throw new Unfit('attachments_of', 'must be the id of a message that you can see');
}
