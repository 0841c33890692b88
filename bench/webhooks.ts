import type { WebhookRow } from '../src/infra/models/index.ts';
import { newId } from '../src/lib/ids.ts';
import { createSeal, newSecret } from '../src/core/events/webhooks/secrets.ts';
import { rows } from '../test/api/world.ts';
import { temporalAddress } from '../test/support/temporal.ts';
import { startHookServer, type HookServer } from '../test/support/hookServer.ts';
import { SECRETS_KEY, type Stack } from '../test/support/stack.ts';
import { until } from '../test/support/until.ts';
import { startFloor } from './child.ts';
import { closeLater } from './cleanUp.ts';
import { quiet, runFloor, timed } from './mails.ts';
import { atOnce } from './posts.ts';
import { figure, say, withSpread, type Line, type Section } from './report.ts';
import { newStack } from './stack.ts';
import { middleHalf, quantile, spreadOf } from './statistics.ts';

const ROUNDS = 3;
const BATCH = 200;
/** Concurrent starts of a floor's workflow; also rows that are written concurrently. */
const WIDTH = 16;

/** Each in a workspace of its own. */
const ENDPOINTS = 100;
const EVERY_MS = 250;
const EVENTS = 60;
const KINDS = ['none', 'hanging'] as const;
type Kind = (typeof KINDS)[number];

const env = { WEBHOOKS_ALLOW_LOOPBACK: '1' };

/** How many events reach endpoints a second, and whether endpoints that hang delay the others. */
export async function measureWebhooks(): Promise<Section> {
  return {
    title: 'Webhooks',
    lines: [...(await measureRate()), ...(await measureHanging())],
    notes: [
      `deliveries/s: ${BATCH} tickets written, ${WIDTH} concurrently, until the endpoint has an event of each; it answers at once. ${ROUNDS} rounds, median (min..max).`,
      'Floor: a workflow with one activity, which posts the same body.',
      `Event to post: ${ENDPOINTS} endpoints, each of which has answered before. Every ${EVERY_MS} ms a ticket is written and the next endpoint notified, ${ROUNDS * EVENTS} times in all; only endpoints that answer count.`,
      'A tenth of the endpoints hang: they accept connections and do not answer. Floor: the same with none that hangs, at the same time, with processes of its own; in turns.',
    ],
  };
}

async function measureRate(): Promise<Line[]> {
  const stack = await newStack({ processes: ['worker'], env });
  const floor = await startFloor('floorWorker', [temporalAddress(), stack.namespace]);
  const hook = await newHook();
  await addEndpoint(stack, 'demo', hook.url);
  const runBatch = {
    postroom: async () => {
      const before = hook.posts.length;
      await atOnce(BATCH, WIDTH, () => addTicket(stack, 'demo'));
      await until('all posts', () => hook.posts.length >= before + BATCH, 120_000);
    },
    floor: async () => {
      const { body } = hook.posts.at(-1)!;
      await atOnce(BATCH, WIDTH, () => runFloor(stack, 'onePost', hook.url, body));
    },
  };
  await runBatch.postroom();
  await runBatch.floor();
  const rates = { postroom: [] as number[], floor: [] as number[] };
  for (let round = 1; round <= ROUNDS; round += 1)
    for (const kind of ['postroom', 'floor'] as const) {
      await quiet(stack);
      rates[kind].push((BATCH / (await timed(runBatch[kind]))) * 1000);
      say(`webhooks ${round}/${ROUNDS} ${kind}: ${figure(rates[kind].at(-1)!)} /s`);
    }
  await floor.close();
  await stack.close();
  await hook.close();
  return [
    {
      what: 'deliveries/s',
      ours: withSpread(spreadOf(rates.postroom), '/s'),
      floor: withSpread(spreadOf(rates.floor), '/s'),
      ratio: quantile(
        rates.postroom.map((rate, round) => rate / rates.floor[round]!),
        0.5,
      ),
    },
  ];
}

