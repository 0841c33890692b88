import type { DomainRow } from '../../src/infra/models/index.ts';
import type { SetUpRun } from '../../src/infra/temporal/runTypes.ts';
import type { Deps } from '../deps.ts';
import { Superseded } from '../errors.ts';

/** The claim of this run. @throws Superseded when a later run has taken over, or the row is gone. */
export async function readDomain(
  { models }: Pick<Deps, 'models'>,
  { id, run }: SetUpRun,
): Promise<DomainRow> {
  const row = await models.Domain.findOne({ _id: id, run }).lean<DomainRow>();
  if (!row) throw new Superseded();
  return row;
}

/**
 * Reads the claim and writes the change that `change` makes of it. Starts again when another step wrote in
 * between. The change never contains fields that owners set (deletion, catch-all, a requested look).
 * @param change returns null to write nothing.
 * @returns the claim after the change.
 */
export async function changeDomain(
  deps: Pick<Deps, 'models'>,
  { id, run }: SetUpRun,
  change: (row: DomainRow) => Partial<DomainRow> | null,
): Promise<DomainRow> {
  for (;;) {
    const row = await readDomain(deps, { id, run });
    const wanted = change(row);
    if (wanted === null) return row;
    const changes = row.changes + 1;
    const { modifiedCount } = await deps.models.Domain.updateOne(
      { _id: id, run, changes: row.changes, deleted_at: row.deleted_at },
      { $set: { ...wanted, changes } },
    );
    if (modifiedCount === 1) return { ...row, ...wanted, changes };
  }
}
