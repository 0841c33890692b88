import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../test/support/until.ts';
import { atOnce } from './posts.ts';
import { figure, type Section } from './report.ts';
import { newStack } from './stack.ts';
import { addEndpoint, addTicket, newHook } from './webhooks.ts';

const ENDPOINTS = 10;
const DELIVERIES = 1_000;
/** Rows that are written concurrently. */
const WIDTH = 16;
/** After the last event; the endpoints are tried from time to time meanwhile. */
const WATCHED_MS = 30_000;

/** What endpoints that refuse everything cost: runs, events of Temporal, attempts. */
export async function measureEndpoints(): Promise<Section> {
  const stack = await newStack({ processes: ['worker'], env: { WEBHOOKS_ALLOW_LOOPBACK: '1' } });
  const dead = await newHook();
  dead.answer((response) => response.writeHead(503).end());
  await atOnce(ENDPOINTS, WIDTH, (index) => addEndpoint(stack, `w${index}`, dead.url));
  await atOnce(DELIVERIES, WIDTH, (index) => addTicket(stack, `w${index % ENDPOINTS}`));
  const { WebhookDelivery } = stack.models;
  await until(
    'all deliveries to be known',
    async () => (await WebhookDelivery.countDocuments({ wants_start: false })) === DELIVERIES,
  );
  await sleep(WATCHED_MS);
  const ids: [string, string][] = [];
  for await (const { workflowId, runId } of stack.client.workflow.list({ query: 'TaskQueue = "webhooks"' }))
    ids.push([workflowId, runId]);
  const runs = ids.length;
  let events = 0;
  // The list may not know yet how long the history of an open run is.
  for (const id of ids) events += (await stack.client.workflow.getHandle(...id).describe()).historyLength;
  const attempts = dead.posts.length;
  await stack.close();
  await dead.close();
  return {
    title: 'Dead endpoints',
    lines: [
      { what: 'workflows', ours: figure(runs), target: { reached: runs, atMost: ENDPOINTS, unit: '' } },
      {
        what: 'events of Temporal',
        ours: figure(events),
        target: { reached: events, atMost: DELIVERIES, unit: '' },
      },
      { what: 'attempts', ours: figure(attempts) },
    ],
    notes: [
      `${DELIVERIES} events for ${ENDPOINTS} endpoints that answer 503, then ${WATCHED_MS / 1000} s of waiting.`,
    ],
  };
}
