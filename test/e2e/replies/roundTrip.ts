import { randomBytes } from 'node:crypto';
import type { MessageRow } from '../../../src/infra/models/index.ts';
import {
  customerAnswers,
  idsIn,
  inState,
  mailIn,
  messagesOf,
  openedReply,
  outboxOf,
  postReply,
  reply,
  runOf,
  type Opened,
} from '../../support/outgoing.ts';
import { FORMS, rowIn } from '../../support/mails.ts';
import { until } from '../../support/until.ts';
import { sharedStack } from '../../support/sharedStack.ts';
import { TOKENS, type Stack } from '../../support/stack.ts';

describe('a reply, there and back', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await sharedStack();
  });

  /** The headers, on which both mail programs must agree. */
  function headersOf({ mailparser, postal }: Opened) {
    expect(postal.messageId).toBe(mailparser.messageId);
    expect(postal.inReplyTo).toBe(mailparser.inReplyTo);
    expect(postal.subject).toBe(mailparser.subject);
    expect(idsIn(postal.references)).toEqual([mailparser.references ?? []].flat());
    const people = (list: { address?: string; name: string }[] = []) =>
      list.map(({ address, name }) => `${name} <${address}>`);
    return {
      from: people(postal.from ? [postal.from] : []),
      to: people(postal.to),
      cc: people(postal.cc),
      replyTo: people(postal.replyTo),
      subject: postal.subject,
      messageId: postal.messageId,
      inReplyTo: postal.inReplyTo,
      references: idsIn(postal.references),
    };
  }

  describe.each([
    ['a ticket', 'support', 'Support', TOKENS.dana, 'tickets'],
    ['a shared conversation', 'hello', 'Hello', TOKENS.dana, 'shared'],
    ['a personal conversation', 'dana', 'Dana', TOKENS.dana, 'owner:user-dana'],
  ])('%s', (_kind, local, name, token, audience) => {
    test('mail in, reply out, answer in, reply out: one thread', async () => {
      const { message: first, path } = await mailIn(stack, {
        to: [stack.at(local)],
        cc: ['Bob <bob@else.test>'],
        subject: 'Größe ✓',
      });
      expect(first.audience).toBe(audience);
      const sent = await reply(stack, path, { text: 'It arrives tomorrow.\n' }, { token });
      expect(['queued', 'sending', 'sent', 'delivered']).toContain(sent.state);

      const got = await openedReply(stack, sent.message_id);
      expect(headersOf(got)).toEqual({
        from: [`${name} <${stack.at(local)}>`],
        to: ['Ann Lee <ann@client.test>'],
        cc: ['Bob <bob@else.test>'],
        replyTo: [],
        subject: 'Re: Größe ✓',
        messageId: sent.message_id,
        inReplyTo: first.message_id,
        references: [first.message_id],
      });
      expect(got.postal.text?.trim()).toBe('It arrives tomorrow.');
      expect(got.mailparser.text?.trim()).toBe('It arrives tomorrow.');
      expect(got.raw).not.toMatch(/^(auto-submitted|precedence|bcc):/im);

      const shown = await inState(stack, path, sent.id, 'delivered', { token });
      expect(shown).toMatchObject({ direction: 'outbound', sending_email: stack.at(local), reason: null });
      expect(shown.deliveries).toHaveLength(2);
      for (const recipient of ['ann@client.test', 'bob@else.test'])
        expect(shown.deliveries).toContainEqual({
          recipient,
          state: 'delivered',
          reason: null,
          at: expect.stringMatching(/^\d{4}-.*Z$/),
        });
      expect(await runOf(stack, sent.id)).toEqual({ action: 'delivered' });

      const answer = await customerAnswers(stack, got);
      expect(answer.thread_id).toBe(first.thread_id);
      const again = await reply(stack, path, { html: '<p>You are <b>welcome</b>.</p>' }, { token });
      const second = await openedReply(stack, again.message_id);
      expect(headersOf(second)).toMatchObject({
        to: ['Ann Lee <ann@client.test>'],
        subject: 'Re: Größe ✓',
        inReplyTo: answer.message_id,
        references: [first.message_id, sent.message_id, answer.message_id],
      });
      const thread = await messagesOf(stack, path, token);
      expect(thread.map(({ direction }) => direction)).toEqual([
        'inbound',
        'outbound',
        'inbound',
        'outbound',
      ]);
      expect(await outboxOf(stack, sent.message_id)).toHaveLength(2);
      expect(stack.sandbox.sends.filter(({ messageId }) => messageId === sent.message_id)).toHaveLength(1);
    });
  });

  test('the call carries the id of the message, a tag, and no tracking', async () => {
    const { path } = await mailIn(stack);
    const sent = await reply(stack, path);
    await outboxOf(stack, sent.message_id);
    const call = stack.sandbox.sends.find(({ messageId }) => messageId === sent.message_id);
    expect(call).toMatchObject({ path: 'messages.mime', domain: 'postroom.test', answer: 200 });
    expect(call?.options['o:tracking']).toEqual(['no']);
    expect(call?.options['o:tag']).toHaveLength(1);
    expect(Object.values(call?.variables ?? {}).join(' ')).toContain(sent.id);
  });

  test('our own mail that comes back, as from a group in Cc, is no second message', async () => {
    const { message, path } = await mailIn(stack);
    const sent = await reply(stack, path, { text: 'For the list, too.', cc: [stack.at('support')] });
    const [mail] = await outboxOf(stack, sent.message_id);
    for (const form of FORMS) {
      await stack.sandbox.receive(
        { emlFile: mail?.emlFile ?? '' },
        { form, recipients: [stack.at('support')], sender: 'ann@client.test' },
      );
      const row = await rowIn(stack, sent.message_id, 'skipped');
      expect(row).toMatchObject({ reason: 'own mail', message_ids: [] });
    }
    expect(await stack.models.Message.countDocuments({ thread_id: message.thread_id })).toBe(2);
    expect(await stack.models.Message.countDocuments({ message_id: sent.message_id })).toBe(1);
  });

  test('only its owner can answer, cancel, retry or read a personal conversation', async () => {
    const { path } = await mailIn(stack, { to: [stack.at('dana')] });
    const later = new Date(Date.now() + 3_600_000).toISOString();
    const scheduled = await reply(stack, path, { text: 'Private.', send_at: later }, { token: TOKENS.dana });
    const one = `${path}/messages/${scheduled.id}`;
    const token = TOKENS.owner;
    const answers = [
      await postReply(stack, path, { text: 'Let me.' }, { token }),
      await postReply(stack, path, { text: 'Let me.', note: true }, { token }),
      await stack.api(`${path}/reply-defaults`, token),
      await stack.request('DELETE', one, undefined, { token }),
      await stack.request('POST', `${one}/retry`, undefined, { token }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404]);
    // A token of another workspace learns nothing, either.
    const foreign = await postReply(stack, path, { text: 'Let me.' }, { token: TOKENS.secondOwner });
    expect([401, 404]).toContain(foreign.status);
    const own = await stack.request('DELETE', one, undefined, { token: TOKENS.dana });
    expect(own.status).toBe(200);
    expect(await runOf(stack, scheduled.id)).toEqual({ action: 'cancelled' });
    expect(await stack.models.Message.countDocuments({ text: 'Let me.' })).toBe(0);
  });

  describe('what an agent starts', () => {
    test.each([
      ['tickets', TOKENS.owner, 'billing', 'tickets'],
      ['conversations', TOKENS.owner, 'hello', 'shared'],
      ['conversations', TOKENS.dana, 'dana', 'owner:user-dana'],
    ])('%s: the customer’s answer comes into it', async (collection, token, local, audience) => {
      const created = await stack.request(
        'POST',
        collection,
        {
          to: ['Carl <carl@client.test>'],
          subject: 'Your renewal',
          text: 'It is due in December.',
          sending_email: stack.at(local),
          undo_seconds: 0,
        },
        { token },
      );
      const body = (await created.json()) as { id: string; number?: number; subject: string };
      expect([created.status, body]).toEqual([202, expect.objectContaining({ subject: 'Your renewal' })]);
      const path = `${collection}/${body.id}`;
      const [message] = await messagesOf(stack, path, token);
      const got = await openedReply(stack, message?.message_id ?? '');
      expect(got.postal).toMatchObject({
        subject: 'Your renewal',
        to: [{ address: 'carl@client.test', name: 'Carl' }],
      });
      expect(got.postal.from?.address).toBe(stack.at(local));
      expect(got.raw).not.toMatch(/^(in-reply-to|references):/im);
      const answer = await customerAnswers(stack, got, { from: 'Carl <carl@client.test>' });
      expect(answer).toMatchObject({ audience, thread_id: body.id, sender_known: true });
      const shown = await stack.api(path, token);
      expect(await shown.json()).toMatchObject({ contact: { email: 'carl@client.test' }, status: 'open' });
    });
  });

  test('a note is shown in the thread, and is not sent', async () => {
    const { path } = await mailIn(stack);
    const before = stack.sandbox.sends.length;
    const answer = await stack.request('POST', `${path}/messages`, { note: true, text: 'Ask Bob first.' });
    expect(answer.status).toBe(202);
    // A reply that was posted after the note has gone out: the note was not sent before it.
    const sent = await reply(stack, path);
    await inState(stack, path, sent.id, 'delivered');
    expect(stack.sandbox.sends.slice(before).map(({ messageId }) => messageId)).toEqual([sent.message_id]);
    const [, note] = await messagesOf(stack, path);
    expect(note).toMatchObject({ direction: 'note', text: 'Ask Bob first.' });
    expect((await openedReply(stack, sent.message_id)).raw).not.toContain('Ask Bob');
  });

  test('in the Temporal UI a reply shows its outcome, and no address, subject or text', async () => {
    const { path } = await mailIn(stack, { subject: 'Very private subject' });
    const sent = await reply(stack, path, { text: 'Very private words', bcc: ['private@else.test'] });
    await inState(stack, path, sent.id, 'delivered');
    const handle = stack.client.workflow.getHandle(`reply/${sent.id}`);
    expect(await handle.result()).toEqual({ action: 'delivered' });
    const history = JSON.stringify(await handle.fetchHistory());
    const decoded = history.replace(/"data":"([^"]*)"/g, (_all, data: string) =>
      Buffer.from(data, 'base64').toString(),
    );
    expect(decoded).not.toMatch(/private|client\.test|postroom\.test/i);
    expect((await handle.describe()).memo).toMatchObject({ outcome: 'delivered' });
  });

  test('the same Idempotency-Key is the same message; with another body it is refused', async () => {
    const { path } = await mailIn(stack);
    const headers = { 'Idempotency-Key': 'once-1' };
    const twenty = await Promise.all(
      Array.from({ length: 20 }, () =>
        until('an answer', async () => {
          const answer = await postReply(stack, path, { text: 'Once.' }, { headers });
          // On a slow machine MongoDB may take longer than the API waits: then a client posts it again.
          return answer.status !== 503 && answer;
        }),
      ),
    );
    const bodies = (await Promise.all(twenty.map((answer) => answer.json()))) as { id: string }[];
    expect(twenty.map(({ status }) => status)).toEqual(Array(20).fill(202));
    expect(new Set(bodies.map(({ id }) => id)).size).toBe(1);
    expect((await postReply(stack, path, { text: 'Twice.' }, { headers })).status).toBe(409);
    const [first] = bodies;
    const shown = await inState(stack, path, first?.id ?? '', 'delivered');
    expect(stack.sandbox.sends.filter(({ messageId }) => messageId === shown.message_id)).toHaveLength(1);
    expect(await messagesOf(stack, path)).toHaveLength(2);
  });

  /** What servers on the way take of one header field, and Mailgun of all of them (16 KB). */
  const LONGEST_HEADER = 10_000;

  /** Puts `count` messages, like these two in turn, behind them. @returns their Message-Ids */
  async function lengthen(answered: MessageRow, sent: MessageRow, count: number): Promise<string[]> {
    const rows = Array.from({ length: count }, (_, n) => ({
      ...(n % 2 === 0 ? answered : sent),
      _id: `${sent._id}-${n}`,
      message_id: `<${randomBytes(16).toString('hex')}.${n}@client.test>`,
      opens: false,
      copies: [],
      created_at: new Date(sent.created_at.getTime() + n + 1),
    }));
    await stack.models.Message.collection.insertMany(rows as never[]);
    return rows.map((row) => row.message_id);
  }

  test('a thread of 500 messages: References hold the root and the newest, within limits; answers come in', async () => {
    const { message: root, path } = await mailIn(stack);
    const early = await reply(stack, path);
    await inState(stack, path, early.id, 'delivered');
    // All that is put behind them lies in the past: what comes in after it is the newest.
    for (const [minute, _id] of [root._id, early.id].entries()) {
      const created_at = new Date(Date.now() - (60 - minute) * 60_000);
      await stack.models.Message.updateOne({ _id }, { $set: { created_at } });
    }
    const first = await stack.models.Message.findById(early.id).orFail().lean<MessageRow>();
    const ids = [early.message_id, ...(await lengthen(root, first, 497))];
    const { message: last } = await mailIn(stack, {
      inReplyTo: ids.at(-1)!,
      references: [root.message_id!, ...ids.slice(-20)],
      subject: 'Re: A question',
    });
    expect(last.thread_id).toBe(root.thread_id);

    const sent = await reply(stack, path);
    const got = await openedReply(stack, sent.message_id);
    const references = idsIn(got.postal.references);
    expect(got.mailparser.references).toEqual(references);
    expect(references[0]).toBe(root.message_id);
    expect(references.at(-1)).toBe(last.message_id);
    // Cut in the middle, in order, none twice.
    const chain = [root.message_id, ...ids, last.message_id];
    expect(references.slice(1)).toEqual(chain.slice(-(references.length - 1)));
    expect(references.length).toBeGreaterThan(50);
    expect(references.length).toBeLessThan(500);

    const head = got.raw.slice(0, got.raw.indexOf('\r\n\r\n'));
    const field = /^References:(?:.*\r\n[ \t])*.*/im.exec(head)?.[0] ?? '';
    expect(field.length).toBeGreaterThan(1_000);
    expect(field.length).toBeLessThan(LONGEST_HEADER);
    for (const line of head.split('\r\n')) expect(line.length).toBeLessThanOrEqual(998);
    expect(head.length).toBeLessThan(16 * 1024);

    expect((await inState(stack, path, sent.id, 'delivered')).references).toEqual(references);
    expect((await customerAnswers(stack, got)).thread_id).toBe(root.thread_id);
  }, 120_000);
});
