import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import type { WorkflowExecutionDescription } from '@temporalio/client';
import { startGatedStack, type GatedStack } from '../support/gatedStack.ts';
import {
  downloadOf,
  FORMS,
  marks,
  messageOf,
  postForm,
  rowIn,
  sendMail,
  settledFiles,
  signed,
  storedBelow,
} from '../support/mails.ts';
import { note } from '../support/note.ts';
import { saveReply } from '../support/replies.ts';
import { SOAK } from '../support/size.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { until } from '../support/until.ts';

/** An engine that was away is tried again within half a minute; the rest is for a loaded machine. */
const BACK_WITHIN_MS = 240_000;
const SLOW_MS = 720_000;
/** In each form with a file and without one: once, in a soak twice. */
const MAILS = SOAK ? 12 : 6;

describe('engines away', () => {
  let stack: GatedStack;
  beforeAll(async () => {
    stack = await startGatedStack();
  });
  afterEach(() => Promise.all([stack.mongodb.open(), stack.temporal.open()]));
  afterAll(() => stack.close());

  /**
   * Sends mails in each form, all of which must be answered 200 at the first try.
   * @returns their Message-Ids
   */
  async function sendMails(): Promise<string[]> {
    const ids = [];
    for (let n = 0; n < MAILS; n++) {
      const attachments = n % 6 < 3 ? [{ filename: 'a.txt', content: Buffer.from('a') }] : [];
      ids.push(await sendMail(stack, { attachments }, { form: FORMS[n % 3]! }));
      expect(stack.sandbox.posts.at(-1)).toMatchObject({ status: 200, try: 1 });
    }
    return ids;
  }

  async function expectOneMessageEach(ids: string[]): Promise<void> {
    for (const id of ids) {
      const message = await messageOf(stack, id, BACK_WITHIN_MS);
      const row = await rowIn(stack, id, 'routed', BACK_WITHIN_MS);
      expect(row.message_ids).toEqual([message._id]);
    }
    expect(await stack.models.Message.countDocuments({ message_id: { $in: ids } })).toBe(ids.length);
    await noMarks();
  }

  async function openRuns(): Promise<WorkflowExecutionDescription[]> {
    const open = [];
    for await (const { workflowId } of stack.client.workflow.list({ query: MAIL_RUNS }))
      open.push(await stack.client.workflow.getHandle(workflowId).describe());
    return open.filter((run) => run.status.name === 'RUNNING');
  }

  const noMarks = () =>
    until('all marks to be worked off', async () => (await marks(stack)).length === 0, BACK_WITHIN_MS);

  test(
    'Temporal stopped while posts arrive: all answered 200, all processed after',
    async () => {
      const before = await sendMails();
      await noMarks();
      await stack.temporal.close();
      const during = await sendMails();
      expect(await marks(stack)).toHaveLength(MAILS);
      await stack.temporal.open();
      await expectOneMessageEach([...before, ...during]);
    },
    SLOW_MS,
  );

  test(
    'Temporal silent, not gone: all answered 200, all processed after',
    async () => {
      await stack.temporal.stall();
      const during = await sendMails();
      expect(await marks(stack)).toHaveLength(MAILS);
      await stack.temporal.open();
      await expectOneMessageEach(during);
    },
    SLOW_MS,
  );

  test(
    'Temporal and MongoDB both away, web killed and started again meanwhile: all answered 200, all processed after',
    async () => {
      await Promise.all([stack.temporal.close(), stack.mongodb.close()]);
      const before = await sendMails();
      await stack.stop('web', 'SIGKILL');
      await stack.startWeb();
      const ready = await fetch(`${stack.webUrl}/health/ready`);
      expect(ready.status).toBe(200);
      expect(await ready.json()).toMatchObject({
        parts: { storage: 'up', mongodb: 'away', temporal: 'away' },
      });
      const after = await sendMails();
      expect(await marks(stack)).toHaveLength(2 * MAILS);
      await Promise.all([stack.temporal.open(), stack.mongodb.open()]);
      await expectOneMessageEach([...before, ...after]);
    },
    SLOW_MS,
  );

  test('events, MongoDB and Temporal away, web ended in each way: answered 200, written after', async () => {
    const { ticket_id: id } = await rowIn(stack, await sendMail(stack), 'routed');
    const sent = {
      workspace_id: stack.seeded.workspaceId,
      state: 'sent',
      outbound: { attempt: 1, is_open: false },
    } as const;
    const aReply = () => saveReply(stack, { kind: 'ticket', id: id! }, sent);
    const replies = await Promise.all(Array.from({ length: 6 }, aReply));
    const postEvents = async (some: typeof replies) => {
      for (const { message_id } of some) expect(await postEvent(stack, message_id)).toBe(200);
    };
    const eventMarks = () => storedBelow(stack, 'mailgun-events/unstarted');
    await Promise.all([stack.temporal.close(), stack.mongodb.close()]);
    await postEvents(replies.slice(0, 2));
    await stack.stop('web', 'SIGKILL');
    await stack.startWeb();
    await postEvents(replies.slice(2, 4));
    await stack.mongodb.open();
    await until(
      'the events that this web has received to be written',
      async () => (await eventMarks()).length <= 2,
      BACK_WITHIN_MS,
    );
    // Silent, with calls under way: web shuts down all the same.
    await stack.mongodb.stall();
    await postEvents(replies.slice(4));
    await stack.stop('web', 'SIGTERM');
    await Promise.all([stack.temporal.open(), stack.mongodb.open()]);
    await stack.startWeb();
    await until('all to be written', async () => (await eventMarks()).length === 0, BACK_WITHIN_MS);
    const ids = replies.map((reply) => reply._id);
    expect(await stack.models.Message.countDocuments({ _id: { $in: ids }, state: 'delivered' })).toBe(6);
  }, 360_000);

  test("the store's disk not mounted while mails wait: none fails, all come through", async () => {
    await until('earlier runs to end', async () => (await openRuns()).length === 0, BACK_WITHIN_MS);
    await stack.mongodb.close();
    const ids = [await sendMail(stack), await sendMail(stack, {}, { form: 'mime' }), await sendMail(stack)];
    const faults = async () =>
      (await openRuns())
        .flatMap((run) => run.raw.pendingActivities ?? [])
        .flatMap((step) => step.lastFailure?.message ?? []);
    await until('all to wait for MongoDB', async () => (await faults()).length === 3, BACK_WITHIN_MS);
    const undo = await notMounted(() => stack).hinder();
    await stack.mongodb.open();
    const meetsIt = async () => (await faults()).some((fault) => fault.includes('ENOENT'));
    await until('one at least to meet it', meetsIt, BACK_WITHIN_MS).finally(undo);
    await expectOneMessageEach(ids);
  }, 600_000);

  describe.each(['close', 'stall'] as const)('MongoDB away (%s) for longer than every local try', (how) => {
    test(
      'the runs wait as normal activities, and come through',
      async () => {
        await until('earlier runs to end', async () => (await openRuns()).length === 0, BACK_WITHIN_MS);
        await stack.mongodb[how]();
        const ids = await sendMails();
        const waiting = await until(
          'every run to have fallen over to a normal activity',
          async () => {
            const retried = (await openRuns())
              .flatMap((run) => run.raw.pendingActivities ?? [])
              .filter((step) => (step.attempt ?? 0) > 1);
            return retried.length === ids.length && retried.map((step) => step.activityType?.name);
          },
          BACK_WITHIN_MS,
        );
        expect(new Set(waiting)).toEqual(new Set(['archiveEmail']));
        await stack.mongodb.open();
        await expectOneMessageEach(ids);
      },
      SLOW_MS,
    );
  });
});

