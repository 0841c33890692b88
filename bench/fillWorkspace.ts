import { collectionOf, type ContactRow, type MessageRow, type Models } from '../src/infra/models/index.ts';
import type { ThreadRow } from '../src/infra/models/thread.ts';
import { hashOf, newId } from '../src/lib/ids.ts';
import { contactId, contactWords } from '../src/core/threads/contacts.ts';
import { newThreadRow } from '../src/core/threads/newThreadRow.ts';
import { lastMessageOf } from '../src/core/threads/summary.ts';
import { DAY_MS } from '../src/lib/time.ts';
import { wordsOf } from '../src/mail/searchWords.ts';
import { figure, say } from './report.ts';

/** How many rows of each kind a workspace gets. */
export interface Size {
  tickets: number;
  conversations: number;
  contacts: number;
  /** Of each thread; four by default. */
  messages?: number;
}

/** The workspace, user and addresses that the rows belong to. */
export interface Place {
  workspaceId: string;
  userId: string;
  /** Its addresses: of tickets, and of shared conversations. */
  emails: { tickets: string; shared: string };
}

const MESSAGES = 4;
/** Message-Ids that a mail names, in a long thread. */
const MOST_NAMES = 20;
const THREADS_AT_ONCE = 500;
/** Time between threads (ms); the last one is created now. */
const EVERY_MS = 60_000;
const TAGS = ['refund', 'delivery', 'login'];
/** Words of mails: the first ones occur in most mails, the last ones in few. */
const VOCABULARY = Array.from({ length: 5_000 }, (_, index) => `${'aeiou'[index % 5]}${index.toString(36)}x`);
/** In every tenth thread. */
export const COMMON_WORD = 'warranty';
/** In every thousandth. */
export const RARE_WORD = 'zeppelin';

/**
 * Fills a workspace with the rows that mails would have created, including the words to search by. The same
 * size gives the same rows, except for ids and times.
 */
export async function fillWorkspace(models: Models, place: Place, size: Size): Promise<void> {
  const from = Date.now() - Math.max(size.tickets, size.conversations) * EVERY_MS;
  const contacts = Array.from({ length: size.contacts }, (_, index) =>
    newContact(place, index, new Date(from + index)),
  );
  await collectionOf(models.Contact).insertMany(contacts);
  for (const kind of ['ticket', 'conversation'] as const) {
    const count = kind === 'ticket' ? size.tickets : size.conversations;
    for (let first = 0; first < count; first += THREADS_AT_ONCE) {
      const threads: ThreadRow[] = [];
      const messages: MessageRow[] = [];
      for (let index = first; index < Math.min(first + THREADS_AT_ONCE, count); index += 1) {
        const at = new Date(from + index * EVERY_MS);
        const rows = newThread(place, kind, index, contacts[index % contacts.length]!, at, size.messages);
        threads.push(rows.thread);
        messages.push(...rows.messages);
      }
      const collection = kind === 'ticket' ? models.Ticket : models.Conversation;
      await collection.collection.insertMany(threads as never[]);
      await collectionOf(models.Message).insertMany(messages);
      if (count > THREADS_AT_ONCE && (first / THREADS_AT_ONCE) % 10 === 9)
        say(`wrote ${figure(first + threads.length)} of ${figure(count)} ${kind}s`);
    }
  }
  await models.Workspace.updateOne({ _id: place.workspaceId }, { last_ticket_number: size.tickets });
}

/** Adds a ticket of so many messages, older than all others, with the next number. @returns its id */
export async function addThread(
  models: Models,
  place: Place,
  number: number,
  messages: number,
): Promise<string> {
  const contact = newContact(place, 0, new Date());
  const opened = new Date(Date.now() - number * EVERY_MS - 30 * DAY_MS);
  const rows = newThread(place, 'ticket', number - 1, contact, opened, messages);
  await models.Ticket.collection.insertOne(rows.thread as never);
  await collectionOf(models.Message).insertMany(rows.messages);
  await models.Workspace.updateOne({ _id: place.workspaceId }, { last_ticket_number: number });
  return rows.thread._id;
}

function newContact({ workspaceId }: Place, index: number, created_at: Date): ContactRow {
  const person = { email: `ann${index}@client${index % 50}.test`, name: `Ann ${VOCABULARY[index % 500]}` };
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
  index: number,
  contact: ContactRow,
  at: Date,
  count = MESSAGES,
): { thread: ThreadRow; messages: MessageRow[] } {
  const owner = kind === 'conversation' && index % 5 === 0 ? place.userId : null;
  const audience = kind === 'ticket' ? 'tickets' : owner ? `owner:${owner}` : 'shared';
  const id = newId(at.getTime());
  const messages = Array.from({ length: count }, (_, position) => {
    const created_at = new Date(at.getTime() + position * 1_000);
    return newMessage(place, { kind, id, audience }, index, position, contact, created_at);
  });
  const [opening] = messages as [MessageRow];
  const last = messages.at(-1)!.created_at;
  const number = index + 1;
  const thread = {
    ...newThreadRow(opening, contact, false),
    words: [
      ...new Set(messages.flatMap(({ subject, text }) => wordsOf(subject, text))),
      ...(kind === 'ticket' ? [String(number)] : []),
    ],
    status: (['open', 'open', 'pending', 'closed'] as const)[index % 4]!,
    agent_id: index % 3 === 0 ? place.userId : owner,
    tags: index % 7 === 0 ? [TAGS[index % TAGS.length]!] : [],
    last_message_at: last,
    last_message: lastMessageOf(messages.at(-1)!),
    updated_at: last,
    changes: count - 1,
    ...(kind === 'ticket' ? { number } : { owner_id: owner }),
  };
  return { thread, messages };
}

function newMessage(
  { workspaceId, emails }: Place,
  thread: { kind: MessageRow['thread_kind']; id: string; audience: string },
  threadIndex: number,
  position: number,
  contact: ContactRow,
  created_at: Date,
): MessageRow {
  const person = { email: contact.email, name: contact.name };
  const text = textOf(threadIndex * MESSAGES + position, threadIndex);
  const message_id = `<${thread.id}.${position}@client.test>`;
  const names = Array.from({ length: position }, (_, before) => `<${thread.id}.${before}@client.test>`).slice(
    -MOST_NAMES,
  );
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
    subject: `Where is my order ${VOCABULARY[threadIndex % VOCABULARY.length]}`,
    text,
    html: `<div>${text}</div>`,
    fingerprint: null,
    cut: [],
    headers: [['Subject', 'Where is my order?']],
    message_id,
    in_reply_to: names.at(-1) ?? null,
    references: names,
    names,
    people: [contact.email, 'support@postroom.test'],
    sender_known: true,
    opens: position === 0,
    auto_reply: false,
    list_mail: false,
    spam: false,
    sent_at: created_at,
    contact_id: contact._id,
    inbound_email_id: hashOf('mail', message_id),
    authentication: { spf: 'pass', dkim: 'pass', dmarc: 'pass', verdict: 'pass' },
    sender_reason: null,
    files: [],
    words: [],
    copies: [{ inbound_email_id: hashOf('mail', message_id), traced: [] }],
    author_id: null,
    request_hash: null,
    outbound: null,
    created_at,
    stored_at: created_at,
  };
}

/** Fifty words, common ones more often; in some threads also the two to search for. */
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
