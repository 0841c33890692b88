import type { mongo } from 'mongoose';
import { collectionOf, type MessageRow, type Models } from '../../infra/models/index.ts';
import { normaliseAddress } from '../../mail/addresses.ts';
import { answerTo, type Answerable } from '../../mail/answerTo.ts';

/** Most addresses of one mail that can take part; a mail to more people is no conversation. */
const MAX_PEOPLE = 1_000;

/** What of a mail says who takes part through it. */
export type Naming = Answerable & Pick<MessageRow, 'to' | 'cc'>;

/**
 * Normalised addresses of all people that a mail names, the sender first. Its Reply-To is among them where an
 * answer would go to it.
 */
export function peopleOf(mail: Naming): string[] {
  const { sender, from, to, cc } = mail;
  const all = [sender, from, ...answerTo(mail).to, ...to, ...cc];
  const addresses = all.map((person) => normaliseAddress(person.email)).filter((email) => email !== null);
  return [...new Set(addresses)].slice(0, MAX_PEOPLE);
}

/**
 * The people who take part in a thread through a mail in it: all that it names if it opens the thread, or if a known
 * sender has named them in a mail that is proved to be theirs. Any other mail brings nobody in.
 */
export function peopleThrough(mail: Naming & Pick<MessageRow, 'opens' | 'sender_known'>): string[] {
  const names = mail.opens || (mail.sender_known && mail.authentication?.verdict === 'pass');
  return names ? peopleOf(mail) : [];
}

interface InThread {
  workspace_id: string;
  thread_id: string;
}

/** Each is one key of an index, so that a stranger's thousand marked mails cost nothing. */
const HOW = [{ sender_known: true }, { sender_known: false, opens: true }] as const;

/**
 * Whether this address takes part in the thread: through the mail that opened it (even a marked one), a mail that
 * named it, or one of ours; never through a marked mail.
 */
export async function takesPart(
  models: Models,
  workspace_id: string,
  { thread_id }: Pick<InThread, 'thread_id'>,
  address: string,
): Promise<boolean> {
  for (const how of HOW) {
    const found = await collectionOf(models.Message).findOne(
      { workspace_id, thread_id, people: address, ...how },
      { projection: { _id: 1 } },
    );
    if (found) return true;
  }
  return false;
}

/** Those of the addresses, normalised, that take part in the thread. */
export async function takingPart(
  models: Models,
  { workspace_id, thread_id }: InThread,
  addresses: string[],
  session?: mongo.ClientSession,
): Promise<Set<string>> {
  if (addresses.length === 0) return new Set();
  const people = { $in: [...new Set(addresses)] };
  const options = session ? { session } : {};
  const found: string[] = [];
  for (const how of HOW)
    found.push(
      ...(await collectionOf(models.Message).distinct(
        'people',
        { workspace_id, thread_id, people, ...how },
        options,
      )),
    );
  const known = new Set(found);
  return new Set(addresses.filter((address) => known.has(address)));
}
