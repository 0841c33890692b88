/**
 * Records the history of every path of today's workflows into test/replay/histories/<workflow>/<path>.json, for paths
 * that have none yet: `npm run record-histories`, with TEMPORAL_ADDRESS naming a server. Histories of a released version
 * are never recorded anew: a change that breaks one goes behind `patched()`.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { MAIL_QUEUE } from '../../src/temporal/ids.ts';
import { fakeActivities, inboundPaths } from '../support/inboundPaths.ts';
import { startTestWorker } from '../support/worker.ts';

process.env.TEST_TEMPORAL_ADDRESS = process.env.TEMPORAL_ADDRESS ?? '127.0.0.1:7233';
const folder = new URL('./histories/inboundEmail/', import.meta.url);
mkdirSync(folder, { recursive: true });

for (const [path, change] of Object.entries(inboundPaths)) {
  const file = new URL(`${path}.json`, folder);
  if (existsSync(file)) continue;
  const worker = await startTestWorker(fakeActivities(change).activities);
  const handle = await worker.client.workflow.start('inboundEmail', {
    workflowId: `inbound/${path}`,
    taskQueue: MAIL_QUEUE,
    args: [{ id: path, key: `mailgun-incoming/2026/11/23/${path}.json`, run: 1 }],
  });
  await handle.result();
  const history = await handle.fetchHistory();
  writeFileSync(file, historyToJSON(history));
  console.log(`recorded ${file.pathname}`);
  await worker.close();
}
