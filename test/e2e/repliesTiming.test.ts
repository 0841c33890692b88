import { startGatedStack, type GatedStack } from '../support/gatedStack.ts';
import {
  inState,
  mailIn,
  messagesOf,
  outboxOf,
  postReply,
  reply,
  runOf,
  type ShownMessage,
} from '../support/outgoing.ts';
import { until } from '../support/until.ts';

/** An engine that was away is tried again within half a minute; the rest is for a loaded machine. */
const BACK_WITHIN_MS = 150_000;

let stack: GatedStack;
beforeAll(async () => {
  stack = await startGatedStack();
});
afterEach(() => Promise.all([stack.mongodb.open(), stack.temporal.open()]));
afterAll(() => stack.close());

const in_ = (ms: number) => new Date(Date.now() + ms).toISOString();
/**
 * A reply for a time that is some seconds away; on a busy machine that may be over before the request is
 * read.
 */
const soon = (path: string, text: string): Promise<ShownMessage> =>
  until('a time that is not over', async () => {
    const answer = await postReply(stack, path, { text, send_at: in_(3_000) });
    return answer.status === 202 && ((await answer.json()) as ShownMessage);
  });
const callsOf = (messageId: string) =>
  stack.sandbox.sends.filter((call) => call.messageId === messageId).length;
const cancel = (path: string, id: string) => stack.request('DELETE', `${path}/messages/${id}`);

describe('undo', () => {
  test('within its time: cancelled, its run ends, and nothing of it was ever sent', async () => {
    const { path } = await mailIn(stack);
    const sent = await reply(stack, path, { text: 'Oh no.', undo_seconds: 3_600 });
    expect(sent.state).toBe('queued');
    const answer = await cancel(path, sent.id);
    expect([answer.status, await answer.json()]).toEqual([
      200,
      expect.objectContaining({ state: 'cancelled' }),
    ]);
    expect(await runOf(stack, sent.id)).toEqual({ action: 'cancelled' });
    expect(callsOf(sent.message_id)).toBe(0);
    // It stays in the thread; cancelling it again changes nothing.
    expect((await messagesOf(stack, path))[1]).toMatchObject({ id: sent.id, state: 'cancelled' });
    expect((await cancel(path, sent.id)).status).toBe(200);
  });

  test('after it was sent: 409 with the reason, and it has gone out', async () => {
    const { path } = await mailIn(stack);
    const sent = await reply(stack, path);
    await inState(stack, path, sent.id, 'delivered');
    const answer = await cancel(path, sent.id);
    expect(answer.status).toBe(409);
    expect(JSON.stringify(await answer.json())).toMatch(/delivered|sent/);
    expect(await outboxOf(stack, sent.message_id)).toHaveLength(1);
  });

  test('at the very end of its time: each of many is either cancelled or sent, never both', async () => {
    const { path } = await mailIn(stack);
    const raced = await Promise.all(
      Array.from({ length: 12 }, async (_, n) => {
        const sent = await reply(stack, path, { text: `Number ${n}.`, undo_seconds: 1 });
        const wait = Math.max(0, new Date(sent.created_at).getTime() + 1_000 - Date.now());
        await new Promise((resolve) => setTimeout(resolve, wait));
        return { sent, status: (await cancel(path, sent.id)).status };
      }),
    );
    for (const { sent, status } of raced) {
      expect([200, 409]).toContain(status);
      await runOf(stack, sent.id);
      const { state } = await inState(stack, path, sent.id, ['cancelled', 'delivered']);
      const calls = callsOf(sent.message_id);
      expect({ status, state, calls }).toEqual(
        status === 200 ? { status, state: 'cancelled', calls: 0 } : { status, state: 'delivered', calls: 1 },
      );
    }
  }, 120_000);

  test('the workspace sets how long, from 0 up; a reply may set another time', async () => {
    const change = (body: object) => stack.request('PATCH', '', body);
    const changed = await change({ undo_seconds: 1_200 });
    expect([changed.status, await changed.json()]).toEqual([
      200,
      expect.objectContaining({ undo_seconds: 1_200 }),
    ]);
    const { path } = await mailIn(stack);
    const waiting = await reply(stack, path, { text: 'Later.', undo_seconds: undefined });
    const row = await stack.models.Message.findById(waiting.id).orFail().lean();
    expect(row.outbound!.due_at.getTime() - row.created_at.getTime()).toBe(1_200_000);
    const at_once = await reply(stack, path, { text: 'Now.' });
    await inState(stack, path, at_once.id, 'delivered');
    expect(callsOf(waiting.message_id)).toBe(0);
    expect((await cancel(path, waiting.id)).status).toBe(200);
    for (const undo_seconds of [-1, 1.5, 'ten', null])
      expect((await change({ undo_seconds })).status).toBe(422);
    await change({ undo_seconds: 0 });
    const quick = await reply(stack, path, { text: 'Quick.', undo_seconds: undefined });
    await inState(stack, path, quick.id, 'delivered');
    await change({ undo_seconds: 10 });
  });
});

