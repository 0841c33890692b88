import type { Models, NoteRow } from '../../infra/models/index.ts';
import { MAX_WORDS } from '../../mail/searchWords.ts';
import { summariseThreadOf } from '../threads/summary.ts';
import { threadsOf } from '../threads/threads.ts';
import { withFirst } from '../threads/words.ts';
import { EXPIRED } from './uploads.ts';

/**
 * Changes a note. Its row says that it was changed.
 * @param words of its new text; it is still found by those of the old one, among them its files' names
 * @returns null when it was deleted
 */
export async function changeNote(
  models: Models,
  { _id, workspace_id }: NoteRow,
  { words, ...change }: { words: string[] } & Partial<Pick<NoteRow, 'text' | 'html' | 'mentions'>>,
): Promise<NoteRow | null> {
  const note = await models.Message.findOneAndUpdate(
    { _id, workspace_id, direction: 'note', state: 'saved' },
    {
      $set: { ...change, edited_at: new Date() },
      $push: { words: withFirst(words, MAX_WORDS) },
    },
    { returnDocument: 'after' },
  ).lean<NoteRow>();
  if (!note) return null;
  await summariseThreadOf(models, note);
  // It is found by what it says now as well.
  const thread = { _id: note.thread_id, workspace_id };
  await threadsOf(models, note.thread_kind).updateOne(thread, { $push: { words: withFirst(words) } });
  return note;
}

/**
 * Deletes a note with its files. The row stays without its text, so that the thread shows that there was one.
 * Idempotent: a process that dies half-way leaves the rest to the next try.
 */
export async function deleteNote(models: Models, { _id, workspace_id }: NoteRow): Promise<NoteRow> {
  const note = { _id, workspace_id, direction: 'note' as const };
  await models.Message.updateOne(
    { ...note, state: 'saved' },
    { $set: { state: 'cancelled', text: '', html: null, words: [], mentions: [], edited_at: new Date() } },
  );
  // Nobody sees them from now on. They count as uploads that no message took, and older than a day: their bytes
  // are deleted with the next of these.
  await models.Attachment.updateMany(
    { workspace_id, message_id: _id },
    { $set: { message_id: EXPIRED, audience: 'nobody', created_at: new Date(0) } },
  );
  const deleted = await models.Message.findOne(note).orFail().lean<NoteRow>();
  await summariseThreadOf(models, deleted);
  return deleted;
}
