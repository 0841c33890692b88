/**
 * `npm run skipped -- [--state skipped|held|failed] [--limit 50]`
 *
 * Lists mail that did not become a message, newest first, of all workspaces and of none: why, and how to run
 * it again.
 */
import { parseArgs } from 'node:util';
import type { InboundEmailRow } from '../infra/models/index.ts';
import { operate, OperatorError } from './operator.ts';

const STATES = ['skipped', 'held', 'failed'] as const;
const USAGE = `npm run skipped -- [--state ${STATES.join('|')}] [--limit 50]`;

function readArguments(): { states: InboundEmailRow['state'][]; limit: number } {
  const textOption = { type: 'string' } as const;
  const read = () => parseArgs({ options: { state: textOption, limit: textOption } }).values;
  let values: ReturnType<typeof read>;
  try {
    values = read();
  } catch (error) {
    throw new OperatorError(`${(error as Error).message}\n${USAGE}`);
  }
  const { state, limit = '50' } = values;
  if (!/^[1-9]\d*$/.test(limit)) throw new OperatorError(`--limit must be a whole number from 1.\n${USAGE}`);
  const states = STATES.filter((known) => state === undefined || known === state);
  if (states.length === 0) throw new OperatorError(`--state ${state} is not a state.\n${USAGE}`);
  return { states, limit: Number(limit) };
}

await operate(async (models) => {
  const { states, limit } = readArguments();
  const rows = await models.InboundEmail.find({ state: { $in: states } }, { mail: 0 })
    .sort({ created_at: -1, _id: -1 })
    .limit(limit)
    .lean<InboundEmailRow[]>();
  if (rows.length === 0)
    return console.log(`There is no ${states.join(', ').replace(/, (?=\w+$)/, ' or ')} mail.`);
  console.table(
    rows.map((row) => ({
      id: row._id,
      state: row.state,
      reason: row.reason,
      recipient: row.recipient,
      received: row.received_at.toISOString(),
      workspace: row.workspace_id ?? 'none',
      key: row.key,
    })),
  );
  console.log(`Run one again: npm run rerun -- ${rows[0]?._id}`);
});
