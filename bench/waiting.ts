import { replyWorkflowId } from '../src/infra/temporal/ids.ts';
import type { Stack } from '../test/support/stack.ts';
import { until } from '../test/support/until.ts';
import { atSteadyRate, untilReadable, watchMessages } from './mails.ts';
import { atOnce, postMaker } from './posts.ts';
import { figure, say, withSpread, type Section } from './report.ts';
import { newStack } from './stack.ts';
import { middleHalf, quantile } from './statistics.ts';
import { newTickets, postReply } from './tickets.ts';
import { DAY_MS } from '../src/lib/time.ts';

const WAITING = 1_000;
const ROUNDS = 3;
const WARM_UP_ROUNDS = 1;
const KINDS = ['none', 'waiting'] as const;
type Kind = (typeof KINDS)[number];

/** Whether new mail is slower while many scheduled replies wait. Two stacks at the same time, in turns. */
export async function measureWaiting(): Promise<Section> {
  const stacks = { none: await newStack(), waiting: await newStack() };
  const [path] = await newTickets(stacks.waiting, 1);
  await newTickets(stacks.none, 1);
  const send_at = new Date(Date.now() + DAY_MS).toISOString();
  await atOnce(WAITING, 16, async () => {
    await postReply(stacks.waiting, path!, { send_at });
  });
  await until('all replies to wait', () => areAllWaiting(stacks.waiting), 300_000);

  const nextPost = postMaker();
  const post = {
    none: untilReadable(stacks.none, await watchMessages(stacks.none)),
    waiting: untilReadable(stacks.waiting, await watchMessages(stacks.waiting)),
  };
  const times: Record<Kind, number[]> = { none: [], waiting: [] };
  for (let round = 1 - WARM_UP_ROUNDS; round <= ROUNDS; round++) {
    for (const kind of KINDS) {
      const took = await atSteadyRate(() => post[kind](nextPost()));
      if (round < 1) continue;
      times[kind].push(...took);
      say(`waiting ${round}/${ROUNDS} ${kind}: p50 ${figure(quantile(took, 0.5))} ms`);
    }
  }
  for (const kind of KINDS) await stacks[kind].close();
  return {
    title: `Incoming mail while ${figure(WAITING)} replies wait`,
    lines: [
      {
        what: 'post to readable, p50',
        ours: withSpread(middleHalf(times.waiting), 'ms'),
        floor: withSpread(middleHalf(times.none), 'ms'),
        ratio: quantile(times.waiting, 0.5) / quantile(times.none, 0.5),
        aim: { atMost: 1.2 },
      },
    ],
    notes: [
      'Floor: the same without waiting replies, at the same time, with processes of its own; in turns.',
    ],
  };
}

/** Whether every reply's run waits for its timer; only the histories of the last ones are read. */
async function areAllWaiting({ models, client }: Stack): Promise<boolean> {
  if (await models.Message.exists({ 'outbound.wants_start': true })) return false;
  const newest = await models.Message.find({ state: 'scheduled' }, { _id: 1 })
    .sort({ created_at: -1 })
    .limit(20)
    .lean();
  const histories = newest.map(({ _id }) =>
    client.workflow.getHandle(replyWorkflowId(_id, 1)).fetchHistory(),
  );
  return (await Promise.all(histories)).every((history) =>
    history.events?.some((event) => event.timerStartedEventAttributes),
  );
}
