import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pino } from 'pino';
import type { InboundEmailRow, WorkspaceEmailRow } from '../../src/infra/models/index.ts';
import { settleInbound } from '../../src/sweeps/settleInbound.ts';
import { startGatedStack, type GatedStack } from '../support/gatedStack.ts';
import { addWorkspaceEmail } from '../support/house.ts';
import {
  FORMS,
  marks,
  messageOf,
  operator,
  postForm,
  rerun,
  rowIn,
  sendMail,
  signed,
  storedBelow,
} from '../support/mails.ts';
import { until } from '../support/until.ts';

/** Other runs maintain the installation, and never end. */
const MAIL_RUNS = "ExecutionStatus = 'Running' AND WorkflowType = 'inboundEmail'";

let stack: GatedStack;
beforeAll(async () => {
  stack = await startGatedStack();
});
afterAll(() => stack.close());

const silent = pino({ level: 'silent' });

/** An address of the demo workspace. */
const addEmail = (local: string, change: Partial<WorkspaceEmailRow> = {}) =>
  addWorkspaceEmail(stack.models, stack.seeded.workspaceId, stack.at(local), {
    _id: `email-${local}`,
    ...change,
  });
const changeEmail = (local: string, change: object) =>
  stack.models.WorkspaceEmail.updateOne({ _id: `email-${local}` }, { $set: change });

const statusOf = async (workflowId: string) =>
  (await stack.client.workflow.getHandle(workflowId).describe()).status.name;