/**
 * Where the store's folder is, and how to make it refuse files; the function that `hinder` gives lets it work
 * again.
 */
interface Hindrance {
  root: string | null;
  /** Of the processes. */
  env?: Record<string, string>;
  hinder(): Promise<() => Promise<void>>;
  end(): void;
}

/** A file lies where the archive's folder was. */
const inTheWay = (stack: () => Stack): Hindrance => ({
  root: null,
  async hinder() {
    const folder = path.join(stack().storageDir, 'mailgun-incoming');
    await rename(folder, `${stack().storageDir}-away`);
    await writeFile(folder, '');
    return async () => {
      await rm(folder);
      await rename(`${stack().storageDir}-away`, folder);
    };
  },
  end: () => undefined,
});

/** The folder exists, and is empty. */
const notMounted = (stack: () => Pick<Stack, 'storageDir'>): Hindrance => ({
  root: null,
  async hinder() {
    const { storageDir } = stack();
    await rename(storageDir, `${storageDir}-away`);
    await mkdir(storageDir);
    return async () => {
      await rm(storageDir, { recursive: true });
      await rename(`${storageDir}-away`, storageDir);
    };
  },
  end: () => undefined,
});

/** A small disk that gets full; null where mounting one is not permitted. NO_MOUNT=1 tests that case. */
function smallDisk(): Hindrance | null {
  const root = mkdtempSync(path.join(os.tmpdir(), 'postroom-small-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', root], { stdio: 'ignore' });
  } catch {
    rmSync(root, { recursive: true });
    return null;
  }
  return {
    root,
    async hinder() {
      const filler = path.join(root, 'filler');
      await expect(writeFile(filler, Buffer.alloc(9 * 1024 * 1024))).rejects.toThrow('ENOSPC');
      return () => rm(filler);
    },
    end() {
      execFileSync('umount', ['-l', root]);
      rmSync(root, { recursive: true });
    },
  };
}

