import type { Client } from '@temporalio/client';
import type { InboundEmailRow, Models } from '../models/index.ts';
import type { InboundRun } from './runTypes.ts';
import { inboundWorkflowId } from './ids.ts';
import { runState } from './runs.ts';

export type Rerun =
  | { result: 'started' | 'running'; workflowId: string; run: number }
  /** Nothing to do: the mail is a message and has all its files, or its first run is not over. */
  | { result: 'not needed' }
  /** It was kept for `RETENTION_DAYS`, and is deleted: there is nothing to run again. */
  | { result: 'raw gone' }
  | { result: 'not found' };

export interface RerunDeps {
  models: Models;
  client: Client;
  /** Starts `inboundEmail`; says when a run with that id is or was there (src/infra/temporal/start.ts). */
  startRun: (run: InboundRun) => Promise<'started' | 'already-started'>;
}

/** Runs a skipped, held or failed mail again, or one with a file that failed. Twice at once starts one run. */
export async function rerunInbound(deps: RerunDeps, id: string): Promise<Rerun> {
  const { models, client, startRun } = deps;
  const row = await models.InboundEmail.findById(id, {
    run: 1,
    state: 1,
    key: 1,
    workspace_id: 1,
    raw: 1,
  }).lean<InboundEmailRow>();
  if (!row) return { result: 'not found' };
  if (!(await mayRunAgain(models, row))) return { result: 'not needed' };
  if (row.raw) return { result: 'raw gone' };
  for (let run = row.run + 1; ; run += 1) {
    const workflowId = inboundWorkflowId(id, run);
    if ((await startRun({ id, key: row.key, run })) === 'started')
      return { result: 'started', workflowId, run };
    // That number was used: by a run that is under way, by one that has come to its end since the row was read, or by
    // one that was ended before it wrote anything.
    if ((await runState(client, workflowId)).state === 'open') return { result: 'running', workflowId, run };
    if (await models.InboundEmail.exists({ _id: id, run: { $gte: run } })) return rerunInbound(deps, id);
  }
}

async function mayRunAgain(models: Models, row: InboundEmailRow): Promise<boolean> {
  if (row.state !== 'routed') return row.state !== 'received';
  const messages = await models.Message.find(
    { workspace_id: row.workspace_id, inbound_email_id: row._id },
    { _id: 1 },
  ).lean();
  const failed = await models.Attachment.exists({
    workspace_id: row.workspace_id,
    message_id: { $in: messages.map((message) => message._id) },
    state: 'failed',
  });
  return failed !== null;
}
