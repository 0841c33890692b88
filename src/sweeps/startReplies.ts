import type { Logger } from 'pino';
import { applyMessage } from '../core/replies/saveMessage.ts';
import type { Models, OutboundMessageRow } from '../infra/models/index.ts';
import type { ReplyRun } from '../infra/temporal/runTypes.ts';
import type { WorkflowStarts } from '../infra/temporal/workflowStarts.ts';
import { faultOf } from '../lib/faultOf.ts';

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

/** Time between two sweeps. */
const SWEEP_MS = 30_000;
/** The same while something failed: replies start this soon after Temporal is back. */
const FAILED_SWEEP_MS = 1_000;
const AT_ONCE = 8;
const PAGE = 200;
/** Bodies may be 4 MB, and a sweep does not need them. */
const WITHOUT_BODIES = { text: 0, html: 0, headers: 0 } as const;

/**
 * Starts the runs of saved messages: new ones at once, and those whose row still has `wants_start` (Temporal
 * was away, or the process that saved the message died). Idempotent; safe to run in several processes,
 * because Temporal refuses a second start.
 */
export function createReplyStarter({ models, starts, log }: ReplyStarterDeps): ReplyStarter {
  const working = new Set<Promise<void>>();
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;
  let isSweeping = false;
  /** The last call to Temporal failed: only the sweep calls it again. */
  let isTemporalAway = false;
  /** Something was added since the sweep began, and is not started yet. */
  let needsSweep = false;
  let isFailureLogged = false;

  async function start({ id, run }: ReplyRun, workspaceId: string): Promise<void> {
    try {
      await starts.sendReply({ id, run }, workspaceId);
      isTemporalAway = false;
    } catch (error) {
      isTemporalAway = true;
      throw error;
    }
    await models.Message.updateOne(
      { _id: id, workspace_id: workspaceId, 'outbound.run': run },
      { $set: { 'outbound.wants_start': false } },
    );
  }

  /** Never rejects: what fails is left to the next sweep. */
  async function attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!isFailureLogged)
        log.warn({ error: faultOf(error) }, 'replies could not be started; retrying until it succeeds');
      isFailureLogged = true;
      leaveToSweep();
    }
  }

  function leaveToSweep(): void {
    if (!needsSweep && !isSweeping) scheduleSweep(FAILED_SWEEP_MS);
    needsSweep = true;
  }

  /** @returns whether there may be more rows. */
  async function sweepPage(): Promise<boolean> {
    const rows = await models.Message.find({ 'outbound.wants_start': true }, WITHOUT_BODIES)
      .limit(PAGE)
      .lean<OutboundMessageRow[]>();
    const isFullPage = rows.length === PAGE;
    // One row first: while Temporal is away there is one call at a time.
    for (let batch = rows.splice(0, 1); batch.length > 0 && !isClosed; batch = rows.splice(0, AT_ONCE)) {
      await Promise.all(batch.map((row) => attempt(() => applyAndStart(row))));
      if (isTemporalAway) return false;
    }
    return isFullPage && !needsSweep && !isClosed;
  }

  async function applyAndStart(row: OutboundMessageRow): Promise<void> {
    // The process that saved the message may have died before this. Reads the row whole: its thread is
    // searched by its text.
    const { _id, workspace_id } = row;
    const whole = await models.Message.findOne({ _id, workspace_id }).orFail().lean<OutboundMessageRow>();
    await applyMessage(models, whole);
    await start({ id: _id, run: row.outbound.run }, workspace_id);
  }

  async function sweep(): Promise<void> {
    isSweeping = true;
    needsSweep = false;
    await attempt(async () => {
      while (await sweepPage());
    });
    isSweeping = false;
    scheduleNextSweep();
  }

  function scheduleNextSweep(): void {
    isFailureLogged &&= needsSweep;
    scheduleSweep(needsSweep ? FAILED_SWEEP_MS : SWEEP_MS);
  }

  function scheduleSweep(ms: number): void {
    clearTimeout(timer);
    if (!isClosed) timer = setTimeout(() => inBackground(sweep()), ms);
  }

  function inBackground(work: Promise<void>): void {
    const tracked = work.finally(() => working.delete(tracked));
    working.add(tracked);
  }

  return {
    add(reply, workspaceId) {
      if (isTemporalAway) leaveToSweep();
      else if (!isClosed) inBackground(attempt(() => start(reply, workspaceId)));
    },
    takeUp: () => inBackground(sweep()),
    async close() {
      isClosed = true;
      clearTimeout(timer);
      await Promise.all(working);
    },
  };
}