/** A disk that web and worker find full (test/support/fullDisk.js). */
function pretendedDisk(): Hindrance {
  const root = mkdtempSync(path.join(os.tmpdir(), 'postroom-full-'));
  const isFull = path.join(root, 'is-full');
  const module = new URL('../support/fullDisk.js', import.meta.url).href;
  return {
    root,
    env: { FULL_DISK: isFull, NODE_OPTIONS: `--import ${module}` },
    async hinder() {
      await writeFile(isFull, '');
      return () => rm(isFull);
    },
    end: () => rmSync(root, { recursive: true }),
  };
}

const disk = (process.env.NO_MOUNT ? null : smallDisk()) ?? pretendedDisk();
if (disk.env) note('the disk only pretends to be full: mounting a tmpfs is not permitted here');
/** Other runs maintain the installation, and never end. */
const MAIL_RUNS = "ExecutionStatus = 'Running' AND WorkflowType = 'inboundEmail'";

let stack: Stack;
const hindrances: [string, Hindrance][] = [
  ['in the way', inTheWay(() => stack)],
  ['not mounted', notMounted(() => stack)],
  ['full', disk],
];

describe.each(hindrances)('storage that cannot take a post (%s)', (name, hindrance) => {
  beforeAll(async () => {
    const root = hindrance.root && path.join(hindrance.root, 'store');
    stack = await startStack({
      processes: ['web'],
      sandbox: { retrySpeed: 600 },
      env: { ...hindrance.env, ...(root && { STORAGE_URL: `file:${root}` }) },
    });
    if (root) stack.storageDir = root;
  });
  afterAll(async () => {
    await stack.close();
    hindrance.end();
  });

  test('503, nothing claimed, nothing left; taken at a later try when there is room', async () => {
    const first = await sendMail(stack);
    await until('its run to be started', async () => (await marks(stack)).length === 0);
    const undo = await hindrance.hinder();
    const before = await storedBelow(stack, '.');
    for (const post of awkwardPosts()) expect((await postForm(stack, ...post)).status).toBe(503);
    expect(await storedBelow(stack, '.')).toEqual(before);
    expect((await fetch(`${stack.webUrl}/health/live`)).status).toBe(200);
    if (name === 'full') expect((await fetch(`${stack.webUrl}/health/ready`)).status).toBe(503);

    const mail = { from: 'ann@client.test', to: [stack.at('support')], messageId: '<later@client.test>' };
    const { deliveries } = await stack.sandbox.receive(mail, { form: 'mime' });
    expect(deliveries[0]?.tries[0]?.status).toBe(503);
    await undo();
    await until('a later try to be taken', () => deliveries[0]?.outcome === 'accepted');
    await stack.startWorker();
    await messageOf(stack, first);
    await messageOf(stack, '<later@client.test>');
    expect(await stack.models.InboundEmail.countDocuments()).toBe(2);
  });

  if (name === 'full')
    test('full while a mail is processed: it waits, and its file is stored when there is room', async () => {
      await stack.stop('worker');
      const id = await sendMail(stack, { attachments: [{ filename: 'a.txt', content: Buffer.from(LONG) }] });
      const undo = await hindrance.hinder();
      await stack.startWorker();
      const row = await rowIn(stack, id, 'routed');
      const run = stack.client.workflow.getHandle(`inbound/${row._id}`);
      await until('the copy of its file to meet it', async () => {
        const steps = (await run.describe()).raw.pendingActivities ?? [];
        return steps.some(({ lastFailure }) => lastFailure?.message?.includes('ENOSPC'));
      }).finally(undo);
      const [file] = await settledFiles(stack, await messageOf(stack, id));
      expect(file).toMatchObject({ state: 'stored', size: LONG.length });
      expect((await downloadOf(stack, file!)).toString()).toBe(LONG);
    });

  test('a post that breaks off: nothing claimed, nothing left', async () => {
    // The message of the test before is seen sooner than the mark of its post goes.
    await until('all marks to be worked off', async () => (await marks(stack)).length === 0);
    const before = await storedBelow(stack, '.');
    for (const [type, begin] of BEGUN) {
      await breakOff(type, begin);
      await until(`nothing of a ${type} to be left`, async () => {
        return (await storedBelow(stack, 'tmp')).length === 0;
      });
    }
    expect(await storedBelow(stack, '.')).toEqual(before);
  });
});

