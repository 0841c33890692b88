import type { Logger } from 'pino';
import type { ReplyRun } from '../infra/temporal/runTypes.ts';
import type { Models, OutboundMessageRow } from '../infra/models/index.ts';
import { faultOf } from '../lib/faultOf.ts';
import { applyMessage } from '../core/replies/saveMessage.ts';

export interface ReplyStarterDeps {
  models: Models;
  /** @throws anything when Temporal is away; then it is tried again without end. */
  startReply: (reply: ReplyRun) => Promise<'started' | 'already-started'>;
  log: Logger;
}

export interface ReplyStarter {
  /** Starts the run of a saved message soon. Never throws. */
  add: (reply: ReplyRun) => void;
  /** Looks for messages whose run is still to be started, now and from then on. */
  takeUp: () => void;
  /** Resolves when the steps under way have ended; rows keep the rest. */
  close: () => Promise<void>;
}

/** Between two looks for messages that another process left. */
const SWEEP_MS = 30_000;
/** The same while something failed: when Temporal is back, replies are started within this. */
const FAILED_SWEEP_MS = 1_000;
const AT_ONCE = 8;
const PAGE = 200;
/** Bodies are up to 4 MB, and nobody looks at them here. */
const WITHOUT_BODIES = { text: 0, html: 0, headers: 0 } as const;

/**
 * Starts the runs of saved messages: at once, and those whose row says that this is still to be done (Temporal was away, or
 * the process that saved it died). Any step may happen twice, here or in another process: Temporal refuses the second start.
 */
export function createReplyStarter({ models, startReply, log }: ReplyStarterDeps): ReplyStarter {
  const working = new Set<Promise<void>>();
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;
  let isSweeping = false;
  /** Temporal did not take the last start: nobody knocks but the sweep. */
  let isAway = false;
  /** Something that was asked for since the sweep began is still to be done. */
  let isLeft = false;
  let isSaid = false;

  async function start({ id, run }: ReplyRun): Promise<void> {
    try {
      await startReply({ id, run });
      isAway = false;
    } catch (error) {
      isAway = true;
      throw error;
    }
    await models.Message.updateOne(
      { _id: id, 'outbound.run': run },
      { $set: { 'outbound.wants_start': false } },
    );
  }

  /** Never rejects. */
  async function tryTo(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!isSaid)
        log.warn({ error: faultOf(error) }, 'replies are not started yet; trying again without end');
      isSaid = true;
      leaveToSweep();
    }
  }

  function leaveToSweep(): void {
    if (!isLeft && !isSweeping) sweepAfter(FAILED_SWEEP_MS);
    isLeft = true;
  }

  /** @returns whether there may be more. */
  async function sweepPage(): Promise<boolean> {
    const rows = await models.Message.find({ 'outbound.wants_start': true }, WITHOUT_BODIES)
      .limit(PAGE)
      .lean<OutboundMessageRow[]>();
    const isFull = rows.length === PAGE;
    // While Temporal is away one at a time knocks.
    for (let few = rows.splice(0, 1); few.length > 0 && !isClosed; few = rows.splice(0, AT_ONCE)) {
      await Promise.all(few.map((row) => tryTo(() => takeUpOne(row))));
      if (isAway) return false;
    }
    return isFull && !isLeft && !isClosed;
  }

  async function takeUpOne(row: OutboundMessageRow): Promise<void> {
    // The process that saved it may have died before. With its text, which its thread is searched by.
    await applyMessage(models, await models.Message.findById(row._id).orFail().lean<OutboundMessageRow>());
    await start({ id: row._id, run: row.outbound.run });
  }

  async function sweep(): Promise<void> {
    isSweeping = true;
    isLeft = false;
    await tryTo(async () => {
      while (await sweepPage());
    });
    isSweeping = false;
    sweepAgain();
  }

  function sweepAgain(): void {
    isSaid &&= isLeft;
    sweepAfter(isLeft ? FAILED_SWEEP_MS : SWEEP_MS);
  }

  function sweepAfter(ms: number): void {
    clearTimeout(timer);
    if (!isClosed) timer = setTimeout(() => inBackground(sweep()), ms);
  }

  function inBackground(work: Promise<void>): void {
    const one = work.finally(() => working.delete(one));
    working.add(one);
  }

  return {
    add(reply) {
      if (isAway) leaveToSweep();
      else if (!isClosed) inBackground(tryTo(() => start(reply)));
    },
    takeUp: () => inBackground(sweep()),
    async close() {
      isClosed = true;
      clearTimeout(timer);
      await Promise.all(working);
    },
  };
}
