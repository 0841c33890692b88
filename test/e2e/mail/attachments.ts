import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { caps } from '../../../src/mail/caps.ts';
import type { WorkspaceEmailRow } from '../../../src/infra/models/index.ts';
import type { AttachmentFault } from '../../../dev/mailgun/faults.ts';
import { addWorkspaceEmail } from '../../support/house.ts';
import {
  downloadOf,
  filesOf,
  FORMS,
  messageOf,
  operator,
  rerun,
  rowIn,
  sendMail,
  settledFiles,
  storedBelow,
} from '../../support/mails.ts';
import { sharedStack } from '../../support/sharedStack.ts';
import type { Stack } from '../../support/stack.ts';
import { until } from '../../support/until.ts';

describe('attachments', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await sharedStack();
  });
  afterEach(() => stack.sandbox.faults.clear());

  const note = (name: string, words: string) => ({ filename: name, content: Buffer.from(words) });
  const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

  /** As if the mail had come two days ago: the provider's URLs have expired, and it is known. */
  const makeOld = (messageId: string) =>
    stack.models.InboundEmail.updateOne(
      { 'mail.message_id': messageId },
      { $set: { received_at: new Date(Date.now() - 2 * 24 * 60 * 60 * 1000) } },
    );

  describe('after a fault of the provider the file is stored', () => {
    const faults: [AttachmentFault, number][] = [
      [404, 2],
      [500, 2],
      ['cut', 2],
      ['hang', 1],
    ];
    test.each(faults)('%s, %d times and then an answer', async (answer, times) => {
      const content = Buffer.alloc(300_000, `${answer} `);
      stack.sandbox.faults.set({ attachments: { answer, times } });
      const id = await sendMail(
        stack,
        { attachments: [note('a.txt', 'first'), { filename: 'b.bin', content }, note('c.txt', 'third')] },
        { form: 'store' },
      );
      // The mail does not wait for its files.
      const message = await messageOf(stack, id);
      await rowIn(stack, id, 'routed');
      const files = await settledFiles(stack, message);
      expect(files.map(({ state, reason, size }) => ({ state, reason, size }))).toEqual([
        { state: 'stored', reason: null, size: 5 },
        { state: 'stored', reason: null, size: content.length },
        { state: 'stored', reason: null, size: 5 },
      ]);
      expect((await downloadOf(stack, files[1]!)).equals(content)).toBe(true);
    });
  });

  test('a 404 that stays: the mail is a message, its file has failed with a reason, and is stored at a rerun when the provider has it again', async () => {
    stack.sandbox.faults.set({ attachments: { answer: 404 } });
    const id = await sendMail(
      stack,
      { attachments: [note('late.txt', 'here after all')] },
      { form: 'store' },
    );
    const message = await messageOf(stack, id);
    const row = await rowIn(stack, id, 'routed');
    const [waiting] = await until('the first try', async () => {
      const files = await filesOf(stack, message);
      return files[0]?.reason && files;
    });
    expect(waiting).toMatchObject({
      state: 'pending',
      reason: 'not there yet (HTTP 404); it is tried again',
    });

    await makeOld(id);
    const [failed] = await settledFiles(stack, message);
    expect(failed).toMatchObject({ state: 'failed', reason: 'the provider no longer has this file' });
    const run = stack.client.workflow.getHandle(`inbound/${row._id}`);
    expect(await run.result()).toMatchObject({ action: 'routed' });
    const answer = await stack.api(`attachments/${failed?._id}`);
    expect(answer.status).toBe(404);
    expect(await answer.text()).toContain('the provider no longer has this file');

    stack.sandbox.faults.clear();
    expect(await rerun(stack, row._id)).toBe(202);
    const [stored] = await until('the file', async () => {
      const files = await filesOf(stack, message);
      return files[0]?.state === 'stored' && files;
    });
    expect((await downloadOf(stack, stored!)).toString()).toBe('here after all');
    // It is one message still, and there is nothing more to run again for.
    await until('the second run to end', async () => {
      const again = await stack.client.workflow.getHandle(`inbound/${row._id}/again/2`).describe();
      return again.status.name === 'COMPLETED';
    });
    expect(await stack.messages(id)).toHaveLength(1);
    expect(await rerun(stack, row._id)).toBe(409);
  });

  test('a stored file stays stored, even if a later run cannot find it', async () => {
    const id = await sendMail(
      stack,
      { attachments: [note('kept.txt', 'kept'), note('lost.txt', 'lost')] },
      { form: 'store' },
    );
    const message = await messageOf(stack, id);
    const [kept, lost] = await settledFiles(stack, message);
    // One counts as failed, so that the mail can be run again; the archive has neither any more.
    await stack.models.Attachment.updateOne({ _id: lost?._id }, { $set: { state: 'failed', key: null } });
    for (const name of await storedBelow(stack, 'mailgun-incoming')) {
      if (name.includes('.remote-')) await rm(`${stack.storageDir}/mailgun-incoming/${name}`);
    }
    stack.sandbox.faults.set({ attachments: { answer: 404 } });
    const row = await rowIn(stack, id, 'routed');
    expect(await rerun(stack, row._id)).toBe(202);
    await until('the second run to have asked', async () => {
      const files = await filesOf(stack, message);
      return files[1]?.reason === 'not there yet (HTTP 404); it is tried again';
    });
    await makeOld(id);
    await until('the second run to end', async () => {
      const again = await stack.client.workflow.getHandle(`inbound/${row._id}/again/2`).describe();
      return again.status.name === 'COMPLETED';
    });
    const [first, second] = await filesOf(stack, message);
    expect(second).toMatchObject({ state: 'failed', reason: 'the provider no longer has this file' });
    expect(first).toEqual(kept);
    expect((await downloadOf(stack, first!)).toString()).toBe('kept');
  });

  describe.each(FORMS)('posted as %s', (form) => {
    test('25 MB exactly is stored, one byte more has a record that says so', async () => {
      const exact = Buffer.alloc(caps.fileBytes, 'exactly so much. ');
      const over = Buffer.alloc(caps.fileBytes + 1, 'a byte too many. ');
      const id = await sendMail(
        stack,
        {
          attachments: [
            { filename: 'exact.bin', content: exact },
            { filename: 'over.bin', content: over },
            note('small.txt', 'small'),
          ],
        },
        { form },
      );
      const files = await settledFiles(stack, await messageOf(stack, id));
      expect(files.map(({ filename, state, size, reason }) => ({ filename, state, size, reason }))).toEqual([
        { filename: 'exact.bin', state: 'stored', size: caps.fileBytes, reason: null },
        {
          filename: 'over.bin',
          state: 'too_large',
          size: caps.fileBytes + 1,
          reason: expect.stringContaining('25 MB') as string,
        },
        { filename: 'small.txt', state: 'stored', size: 5, reason: null },
      ]);
      expect(sha256(await downloadOf(stack, files[0]!))).toBe(sha256(exact));
    });

    test('a mail with 40 attachments: each with its own name and bytes', async () => {
      const content = (n: number) => Buffer.from(`file ${n}\n`.repeat(n + 1));
      const id = await sendMail(
        stack,
        {
          attachments: Array.from({ length: 40 }, (_, n) => ({
            filename: `${n}-第${n}.txt`,
            content: content(n),
          })),
        },
        { form },
      );
      const files = await settledFiles(stack, await messageOf(stack, id));
      expect(files.map(({ filename, state, size }) => ({ filename, state, size }))).toEqual(
        Array.from({ length: 40 }, (_, n) => ({
          filename: `${n}-第${n}.txt`,
          state: 'stored',
          size: content(n).length,
        })),
      );
      for (const n of [0, 17, 39]) expect((await downloadOf(stack, files[n]!)).equals(content(n))).toBe(true);
    });
  });

  describe('mail that becomes no message keeps its files, whose URLs expire', () => {
    const addEmail = (local: string, change: Partial<WorkspaceEmailRow> = {}) =>
      addWorkspaceEmail(stack.models, stack.seeded.workspaceId, stack.at(local), {
        _id: `email-${local}`,
        ...change,
      });
    const remoteFiles = async (folder: string, key: string) =>
      (await storedBelow(stack, folder)).filter((name) => name.includes(`${idOf(key)}.remote-`));
    const idOf = (key: string) => /([^/]+)\.json$/.exec(key)![1]!;

    test('skipped: in mailgun-skipped/, and a later run has them', async () => {
      const attachments = [note('one.txt', 'one'), note('two.txt', 'two')];
      const id = await sendMail(stack, { to: [stack.at('later')], attachments }, { form: 'store' });
      const row = await rowIn(stack, id, 'skipped');
      await until('its files in the archive', async () => {
        return (await remoteFiles('mailgun-skipped', row.key)).length === 2;
      });

      stack.sandbox.faults.set({ attachments: { answer: 404 } });
      await makeOld(id);
      await addEmail('later');
      // Mail of no workspace is the operator's: the command line runs it again, the API does not know it.
      expect(await rerun(stack, row._id)).toBe(404);
      expect(await operator(stack, 'rerun', row._id)).toContain('started');
      const files = await settledFiles(stack, await messageOf(stack, id));
      expect(files.map((file) => file.state)).toEqual(['stored', 'stored']);
      expect((await downloadOf(stack, files[1]!)).toString()).toBe('two');
    });

    test('held, then skipped, then routed: the files go with it', async () => {
      const unproved = { proved_at: null, can_receive: false, can_send: false };
      await addEmail('unproved', unproved);
      const attachments = [note('one.txt', 'one'), note('two.txt', 'two')];
      const id = await sendMail(stack, { to: [stack.at('unproved')], attachments }, { form: 'store' });
      const held = await rowIn(stack, id, 'held');
      expect(held).toMatchObject({ reason: 'unproved address', workspace_id: stack.seeded.workspaceId });
      await until('its files in the archive', async () => {
        return (await remoteFiles('mailgun-incoming', held.key)).length === 2;
      });

      stack.sandbox.faults.set({ attachments: { answer: 404 } });
      await makeOld(id);
      const set = (change: object) =>
        stack.models.WorkspaceEmail.updateOne({ _id: 'email-unproved' }, { $set: change });
      await set({ proved_at: new Date(), can_receive: true, active: false });
      expect(await rerun(stack, held._id)).toBe(202);
      const skipped = await rowIn(stack, id, 'skipped');
      expect(skipped.reason).toBe('inactive address');

      await set({ active: true });
      expect(await rerun(stack, held._id)).toBe(202);
      const files = await settledFiles(stack, await messageOf(stack, id));
      expect(files.map((file) => file.state)).toEqual(['stored', 'stored']);
      expect((await downloadOf(stack, files[1]!)).toString()).toBe('two');
    });
  });
});
