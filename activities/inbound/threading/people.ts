import { normaliseAddress, type Address } from '../../../src/mail/addresses.ts';
import { collectionOf, type Models } from '../../../src/infra/models/index.ts';
import type { StoredMail } from '../../../src/mail/storedMail.ts';
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
 * unmarked inbound message, or one of ours; never through any other marked mail.
 */
export async function takesPart(
  models: Models,
  workspace_id: string,
  { thread_id }: Pick<ThreadRef, 'thread_id'>,
  address: string,
): Promise<boolean> {
  // Each of the two is one key of an index, so that a stranger's thousand marked mails cost nothing.
  for (const how of [{ sender_known: true }, { sender_known: false, opens: true }]) {
    const found = await collectionOf(models.Message).findOne(
      { workspace_id, thread_id, people: address, ...how },
      { projection: { _id: 1 } },
    );
    if (found) return true;
  }
  return false;
}
