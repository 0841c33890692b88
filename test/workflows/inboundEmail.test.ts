import type { InboundOutcome } from '../../src/infra/temporal/runTypes.ts';
import { MAIL_QUEUE } from '../../src/infra/temporal/ids.ts';
import { fakeActivities, inboundPaths } from '../support/inboundPaths.ts';
import { stepsByRun } from '../support/script.ts';
import { startTestWorker, type TestWorker } from '../support/worker.ts';

const { activities, scripts } = stepsByRun(fakeActivities().activities);
let worker: TestWorker;
beforeAll(async () => {
  worker = await startTestWorker(activities);
});
afterAll(() => worker.close());

async function run(path: string): Promise<{ outcome: InboundOutcome; calls: string[]; memo: unknown }> {
  const played = fakeActivities(inboundPaths[path]);
  scripts.set(path, played.activities);
  const handle = await worker.client.workflow.start('inboundEmail', {
    workflowId: `inbound/${path}`,
    taskQueue: MAIL_QUEUE,
    args: [{ id: path, key: `k/${path}`, run: 1 }],
  });
  const outcome = (await handle.result()) as InboundOutcome;
  return { outcome, calls: played.calls, memo: (await handle.describe()).memo };
}

const TO_THE_END = [
  'archiveEmail',
  'resolveForwarding',
  'classifyEmail',
  'routeEmail',
  'matchContact',
  'recordMessage',
];
const routed = { action: 'routed', messages: ['m1'], copy: false };
const normal = (names: string[]) => names.map((name) => `${name}, normal`);

test.each<[string, unknown, string[]]>([
  ['routed', routed, TO_THE_END],
  ['routed-with-files', routed, [...TO_THE_END, 'fetchAttachments, normal']],
  ['routed-with-own-files', routed, [...TO_THE_END, 'fetchAttachments, normal']],
  ['auto-reply', routed, TO_THE_END],
  ['failed', { action: 'failed', reason: 'replayed signature' }, ['archiveEmail']],
  ['refused', { action: 'skipped', reason: 'not a form' }, ['archiveEmail', 'skipEmail']],
  [
    'unknown-recipient',
    { action: 'skipped', reason: 'unknown recipient' },
    [...TO_THE_END.slice(0, 2), 'skipEmail'],
  ],
  [
    'unknown-recipient-with-files',
    { action: 'skipped', reason: 'unknown recipient' },
    [...TO_THE_END.slice(0, 2), 'skipEmail', 'fetchAttachments, normal'],
  ],
  ['held', { action: 'held', reason: 'unproved address' }, [...TO_THE_END.slice(0, 2), 'holdEmail']],
  [
    'held-with-files',
    { action: 'held', reason: 'unproved address' },
    [...TO_THE_END.slice(0, 2), 'holdEmail', 'fetchAttachments, normal'],
  ],
  ['own-mail', { action: 'skipped', reason: 'own mail' }, [...TO_THE_END.slice(0, 3), 'skipEmail']],
  [
    'inactive-address',
    { action: 'skipped', reason: 'inactive address' },
    [...TO_THE_END.slice(0, 4), 'skipEmail'],
  ],
  ['superseded', { action: 'superseded' }, TO_THE_END.slice(0, 4)],
  // Falls over at once, and stays on normal activities.
  ['too-heavy-for-local', routed, ['archiveEmail', ...normal(TO_THE_END)]],
  // A fault is tried twice locally before it falls over.
  [
    'database-away',
    routed,
    ['archiveEmail', 'resolveForwarding', 'resolveForwarding', ...normal(TO_THE_END.slice(1))],
  ],
  // The mail fails, not the run.
  [
    'cannot-pass',
    { action: 'failed', reason: 'it cannot be processed (recordMessage: TypeError)' },
    [...TO_THE_END, 'recordMessage', 'recordMessage, normal', 'failEmail'],
  ],
  ['local-step-hangs', routed, [...TO_THE_END.slice(0, 3), 'classifyEmail', ...normal(TO_THE_END.slice(2))]],
  ['file-comes-later', routed, [...TO_THE_END, 'fetchAttachments, normal', 'fetchAttachments, normal']],
])('%s', async (path, outcome, calls) => {
  const ran = await run(path);
  expect(ran.outcome).toEqual(outcome);
  expect(ran.calls).toEqual(calls);
  expect(ran.memo).toMatchObject({ outcome: (outcome as InboundOutcome).action });
});

test('every path is tested here', () => {
  // A path added to inboundPaths without a row above would be recorded but not checked.
  expect(Object.keys(inboundPaths)).toHaveLength(18);
});
