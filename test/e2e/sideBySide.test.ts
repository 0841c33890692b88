/**
 * Two web and two worker processes beside each other, and then a rolling deployment of two releases: what one of
 * them does the others know, and nothing is done twice.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { HOUR_MS } from '../../src/lib/time.ts';
import { useVersion } from '../../src/infra/temporal/useVersion.ts';
import { newId } from '../../src/lib/ids.ts';
import { inState, mailIn, messagesOf, outboxOf, reply } from '../support/outgoing.ts';
import { operator, rowIn } from '../support/mails.ts';
import { strays } from '../support/strays.ts';
import { startStack, TOKENS, type AnotherProcess, type Method, type Stack } from '../support/stack.ts';
import { until } from '../support/until.ts';

/** Of one token at one web process (the stack's `API_REQUESTS_PER_MINUTE`). */
const LIMIT = 1_000_000;

let stack: Stack;
/** Has the shapes of all commands of MongoDB (test/support/logCommands.js). */
let folder: string;
/** URLs of the two webs. */
let webs: [first: string, second: string];
/** Those that are not the stack's own. */
let workers: AnotherProcess[];
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'side-by-side-'));
  stack = await startStack({
    processes: [],
    env: {
      WEBHOOKS_ALLOW_LOOPBACK: '1',
      NODE_OPTIONS: `--import ${new URL('../support/logCommands.js', import.meta.url).href}`,
      COMMAND_LOG: path.join(folder, 'commands'),
    },
  });
  const [, web, ...started] = await Promise.all([
    stack.startWeb(),
    stack.startAnother('web'),
    stack.startAnother('worker'),
    stack.startAnother('worker'),
  ]);
  webs = [stack.webUrl, web.url];
  workers = started;
});
afterAll(async () => {
  await stack.close();
  await rm(folder, { recursive: true, force: true });
});

const ask = (
  web: string,
  method: Method | 'GET',
  path: string,
  { token = TOKENS.owner, ...more }: Ask = {},
) =>
  fetch(`${web}/api/v1/workspaces/${stack.seeded.workspaceId}/${path}`, {
    method,
    headers: {
      Authorization: `Bearer ${token}`,
      'Content-Type': 'application/json',
      ...(more.key !== undefined && { 'Idempotency-Key': more.key }),
    },
    ...(more.body && { body: JSON.stringify(more.body) }),
  });
interface Ask {
  token?: string;
  key?: string;
  body?: object | undefined;
}

