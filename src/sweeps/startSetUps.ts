import type { Model } from 'mongoose';
import type { Logger } from 'pino';
import type { Models } from '../infra/models/index.ts';
import type { SetUpWorkflow } from '../infra/temporal/ids.ts';
import type { SetUpRun } from '../infra/temporal/runTypes.ts';
import type { WorkflowStarts } from '../infra/temporal/workflowStarts.ts';
import { Outbox } from '../lib/outbox.ts';

/**
 * Starts the runs of set-ups (proofs of addresses, claims on domains). A row keeps `wants_start` until its
 * run is started, so nothing is lost while Temporal is away or when a process dies.
 */
export interface SetUpStarter {
  /** Starts it in the background. Never throws. */
  add(workflow: SetUpWorkflow, run: SetUpRun): void;
  /** Starts what any process has left, now and again and again. */
  takeUp(): void;
  /** Resolves when the starts under way have ended; the rows keep the rest. */
  close(): Promise<void>;
}

interface StartableRow {
  _id: string;
  run: number;
  wants_start: boolean;
}

interface SetUpWish extends SetUpRun {
  workflow: SetUpWorkflow;
}

/** A sweep also starts what is wanted by a row alone, such as a domain whose address was proved. */
const SWEEP_MS = 5_000;
/**
 * Which rows go on in a new run when theirs has closed, for example because an operator ended it. A claim on
 * a domain always does: its row may be waiting to be left a second time.
 */
const UNFINISHED: Record<SetUpWorkflow, object> = {
  verifyForwarding: { state: 'pending' },
  verifyDomain: {},
};

export function createSetUpStarter({
  models,
  starts,
  log,
}: {
  models: Models;
  starts: Pick<WorkflowStarts, SetUpWorkflow>;
  log: Logger;
}): SetUpStarter {
  const rowsOf: Record<SetUpWorkflow, Model<StartableRow>> = {
    verifyForwarding: models.AddressProof as unknown as Model<StartableRow>,
    verifyDomain: models.Domain as unknown as Model<StartableRow>,
  };

  async function* waiting(): AsyncIterable<SetUpWish> {
    for (const workflow of Object.keys(rowsOf) as SetUpWorkflow[]) {
      const rows = rowsOf[workflow].find({ wants_start: true }, { run: 1 }).lean<StartableRow>();
      for await (const { _id, run } of rows.cursor()) yield { workflow, id: _id, run };
    }
  }

  async function work({ workflow, id, run }: SetUpWish): Promise<true> {
    // An open run was signalled, so a run that is "already started" has closed.
    if ((await starts[workflow]({ id, run })) === 'already-started') {
      const unfinished = { _id: id, run, ...UNFINISHED[workflow] };
      const { modifiedCount } = await rowsOf[workflow].updateOne(unfinished, { $inc: { run: 1 } });
      if (modifiedCount === 1) return work({ workflow, id, run: run + 1 });
    }
    await rowsOf[workflow].updateOne({ _id: id, run }, { $set: { wants_start: false } });
    return true;
  }

  const outbox = new Outbox({
    name: 'set-ups',
    keyOf: ({ workflow, id, run }: SetUpWish) => `${workflow}/${id}/${run}`,
    waiting,
    work,
    log,
    sweepMs: SWEEP_MS,
  });
  return {
    add: (workflow, run) => outbox.add({ workflow, ...run }),
    takeUp: () => outbox.takeUp(),
    close: () => outbox.close(),
  };
}
