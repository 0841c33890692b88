import { readFileSync } from 'node:fs';
import type { InboundEmailRow } from '../../../src/infra/models/index.ts';
import { newId } from '../../../src/lib/ids.ts';
import { FORMS, messageOf, rowIn, sendMail } from '../../support/mails.ts';
import { readReply, saveReply, type Reply } from '../../support/replies.ts';
import { sharedStack } from '../../support/sharedStack.ts';
import { TOKENS, type Stack } from '../../support/stack.ts';
import { until } from '../../support/until.ts';

describe('bounces', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await sharedStack();
  });
  afterEach(() => stack.sandbox.faults.clear());

  /** A reply that went out to gone@client.test, on a new ticket. */
  async function sentReply(): Promise<Reply> {
    const first = await messageOf(stack, await sendMail(stack));
    return saveReply(
      stack,
      { kind: 'ticket', id: first.thread_id },
      {
        workspace_id: stack.seeded.workspaceId,
        state: 'sent',
        to: [{ email: 'gone@client.test', name: '' }],
        outbound: { attempt: 1, is_open: false },
      },
    );
  }

  /** A fixture about this reply, under a Message-Id of its own. */
  function bounceOf(reply: Reply, name: string): { eml: Buffer; id: string } {
    const id = `<${newId()}@mx.client.test>`;
    const eml = readFileSync(`test/fixtures/bounces/${name}.eml`, 'latin1').replaceAll(
      '<5b0c9d2e7a1b4c63a5d8e9f0b1c2d3e4@postroom.test>',
      reply.message_id,
    );
    return { eml: Buffer.from(`Message-Id: ${id}\r\n${eml}`, 'latin1'), id };
  }

  /** Waits until the bounce is skipped, and linked to what it is about: in the store form, after that. */
  const linked = (id: string) =>
    until(
      `${id} to be linked`,
      () =>
        stack.models.InboundEmail.findOne({
          'mail.message_id': id,
          state: 'skipped',
          about_message_id: { $ne: null },
        }).lean<InboundEmailRow>(),
      120_000,
    );

  const cases = FORMS.flatMap((form) =>
    ['postfix', 'headers-only', 'gmail', 'qmail', 'no-recipient'].map((name) => ({ form, name })),
  );

  test.each(cases)('$name, as $form', async ({ form, name }) => {
    const reply = await sentReply();
    const { eml, id } = bounceOf(reply, name);
    const options = { form, sender: '', recipients: [stack.at('support')] };
    await stack.sandbox.receive({ eml }, options);
    expect(await linked(id)).toMatchObject({
      state: 'skipped',
      reason: 'bounce',
      about_message_id: reply._id,
      message_ids: [],
    });
    expect((await readReply(stack, reply._id)).state).toBe('failed');
    expect(await stack.messages(id)).toEqual([]);
  });

  test('parts that the provider does not give at once mark the message when they come', async () => {
    const reply = await sentReply();
    const { eml, id } = bounceOf(reply, 'postfix');
    stack.sandbox.faults.set({ attachments: { answer: 500, times: 2 } });
    await stack.sandbox.receive({ eml }, { form: 'store', sender: '', recipients: [stack.at('support')] });
    await rowIn(stack, id, 'skipped');
    await linked(id);
    expect((await readReply(stack, reply._id)).state).toBe('failed');
  });

  test('posted by a mail server of the customer’s own', async () => {
    const reply = await sentReply();
    const { eml, id } = bounceOf(reply, 'exchange-german');
    const url = `${stack.webUrl}/webhooks/mime/inbound?recipient=${encodeURIComponent(stack.at('support'))}`;
    const headers = { Authorization: `Bearer ${TOKENS.owner}`, Connection: 'close' };
    expect((await fetch(url, { method: 'POST', headers, body: new Uint8Array(eml) })).status).toBe(200);
    await linked(id);
    expect((await readReply(stack, reply._id)).state).toBe('failed');
  });
});
