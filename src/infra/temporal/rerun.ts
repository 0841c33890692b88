import type { Client } from '@temporalio/client';
import type { InboundEmailRow, Models } from '../models/index.ts';
import { inboundWorkflowId } from './ids.ts';
import { runState } from './runs.ts';
import type { WorkflowStarts } from './workflowStarts.ts';

export type Rerun =
  | { result: 'started' | 'running'; workflowId: string; run: number }
  /** The mail is a message and has all its files, or its first run is open and not stuck. */
  | { result: 'not needed' }
  /** The raw mail was deleted after `RETENTION_DAYS`: a run would have nothing to read. */
  | { result: 'raw gone' }
  | { result: 'not found' };

export interface RerunDeps {
  models: Models;
  client: Client;
  starts: Pick<WorkflowStarts, 'inboundEmail'>;
}

/**
 * Runs a skipped, held, failed or stuck mail again, or a mail with a file that failed. Safe to call concurrently:
 * only one run starts.
 */
export async function rerunInbound(deps: RerunDeps, id: string): Promise<Rerun> {
  const { models, client, starts } = deps;
  const row = await models.InboundEmail.findById(id, {
    run: 1,
    state: 1,
    stuck_since: 1,
    key: 1,
    workspace_id: 1,
    raw: 1,
  }).lean<InboundEmailRow>();
  if (!row) return { result: 'not found' };
  if (!(await mayRunAgain(models, row))) return { result: 'not needed' };
  if (row.raw) return { result: 'raw gone' };
  for (let run = row.run + 1; ; run += 1) {
    const workflowId = inboundWorkflowId(id, run);
    const started = await starts.inboundEmail({ id, key: row.key, run }, row.workspace_id ?? undefined);
    if (started === 'started') return { result: 'started', workflowId, run };
    // That run number is used: by an open run, by one that closed after the row was read here, or by one that
    // was ended before it wrote to the row.
    if ((await runState(client, workflowId)).state === 'open') return { result: 'running', workflowId, run };
    if (await models.InboundEmail.exists({ _id: id, run: { $gte: run } })) return rerunInbound(deps, id);
  }
}

async function mayRunAgain(models: Models, row: InboundEmailRow): Promise<boolean> {
  if (row.state === 'received') return !!row.stuck_since;
  if (row.state !== 'routed') return true;
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