/** Posts a mail to a web process as a mail server does. @returns the status */
async function postMail(web: string, messageId: string): Promise<number> {
  const { status } = await fetch(`${web}/webhooks/mime/inbound?recipient=${stack.at('support')}`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${TOKENS.owner}` },
    body:
      `From: Ann <ann-${messageId.slice(1, 9)}@client.test>\r\nTo: ${stack.at('support')}\r\n` +
      `Subject: A question\r\nMessage-ID: ${messageId}\r\n\r\nWhere is order ${messageId.slice(1, 9)}, please?\r\n`,
  });
  return status;
}
const newMessageId = () => `<${newId()}@client.test>`;

/** A stream of events, what has come so far, and whether it has ended. */
async function listen(web: string, token: string) {
  const answer = await fetch(`${web}/api/v1/workspaces/${stack.seeded.workspaceId}/changes`, {
    headers: { Authorization: `Bearer ${token}`, Accept: 'text/event-stream' },
  });
  let text = '';
  let hasEnded = false;
  const reading = (async () => {
    for await (const bytes of answer.body ?? []) text += Buffer.from(bytes as Uint8Array).toString();
  })();
  void reading.catch(() => undefined).finally(() => (hasEnded = true));
  await until('the stream to begin', () => text.includes('listening'));
  return { text: () => text, hasEnded: () => hasEnded };
}

test('mail that both webs take, some of it the same, is one message each', async () => {
  const ids = Array.from({ length: 10 }, newMessageId);
  const posted = ids.flatMap((id, n) => (n < 5 ? webs.map((web) => [web, id]) : [[webs[n % 2]!, id]]));
  const statuses = await Promise.all(posted.map(([web, id]) => postMail(web!, id!)));
  expect(new Set(statuses)).toEqual(new Set([200]));
  for (const id of ids) await rowIn(stack, id, 'routed');
  for (const id of ids) expect(await stack.messages(id)).toHaveLength(1);
  expect(await stack.models.InboundEmail.countDocuments({ 'mail.message_id': { $in: ids } })).toBe(10);
});

test('the same Idempotency-Key at both webs at the same moment is one request', async () => {
  const { path } = await mailIn(stack);
  const note = { key: newId(), body: { text: 'Look into this.', note: true } };
  const reply = { key: newId(), body: { text: 'It arrives tomorrow.', undo_seconds: 0 } };
  const team = { key: newId(), body: { name: `Night shift ${newId()}` } };
  for (const [to, request] of [
    [`${path}/messages`, note],
    [`${path}/messages`, reply],
    ['teams', team],
  ] as const) {
    const postAtBoth = () => Promise.all(webs.map((web) => ask(web, 'POST', to, request)));
    const answers = await postAtBoth();
    // Of some requests the second is told to wait for the first.
    expect(answers.filter(({ ok, status }) => !ok && status !== 409)).toEqual([]);
    const made = await until('both to answer', async () => {
      const again = await postAtBoth();
      return again.every(({ ok }) => ok) && Promise.all(again.map((answer) => answer.json() as Promise<Row>));
    });
    expect(made[0]!.id).toBe(made[1]!.id);
    for (const answer of answers)
      if (answer.ok) expect(await answer.json()).toMatchObject({ id: made[0]!.id });
  }
  const messages = await messagesOf(stack, path);
  expect(messages.map(({ direction }) => direction).sort()).toEqual(['inbound', 'note', 'outbound']);
  expect(await stack.models.Team.countDocuments({ name: team.body.name })).toBe(1);
  const sent = messages.find(({ direction }) => direction === 'outbound')!;
  await inState(stack, path, sent.id, 'delivered');
  expect(await outboxOf(stack, sent.message_id)).toHaveLength(1);
});
interface Row {
  id: string;
}

test('who has a thread open, and what changes in it, is seen at the other web', async () => {
  const { path } = await mailIn(stack);
  const [first, second] = webs;
  await ask(first, 'POST', `${path}/presence`, { token: TOKENS.dana, body: { writing: true } });
  const { data } = (await (await ask(second, 'POST', `${path}/presence`, { body: {} })).json()) as {
    data: { user_id: string; writing: boolean }[];
  };
  expect(data).toContainEqual(expect.objectContaining({ user_id: 'user-dana', writing: true }));

  const stream = await listen(second, TOKENS.owner);
  const id = path.split('/')[1]!;
  expect((await ask(first, 'PATCH', path, { body: { priority: 'urgent' } })).status).toBe(200);
  await until('the change', () =>
    new RegExp(`^event: ticket\\.updated\ndata: .*${id}`, 'm').test(stream.text()),
  );
  await until('presence', async () => {
    // The watch of signals opens with the first stream, so the first one may come before it.
    await ask(first, 'POST', `${path}/presence`, { token: TOKENS.dana, body: {} });
    return new RegExp(`^event: thread\\.presence\ndata: .*${id}`, 'm').test(stream.text());
  });
});

test('a token that is revoked at one web is refused by the other at once, and its streams end', async () => {
  const [first, second] = webs;
  const made = await ask(first, 'POST', 'tokens', { body: { name: 'of a program' } });
  const { id, token } = (await made.json()) as { id: string; token: string };
  expect((await ask(second, 'GET', 'tickets', { token })).status).toBe(200);
  const stream = await listen(second, token);
  expect((await ask(first, 'DELETE', `tokens/${id}`)).status).toBe(204);
  expect((await ask(second, 'GET', 'tickets', { token })).status).toBe(401);
  await until('the end of its stream', stream.hasEnded);
});

/** Lists, searches and changes, as a dashboard makes them. */
async function anHourAtTheDesk(): Promise<void> {
  const { path: thread } = await mailIn(stack, FILED);
  const { path: other } = await mailIn(stack, { from: 'Bo <bo@client.test>' });
  const { path: personal } = await mailIn(stack, { to: [stack.at('dana')] });
  const id = thread.split('/')[1]!;
  const requests: [Method | 'GET', string, object?][] = [
    ['POST', 'webhooks', { url: 'http://127.0.0.1:9/', events: ['ticket.updated'] }],
    ['PUT', `${thread}/draft/reply`, { text: 'I shall look.' }],
    ...[
      'tickets?status=open&sort=-last_message_at',
      'tickets?q=arrive',
      'threads',
      'counts',
      'contacts',
      'tags',
    ].map(get),
    ...['inbound-emails', 'inbound-emails?state=routed', 'notifications', 'outbox', 'drafts', 'changes'].map(
      get,
    ),
    ...['', '/messages', '/history', '/reply-defaults'].map((below) => get(thread + below)),
    ['POST', `${thread}/read`],
    ['PATCH', thread, { status: 'closed', tags: ['late'] }],
    ['PATCH', thread, { snoozed_until: new Date(Date.now() + HOUR_MS).toISOString() }],
    ['POST', `${other}/merge`, { into: id }],
    ['DELETE', thread],
    ['POST', `${thread}/restore`],
  ];
  for (const [n, [method, to, body]] of requests.entries()) {
    const token = to.startsWith('conversations') ? TOKENS.dana : TOKENS.owner;
    const { status } = await ask(webs[n % 2]!, method, to, { token, body });
    expect([method, to, status]).toEqual([method, to, status < 300 ? status : 200]);
  }
  expect((await ask(webs[0], 'POST', `${personal}/move-to-ticket`, { token: TOKENS.dana })).status).toBe(201);
}
const get = (to: string): ['GET', string] => ['GET', to];
const FILED = { attachments: [{ filename: 'order.txt', content: Buffer.from('Order 7\n') }] };

test('each web counts the requests of a token by itself', async () => {
  const made = await ask(webs[0], 'POST', 'tokens', { body: { name: 'counted' } });
  const { token } = (await made.json()) as { token: string };
  const left = async (web: string) =>
    Number(/r=(\d+)/.exec((await ask(web, 'GET', 'tickets', { token })).headers.get('ratelimit') ?? '')?.[1]);
  expect([await left(webs[0]), await left(webs[0]), await left(webs[1])]).toEqual([
    LIMIT - 1,
    LIMIT - 2,
    LIMIT - 1,
  ]);
});

/** Posts mails to each web, one after the other, until the work is done. @returns their Message-Ids */
async function mailDuring(work: Promise<void>): Promise<string[]> {
  const ids: string[] = [];
  let isOver = false;
  const postAt = async (web: string) => {
    while (!isOver) {
      const id = newMessageId();
      expect(await postMail(web, id)).toBe(200);
      ids.push(id);
      await rowIn(stack, id, 'routed');
      await sleep(100);
    }
  };
  const posting = Promise.all(webs.map(postAt));
  await work.finally(() => (isOver = true));
  await posting;
  return ids;
}

/** What an operator does (docs/deploying.md): new workers beside the old ones, the switch, the old ones stopped. */
async function deploy(buildId: string): Promise<void> {
  const release = await stack.startAnother('worker', { WORKER_BUILD_ID: buildId });
  const partly = await operator(stack, 'useVersion', buildId, '--percent', '30');
  expect(partly).toBe(`30 % go to workers of ${buildId}.\n`);
  expect(await operator(stack, 'useVersion', buildId)).toBe(`In use: workers of ${buildId}.\n`);
  await Promise.all(workers.map((worker) => worker.stop()));
  workers = [release];
}

/** Build id of each workflow task of a run that ends, '' without one; fails when a task has failed. */
async function buildsOf(workflowId: string): Promise<string[]> {
  const run = stack.client.workflow.getHandle(workflowId);
  await run.result();
  const { events } = await run.fetchHistory();
  const tasks = (events ?? []).filter((event) => event.workflowTaskCompletedEventAttributes);
  expect((events ?? []).filter((event) => event.workflowTaskFailedEventAttributes)).toEqual([]);
  return tasks.map((event) => event.workflowTaskCompletedEventAttributes?.deploymentVersion?.buildId ?? '');
}

test('two releases are deployed under mail with runs open: nothing fails, and open runs go on', async () => {
  const { path } = await mailIn(stack);
  const inAnHour = new Date(Date.now() + HOUR_MS).toISOString();
  const waiting = await reply(stack, path, { text: 'It has arrived, I hope.', send_at: inAnHour });
  const isOpen = async () => (await runOfReply(waiting.id).describe()).status.name === 'RUNNING';
  await until('its run', () => isOpen().catch(() => false));
  let before = '';
  for (const release of ['release-1', 'release-2']) {
    const ids = await mailDuring(deploy(release));
    for (const id of ids) {
      const { _id } = await rowIn(stack, id, 'routed');
      expect(await stack.messages(id)).toHaveLength(1);
      for (const build of await buildsOf(`inbound/${_id}`)) expect([before, release]).toContain(build);
    }
    const after = newMessageId();
    await postMail(webs[0], after);
    const { _id } = await rowIn(stack, after, 'routed');
    expect(new Set(await buildsOf(`inbound/${_id}`))).toEqual(new Set([release]));
    before = release;
  }
  // Begun by a worker without a version, two deployments ago.
  await stack.models.Message.updateOne({ _id: waiting.id }, { $set: { 'outbound.due_at': new Date() } });
  await runOfReply(waiting.id).signal('wake');
  await inState(stack, path, waiting.id, 'delivered');
  expect(await outboxOf(stack, waiting.message_id)).toHaveLength(1);
  const builds = await buildsOf(`reply/${waiting.id}`);
  expect([builds[0], builds.at(-1)]).toEqual(['', 'release-2']);
  await until('every mail to be final', async () => (await openRuns('inboundEmail')) === 0);

  const noWorkers = { deployment: 'postroom', buildId: 'release-3' };
  await expect(useVersion(stack.client, noWorkers, 0)).rejects.toThrow();
  await expect(operator(stack, 'useVersion')).rejects.toThrow('npm run use-version -- <build id>');
  const last = newMessageId();
  await postMail(webs[1], last);
  await rowIn(stack, last, 'routed');
});

test('what all of this asked of MongoDB goes to one shard, or there is a reason', async () => {
  await anHourAtTheDesk();
  const shapes = (await readFile(path.join(folder, 'commands'), 'utf8')).trim().split('\n');
  expect(strays([...new Set(shapes)].sort())).toEqual([]);
});

const runOfReply = (id: string) => stack.client.workflow.getHandle(`reply/${id}`);
const openRuns = async (type: string): Promise<number> =>
  (await stack.client.workflow.count(`WorkflowType = '${type}' AND ExecutionStatus = 'Running'`)).count;
