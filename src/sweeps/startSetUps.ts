import type { Model } from 'mongoose';
import type { Logger } from 'pino';
import type { Models } from '../infra/models/index.ts';
import type { SetUpWorkflow } from '../infra/temporal/ids.ts';
import type { SetUpRun } from '../infra/temporal/runTypes.ts';
import type { WorkflowStarts } from '../infra/temporal/workflowStarts.ts';
import { faultOf } from '../lib/faultOf.ts';

/**
 * Starts the runs of set-ups (proofs of addresses, claims on domains). A row keeps `wants_start` until its
 * run is started, so nothing is lost while Temporal is away or when a process dies.
 */
export interface SetUpStarter {
  /** Starts it in the background; the worker's sweep repeats what fails. Never throws. */
  add(workflow: SetUpWorkflow, run: SetUpRun): void;
  /** Starts what any process has left. @throws anything when Temporal or MongoDB is away */
  sweep(): Promise<void>;
}

interface StartableRow {
  _id: string;
  run: number;
  wants_start: boolean;
}

const BATCH = 100;
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
  async function start(workflow: SetUpWorkflow, { id, run }: SetUpRun): Promise<void> {
    // An open run was signalled, so a run that is "already started" has closed.
    if ((await starts[workflow]({ id, run })) === 'already-started') {
      const unfinished = { _id: id, run, ...UNFINISHED[workflow] };
      const { modifiedCount } = await rowsOf[workflow].updateOne(unfinished, { $inc: { run: 1 } });
      if (modifiedCount === 1) return start(workflow, { id, run: run + 1 });
    }
    await rowsOf[workflow].updateOne({ _id: id, run }, { $set: { wants_start: false } });
  }
  return {
    add(workflow, run) {
      start(workflow, run).catch((error: unknown) =>
        log.warn(
          { error: faultOf(error), workflow },
          'a set-up could not be started; the worker tries again',
        ),
      );
    },
    async sweep() {
      for (const workflow of Object.keys(rowsOf) as SetUpWorkflow[]) {
        const waiting = await rowsOf[workflow].find({ wants_start: true }, { run: 1 }).limit(BATCH).lean();
        for (const { _id, run } of waiting) await start(workflow, { id: _id, run });
      }
    },
  };
}
