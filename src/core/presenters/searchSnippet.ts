import { z } from 'zod';
import type { MessageRow, Models } from '../../infra/models/index.ts';
import { snippetOf, type SearchQuery, type Snippet } from '../../mail/searchQuery.ts';
import { messagesSeenBy, seenBy, type ApiUser } from './visibility.ts';

export const SearchSnippet = z
  .object({
    text: z.string(),
    hits: z
      .array(z.array(z.int()).length(2))
      .meta({ description: 'Positions in the text: first character, and the one after the last.' }),
  })
  .meta({ id: 'SearchSnippet', description: 'Where the words of a search are.' });

/**
 * Condition of a list of words: one of them begins like this. Only letters, digits and a colon, so nothing
 * needs escaping. In a list, because the stand-in database does not use an index for `$regex`
 * (docs/decisions/stand-in-database.md).
 */
export const beginningWith = (prefix: string) => ({ $in: [new RegExp(`^${prefix}`)] });

/** Messages of the found threads that are looked at; a thread's newest match is shown. */
const LOOKED_AT = 1_000;

/** Snippets of the threads that a search found, by the thread's id. */
async function snippetsOf(
  models: Models,
  user: ApiUser,
  threadIds: string[],
  search: SearchQuery,
): Promise<ReadonlyMap<string, Snippet>> {
  const { words, prefix } = search;
  const wanted: object[] = words.map((word) => ({ words: word }));
  if (prefix !== null) wanted.push({ words: beginningWith(prefix) });
  if (wanted.length === 0 || threadIds.length === 0) return new Map();
  const matches = await models.Message.find(
    messagesSeenBy(user, threadIds, { state: { $ne: 'cancelled' }, $or: wanted }),
    { thread_id: 1, created_at: 1 },
  )
    .limit(LOOKED_AT)
    .lean<Pick<MessageRow, '_id' | 'thread_id' | 'created_at'>[]>();
  const newest = new Map<string, string>();
  for (const { _id, thread_id } of matches.toSorted((one, other) => +one.created_at - +other.created_at))
    newest.set(thread_id, _id);
  const messages = await models.Message.find(
    { _id: { $in: [...newest.values()] }, ...seenBy(user) },
    { thread_id: 1, text: 1, subject: 1, from: 1, sender: 1, to: 1, cc: 1, files: 1 },
  ).lean<MessageRow[]>();
  return new Map(
    messages.flatMap((message) => {
      const snippet = partsOf(message)
        .map((part) => snippetOf(part, search))
        .find((found) => found !== null);
      return snippet ? [[message.thread_id, snippet] as const] : [];
    }),
  );
}

/** The same threads, of a search with their snippets. */
export async function withSnippets<Shown extends { id: string }>(
  models: Models,
  user: ApiUser,
  threads: Shown[],
  search: SearchQuery | undefined,
): Promise<(Shown & { snippet?: Snippet | null })[]> {
  if (!search) return threads;
  const ids = threads.map(({ id }) => id);
  const snippets = await snippetsOf(models, user, ids, search);
  return threads.map((thread) => ({ ...thread, snippet: snippets.get(thread.id) ?? null }));
}

/** Where its words come from, the text first. */
function partsOf({ text, subject, from, sender, to, cc, files }: MessageRow): string[] {
  const people = [from, sender, ...to, ...cc].map(({ name, email }) => (name ? `${name} <${email}>` : email));
  const filenames = files.map(({ filename }) => filename);
  return [text, subject, filenames.join(', '), [...new Set(people)].join(', ')];
}
