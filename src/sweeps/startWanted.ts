import type { Model } from 'mongoose';
import type { Logger } from 'pino';
import type { SetUpRun } from '../infra/temporal/runTypes.ts';
import type { Models } from '../infra/models/index.ts';
import { faultOf } from '../lib/faultOf.ts';
import type { SetUpWorkflow } from '../infra/temporal/ids.ts';
import type { StartSetUp } from '../infra/temporal/startSetUp.ts';

/** Starts runs of set-ups. A row whose `wants_start` is set still wants one: Temporal was away, or a process died. */
export interface SetUpStarter {
  /** At once, in the background; where that fails the worker's sweep does it. Never throws. */
  add(workflow: SetUpWorkflow, run: SetUpRun): void;
  /** Starts what any process has left. @throws anything when Temporal or MongoDB is away */
  sweep(): Promise<void>;
}

interface Wanting {
  _id: string;
  run: number;
  wants_start: boolean;
}

const AT_ONCE = 100;
/** Rows whose run was ended, by an operator for one, before it was done: another one goes on. A claim may be left twice. */
const UNFINISHED: Record<SetUpWorkflow, object> = {
  verifyForwarding: { state: 'pending' },
  verifyDomain: {},
};

export function createSetUpStarter({
  models,
  startSetUp,
  log,
}: {
  models: Models;
  startSetUp: StartSetUp;
  log: Logger;
}): SetUpStarter {
  const rowsOf: Record<SetUpWorkflow, Model<Wanting>> = {
    verifyForwarding: models.AddressProof as unknown as Model<Wanting>,
    verifyDomain: models.Domain as unknown as Model<Wanting>,
  };
  async function start(workflow: SetUpWorkflow, { id, run }: SetUpRun): Promise<void> {
    if ((await startSetUp(workflow, { id, run })) === 'over') {
      const unfinished = { _id: id, run, ...UNFINISHED[workflow] };
      const { modifiedCount } = await rowsOf[workflow].updateOne(unfinished, { $inc: { run: 1 } });
      if (modifiedCount === 1) return start(workflow, { id, run: run + 1 });
    }
    await rowsOf[workflow].updateOne({ _id: id, run }, { $set: { wants_start: false } });
  }
  return {
    add(workflow, run) {
      start(workflow, run).catch((error: unknown) =>
        log.warn({ error: faultOf(error), workflow }, 'a set-up is not started yet; the worker tries again'),
      );
    },
    async sweep() {
      for (const workflow of Object.keys(rowsOf) as SetUpWorkflow[]) {
        const wanting = await rowsOf[workflow].find({ wants_start: true }, { run: 1 }).limit(AT_ONCE).lean();
        for (const { _id, run } of wanting) await start(workflow, { id: _id, run });
      }
    },
  };
}
