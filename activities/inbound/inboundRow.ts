import { collectionOf, type InboundEmailRow } from '../../src/infra/models/index.ts';
import { countMail } from '../../src/infra/telemetry/metrics.ts';
import type { InboundRun } from '../../src/infra/temporal/runTypes.ts';
import type { Deps } from '../deps.ts';
import { Superseded } from '../errors.ts';

type Projection = Record<string, 0> | Record<string, 1>;

/**
 * The row of this run. @throws Superseded when a later run has taken over, or the row is gone.
 * @param projection fields to leave out, or to read; bodies have up to 4 MB.
 */
export async function readRow(
  { models }: Deps,
  mail: InboundRun,
  projection: Projection = { 'mail.text': 0, 'mail.html': 0 },
): Promise<InboundEmailRow> {
  const row = await collectionOf(models.InboundEmail).findOne(
    { _id: mail.id, run: mail.run },
    { projection },
  );
  if (!row) throw new Superseded();
  return row;
}

/** Writes to the row if this run still owns it and its state is one of `states`; else changes nothing. */
export async function writeRow(
  { models }: Deps,
  mail: InboundRun,
  states: InboundEmailRow['state'][],
  change: Partial<InboundEmailRow>,
): Promise<void> {
  const before = await collectionOf(models.InboundEmail).findOneAndUpdate(
    { _id: mail.id, run: mail.run, state: { $in: states } },
    { $set: { ...change, updated_at: new Date() } },
    { projection: { state: 1 } },
  );
  const { state } = change;
  if (before && state && state !== 'received' && state !== before.state) countMail(state);
}
