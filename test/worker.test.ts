import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { KEEP_PROVIDER_ID } from '../src/infra/temporal/ids.ts';
import { messageOf, sendMail } from './support/mails.ts';
import { startStack, type Stack } from './support/stack.ts';
import { until } from './support/until.ts';

/** Docker kills a process this long after SIGTERM (`stop_grace_period` in docker-compose.yml). */
const DOCKER_KILLS_AFTER_MS = 30_000;

/** A provider that takes every request and never answers. */
let provider: http.Server;
let requests = 0;
let stack: Stack;
beforeAll(async () => {
  provider = http.createServer(() => (requests += 1)).listen(0, '127.0.0.1');
  await once(provider, 'listening');
  const { port } = provider.address() as AddressInfo;
  const hangs = { MAILGUN_URL: `http://127.0.0.1:${port}`, MAILGUN_TIMEOUT_MS: '120000' };
  stack = await startStack({ env: hangs });
});
afterAll(async () => {
  provider.closeAllConnections();
  provider.close();
  await stack.close();
});

test('a worker whose step hangs ends within its deadline after SIGTERM, and nothing is lost', async () => {
  await until('a step that hangs', () => requests > 0);
  const before = await sendMail(stack);
  const stoppedAt = Date.now();
  const stopped = stack.stop('worker');
  const meanwhile = await sendMail(stack);
  await stopped;
  expect(Date.now() - stoppedAt).toBeLessThan(DOCKER_KILLS_AFTER_MS);
  expect(stack.said()).toContain('some steps did not end in time');

  const { info } = await stack.client.schedule.getHandle(KEEP_PROVIDER_ID).describe();
  const { workflowId } = info.runningActions[0]!.workflow;
  const { status, raw } = await stack.client.workflow.getHandle(workflowId).describe();
  expect([status.name, raw.pendingActivities?.length]).toEqual(['RUNNING', 1]);
  await stack.startWorker();
  for (const messageId of [before, meanwhile]) await messageOf(stack, messageId);
  for (const messageId of [before, meanwhile]) expect(await stack.messages(messageId)).toHaveLength(1);
});
