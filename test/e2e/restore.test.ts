import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { TicketRow } from '../../src/infra/models/index.ts';
import { runCommand } from '../support/command.ts';
import { messageOf, rowIn, sendMail } from '../support/mails.ts';
import { freshDatabaseUri } from '../support/mongodb.ts';
import { inState, mailIn, outboxOf, postEvent, reply, ticketOf } from '../support/outgoing.ts';
import { lastingPort } from '../support/ports.ts';
import { API_KEY, SIGNING_KEY, startStack, type Stack } from '../support/stack.ts';
import { freshNamespace, temporalAddress } from '../support/temporal.ts';
import { until } from '../support/until.ts';

const mongodbUri = freshDatabaseUri();
/** Events appear well before it counts that they did not. */
const WAITS = { REPLY_SETTLE_MS: '8000' };

let stack: Stack;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'postroom-backup-'));
  stack = await startStack({ mongodbUri, env: WAITS, sandbox: { eventsDelayMs: 1_000 } });
});
afterAll(async () => {
  await stack.close();
  await rm(folder, { recursive: true });
});

async function run(name: 'backup' | 'restore', ...args: string[]) {
  const env = {
    MONGODB_URI: mongodbUri,
    TEMPORAL_ADDRESS: temporalAddress(),
    STORAGE_URL: `file:${stack.storageDir}`,
    MAILGUN_URL: stack.sandbox.url,
    MAILGUN_API_KEY: API_KEY,
    MAILGUN_SIGNING_KEY: SIGNING_KEY,
    PORT: new URL(stack.webUrl).port,
    WORKER_PORT: String(await lastingPort()),
  };
  return runCommand(name, args, { cwd: folder, env });
}
const restore = (...args: string[]) => run('restore', ...args);

/** A backup that holds a reply as `scheduled`; a machine that is slower gets more time for it. */
async function backupWithScheduled(thread: string) {
  for (let seconds = 12; ; seconds *= 2) {
    const send_at = new Date(Date.now() + seconds * 1_000).toISOString();
    const scheduled = await reply(stack, thread, { text: 'Once', send_at });
    const dir = path.join(folder, `after-${seconds}`);
    expect(await run('backup', dir)).toMatchObject({ code: 0, stderr: '' });
    const rows = (await readFile(path.join(dir, 'database/messages.jsonl'), 'utf8')).trim().split('\n');
    const saved = rows.map((row) => JSON.parse(row) as { _id: string; state: string });
    if (saved.some(({ _id, state }) => _id === scheduled.id && state === 'scheduled'))
      return { dir, scheduled };
  }
}

test('after a restore with an empty Temporal nothing is sent twice, and later mail is back', async () => {
  const { message, path: thread } = await mailIn(stack, {
    attachments: [{ filename: 'plan.txt', content: Buffer.from('the plan') }],
  });
  await until('its file', () => stack.models.Attachment.exists({ message_id: message._id, state: 'stored' }));
  const first = await ticketOf(stack, message);
  const { dir, scheduled } = await backupWithScheduled(thread);
  const earlier = await stack.models.Message.findById(message._id).orFail().lean();
  await inState(stack, thread, scheduled.id, ['sent', 'delivered']);
  await outboxOf(stack, scheduled.message_id);
  const later = await sendMail(stack, { subject: 'It came after the backup' });
  await rowIn(stack, later, 'routed');
  const laterTicket = await ticketOf(stack, await messageOf(stack, later));
  expect(laterTicket.number).toBe(first.number + 1);

  expect((await restore(dir, '--replace')).stderr).toMatch(
    /^Web runs on this machine .* Stop web and worker/,
  );
  await Promise.all([stack.stop('web'), stack.stop('worker')]);
  expect(await restore(dir)).toMatchObject({ code: 1, stderr: expect.stringContaining('is not empty') });
  const restored = await restore(dir, '--replace');
  expect(restored).toMatchObject({ code: 0, stderr: '' });
  expect(await stack.models.Message.findById(message._id).lean()).toEqual(earlier);
  expect(await stack.models.Message.findById(scheduled.id).lean()).toMatchObject({ state: 'scheduled' });

  const empty = { TEMPORAL_NAMESPACE: await freshNamespace() };
  await Promise.all([stack.startWeb(empty), stack.startWorker(empty)]);
  await inState(stack, thread, scheduled.id, ['sent', 'delivered']);
  await rowIn(stack, later, 'routed');
  const again = await ticketOf(stack, await messageOf(stack, later));
  const newMail = await mailIn(stack, { subject: 'A new one' });
  expect(await ticketOf(stack, newMail.message)).toBeTruthy();
  const tickets = await stack.models.Ticket.find({ workspace_id: first.workspace_id }).lean<TicketRow[]>();
  const numbers = tickets.map(({ number }) => number);
  expect(new Set(numbers).size).toBe(numbers.length);
  expect(numbers.filter((number) => number !== first.number).every((number) => number > 1_000)).toBe(true);
  expect(again.number).not.toBe(laterTicket.number);
  expect(await stack.messages(later)).toHaveLength(1);
  expect(await outboxOf(stack, scheduled.message_id)).toHaveLength(1);
  expect(
    await postEvent(stack, {
      event: 'complained',
      messageId: scheduled.message_id,
      recipient: 'ann@client.test',
    }),
  ).toBe(200);
  await inState(stack, thread, scheduled.id, 'complained');
});

test('a backup that is not complete, or damaged, is refused', async () => {
  await Promise.all([stack.stop('web'), stack.stop('worker')]);
  const dir = path.join(folder, 'broken');
  expect(await restore(dir)).toMatchObject({ code: 1, stderr: expect.stringContaining('no manifest.json') });
  expect((await run('backup', dir)).code).toBe(0);
  expect(await run('backup', dir)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('holds a backup already'),
  });
  await writeFile(path.join(dir, 'database/tickets.jsonl'), '');
  expect(await restore(dir, '--replace')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('tickets.jsonl is missing or damaged'),
  });
  expect(await stack.models.Ticket.countDocuments()).toBeGreaterThan(0);

  // Set back by other tools: it is only marked.
  const lastNumber = async () =>
    (await stack.models.Workspace.findById(stack.seeded.workspaceId).orFail().lean()).last_ticket_number;
  const before = await lastNumber();
  expect((await restore('--mark', new Date().toISOString())).stdout).toContain('Marked as set back to 20');
  expect(await lastNumber()).toBe(before + 1_000);
});

test('what the commands cannot do is a sentence', async () => {
  expect((await run('backup')).stderr).toContain('npm run backup -- DIR');
  expect((await restore('--mark', 'yesterday')).stderr).toContain('not a time: yesterday');
});
