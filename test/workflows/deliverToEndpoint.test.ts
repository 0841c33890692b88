import { endpointWorkflowId, WEBHOOK_QUEUE } from '../../src/infra/temporal/ids.ts';
import type { EndpointOutcome } from '../../src/infra/temporal/runTypes.ts';
import type { Round } from '../../activities/outgoingWebhooks/deliverDue.ts';
import { stepsByRun } from '../support/script.ts';
import { startSkippingWorld, type SkippingWorld } from '../support/skippingWorld.ts';
import { until } from '../support/until.ts';
import { webhookActivities, webhookPaths } from '../support/webhookPaths.ts';

const { activities, scripts } = stepsByRun(webhookActivities({}).activities);
let world: SkippingWorld;
beforeAll(async () => {
  world = await startSkippingWorld(WEBHOOK_QUEUE, activities);
});
afterAll(() => world.close());

const options = (id: string) => ({
  workflowId: endpointWorkflowId(id),
  taskQueue: WEBHOOK_QUEUE,
  args: [{ id }],
});

/**
 * Runs a path to its end, however many hours of skipped time it takes.
 * @returns also when each round began, in seconds since the start
 */
async function run(path: string) {
  const { env } = world;
  const { activities: steps, calls } = webhookActivities(webhookPaths[path]!);
  const at: number[] = [];
  const from = await env.currentTimeMs();
  const deliverDue = async (...args: Parameters<typeof steps.deliverDue>) => {
    at.push(((await env.currentTimeMs()) - from) / 1000);
    return steps.deliverDue(...args);
  };
  scripts.set(path, { ...steps, deliverDue });
  const outcome = (await env.client.workflow.execute('deliverToEndpoint', options(path))) as EndpointOutcome;
  return { outcome, calls, at };
}

const round = 'deliverDue, normal';
const tell = 'tellOfDisabledWebhook, normal';

test.each<[string, EndpointOutcome['action'], string[]]>([
  ['delivered', 'idle', [round]],
  ['tried-again', 'idle', [round, round, round]],
  ['more-to-do', 'idle', [round, round, round]],
  ['down', 'idle', Array.from({ length: 6 }, () => round)],
  ['waits-its-turn', 'idle', Array.from({ length: 10 }, () => round)],
  ['switched-off', 'switched off', [round, round, tell]],
  ['deleted', 'deleted', [round]],
  ['database-away', 'idle', [round, round, round, round]],
])('%s', async (path, action, expected) => {
  const { outcome, calls } = await run(path);
  expect(outcome).toEqual({ action });
  expect(calls).toEqual(expected);
});

test('it sleeps as long as the rows say, and asks less and less often for a turn', async () => {
  const { at } = await run('tried-again');
  expect(at[1]! - at[0]!).toBeGreaterThanOrEqual(5);
  expect(at[2]! - at[1]!).toBeGreaterThanOrEqual(300);
  const turns = (await run('waits-its-turn')).at;
  // 1 s, 2 s, 4 s … a minute, each half as much more or less.
  expect(turns.at(-1)! - turns.at(-2)!).toBeGreaterThanOrEqual(30);
});

test('a signal that comes while a round ends is not lost: the run goes on', async () => {
  const { client } = world.env;
  const id = 'signalled';
  const rounds: Round[] = [];
  const deliverDue = async (): Promise<Round> => {
    // A delivery is written after the round has looked for it.
    if (rounds.length === 0) await client.workflow.getHandle(endpointWorkflowId(id)).signal('wake');
    rounds.push({ verdict: 'over', state: 'idle', tellOwners: false });
    return rounds.at(-1)!;
  };
  scripts.set(id, { ...webhookActivities({}).activities, deliverDue });
  await client.workflow.execute('deliverToEndpoint', options(id));
  expect(rounds).toHaveLength(2);
});

test('a signal ends its sleep', async () => {
  const { client } = world.env;
  const { activities: steps } = webhookActivities(webhookPaths.woken!);
  const at: number[] = [];
  const deliverDue = async (...args: Parameters<typeof steps.deliverDue>) => {
    at.push(await world.env.currentTimeMs());
    return steps.deliverDue(...args);
  };
  scripts.set('woken', { ...steps, deliverDue });
  const handle = await client.workflow.start('deliverToEndpoint', options('woken'));
  await until('the first round', () => at.length > 0);
  await handle.signal('wake');
  await handle.result();
  expect(at).toHaveLength(2);
  expect(at[1]! - at[0]!).toBeLessThan(72_000_000);
});

test('a run with a long history goes on as a new one', async () => {
  const { client } = world.env;
  const id = 'long';
  let rounds = 0;
  const deliverDue = async (): Promise<Round> => {
    rounds += 1;
    return rounds < 200
      ? { verdict: 'wait', for: 'the next attempt', ms: 0, down: false }
      : { verdict: 'over', state: 'idle', tellOwners: false };
  };
  scripts.set(id, { ...webhookActivities({}).activities, deliverDue });
  const handle = await client.workflow.start('deliverToEndpoint', options(id));
  expect(await handle.result()).toEqual({ action: 'idle' });
  const first = client.workflow.getHandle(endpointWorkflowId(id), handle.firstExecutionRunId);
  const described = await first.describe();
  expect(described.status.name).toBe('CONTINUED_AS_NEW');
  expect(described.historyLength).toBeLessThan(1_100);
});
