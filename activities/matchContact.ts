import { normaliseAddress, type Address } from '../src/email/addresses.ts';
import type { Models } from '../src/models/index.ts';
import { hashOf } from '../src/temporal/ids.ts';
import type { InboundRun } from '../workflows/types.ts';
import type { Deps } from './deps.ts';
import { once } from './errors.ts';
import { readRow } from './row.ts';

/** The contact who wrote: the existing one by normalised address, or a new one; known in each audience the mail lands in. */
export async function matchContact(deps: Deps, mail: InboundRun): Promise<void> {
  const row = await readRow(deps, mail, { workspace_id: 1, sender: 1, routes: 1, received_at: 1 });
  const audiences = (row.routes ?? []).map((route) => route.lands_in);
  await knowContact(deps.models, row.workspace_id as string, row.sender, audiences, row.received_at);
}

export async function knowContact(
  models: Models,
  workspaceId: string,
  person: Address | null,
  audiences: string[],
  since: Date,
): Promise<void> {
  const email = contactAddress(person);
  await once(() =>
    models.Contact.updateOne(
      { _id: contactId(workspaceId, person) },
      {
        $setOnInsert: { workspace_id: workspaceId, email, name: person?.name ?? '', created_at: since },
        $addToSet: { audiences: { $each: audiences } },
      },
      { upsert: true },
    ),
  );
}

/** A mail without any sender belongs to the contact with the empty address. */
function contactAddress(person: Address | null): string {
  return normaliseAddress(person?.email ?? '') ?? person?.email.trim().toLowerCase() ?? '';
}

export function contactId(workspaceId: string, person: Address | null): string {
  return hashOf('contact', workspaceId, contactAddress(person));
}
