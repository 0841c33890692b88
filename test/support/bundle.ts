import path from 'node:path';
import {
  DefaultLogger,
  makeTelemetryFilterString,
  Runtime,
  type WorkflowBundleOption,
} from '@temporalio/worker';
import { built } from './built.ts';

// Workers of tests report errors only: activities that fail on purpose would fill the output.
Runtime.install({
  logger: new DefaultLogger('ERROR'),
  telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }) } },
});

/** Today's workflows, bundled once a run of the tests. */
export const todaysBundle = async (): Promise<WorkflowBundleOption> => ({
  codePath: path.join(await built(), 'workflow-bundle.js'),
});
