import pino from 'pino';
import { createReplyStarter } from '../../src/sweeps/startReplies.ts';
import type { ReplyRun } from '../../src/infra/temporal/runTypes.ts';
import { freshModels } from '../support/mongodb.ts';
import { until } from '../support/until.ts';
import { answerOf } from './answers.ts';
import { askedTicket, createWorld, seedEmails } from './world.ts';

test('without Temporal a message is still accepted, can be taken back, and is started once Temporal is available', async () => {
  const models = await freshModels();
  const started: ReplyRun[] = [];
  let isAway = true;
  const never = new Promise<never>(() => {});
  const startReply = async (reply: ReplyRun) => {
    if (isAway) throw new Error('away');
    started.push(reply);
    return 'started' as const;
  };
  const starter = createReplyStarter({
    models,
    starts: { sendReply: startReply },
    log: pino({ level: 'silent' }),
  });
  // Also when Temporal accepts the signal and does not answer.
  await using world = await createWorld({ models, replies: { add: starter.add, wake: () => never } });
  await seedEmails(world);
  starter.takeUp();
  const path = `/tickets/${await askedTicket(world)}/messages`;
  const reply = () => answerOf(world.post(path, world.tokens.max, { text: 'x' }));

  const [kept, cancelled] = [await reply(), await reply()];
  expect([kept.status, cancelled.status]).toEqual([202, 202]);
  const opened = await answerOf(world.post('/tickets', world.tokens.max, { to: ['z@x.test'], text: 'x' }));
  expect(opened.status).toBe(202);
  expect((await world.delete(`${path}/${cancelled.body.id}`, world.tokens.max)).status).toBe(200);
  expect(started).toEqual([]);

  isAway = false;
  await until('both to be started', () => started.length === 2);
  await starter.close();
  expect(started.map(({ id }) => id).sort()).toEqual([kept.body.id, opened.body.message.id].sort());
});
