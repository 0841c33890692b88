import { collectionOf, type MessageRow, type Models } from '../../infra/models/index.ts';
import { isDuplicateKey } from '../../infra/models/once.ts';
import { countReply } from '../../infra/telemetry/metrics.ts';
import { applyToThread } from '../threads/applyToThread.ts';
import { knowContact } from '../threads/contacts.ts';
import type { NewMessage } from './newReply.ts';
import { takeUploads } from './uploads.ts';

/** What makes a repeated request the same message. */
export interface Request {
  /** Id of the message: made of the Idempotency-Key where the request has one, else new. */
  id: string;
  isKeyed: boolean;
  /** Of all that is asked for. */
  hash: string;
}

/**
 * Saves a message, or finds the one that an earlier try of the same request saved, and does what that died before.
 * @param make is not asked when it is there: what was right then (a time, a file, an address) need not be right now.
 * @returns null when another request had this key.
 */
export async function saveMessage(
  models: Models,
  workspaceId: string,
  request: Request,
  make: () => Promise<NewMessage>,
): Promise<MessageRow | null> {
  const find = () =>
    models.Message.findOne({ _id: request.id, workspace_id: workspaceId }).lean<MessageRow>();
  const there = request.isKeyed ? await find() : null;
  const saved = there ?? (await insert(models, await make())) ?? (await find().orFail());
  if (saved.request_hash !== request.hash) return null;
  return applyMessage(models, saved);
}

/** What a message does to its thread and contact. Done again it changes nothing, so whoever finds it undone may do it. */
export async function applyMessage(models: Models, row: MessageRow): Promise<MessageRow> {
  const [first] = row.to;
  if (row.opens && first) await knowContact(models, row.workspace_id, first, [row.audience], row.created_at);
  return applyToThread(models, row, row.direction === 'note');
}

/** @returns null when there is one with its id. */
async function insert(models: Models, { row, uploads }: NewMessage): Promise<MessageRow | null> {
  const messages = collectionOf(models.Message);
  try {
    if (uploads.length === 0) await messages.insertOne(row);
    else {
      // Files that belong to a message which is not there would be nobody's; a message without its files would go out.
      await models.connection.transaction(async (session) => {
        await messages.insertOne(row, { session });
        await takeUploads(models, row, uploads, session);
      });
    }
    if (row.direction === 'outbound') countReply(row.state);
    return row;
  } catch (error) {
    if (isDuplicateKey(error)) return null;
    throw error;
  }
}
