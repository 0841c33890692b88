import { randomBytes } from 'node:crypto';
import type { MessageRow } from '../../src/models/index.ts';
import { customerAnswers, idsIn, inState, mailIn, openedReply, reply } from '../support/outgoing.ts';
import { startStack, type Stack } from '../support/stack.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.close());

/** What servers on the way take of one header field, and Mailgun of all of them (16 KB). */
const LONGEST_HEADER = 10_000;

/** Puts `count` messages, like these two in turn, behind them. @returns their Message-Ids */
async function lengthen(answered: MessageRow, sent: MessageRow, count: number): Promise<string[]> {
  const rows: MessageRow[] = Array.from({ length: count }, (_, n) => ({
    ...(n % 2 === 0 ? answered : sent),
    _id: `${sent._id}-${n}`,
    message_id: `<${randomBytes(16).toString('hex')}.${n}@client.test>`,
    opens: false,
    copies: [],
    created_at: new Date(sent.created_at.getTime() + n + 1),
  }));
  await stack.models.Message.collection.insertMany(rows as never[]);
  return rows.map((row) => row.message_id ?? '');
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
