import type { Deps } from '../../activities/deps.ts';
import { takeReply } from '../../activities/replies/takeReply.ts';
import type { MessageRow } from '../../src/infra/models/index.ts';
import type { OutboundState } from '../../src/infra/models/outbound.ts';
import { saveReply } from '../support/replies.ts';
import { answerOf } from './answers.ts';
import { askedTicket, createWorld, rows, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

type Change = Parameters<typeof saveReply>[2];
async function message(change: Change = {}) {
  const id = await askedTicket(world);
  const row = await saveReply(world, { kind: 'ticket', id }, { workspace_id: 'acme', ...change });
  return { id: row._id, path: `/tickets/${id}/messages/${row._id}` };
}
const row = (id: string) => world.models.Message.findById(id).orFail().lean<MessageRow>();
const inAnHour = () => new Date(Date.now() + 3_600_000);

describe('taking a message back', () => {
  test.each(['queued', 'scheduled'] as const)('that is %s', async (state) => {
    const { id, path } = await message({
      state,
      outbound: { due_at: inAnHour(), wants_start: true, run: 2 },
    });
    const { status, body } = await answerOf(world.delete(path, world.tokens.max));
    expect([status, body.id, body.state, body.reason]).toEqual([200, id, 'cancelled', null]);
    expect((await row(id)).outbound).toMatchObject({ is_open: false, wants_start: false, changes: 1 });
    expect(world.asked.wake).toContainEqual({ id, run: 2 });
    // A client whose answer was lost repeats the request.
    expect(await answerOf(world.delete(path, world.tokens.max))).toEqual({ status: 200, body });
  });

  test.each<[OutboundState, string]>([
    ['sending', 'is being sent'],
    ['sent', 'has been sent'],
    ['delivered', 'was delivered'],
    ['delayed', 'delayed'],
    ['complained', 'reported it as spam'],
    ['failed', 'has failed'],
    ['unconfirmed', 'unknown whether'],
  ])('that is %s is 409, and says why', async (state, words) => {
    const { id, path } = await message({ state });
    const { status, body } = await answerOf(world.delete(path, world.tokens.max));
    expect([status, body.detail]).toEqual([409, expect.stringContaining(words)]);
    expect((await row(id)).state).toBe(state);
  });

  test('a received mail was not sent, a note is its author’s: neither is taken back', async () => {
    const ticket = await askedTicket(world);
    const note = await rows.message(world.models, { thread_id: ticket, direction: 'note', state: 'saved' });
    const mail = await rows.message(world.models, { thread_id: ticket });
    for (const [{ _id }, status] of [
      [note, 403],
      [mail, 409],
    ] as const) {
      const path = `/tickets/${ticket}/messages/${_id}`;
      expect((await world.delete(path, world.tokens.max)).status).toBe(status);
      expect((await world.post(`${path}/retry`, world.tokens.max)).status).toBe(409);
    }
  });

  test('while its run takes it: one of the two succeeds', async () => {
    const deps = { models: world.models } as Deps;
    const won = { agent: 0, run: 0 };
    for (let n = 0; n < 25; n += 1) {
      const { id, path } = await message();
      const [answer, taken] = await Promise.all([
        answerOf(world.delete(path, world.tokens.max)),
        takeReply(deps, { id, run: 1 }),
      ]);
      const { state } = await row(id);
      if (answer.status === 200) {
        won.agent += 1;
        expect([state, taken]).toEqual(['cancelled', { verdict: 'over', state: 'cancelled' }]);
      } else {
        won.run += 1;
        expect([answer.status, state, taken.verdict]).toEqual([409, 'sending', 'taken']);
      }
    }
    expect(won.agent + won.run).toBe(25);
  });
});

describe('trying again', () => {
  test.each(['failed', 'unconfirmed'] as const)('a message that is %s: a run of its own', async (state) => {
    const { id, path } = await message({
      state,
      outbound: { attempt: 3, run: 1, is_open: false, unclear: state === 'unconfirmed', reason: 'refused' },
    });
    const before = Date.now();
    const { status, body } = await answerOf(world.post(`${path}/retry`, world.tokens.max));
    expect([status, body.state, body.reason]).toEqual([202, 'queued', null]);
    expect(Date.parse(body.due_at)).toBeGreaterThanOrEqual(before);
    expect((await row(id)).outbound).toMatchObject({
      run: 2,
      attempt: 3,
      wants_start: true,
      is_open: true,
      changes: 1,
      unclear: state === 'unconfirmed',
    });
    expect(world.asked.start).toContainEqual({ id, run: 2 });
    expect((await world.post(`${path}/retry`, world.tokens.max)).status).toBe(409);
  });

  test('concurrently starts one run', async () => {
    const { id, path } = await message({ state: 'failed' });
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => world.post(`${path}/retry`, world.tokens.max)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 409, 409, 409, 409, 409]);
    expect((await row(id)).outbound?.run).toBe(2);
  });

  test.each(['queued', 'scheduled', 'sending', 'sent', 'delivered', 'cancelled'] as const)(
    'one that is %s is 409',
    async (state) => {
      const { path } = await message({ state });
      expect((await world.post(`${path}/retry`, world.tokens.max)).status).toBe(409);
    },
  );
});
