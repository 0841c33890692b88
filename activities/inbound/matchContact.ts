import type { InboundRun } from '../../src/infra/temporal/runTypes.ts';
import { knowContact } from '../../src/core/threads/contacts.ts';
import type { Deps } from '../deps.ts';
import { readRow } from './inboundRow.ts';

/**
 * Finds the sender's contact by normalised address, or creates it. It becomes known in each audience where
 * the mail lands.
 */
export async function matchContact(deps: Deps, mail: InboundRun): Promise<void> {
  const row = await readRow(deps, mail, { workspace_id: 1, sender: 1, routes: 1, received_at: 1 });
  const audiences = (row.routes ?? []).map((route) => route.lands_in);
  await knowContact(deps.models, row.workspace_id as string, row.sender, audiences, row.received_at);
}
