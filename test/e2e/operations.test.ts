import { mkdir, readFile, writeFile } from 'node:fs/promises';
import type { InboundEmailRow } from '../../src/infra/models/index.ts';
import { deleteWorkspaceId, KEEP_TIDY_ID, MAIL_QUEUE } from '../../src/infra/temporal/ids.ts';
import { newId } from '../../src/lib/ids.ts';
import { inState, mailIn, reply } from '../support/outgoing.ts';
import { FORMS, operator, postForm, rowIn, sendMail, signed, storedBelow } from '../support/mails.ts';
import { startStack, TOKENS, type Stack } from '../support/stack.ts';
import { until } from '../support/until.ts';

/** What an operator has: logs, metrics, retention, deleting a workspace. */
let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ env: { LOG_LEVEL: 'trace' } });
});
afterAll(() => stack.close());

/** In every place of a mail that somebody fills in. */
const MARKER = 'zebrafish';
const marked = {
  from: `Ann ${MARKER} <${MARKER}-ann@client.test>`,
  subject: `Where is my ${MARKER}?`,
  text: `The ${MARKER} has not come.`,
  attachments: [{ filename: `${MARKER}.txt`, content: Buffer.from(MARKER) }],
};

/**
 * Mails of every outcome, a reply that bounces and one that is delivered, and requests of the API, valid and
 * invalid.
 */
