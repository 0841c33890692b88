import { isAwaited } from '../core/addresses/proof.ts';
import {
  collectionOf,
  type InboundEmailRow,
  type Models,
  type WorkspaceEmailRow,
} from '../infra/models/index.ts';
import type { Rerun } from '../infra/temporal/rerun.ts';

/** Mails that one call starts at most. */
const BATCH = 200;

interface ReleaseDeps {
  models: Models;
  /** Runs an inbound email again (infra/temporal/rerun.ts). @throws anything when Temporal is away */
  rerun: (inboundEmailId: string) => Promise<Rerun>;
}

/**
 * Runs held mail again when its addresses are proved, or never will be, oldest first: it becomes a message,
 * or is skipped. It is called when a proof ends, and by a sweep of the worker, because a mail may be held at
 * the very moment of the proof.
 * @param only ids of the addresses to check; by default all that mail is held for. @returns the number of
 * runs started
 */
export async function releaseHeld({ models, rerun }: ReleaseDeps, only?: string[]): Promise<number> {
  const addressIds =
    only ?? (await collectionOf(models.InboundEmail).distinct('held_for', { state: 'held' }));
  const emails = await models.WorkspaceEmail.find({ _id: { $in: addressIds } }).lean<WorkspaceEmailRow[]>();
  const awaited = new Set(emails.filter(isAwaited).map(({ _id }) => _id));
  const decided = addressIds.filter((id) => !awaited.has(id));
  if (decided.length === 0) return 0;
  const rows = await models.InboundEmail.find({ state: 'held', held_for: { $in: decided } }, { _id: 1 })
    .sort({ created_at: 1, _id: 1 })
    .limit(BATCH)
    .lean<Pick<InboundEmailRow, '_id'>[]>();
  let started = 0;
  for (const { _id } of rows) if ((await rerun(_id)).result === 'started') started += 1;
  return started;
}
