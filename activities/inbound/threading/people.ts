import { normaliseAddress, type Address } from '../../../src/mail/addresses.ts';
import { collectionOf, type Models } from '../../../src/infra/models/index.ts';
import type { StoredMail } from '../../../src/mail/storedMail.ts';
import { threadsOf } from '../../../src/core/threads/threads.ts';
import type { ThreadRef } from './matches.ts';

/** Most addresses of one mail that can take part; a mail to more people is no conversation. */
const MAX_PEOPLE = 1_000;

/** Normalised addresses of all people that this mail names, the sender first. */
export function peopleOf(mail: StoredMail, sender: Address): string[] {
  const all = [sender, ...(mail.from ? [mail.from] : []), ...mail.reply_to, ...mail.to, ...mail.cc];
  const addresses = all.map((person) => normaliseAddress(person.email)).filter((email) => email !== null);
  return [...new Set(addresses)].slice(0, MAX_PEOPLE);
}

/**
 * Whether this address takes part in the thread: through the mail that opened it (even a marked one), an
 * unmarked inbound message, or one of ours; never through any other marked mail
 * (core/threads/applyToThread.ts adds the addresses).
 */
export async function takesPart(models: Models, thread: ThreadRef, address: string): Promise<boolean> {
  const threads = collectionOf(threadsOf(models, thread.thread_kind));
  const found = await threads.findOne({ _id: thread.thread_id, people: address }, { projection: { _id: 1 } });
  return found !== null;
}
