import { collectionOf, type ImageSenderRow, type MessageRow, type Models } from '../../infra/models/index.ts';
import { once } from '../../infra/models/once.ts';
import { hashOf } from '../../lib/ids.ts';
import { normaliseAddress } from '../../mail/addresses.ts';
import type { ApiUser } from './visibility.ts';

/** Ids of the messages whose remote images the user always wants to see. */
export async function imagesAllowed(
  models: Models,
  { workspaceId: workspace_id, userId: user_id }: ApiUser,
  messages: MessageRow[],
): Promise<ReadonlySet<string>> {
  const senders = new Map(
    messages.flatMap((message) => {
      // A forged mail must not load what only the real sender may.
      const isTrusted = message.direction === 'inbound' && message.authentication?.verdict !== 'fail';
      const address = isTrusted ? normaliseAddress(message.sender.email) : null;
      return address === null ? [] : [[message._id, address] as const];
    }),
  );
  if (senders.size === 0) return new Set();
  const allowed = await models.ImageSender.find(
    { workspace_id, user_id, address: { $in: [...new Set(senders.values())] } },
    { address: 1 },
  ).lean<Pick<ImageSenderRow, 'address'>[]>();
  const addresses = new Set(allowed.map(({ address }) => address));
  return new Set([...senders].filter(([, address]) => addresses.has(address)).map(([id]) => id));
}

/** Idempotent. */
export async function allowImages(
  models: Models,
  { workspaceId, userId }: ApiUser,
  address: string,
): Promise<ImageSenderRow> {
  const row: ImageSenderRow = {
    _id: hashOf('image-sender', workspaceId, userId, address),
    workspace_id: workspaceId,
    user_id: userId,
    address,
    created_at: new Date(),
  };
  const { _id, ...fields } = row;
  const stored = await once(() =>
    collectionOf(models.ImageSender).findOneAndUpdate(
      { _id },
      { $setOnInsert: fields },
      { upsert: true, returnDocument: 'after' },
    ),
  );
  return stored ?? row;
}

/** @returns false when the address was not in the list. */
export async function askAgain(
  models: Models,
  { workspaceId: workspace_id, userId: user_id }: ApiUser,
  address: string,
): Promise<boolean> {
  const { deletedCount } = await models.ImageSender.deleteOne({ workspace_id, user_id, address });
  return deletedCount > 0;
}
