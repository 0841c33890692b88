import type { mongo } from 'mongoose';
import { normaliseAddress, type Address } from '../../mail/addresses.ts';
import { collectionOf, type ContactRow, type Models } from '../../infra/models/index.ts';
import { once } from '../../infra/models/once.ts';
import { hashOf } from '../../lib/ids.ts';
import { wordsOf } from '../../mail/searchWords.ts';

/** Creates the contact if needed, and adds these audiences to it. Idempotent; safe to call concurrently. */
export async function knowContact(
  models: Models,
  workspaceId: string,
  person: Address | null,
  audiences: string[],
  since: Date,
): Promise<void> {
  const email = contactAddress(person);
  const row = {
    email,
    name: person?.name ?? '',
    words: contactWords({ email, name: person?.name ?? '' }),
    notes: '',
    blocked_at: null,
    changes: 0,
    created_at: since,
    updated_at: since,
  };
  // One at a time, those of every member first: each is an event, seen by the earlier ones (`newAudiences`).
  for (const audience of [...audiences].sort().reverse())
    await once(() =>
      collectionOf(models.Contact).updateOne(
        { _id: contactId(workspaceId, person), workspace_id: workspaceId },
        { $setOnInsert: row, $addToSet: { audiences: audience } },
        { upsert: true },
      ),
    );
}

/** The contact, or the one that they were merged into. */
export async function contactNow(
  models: Models,
  workspace_id: string,
  id: string | null,
  session?: mongo.ClientSession,
): Promise<ContactRow | null> {
  if (id === null) return null;
  const findContact = (_id: string) =>
    collectionOf(models.Contact).findOne({ _id, workspace_id }, session && { session });
  const contact = await findContact(id);
  return contact?.merged_into === undefined ? contact : findContact(contact.merged_into);
}

/** The words to search a contact by: those of the name, and the parts of the address. */
export function contactWords({ email, name }: Address): string[] {
  return wordsOf(name, email);
}

/** A mail without any sender belongs to the contact with the empty address. */
function contactAddress(person: Address | null): string {
  return normaliseAddress(person?.email ?? '') ?? person?.email.trim().toLowerCase() ?? '';
}

export function contactId(workspaceId: string, person: Address | null): string {
  return hashOf('contact', workspaceId, contactAddress(person));
}
