import { heartbeat } from '@temporalio/activity';
import type { InboundEmailRow } from '../../src/infra/models/index.ts';
import { inboundWorkflowId } from '../../src/infra/temporal/ids.ts';
import type { Deps } from '../deps.ts';
import { deleteRaw, RAW_FIELDS } from './rawOf.ts';
import { DAY_MS } from '../../src/lib/time.ts';

const BATCH = 100;
/** Only routed and skipped mail: held and failed mail is run again from its raw. */
const STATES = ['routed', 'skipped'] as const;
/** Rows whose raw is being deleted, or is deleted. */
const RAW_GOING = { raw: { $in: ['going', 'gone'] } };

type OldRow = Pick<InboundEmailRow, '_id' | 'provider' | 'key' | 'repeats' | 'run' | 'state' | 'mail'>;

/**
 * Deletes the raw of mail that was finished longer than `RETENTION_DAYS` ago. A row is marked first, so that
 * it is not run again from a raw that is half deleted. Rows that a dead process has left marked come first.
 * @returns of how many mails it deleted the raw
 */
export async function deleteOldRaw(deps: Deps): Promise<{ mails: number }> {
  let mails = 0;
  // A finished row is no longer among the marked ones.
  for (let rows = await markedRows(deps); rows.length > 0; rows = await markedRows(deps))
    for (const row of rows) mails += await deleteRawOf(deps, row);
  const before = new Date(deps.now().getTime() - deps.retentionDays * DAY_MS);
  for (const state of STATES) {
    // A row that is skipped because its run is open stays in the list: the next batch begins after it.
    for (let after = { created_at: new Date(0), _id: '' }; ;) {
      const rows = await expiredRows(deps, state, before, after);
      for (const row of rows) if (await mark(deps, row)) mails += await deleteRawOf(deps, row);
      const last = rows.at(-1);
      if (!last) break;
      after = last;
    }
  }
  return { mails };
}

const markedRows = ({ models }: Deps): Promise<OldRow[]> =>
  models.InboundEmail.find({ state: { $in: STATES }, raw: 'going' }, RAW_FIELDS)
    .limit(BATCH)
    .lean<OldRow[]>();

function expiredRows(
  { models }: Deps,
  state: OldRow['state'],
  before: Date,
  after: { created_at: Date; _id: string },
): Promise<(OldRow & { created_at: Date })[]> {
  return models.InboundEmail.find(
    {
      state,
      raw: null,
      updated_at: { $lt: before },
      $or: [
        { created_at: { $gt: after.created_at, $lt: before } },
        { created_at: after.created_at, _id: { $gt: after._id } },
      ],
    },
    { ...RAW_FIELDS, created_at: 1 },
  )
    .sort({ created_at: 1, _id: 1 })
    .limit(BATCH)
    .lean<(OldRow & { created_at: Date })[]>();
}

/** @returns false when a run of it is under way, or requested and not yet started */
async function mark({ models, runState, now }: Deps, { _id, run, state }: OldRow): Promise<boolean> {
  for (const number of [run, run + 1])
    if ((await runState(inboundWorkflowId(_id, number))).state === 'open') return false;
  const { modifiedCount } = await models.InboundEmail.updateOne(
    { _id, run, state, raw: null },
    { $set: { raw: 'going', raw_deleted_at: now() } },
  );
  return modifiedCount === 1;
}

async function deleteRawOf(deps: Deps, row: OldRow): Promise<number> {
  await deleteRaw(deps, row, RAW_GOING);
  await deps.models.InboundEmail.updateOne({ _id: row._id, raw: 'going' }, { $set: { raw: 'gone' } });
  heartbeat();
  return 1;
}
