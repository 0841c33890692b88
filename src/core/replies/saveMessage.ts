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

/**
 * Saves a message. If an earlier try of the same request has saved it, finishes what that try left undone.
 * @param make is not called if the message exists: what was valid then (a time, a file, an address) may not
 * be valid now.
 * @returns null when another request has used this key.
 */
export async function saveMessage(
  models: Models,
  workspaceId: string,
  request: Request,
  make: () => Promise<NewMessage>,
): Promise<MessageRow | null> {
  const findSaved = () =>
    models.Message.findOne({ _id: request.id, workspace_id: workspaceId }).lean<MessageRow>();
  const existing = request.isKeyed ? await findSaved() : null;
  const saved = existing ?? (await insert(models, await make())) ?? (await findSaved().orFail());
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
async function insert(models: Models, { row, uploads }: NewMessage): Promise<MessageRow | null> {
  const messages = collectionOf(models.Message);
  try {
    if (uploads.length === 0) await messages.insertOne(row);
    else {
      // Together: files of a message that was not saved would be lost, and a message without its files would
      // go out.
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
