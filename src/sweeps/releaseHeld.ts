import { isAwaited } from '../core/addresses/proof.ts';
import {
  collectionOf,
  type InboundEmailRow,
  type Models,
  type WorkspaceEmailRow,
} from '../infra/models/index.ts';
import type { Rerun } from '../infra/temporal/rerun.ts';

/** Mails looked at in one go. */
const BATCH = 200;

interface ReleaseDeps {
  models: Models;
  /** Starts an inbound email again (rerun.ts). @throws anything when Temporal is away */
  rerun: (inboundEmailId: string) => Promise<Rerun>;
}

/**
 * Held mail whose addresses are proved by now, or never will be, runs again, oldest first: it becomes a message, or is skipped.
 * Asked for when a proof ends, and by the worker again and again: a mail may be held at the very moment of the proof.
 * @param only addresses to look at; all that mail is held for where it is not told. @returns how many were started, 200 at most
 */
export async function releaseHeld({ models, rerun }: ReleaseDeps, only?: string[]): Promise<number> {
  const waitedFor = only ?? (await collectionOf(models.InboundEmail).distinct('held_for', { state: 'held' }));
  const emails = await models.WorkspaceEmail.find({ _id: { $in: waitedFor } }).lean<WorkspaceEmailRow[]>();
  const awaited = new Set(emails.filter(isAwaited).map(({ _id }) => _id));
  const over = waitedFor.filter((id) => !awaited.has(id));
  if (over.length === 0) return 0;
  const rows = await models.InboundEmail.find({ state: 'held', held_for: { $in: over } }, { _id: 1 })
    .sort({ created_at: 1, _id: 1 })
    .limit(BATCH)
    .lean<Pick<InboundEmailRow, '_id'>[]>();
  let started = 0;
  for (const { _id } of rows) if ((await rerun(_id)).result === 'started') started += 1;
  return started;
}
