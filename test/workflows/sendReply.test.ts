import { REPLY_QUEUE, replyWorkflowId } from '../../src/infra/temporal/ids.ts';
import type { ReplyOutcome } from '../../src/infra/temporal/runTypes.ts';
import { replyPaths, scriptedActivities } from '../support/replyPaths.ts';
import { stepsByRun } from '../support/script.ts';
import { startSkippingWorld, type SkippingWorld } from '../support/skippingWorld.ts';

const { activities, scripts } = stepsByRun(scriptedActivities({}).activities);
let world: SkippingWorld;
beforeAll(async () => {
  world = await startSkippingWorld(REPLY_QUEUE, activities);
});
afterAll(() => world.close());

/** Runs a path to its end, however many hours it takes there. */
async function run(
  path: string,
): Promise<{ outcome: ReplyOutcome; calls: string[]; tookMs: number; memo: unknown }> {
  const { env } = world;
  const played = scriptedActivities(replyPaths[path]!);
  scripts.set(path, played.activities);
  const from = await env.currentTimeMs();
  const handle = await env.client.workflow.start('sendReply', {
    workflowId: replyWorkflowId(path, 1),
    taskQueue: REPLY_QUEUE,
    args: [{ id: path, run: 1 }],
  });
  if (path === 'woken') await handle.signal('wake');
  const outcome = (await handle.result()) as ReplyOutcome;
  const { memo } = await handle.describe();
  return { outcome, calls: played.calls, tookMs: (await env.currentTimeMs()) - from, memo };
}

const TAKEN = ['takeReply', 'resolveSendingEmail'];
const deliver = (attempt: number) => `deliverReply ${attempt}, normal`;
const look = 'findReply, normal';
const asks = 'followReply {"ask":true}, normal';
const delivered = { action: 'delivered' };

test.each<[string, unknown, string[]]>([
  ['delivered', delivered, [...TAKEN, deliver(1), asks]],
  ['undo-time', delivered, ['takeReply', ...TAKEN, deliver(1), asks]],
  ['cancelled', { action: 'cancelled' }, ['takeReply', 'takeReply']],
  ['no-sending-email', { action: 'failed', code: 'NoSendingEmail' }, TAKEN],
  ['tried-again', delivered, [...TAKEN, deliver(1), deliver(2), deliver(3), asks]],
  ['refused', { action: 'failed', code: 'Http400' }, [...TAKEN, deliver(1)]],
  ['unclear-found', delivered, [...TAKEN, deliver(1), look, look, look, asks]],
  ['unclear-settled', delivered, [...TAKEN, deliver(1), look]],
  ['unclear-not-sent', delivered, [...TAKEN, deliver(1), look, look, deliver(2), asks]],
  ['unconfirmed', { action: 'unconfirmed', code: 'EventsUnreadable' }, [...TAKEN, deliver(1), look]],
  ['bounced-before', delivered, [...TAKEN, deliver(4), asks]],
  ['by-a-person', delivered, [...TAKEN, look, deliver(4), asks]],
  ['by-a-person-found', delivered, [...TAKEN, look, asks]],
  ['failed-before', { action: 'failed' }, ['takeReply']],
  ['woken', delivered, [...TAKEN, deliver(1), 'followReply {"ask":false}']],
  ['heard-late', delivered, [...TAKEN, deliver(1), asks, asks, asks]],
  ['never-heard', { action: 'sent' }, [...TAKEN, deliver(1), asks, asks, asks, asks, asks]],
  ['superseded', { action: 'superseded' }, TAKEN],
  [
    'database-away',
    delivered,
    [
      'takeReply',
      'takeReply',
      'takeReply, normal',
      'takeReply, normal',
      'resolveSendingEmail, normal',
      deliver(1),
      asks,
    ],
  ],
  ['events-away', delivered, [...TAKEN, deliver(1), look, look, look, asks]],
])('%s', async (path, outcome, calls) => {
  const ran = await run(path);
  expect(ran.outcome).toEqual(outcome);
  expect(ran.calls).toEqual(calls);
  expect(ran.memo).toMatchObject({ outcome: ran.outcome.action });
});

test('every path is run here', () => {
  expect(Object.keys(replyPaths)).toHaveLength(20);
});

test.each([
  ['undo-time', 10_000],
  ['tried-again', 125_000],
  ['unclear-found', 180_000],
  ['never-heard', 72 * 60 * 60 * 1000],
])('%s waits as long as the provider asks', async (path, ms) => {
  const { tookMs } = await run(path);
  expect(tookMs).toBeGreaterThanOrEqual(ms);
});
