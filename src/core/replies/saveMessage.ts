import type { ClientSession } from 'mongoose';
import { collectionOf, type MessageRow, type Models } from '../../infra/models/index.ts';
import { isDuplicateKey } from '../../infra/models/once.ts';
import { countReply } from '../../infra/telemetry/metrics.ts';
import { applyToThread } from '../threads/applyToThread.ts';
import { knowContact } from '../threads/contacts.ts';
import type { NewMessage } from './newReply.ts';
import { takeUploads } from './uploads.ts';

/** What makes a repeated request the same message. */
export interface Request {
  /** Id of the message: made from the Idempotency-Key if the request has one, else new. */
  id: string;
  isKeyed: boolean;
  /** Of everything in the request. */
  hash: string;
}

/** Work in the transaction that stores a message. */
export type Together = (message: MessageRow, session: ClientSession) => Promise<void>;

/**
 * Saves a message. If an earlier try of the same request has saved it, finishes what that try left undone.
 * @param make is not called if the message exists: what was valid then (a time, a file, an address) may not
 * be valid now.
 * @param together what is checked and written in the same transaction, before the message is stored; throws
 * to prevent that. Not called either if the message exists.
 * @returns null when another request has used this key.
 */
export async function saveMessage(
  models: Models,
  workspaceId: string,
  request: Request,
  make: () => Promise<NewMessage>,
  together?: Together,
): Promise<MessageRow | null> {
  const findSaved = () =>
    models.Message.findOne({ _id: request.id, workspace_id: workspaceId }).lean<MessageRow>();
  const existing = request.isKeyed ? await findSaved() : null;
  const saved = existing ?? (await insert(models, await make(), together)) ?? (await findSaved().orFail());
  if (saved.request_hash !== request.hash) return null;
  return applyMessage(models, saved);
}

/**
 * Applies a message to its thread and contact. Idempotent, so that any process may finish what another left
 * undone.
 */
export async function applyMessage(models: Models, row: MessageRow): Promise<MessageRow> {
  const [first] = row.to;
  if (row.opens && first) await knowContact(models, row.workspace_id, first, [row.audience], row.created_at);
  return applyToThread(models, row, row.direction === 'note');
}

/** @returns null when a message with this id exists. */
async function insert(
  models: Models,
  { row, uploads }: NewMessage,
  together?: Together,
): Promise<MessageRow | null> {
  const messages = collectionOf(models.Message);
  try {
    if (uploads.length === 0 && !together) await messages.insertOne(row);
    else {
      // In one transaction: files of a message that was not saved would be lost, and a message without its
      // files would go out.
      const isNew = await models.connection.transaction(async (session) => {
        // Before the checks: a concurrent try of this request may have saved it.
        const same = { _id: row._id, workspace_id: row.workspace_id };
        if (await messages.findOne(same, { session, projection: { _id: 1 } })) return false;
        await together?.(row, session);
        await messages.insertOne(row, { session });
        if (uploads.length > 0) await takeUploads(models, row, uploads, session);
        return true;
      });
      if (!isNew) return null;
    }
    if (row.direction === 'outbound') countReply(row.state);
    return row;
  } catch (error) {
    if (isDuplicateKey(error)) return null;
    throw error;
  }
}
