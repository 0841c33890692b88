import { collectionOf, type ContactRow, type MessageRow, type Models } from '../src/infra/models/index.ts';
import type { ThreadRow } from '../src/infra/models/thread.ts';
import { hashOf, newId } from '../src/lib/ids.ts';
import { contactId, contactWords } from '../src/core/threads/contacts.ts';
import { newThreadRow } from '../src/core/threads/newThreadRow.ts';
import { wordsOf } from '../src/core/threads/searchWords.ts';
import { figure, say } from './report.ts';

/** How much a workspace has. */
export interface Size {
  tickets: number;
  conversations: number;
  contacts: number;
}

/** Who and what the rows belong to. */
interface Place {
  workspaceId: string;
  userId: string;
  /** Its addresses: of tickets, and of shared conversations. */
  emails: { tickets: string; shared: string };
}

const MESSAGES = 4;
const THREADS_AT_ONCE = 500;
/** Threads come so often (ms); the last one now. */
const EVERY_MS = 60_000;
const TAGS = ['refund', 'delivery', 'login'];
/** Words of mails: the first are in most of them, the last ones in few. */
const VOCABULARY = Array.from({ length: 5_000 }, (_, n) => `${'aeiou'[n % 5]}${n.toString(36)}x`);
/** In every tenth thread. */
export const COMMON_WORD = 'warranty';
/** In every thousandth. */
export const RARE_WORD = 'zeppelin';

/**
 * Fills a workspace with the rows that mails would have made, words to search by included. The same size
 * gives the same rows, but for ids and times.
 */
export async function fillWorkspace(models: Models, place: Place, size: Size): Promise<void> {
  const from = Date.now() - Math.max(size.tickets, size.conversations) * EVERY_MS;
  const contacts = Array.from({ length: size.contacts }, (_, n) => newContact(place, n, new Date(from + n)));
  await collectionOf(models.Contact).insertMany(contacts);
  for (const kind of ['ticket', 'conversation'] as const) {
    const count = kind === 'ticket' ? size.tickets : size.conversations;
    for (let n = 0; n < count; n += THREADS_AT_ONCE) {
      const threads: ThreadRow[] = [];
      const messages: MessageRow[] = [];
      for (let i = n; i < Math.min(n + THREADS_AT_ONCE, count); i += 1) {
        const at = new Date(from + i * EVERY_MS);
        const made = newThread(place, kind, i, contacts[i % contacts.length]!, at);
        threads.push(made.thread);
        messages.push(...made.messages);
      }
      const collection = kind === 'ticket' ? models.Ticket : models.Conversation;
      await collection.collection.insertMany(threads as never[]);
      await collectionOf(models.Message).insertMany(messages);
      if (count > THREADS_AT_ONCE && (n / THREADS_AT_ONCE) % 10 === 9)
        say(`${figure(n + threads.length)} of ${figure(count)} ${kind}s are there`);
    }
  }
  await models.Workspace.updateOne({ _id: place.workspaceId }, { last_ticket_number: size.tickets });
}

function newContact({ workspaceId }: Place, n: number, created_at: Date): ContactRow {
  const person = { email: `ann${n}@client${n % 50}.test`, name: `Ann ${VOCABULARY[n % 500]}` };
  return {
    _id: contactId(workspaceId, person),
    workspace_id: workspaceId,
    ...person,
    words: contactWords(person),
    notes: '',
    blocked_at: null,
    changes: 0,
    audiences: ['tickets', 'shared'],
    created_at,
    updated_at: created_at,
  };
}

/** Every fifth conversation is the user's own; of four threads one is closed. */
function newThread(
  place: Place,
  kind: MessageRow['thread_kind'],
  n: number,
  contact: ContactRow,
  at: Date,
): { thread: ThreadRow; messages: MessageRow[] } {
  const owner = kind === 'conversation' && n % 5 === 0 ? place.userId : null;
  const audience = kind === 'ticket' ? 'tickets' : owner ? `owner:${owner}` : 'shared';
  const id = newId(at.getTime());
  const messages = Array.from({ length: MESSAGES }, (_, i) =>
    newMessage(place, { kind, id, audience }, n, i, contact, new Date(at.getTime() + i * 1_000)),
  );
  const [opening] = messages as [MessageRow];
  const last = messages.at(-1)!.created_at;
  const number = n + 1;
  const thread = {
    ...newThreadRow(opening, contact),
    words: [
      ...new Set(messages.flatMap(({ subject, text }) => wordsOf(subject, text))),
      ...(kind === 'ticket' ? [String(number)] : []),
    ],
    status: (['open', 'open', 'pending', 'closed'] as const)[n % 4]!,
    agent_id: n % 3 === 0 ? place.userId : owner,
    tags: n % 7 === 0 ? [TAGS[n % TAGS.length]!] : [],
    last_message_at: last,
    updated_at: last,
    changes: MESSAGES - 1,
    ...(kind === 'ticket' ? { number } : { owner_id: owner }),
  };
  return { thread, messages };
}

function newMessage(
  { workspaceId, emails }: Place,
  thread: { kind: MessageRow['thread_kind']; id: string; audience: string },
  n: number,
  i: number,
  contact: ContactRow,
  created_at: Date,
): MessageRow {
  const person = { email: contact.email, name: contact.name };
  const text = textOf(n * MESSAGES + i, n);
  const message_id = `<${thread.id}.${i}@client.test>`;
  const names = Array.from({ length: i }, (_, before) => `<${thread.id}.${before}@client.test>`);
  return {
    _id: hashOf(message_id),
    workspace_id: workspaceId,
    audience: thread.audience,
    thread_kind: thread.kind,
    thread_id: thread.id,
    direction: 'inbound',
    state: 'received',
    from: person,
    sender: person,
    reply_to: [],
    to: [{ email: 'support@postroom.test', name: 'Support' }],
    cc: [],
    to_email: 'support@postroom.test',
    workspace_email_id: thread.kind === 'ticket' ? emails.tickets : emails.shared,
    sending_email: null,
    subject: `Where is my order ${VOCABULARY[n % VOCABULARY.length]}`,
    text,
    html: `<div>${text}</div>`,
    cut: [],
    headers: [['Subject', 'Where is my order?']],
    message_id,
    in_reply_to: names.at(-1) ?? null,
    references: names,
    names,
    people: [contact.email, 'support@postroom.test'],
    sender_known: true,
    opens: i === 0,
    auto_reply: false,
    list_mail: false,
    spam: false,
    sent_at: created_at,
    contact_id: contact._id,
    inbound_email_id: hashOf('mail', message_id),
    files: [],
    copies: [{ inbound_email_id: hashOf('mail', message_id), traced: [] }],
    author_id: null,
    request_hash: null,
    outbound: null,
    created_at,
  };
}

/** Some fifty words, common ones more often. */
function textOf(seed: number, thread: number): string {
  const words: string[] = [];
  let state = seed + 1;
  for (let i = 0; i < 50; i += 1) {
    state = (state * 48_271) % 2_147_483_647;
    const share = state / 2_147_483_647;
    words.push(VOCABULARY[Math.floor(share ** 3 * VOCABULARY.length)]!);
  }
  if (thread % 10 === 5) words.push(COMMON_WORD);
  if (thread % 1_000 === 5) words.push(RARE_WORD);
  return words.join(' ');
}
