import { WEBHOOK_QUEUE, webhookWorkflowId } from '../../src/infra/temporal/ids.ts';
import type { WebhookOutcome } from '../../src/infra/temporal/runTypes.ts';
import { stepsByRun } from '../support/script.ts';
import { startSkippingWorld, type SkippingWorld } from '../support/skippingWorld.ts';
import { webhookActivities, webhookPaths } from '../support/webhookPaths.ts';

const { activities, scripts } = stepsByRun(webhookActivities({}).activities);
let world: SkippingWorld;
beforeAll(async () => {
  world = await startSkippingWorld(WEBHOOK_QUEUE, activities);
});
afterAll(() => world.close());

/**
 * Runs a path to its end, however many days of skipped time it takes.
 * @returns also when each attempt was made, in seconds since the start
 */
async function run(path: string) {
  const { env } = world;
  const { activities: steps, calls } = webhookActivities(webhookPaths[path]!);
  const at: number[] = [];
  const from = await env.currentTimeMs();
  const attemptWebhook = async (...args: Parameters<typeof steps.attemptWebhook>) => {
    at.push(((await env.currentTimeMs()) - from) / 1000);
    return steps.attemptWebhook(...args);
  };
  scripts.set(path, { ...steps, attemptWebhook });
  const handle = await env.client.workflow.start('deliverWebhook', {
    workflowId: webhookWorkflowId(path, 1),
    taskQueue: WEBHOOK_QUEUE,
    args: [{ id: path, run: 1 }],
  });
  const outcome = (await handle.result()) as WebhookOutcome;
  return { outcome, calls, at };
}

const attempt = (n: number) => `attemptWebhook ${n} ${n === 10}, normal`;
const tell = 'tellOfDisabledWebhook, normal';

test.each<[string, WebhookOutcome['action'], string[]]>([
  ['delivered', 'delivered', [attempt(1)]],
  ['tried-again', 'delivered', [attempt(1), attempt(2), attempt(3)]],
  ['asked-to-wait', 'delivered', [attempt(1), attempt(2)]],
  ['waits-its-turn', 'delivered', Array.from({ length: 10 }, () => attempt(1))],
  ['gone', 'failed', [attempt(1), tell]],
  ['cancelled', 'cancelled', [attempt(1), attempt(2)]],
  ['superseded', 'superseded', [attempt(1), attempt(2)]],
  ['database-away', 'delivered', [attempt(1), attempt(1), attempt(1), attempt(1)]],
])('%s', async (path, action, expected) => {
  const { outcome, calls } = await run(path);
  expect(outcome).toEqual({ action });
  expect(calls).toEqual(expected);
});

test('ten attempts over three days: 0, 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h, each a tenth more or less', async () => {
  const { outcome, at } = await run('never-taken');
  expect(outcome).toEqual({ action: 'failed' });
  const waits = at.map((seconds, n) => seconds - (n === 0 ? 0 : at[n - 1]!));
  const hour = 3_600;
  const wanted = [0, 5, 300, 1_800, 2 * hour, 5 * hour, 10 * hour, 14 * hour, 20 * hour, 24 * hour];
  expect(waits).toHaveLength(wanted.length);
  for (const [n, seconds] of wanted.entries()) {
    expect(waits[n]).toBeGreaterThanOrEqual(seconds * 0.9);
    // The steps between take real time.
    expect(waits[n]).toBeLessThan(seconds * 1.1 + 20);
  }
});

test('a turn that cannot come sooner is not asked for sooner', async () => {
  const { at } = await run('told-how-long-to-wait');
  expect(at[1]! - at[0]!).toBeGreaterThanOrEqual(15 * 0.5);
});

test('the endpoint’s own wish is kept, a day at most', async () => {
  const { at } = await run('asked-to-wait');
  expect(at[1]! - at[0]!).toBeGreaterThanOrEqual(20 * 60);
  const forever = await run('asked-to-wait-for-ever');
  expect(forever.at[1]! - forever.at[0]!).toBeGreaterThanOrEqual(24 * 3_600);
  expect(forever.at[1]! - forever.at[0]!).toBeLessThan(25 * 3_600);
});

test('while a delivery waits a month for its turn it asks less and less often: no history gets too long', async () => {
  const month = 30 * 24 * 3_600;
  const asked = await waitingFor(month);
  // With what each takes to wake up and to ask, far from the 50,000 events at which a run is ended.
  expect(asked.length).toBeLessThan(250);
  const waits = asked.map((seconds, n) => seconds - (asked[n - 1] ?? 0));
  // In the first ten minutes as often as ever.
  expect(Math.max(...waits.filter((_, n) => asked[n]! < 600))).toBeLessThan(120);
  // After that at most a sixth more than it has waited already.
  for (const [n, wait] of waits.entries())
    if (asked[n]! > 3_600) expect(wait).toBeLessThan(asked[n - 1]! * 0.16 + 20);
});

/**
 * @returns when the run asked for its turn, in seconds since the start, until this many seconds had passed
 */
async function waitingFor(seconds: number): Promise<number[]> {
  const { env } = world;
  const from = await env.currentTimeMs();
  const asked: number[] = [];
  const path = 'a-month';
  const attemptWebhook = async () => {
    asked.push(((await env.currentTimeMs()) - from) / 1000);
    const isOver = asked.at(-1)! > seconds || asked.length > 400;
    return isOver
      ? { verdict: 'over', state: 'delivered', disabled: false }
      : { verdict: 'wait', for: 'its turn' };
  };
  scripts.set(path, { ...webhookActivities({}).activities, attemptWebhook } as never);
  await env.client.workflow.execute('deliverWebhook', {
    workflowId: webhookWorkflowId(path, 1),
    taskQueue: WEBHOOK_QUEUE,
    args: [{ id: path, run: 1 }],
  });
  return asked;
}