describe('schedule', () => {
  test('it goes out at its time, and not before', async () => {
    const { path } = await mailIn(stack);
    const sent = await soon(path, 'At its time.');
    expect(sent).toMatchObject({ state: 'scheduled', send_at: expect.any(String) });
    await inState(stack, path, sent.id, 'delivered');
    const call = stack.sandbox.sends.find(({ messageId }) => messageId === sent.message_id);
    expect(Date.parse(call?.at ?? '')).toBeGreaterThanOrEqual(Date.parse(sent.send_at!));
    expect(callsOf(sent.message_id)).toBe(1);
  });

  test('scheduled for next week, then cancelled: never sent; its run is over', async () => {
    const { path } = await mailIn(stack);
    const sent = await reply(stack, path, { text: 'Next week.', send_at: in_(7 * 24 * 3_600_000) });
    expect((await cancel(path, sent.id)).status).toBe(200);
    expect(await runOf(stack, sent.id)).toEqual({ action: 'cancelled' });
    expect(callsOf(sent.message_id)).toBe(0);
  });

  test('send_at that is no time in ISO 8601: 422', async () => {
    const { path } = await mailIn(stack);
    for (const send_at of ['tomorrow', '2026-13-01T00:00:00Z', 5]) {
      const { status } = await postReply(stack, path, { text: 'When?', send_at });
      expect([send_at, status]).toEqual([send_at, 422]);
    }
  });
});

describe('Temporal away', () => {
  test.each(['close', 'stall'] as const)(
    '(%s) the API accepts replies, and they go out when it is back',
    async (how) => {
      const { path } = await mailIn(stack);
      await stack.temporal[how]();
      const taken = [
        await reply(stack, path, { text: 'One.' }),
        await reply(stack, path, { text: 'Two.' }),
        await reply(stack, path, { text: 'Three.', undo_seconds: 3_600 }),
      ];
      // The third is cancelled without Temporal: the row decides.
      expect((await cancel(path, taken[2]!.id)).status).toBe(200);
      expect(taken.map(({ message_id }) => callsOf(message_id))).toEqual([0, 0, 0]);
      await stack.temporal.open();
      for (const { id } of taken.slice(0, 2))
        await inState(stack, path, id, 'delivered', { withinMs: BACK_WITHIN_MS });
      expect(taken.map(({ message_id }) => callsOf(message_id))).toEqual([1, 1, 0]);
    },
    240_000,
  );

  test('and web killed before it is back: the reply goes out all the same', async () => {
    const { path } = await mailIn(stack);
    await stack.temporal.close();
    const sent = await reply(stack, path, { text: 'Remembered.' });
    await stack.stop('web', 'SIGKILL');
    await stack.temporal.open();
    await stack.startWeb();
    await inState(stack, path, sent.id, 'delivered', { withinMs: BACK_WITHIN_MS });
    expect(callsOf(sent.message_id)).toBe(1);
  }, 240_000);

  test('and back only after the time of a scheduled reply: it goes out then', async () => {
    const { path } = await mailIn(stack);
    const sent = await soon(path, 'Soon.');
    await stack.temporal.close();
    await until('its time to be over', () => Date.now() > Date.parse(sent.send_at ?? ''));
    await stack.temporal.open();
    await inState(stack, path, sent.id, 'delivered', { withinMs: BACK_WITHIN_MS });
    expect(callsOf(sent.message_id)).toBe(1);
  }, 240_000);
});