async function measureHanging(): Promise<Line[]> {
  const sides = { none: await newSide(), hanging: await newSide() };
  const times: Record<Kind, number[]> = { none: [], hanging: [] };
  for (const kind of KINDS) await sides[kind].warmUp();
  sides.hanging.hang();
  for (let round = 1; round <= ROUNDS; round += 1)
    for (const kind of KINDS) {
      const took = await sides[kind].round(EVENTS);
      times[kind].push(...took);
      const [p50, p99] = [0.5, 0.99].map((q) => figure(quantile(took, q)));
      say(`webhooks ${round}/${ROUNDS} ${kind}: p50 ${p50} ms, p99 ${p99} ms`);
    }
  for (const kind of KINDS) await sides[kind].close();
  return [
    {
      what: 'event to post, a tenth hangs, p50',
      ours: withSpread(middleHalf(times.hanging), 'ms'),
      floor: withSpread(middleHalf(times.none), 'ms'),
      ratio: quantile(times.hanging, 0.5) / quantile(times.none, 0.5),
    },
    {
      what: '  p99',
      ours: `${figure(quantile(times.hanging, 0.99))} ms`,
      floor: `${figure(quantile(times.none, 0.99))} ms`,
      ratio: quantile(times.hanging, 0.99) / quantile(times.none, 0.99),
      aim: { atMost: 1.2 },
    },
  ];
}

/** Starts a stack with its endpoints. */
async function newSide() {
  const stack = await newStack({ processes: ['worker'], env });
  const healthy = await newHook();
  const stuck = await newHook();
  const isStuck = (index: number) => index % 10 === 9;
  await atOnce(ENDPOINTS, WIDTH, (index) =>
    addEndpoint(stack, `w${index}`, isStuck(index) ? stuck.url : healthy.url),
  );
  const waiting = new Map<string, () => void>();
  healthy.onPost = (body) => waiting.get((JSON.parse(body) as { data: { id: string } }).data.id)?.();
  let next = 0;
  return {
    /** Sends an event to each endpoint before any hangs, so that each one counts as answering. */
    async warmUp(): Promise<void> {
      await atOnce(ENDPOINTS, WIDTH, (index) => addTicket(stack, `w${index}`));
      await until(
        'all to have answered',
        () => healthy.posts.length + stuck.posts.length >= ENDPOINTS,
        240_000,
      );
      await quiet(stack);
    },
    /** @returns how long each event to an endpoint that answers took (ms) */
    async round(events: number): Promise<number[]> {
      const took: Promise<number>[] = [];
      for (let event = 0; event < events; event += 1) {
        const index = next++ % ENDPOINTS;
        const id = newId();
        const arrived = new Promise<void>((resolve) => waiting.set(id, resolve));
        const posted = timed(async () => {
          await addTicket(stack, `w${index}`, id);
          if (!isStuck(index)) await arrived;
        });
        if (!isStuck(index)) took.push(posted);
        await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
      }
      return Promise.all(took);
    },
    /** From now on, a tenth of the endpoints hangs. */
    hang: () => stuck.answer(() => undefined),
    async close() {
      await stack.close();
      await Promise.all([healthy.close(), stuck.close()]);
    },
  };
}

export async function newHook() {
  const server = await startHookServer();
  const hook = {
    url: server.url,
    posts: server.posts,
    onPost: undefined as ((body: string) => void) | undefined,
    answer(handler: HookServer['answer']): void {
      server.answer = (response, count) => {
        handler(response, count);
        hook.onPost?.(server.posts.at(-1)!.body);
      };
    },
    close: closeLater(() => server[Symbol.asyncDispose]()),
  };
  hook.answer(server.answer);
  return hook;
}

const seal = createSeal(SECRETS_KEY);

export async function addEndpoint({ models }: Stack, workspace_id: string, url: string): Promise<void> {
  const row: WebhookRow = {
    _id: newId(),
    workspace_id,
    url,
    events: ['ticket.created'],
    description: '',
    active: true,
    disabled_reason: null,
    disabled_at: null,
    told_at: null,
    failing_since: null,
    last_failed_at: null,
    rotated_by: null,
    changes: 0,
    secret: seal.close(newSecret()),
    old_secret: null,
    old_secret_until: null,
    created_by: 'user-olive',
    created_at: new Date(),
  };
  await models.Webhook.create(row);
}

export async function addTicket({ models }: Stack, workspace_id: string, _id = newId()): Promise<void> {
  await rows.ticket(models, { _id, workspace_id, created_at: new Date() });
}