describe.each(FORMS)('posted as %s', (form) => {
  const attachments = [{ filename: 'a.txt', content: Buffer.from('kept') }];

  test('skipped, and its recipient exists now: a rerun makes it a message', async () => {
    const to = [stack.at(`new-${form}`)];
    const id = await sendMail(stack, { to, attachments }, { form });
    const skipped = await rowIn(stack, id, 'skipped');
    expect(skipped).toMatchObject({ reason: 'unknown recipient', workspace_id: null });
    expect(skipped.key).toMatch(/^mailgun-skipped\//);
    expect(await operator(stack, 'skipped')).toContain(skipped._id);

    await addEmail(`new-${form}`);
    expect(await operator(stack, 'rerun', skipped._id)).toContain('started');
    const message = await messageOf(stack, id);
    const routed = await rowIn(stack, id, 'routed');
    expect(routed).toMatchObject({ _id: skipped._id, run: 2, message_ids: [message._id] });
    expect(await operator(stack, 'rerun', skipped._id)).toContain('nothing to do');
  });

  test('held, and its address is proved now: a rerun makes it a message, once', async () => {
    await addEmail(`held-${form}`, { proved_at: null, can_receive: false });
    const id = await sendMail(stack, { to: [stack.at(`held-${form}`)], attachments }, { form });
    const held = await rowIn(stack, id, 'held');
    expect(held.reason).toBe('unproved address');
    // Nothing has changed: it is held again.
    expect(await rerun(stack, held._id)).toBe(202);
    await until('its second run to hold it', async () => (await rowIn(stack, id, 'held')).run === 2);

    await changeEmail(`held-${form}`, { proved_at: new Date(), can_receive: true });
    // Twice at once is one run.
    const answers = await Promise.all([rerun(stack, held._id), rerun(stack, held._id)]);
    expect([
      [202, 202],
      [202, 409],
    ]).toContainEqual(answers.sort());
    await messageOf(stack, id);
    expect(await rowIn(stack, id, 'routed')).toMatchObject({ _id: held._id, run: 3 });
    expect(await stack.messages(id)).toHaveLength(1);
    await until(
      'its run to end',
      async () => (await statusOf(`inbound/${held._id}/again/3`)) === 'COMPLETED',
    );
  });
});

/** A parsed post. */
const post = (messageId: string, words: string, proof: Record<string, string>) =>
  postForm(
    stack,
    new URLSearchParams({
      recipient: stack.at('support'),
      sender: 'ann@client.test',
      'message-headers': JSON.stringify([
        ['From', 'Ann <ann@client.test>'],
        ['Message-Id', messageId],
      ]),
      'body-plain': words,
      ...proof,
    }),
  );

test('a signature taken from another post: 200, and failed; its rerun changes nothing', async () => {
  const proof = signed();
  expect((await post('<original@client.test>', 'The original words.', proof)).status).toBe(200);
  await messageOf(stack, '<original@client.test>');
  expect((await post('<replayed@client.test>', 'Words that were never signed.', proof)).status).toBe(200);
  const failed = await until('the failed row', () =>
    stack.models.InboundEmail.findOne({ state: 'failed', reason: 'replayed signature' }).lean(),
  );
  await until('its run to end', async () => (await statusOf(`inbound/${failed._id}`)) === 'COMPLETED');
  expect(await stack.messages('<replayed@client.test>')).toEqual([]);
  expect(await operator(stack, 'skipped', '--state', 'failed')).toContain('replayed signature');

  expect(await operator(stack, 'rerun', failed._id)).toContain('started');
  await until('the second run to fail it', () =>
    stack.models.InboundEmail.findOne({ _id: failed._id, state: 'failed', run: 2 }).lean(),
  );
  expect(await stack.messages('<replayed@client.test>')).toEqual([]);
  // The same post again is no replay: it is folded into the first.
  expect((await post('<original@client.test>', 'The original words.', proof)).status).toBe(200);
  await until('the repeat to be noted', () =>
    stack.models.InboundEmail.findOne({
      'mail.message_id': '<original@client.test>',
      'repeats.0': { $exists: true },
    }).lean(),
  );
  expect(await stack.messages('<original@client.test>')).toHaveLength(1);
});

test('a failed mail becomes a message at the rerun after the fault is repaired', async () => {
  await stack.stop('worker');
  const id = await sendMail(stack, { subject: 'to be repaired' });
  const key = await until('its payload', async () => {
    for (const name of await storedBelow(stack, 'mailgun-incoming')) {
      const file = path.join(stack.storageDir, 'mailgun-incoming', name);
      if (!name.includes('unstarted')) {
        if ((await readFile(file, 'utf8')).includes('to be repaired')) return file;
      }
    }
    return null;
  });
  // A payload that goes before its run is started takes its mark with it, and no run comes.
  await until('its run to be started', async () => (await marks(stack)).length === 0);
  await rename(key, `${key}.away`);
  await stack.startWorker();
  const failed = await until('the failed row', () =>
    stack.models.InboundEmail.findOne({ state: 'failed', reason: 'the stored payload is gone' }).lean(),
  );
  expect(await operator(stack, 'rerun', failed._id)).toContain('started');
  await until('it to fail again', () =>
    stack.models.InboundEmail.findOne({ _id: failed._id, state: 'failed', run: 2 }).lean(),
  );
  await rename(`${key}.away`, key);
  expect(await operator(stack, 'rerun', failed._id)).toContain('started');
  await messageOf(stack, id);
  expect(await rowIn(stack, id, 'routed')).toMatchObject({ _id: failed._id, run: 3, reason: null });
});

describe('a run that an operator ends', () => {
  test('after its row was made: it becomes failed, is listed, and can be run again', async () => {
    await addEmail('ended', { active: false });
    // Nothing can be put into mailgun-skipped/: the step is tried again and again.
    const blocked = path.join(stack.storageDir, 'mailgun-skipped');
    await rm(blocked, { recursive: true, force: true });
    await writeFile(blocked, 'in the way');
    const id = await sendMail(stack, { to: [stack.at('ended')] });
    const row = await rowIn(stack, id, 'received');
    const workflowId = `inbound/${row._id}`;
    await until('the step to be retried', async () => {
      const { raw } = await stack.client.workflow.getHandle(workflowId).describe();
      return raw.pendingActivities?.some(
        (step) => step.activityType?.name === 'skipEmail' && (step.attempt ?? 0) > 1,
      );
    });
    const settle = () => settleInbound({ models: stack.models, client: stack.client, log: silent }, 0);
    await settle();
    expect(await rowIn(stack, id, 'received')).toMatchObject({ run: 1, stuck_since: expect.any(Date) });
    const stuck = await (await stack.api('inbound-emails?stuck=true')).json();
    expect(stuck).toMatchObject({ data: [{ id: row._id, stuck_since: expect.any(String) }] });

    // Stuck mail can be run again; then its earlier run writes nothing more.
    expect(await rerun(stack, row._id)).toBe(202);
    // Each run decides anew whose mail it is: before that no workspace lists it.
    await until('its second run to know whose it is', async () => {
      const { run, workspace_id } = await rowIn(stack, id, 'received');
      return run === 2 && workspace_id !== null;
    });
    expect(await rowIn(stack, id, 'received')).toMatchObject({ stuck_since: null });
    await stack.client.workflow.getHandle(`${workflowId}/again/2`).terminate('not this one');
    await until('it to be settled', async () => {
      await settle();
      return stack.models.InboundEmail.exists({ _id: row._id, state: 'failed' });
    });
    const listed = await listing('failed');
    expect(listed.find((mail) => mail.id === row._id)).toMatchObject({
      state: 'failed',
      reason: 'its run was ended (terminated)',
    });

    await rm(blocked);
    await changeEmail('ended', { active: true });
    expect(await rerun(stack, row._id)).toBe(202);
    await messageOf(stack, id);
    expect(await rowIn(stack, id, 'routed')).toMatchObject({ _id: row._id, run: 3, reason: null });
  });

  test('while MongoDB is away and before there is a row: web starts it again when it boots', async () => {
    const id = await endBeforeItsRow((workflowId) => stack.client.workflow.getHandle(workflowId).terminate());
    expect(await stack.messages(id)).toEqual([]);

    // What its worker has begun may still write the row, when MongoDB is back; then the mail is listed as failed.
    await stack.stop('worker', 'SIGKILL');
    await stack.mongodb.open();
    await stack.stop('web');
    await Promise.all([stack.startWeb(), stack.startWorker()]);
    await messageOf(stack, id);
    const row = await rowIn(stack, id, 'routed');
    expect(row.run).toBe(2);
    const isOver = async () => (await statusOf(`inbound/${row._id}/again/2`)) === 'COMPLETED';
    await until('the second run to end', isOver);
    expect(await stack.messages(id)).toHaveLength(1);
  });
});

/** Sends a mail while MongoDB is away, and ends its run. @returns its Message-Id */
async function endBeforeItsRow(end: (workflowId: string) => Promise<unknown>): Promise<string> {
  // A run of another mail may still be about to end: it would wait for MongoDB too.
  await until('no other run', async () => (await stack.client.workflow.count(MAIL_RUNS)).count === 0);
  await stack.mongodb.close();
  const id = await sendMail(stack);
  const workflowId = await until('its run to wait for MongoDB', async () => {
    const open = stack.client.workflow.list({ query: MAIL_RUNS });
    for await (const run of open) {
      const { raw } = await stack.client.workflow.getHandle(run.workflowId).describe();
      if (raw.pendingActivities?.some((step) => (step.attempt ?? 0) > 1)) return run.workflowId;
    }
    return null;
  });
  await end(workflowId);
  return id;
}

async function listing(
  state: InboundEmailRow['state'],
): Promise<{ id: string; state: string; reason: string }[]> {
  const answer = await stack.api(`inbound-emails?state=${state}`);
  expect(answer.status).toBe(200);
  const { data } = (await answer.json()) as { data: { id: string; state: string; reason: string }[] };
  return data;
}
