import type { Logger } from 'pino';
import { applyMessage } from '../core/replies/saveMessage.ts';
import type { Models, OutboundMessageRow } from '../infra/models/index.ts';
import type { ReplyRun } from '../infra/temporal/runTypes.ts';
import type { WorkflowStarts } from '../infra/temporal/workflowStarts.ts';
import { Outbox } from '../lib/outbox.ts';

export interface ReplyStarterDeps {
  models: Models;
  starts: Pick<WorkflowStarts, 'sendReply'>;
  log: Logger;
}

export interface ReplyStarter {
  /** Starts the run of a workspace's saved message in the background. Never throws. */
  add: (reply: ReplyRun, workspaceId: string) => void;
  /** Starts the runs that other processes left, now and again and again. */
  takeUp: () => void;
  /** Resolves when the steps under way have ended; the rows keep the rest. */
  close: () => Promise<void>;
}

interface ReplyWish extends ReplyRun {
  workspaceId: string;
  /** Another process saved it, and may have died before it applied it to its thread. */
  isLeft: boolean;
}

/**
 * Starts the runs of saved messages: new ones at once, and those whose row still has `wants_start` (Temporal
 * was away, or the process that saved the message died). Idempotent; safe to run in several processes,
 * because Temporal refuses a second start.
 */
export function createReplyStarter({ models, starts, log }: ReplyStarterDeps): ReplyStarter {
  const { Message } = models;

  async function* waiting(): AsyncIterable<ReplyWish> {
    const rows = Message.find(
      { 'outbound.wants_start': true },
      { workspace_id: 1, 'outbound.run': 1 },
    ).lean<OutboundMessageRow>();
    for await (const { _id, workspace_id, outbound } of rows.cursor())
      yield { id: _id, run: outbound.run, workspaceId: workspace_id, isLeft: true };
  }

  async function work({ id, run, workspaceId, isLeft }: ReplyWish, tries: number): Promise<boolean> {
    const wanted = {
      _id: id,
      workspace_id: workspaceId,
      'outbound.run': run,
      'outbound.wants_start': true,
    };
    if (isLeft || tries > 0) {
      const row = await Message.findOne(wanted).lean<OutboundMessageRow>();
      // Another process was first, or it was taken back.
      if (!row) return true;
      if (isLeft) await applyMessage(models, row);
    }
    await starts.sendReply({ id, run }, workspaceId);
    await Message.updateOne(wanted, { $set: { 'outbound.wants_start': false } });
    return true;
  }

  const outbox = new Outbox({
    name: 'replies',
    keyOf: ({ id, run }: ReplyWish) => `${id}/${run}`,
    groupOf: ({ workspaceId }) => workspaceId,
    waiting,
    work,
    log,
  });
  return {
    add: (reply, workspaceId) => outbox.add({ ...reply, workspaceId, isLeft: false }),
    takeUp: () => outbox.takeUp(),
    close: () => outbox.close(),
  };
}
