/**
 * Records the history of every path of today's workflows into test/replay/histories/<workflow>/<path>.json,
 * for paths that have none yet: `npm run record-histories`. Histories of a released version are never
 * recorded anew: a change that breaks one goes behind `patched()`.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { WorkflowContinuedAsNewError, type Client } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { skippingServer } from '../support/skippingWorld.ts';
import { MAIL_QUEUE, REPLY_QUEUE, SET_UP_QUEUE, WEBHOOK_QUEUE } from '../../src/infra/temporal/ids.ts';
import { createWorker } from '../../src/infra/temporal/worker.ts';
import { todaysBundle } from '../support/bundle.ts';
import { domainPaths, keepPaths, scriptedDomain } from '../support/domainPaths.ts';
import globalTeardown from '../support/globalTeardown.ts';
import { fakeActivities, inboundPaths } from '../support/inboundPaths.ts';
import { deletePaths, operationsActivities, tidyPaths } from '../support/operationsPaths.ts';
import { proofActivities, proofPaths } from '../support/proofPaths.ts';
import { replyPaths, scriptedActivities } from '../support/replyPaths.ts';
import { snoozeActivities, snoozePaths } from '../support/snoozePaths.ts';
import { webhookActivities, webhookPaths } from '../support/webhookPaths.ts';
import { startTestWorker } from '../support/worker.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

for (const path of Object.keys(inboundPaths)) {
  const file = fileOf('inboundEmail', path);
  if (existsSync(file)) continue;
  const worker = await startTestWorker(fakeActivities(inboundPaths[path]).activities);
  await record(worker.client, file, 'inboundEmail', MAIL_QUEUE, {
    id: path,
    key: `mailgun-incoming/2026/11/23/${path}.json`,
    run: 1,
  });
  await worker.close();
}
const env = await skippingServer();
await recordAll('sendReply', REPLY_QUEUE, replyPaths, scriptedActivities);
await recordAll('verifyForwarding', SET_UP_QUEUE, proofPaths, proofActivities);
await recordAll('verifyDomain', SET_UP_QUEUE, domainPaths, scriptedDomain);
await recordAll('keepProvider', SET_UP_QUEUE, keepPaths, scriptedDomain);
await recordAll('deliverToEndpoint', WEBHOOK_QUEUE, webhookPaths, webhookActivities);
await recordAll('deleteWorkspace', SET_UP_QUEUE, deletePaths, operationsActivities);
await recordAll('snoozeThread', SET_UP_QUEUE, snoozePaths, snoozeActivities);
await recordAll('keepTidy', SET_UP_QUEUE, tidyPaths, operationsActivities);
await env.teardown();
await globalTeardown();
process.exit();

/** Runs each path that has no history yet on the time-skipping server. */
async function recordAll<Script>(
  workflow: string,
  taskQueue: string,
  paths: Record<string, Script>,
  activitiesFor: (script: Script) => { activities: object },
): Promise<void> {
  for (const [name, script] of Object.entries(paths)) {
    const file = fileOf(workflow, name);
    if (existsSync(file)) continue;
    const worker = await createWorker({
      connection: env.nativeConnection,
      namespace: 'default',
      taskQueue,
      activities: activitiesFor(script).activities,
      workflowBundle: await todaysBundle(),
    });
    await worker.runUntil(record(env.client, file, workflow, taskQueue, { id: name, run: 1 }));
  }
}

function fileOf(workflow: string, name: string): URL {
  const folder = new URL(`./histories/${workflow}/`, import.meta.url);
  mkdirSync(folder, { recursive: true });
  return new URL(`${name}.json`, folder);
}

async function record(
  client: Client,
  file: URL,
  workflow: string,
  taskQueue: string,
  input: { id: string; run?: number; key?: string },
) {
  const workflowId = `${workflow}/${input.id}`;
  const handle = await client.workflow.start(workflow, { workflowId, taskQueue, args: [input] });
  if (input.id === 'woken') await handle.signal('wake');
  // The history of its first run only: a workflow that continues as new may never end.
  const first = client.workflow.getHandle(workflowId, handle.firstExecutionRunId, { followRuns: false });
  await first.result().catch((error: unknown) => {
    if (!(error instanceof WorkflowContinuedAsNewError)) throw error;
  });
  // Without the folder of the checkout, which the stacks of failures name.
  writeFileSync(file, historyToJSON(await first.fetchHistory()).replaceAll(ROOT, ''));
  console.log(`recorded ${file.pathname}`);
}