async function aBusyDay(): Promise<{ mail: string; message: string }> {
  const { message, path } = await mailIn(stack, { ...marked, to: [stack.at('support')] });
  for (const form of FORMS) await rowIn(stack, await sendMail(stack, marked, { form }), 'routed');
  const lost = await sendMail(stack, { ...marked, to: [stack.at(`${MARKER}-nobody`)] });
  await rowIn(stack, lost, 'skipped');
  await postForm(stack, new URLSearchParams({ recipient: `${MARKER}@x.test`, 'body-mime': MARKER }));
  await postForm(stack, new URLSearchParams({ ...signed(), subject: MARKER, from: `${MARKER}@x.test` }));
  const to = { to: [`bounce-${MARKER}@client.test`], cc: [] };
  const [good, bad] = [await reply(stack, path), await reply(stack, path, { ...to, text: MARKER })];
  await inState(stack, path, good.id, 'delivered');
  await inState(stack, path, bad.id, ['failed', 'delivered']);
  await stack.request('POST', `${path}/messages`, { text: MARKER, to: [`${MARKER}@@x`] });
  await stack.api(`contacts?search=${MARKER}`);
  await stack.api(`tickets/${MARKER}`);
  await stack.api(`tickets?cursor=${MARKER}`, MARKER);
  await fetch(`${stack.webUrl}/api/v1/${MARKER}`);
  await fetch(`${stack.webUrl}/webhooks/mime/inbound?recipient=${MARKER}@x.test`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${TOKENS.owner}` },
    body: `From: ${MARKER}@x.test\r\nSubject: ${MARKER}\r\n\r\n${MARKER}`,
  });
  return { mail: message.inbound_email_id as string, message: good.id };
}

test('logs and metrics of a busy day: ids, and nothing that a mail or a request held', async () => {
  const ids = await aBusyDay();
  const posted = await fetch(`${stack.webUrl}/api/v1/workspaces/demo/tickets`, {
    headers: { Authorization: `Bearer ${TOKENS.owner}`, 'X-Request-Id': 'from-a-proxy-1' },
  });
  expect(posted.headers.get('x-request-id')).toBe('from-a-proxy-1');
  const forged = await stack.request(
    'POST',
    'tickets',
    {},
    { headers: { 'X-Request-Id': `${MARKER}@x.test` } },
  );
  expect(forged.headers.get('x-request-id')).toMatch(/^[0-9a-z]{24}$/);
  const said = await until('the request to be logged', () => {
    const all = stack.said();
    const wanted = ['from-a-proxy-1', forged.headers.get('x-request-id')!];
    const runs = [`inbound/${ids.mail}`, `reply/${ids.message}`];
    return [...wanted, ...runs].every((id) => all.includes(id)) && all;
  });
  const lines = said
    .split('\n')
    .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as object] : []));
  expect(lines).toContainEqual(
    expect.objectContaining({
      request_id: 'from-a-proxy-1',
      route: '/api/v1/workspaces/:workspace_id/tickets',
      method: 'GET',
      status: 200,
    }),
  );
  const workflows = lines.map((line) => (line as { workflow_id?: string }).workflow_id);
  expect(workflows).toEqual(expect.arrayContaining([`inbound/${ids.mail}`, `reply/${ids.message}`]));

  const metrics = (await stack.metrics('web')) + (await stack.metrics('worker'));
  for (const text of [said, metrics]) {
    expect(text).not.toContain(MARKER);
    expect(text).not.toMatch(/[\w.-]+@[\w-]+\.test/);
  }
  expect(metrics).not.toContain(ids.mail);
});

/** The value of a series, or the sum of those whose labels contain all of these. */
function valueOf(metrics: string, name: string, ...labels: string[]): number {
  const lines = metrics
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  const mine = lines.filter((line) => labels.every((label) => line.includes(label)));
  return mine.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

test('what was done is counted: mails, steps, replies, acknowledgements, requests', async () => {
  const isUnderWay = { state: 'received' } as const;
  await until('all mail to be final', async () => !(await stack.models.InboundEmail.exists(isUnderWay)));
  const rows = (state: InboundEmailRow['state']) => stack.models.InboundEmail.countDocuments({ state });
  let [web, worker] = ['', ''];
  // A mail is counted, and its mark goes, a moment after its row is written.
  await until('all of it to be counted', async () => {
    [web, worker] = [await stack.metrics('web'), await stack.metrics('worker')];
    for (const state of ['routed', 'skipped', 'failed'] as const)
      if (valueOf(worker, 'postroom_mails_total', `outcome="${state}"`) !== (await rows(state))) return false;
    return valueOf(web, 'postroom_queue_age_seconds', 'queue="mails"') === 0;
  });
  expect(
    valueOf(worker, 'postroom_step_seconds_count', 'step="archiveEmail"', 'result="done"'),
  ).toBeGreaterThan(5);
  expect(valueOf(worker, 'postroom_replies_total', 'state="sending"')).toBe(2);
  expect(valueOf(web, 'postroom_replies_total', 'state="queued"')).toBe(2);
  expect(valueOf(web, 'postroom_acknowledge_seconds_count', 'mailgun/inbound"', 'status="401"')).toBe(1);
  expect(valueOf(web, 'postroom_acknowledge_seconds_count', 'mailgun', 'status="200"')).toBeGreaterThan(5);
  const contacts = 'route="/api/v1/workspaces/:workspace_id/contacts"';
  expect(valueOf(web, 'postroom_api_request_seconds_count', contacts)).toBe(1);
  expect(valueOf(web, 'postroom_api_request_seconds_count', 'route="none"')).toBeGreaterThan(0);
  expect(web).toMatch(/^postroom_queue_age_seconds\{queue="mails"\} 0$/m);
  expect(web).toMatch(/^process_cpu_seconds_total/m);
  expect(
    valueOf(worker, 'temporal_workflow_completed_total', 'workflow_type="inboundEmail"'),
  ).toBeGreaterThan(5);
});

test('the metric of how long the oldest mail waits is read from the marks, whichever process wrote them', async () => {
  const folder = `${stack.storageDir}/mailgun-incoming/unstarted`;
  await mkdir(folder, { recursive: true });
  await writeFile(`${folder}/${newId(Date.now() - 20_000)}`, '');
  const age = valueOf(await stack.metrics('web'), 'postroom_queue_age_seconds', 'queue="mails"');
  expect(age).toBeGreaterThanOrEqual(20);
  expect(age).toBeLessThan(60);
});

test('retention runs daily, and when a worker starts: the raw of an old mail is gone, its message stays', async () => {
  const { message, path } = await mailIn(stack);
  const id = message.inbound_email_id as string;
  const raw = () => stack.api(`inbound-emails/${id}/raw`);
  expect((await raw()).status).toBe(200);
  const longAgo = new Date(Date.now() - 31 * 24 * 60 * 60_000);
  await stack.models.InboundEmail.updateOne({ _id: id }, { created_at: longAgo, updated_at: longAgo });
  await stack.client.schedule.getHandle(KEEP_TIDY_ID).trigger();
  await until('its raw to be gone', () => stack.models.InboundEmail.exists({ _id: id, raw: 'gone' }));
  expect((await raw()).status).toBe(410);
  expect((await stack.api(`${path}/messages/${message._id}`)).status).toBe(200);
});

test('each metric of the alerts and the dashboard exists', async () => {
  // A task of a workflow that is not known here fails, as one does after a bad release.
  const unknown = await stack.client.workflow.start('noSuchWorkflow', {
    taskQueue: MAIL_QUEUE,
    workflowId: 'no-such-workflow',
  });
  const failed = 'temporal_workflow_task_execution_failed_total';
  await until('its task to fail', async () => valueOf(await stack.metrics('worker'), failed) > 0);
  await unknown.terminate();
  const served = (await stack.metrics('web')) + (await stack.metrics('worker'));
  const types = [...served.matchAll(/^# TYPE (\w+) (\w+)/gm)];
  const there = new Set(
    types.flatMap(([, name, type]) =>
      type === 'histogram' ? ['_bucket', '_count', '_sum'].map((part) => `${name}${part}`) : [name],
    ),
  );
  for (const file of ['alerts.yml', 'grafana.json']) {
    const text = await readFile(new URL(`../../docs/${file}`, import.meta.url), 'utf8');
    const named = [...new Set(text.match(/\b(postroom|temporal|process|nodejs)_\w+/g))];
    expect(named.length).toBeGreaterThan(7);
    expect([file, named.filter((name) => !there.has(name))]).toEqual([file, []]);
  }
});

test('delete-workspace: only with its name; then nothing of it is left, and mail to it has no recipient', async () => {
  const orders = { ...marked, to: [stack.at('orders')] };
  const row = await rowIn(stack, await sendMail(stack, orders), 'routed');
  expect(row.workspace_id).toBe('second');
  await until('its file', () => stack.models.Attachment.exists({ workspace_id: 'second', state: 'stored' }));
  for (const args of [['second'], ['second', '--name', 'Other'], ['secund', '--name', 'Second']])
    await expect(operator(stack, 'deleteWorkspace', ...args)).rejects.toThrow(/cannot be undone|There is no/);
  expect(await stack.models.Workspace.exists({ _id: 'second' })).not.toBeNull();

  expect(await operator(stack, 'deleteWorkspace', 'second', '--name', 'Second')).toContain(
    deleteWorkspaceId('second'),
  );
  await until('it to be gone', async () => !(await stack.models.Workspace.exists({ _id: 'second' })));
  const { connection } = stack.models;
  for (const name of connection.modelNames().filter((model) => model !== 'PlatformAddress'))
    expect([
      name,
      await connection.model(name).collection.countDocuments({ workspace_id: 'second' }),
    ]).toEqual([name, 0]);
  expect(await storedBelow(stack, 'attachments/second')).toEqual([]);
  expect((await storedBelow(stack, 'mailgun-incoming')).filter((key) => row.key.includes(key))).toEqual([]);
  await rowIn(stack, await sendMail(stack, orders), 'skipped');
  await mailIn(stack);
});