/** Posts an event as Mailgun would: a mail of ours was delivered. @returns the status */
async function postEvent(stack: Stack, messageId: string): Promise<number> {
  const event = {
    signature: signed(),
    'event-data': {
      event: 'delivered',
      id: messageId,
      timestamp: Date.now() / 1000,
      recipient: 'ann@client.test',
      message: { headers: { 'message-id': messageId.slice(1, -1) } },
    },
  };
  const { status } = await fetch(`${stack.webUrl}/webhooks/mailgun/events`, {
    method: 'POST',
    headers: { Connection: 'close', 'Content-Type': 'application/json' },
    body: JSON.stringify(event),
  });
  return status;
}

const LONG = 'long '.repeat(300_000);

/** A post of each form, small and with something large. */
function awkwardPosts(): [FormData | URLSearchParams, 'inbound' | 'inbound/mime'][] {
  const fields = () => ({ recipient: stack.at('support'), from: 'ann@client.test', ...signed() });
  const files = new FormData();
  for (const [field, value] of Object.entries(fields())) files.append(field, value);
  for (const n of [1, 2, 3]) files.append(`attachment-${n}`, new Blob([LONG]), `${n}.txt`);
  return [
    [new URLSearchParams(fields()), 'inbound'],
    [new URLSearchParams({ 'body-plain': LONG, ...fields() }), 'inbound'],
    [files, 'inbound'],
    [new URLSearchParams({ ...fields(), 'body-mime': `Subject: small\r\n\r\nsmall` }), 'inbound/mime'],
    [new URLSearchParams({ ...fields(), 'body-mime': `Subject: large\r\n\r\n${LONG}` }), 'inbound/mime'],
  ];
}

/** Bodies that break off: the proof has arrived, and some megabytes, but not the end. */
const proof = Object.entries({ recipient: 'support@postroom.test', ...signed() });
const part = (name: string, value: string) =>
  `--b\r\nContent-Disposition: form-data; name="${name}"${name.startsWith('att') ? '; filename="a"' : ''}\r\n\r\n${value}`;
const BEGUN: [type: string, begin: string][] = [
  ['application/x-www-form-urlencoded', `${new URLSearchParams(proof).toString()}&body-mime=${LONG}`],
  [
    'multipart/form-data; boundary=b',
    proof.map(([name, value]) => `${part(name, value)}\r\n`).join('') + part('attachment-1', LONG),
  ],
];

/** Posts the beginning of a body, and breaks off when it has arrived. */
async function breakOff(type: string, begin: string): Promise<void> {
  const request = http.request(`${stack.webUrl}/webhooks/mailgun/inbound`, {
    method: 'POST',
    headers: { 'Content-Type': type, 'Content-Length': Buffer.byteLength(begin) + 1_000_000 },
  });
  request.on('error', () => undefined);
  request.write(begin);
  await until('it to arrive', async () => {
    return (await storedBelow(stack, 'tmp')).length > 0;
  });
  request.destroy();
}
