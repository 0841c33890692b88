import { temporalAddress } from '../test/support/temporal.ts';
import type { Stack } from '../test/support/stack.ts';
import type { SendCall } from '../dev/mailgun/outbound/types.ts';
import { startFloor } from './child.ts';
import { atSteadyRate, quiet, runFloor, timed } from './mails.ts';
import { atOnce } from './posts.ts';
import { figure, say, withSpread, type Section } from './report.ts';
import { newStack } from './stack.ts';
import { middleHalf, quantile, spreadOf } from './statistics.ts';
import { newTickets, postReply } from './tickets.ts';

const ROUNDS = 3;
const BATCH = 100;
/** Concurrent requests of agents; also concurrent starts of a floor's workflow. */
const WIDTH = 16;
const TICKETS = 50;
const KINDS = ['postroom', 'floor'] as const;
type Kind = (typeof KINDS)[number];

/**
 * How long a reply takes from the API call until the local Mailgun has it, and how many are sent a second.
 */
export async function measureReplies(): Promise<Section> {
  const stack = await newStack();
  const { close } = await startFloor('floorWorker', [temporalAddress(), stack.namespace]);
  const tickets = await newTickets(stack, TICKETS);
  const sent = watchSends(stack);
  let count = 0;
  const runOne: Record<Kind, () => Promise<void>> = {
    postroom: async () => sent(await postReply(stack, tickets[count++ % TICKETS]!, { undo_seconds: 0 })),
    floor: () => runFloor(stack, 'oneActivity'),
  };
  const runBatch: Record<Kind, () => Promise<void>> = {
    postroom: async () => {
      const arrivals: Promise<void>[] = [];
      await atOnce(BATCH, WIDTH, async () => {
        const path = tickets[count++ % TICKETS]!;
        arrivals.push(sent(await postReply(stack, path, { undo_seconds: 0 })));
      });
      await Promise.all(arrivals);
    },
    floor: () => atOnce(BATCH, WIDTH, runOne.floor),
  };
  for (const kind of KINDS) await runBatch[kind]();

  const rates: Record<Kind, number[]> = { postroom: [], floor: [] };
  const times: Record<Kind, number[]> = { postroom: [], floor: [] };
  for (let round = 1; round <= ROUNDS; round++) {
    for (const kind of KINDS) {
      await quiet(stack);
      rates[kind].push((BATCH / (await timed(runBatch[kind]))) * 1000);
      say(`replies ${round}/${ROUNDS} ${kind}: ${figure(rates[kind].at(-1)!)} /s`);
    }
    for (const kind of KINDS) {
      await quiet(stack);
      const took = await atSteadyRate(runOne[kind]);
      times[kind].push(...took);
      say(`replies ${round}/${ROUNDS} ${kind}: p50 ${figure(quantile(took, 0.5))} ms`);
    }
  }
  await close();
  await stack.close();
  const [p50, p99] = [0.5, 0.99].map((q) => (kind: Kind) => quantile(times[kind], q)) as [Quantile, Quantile];
  return {
    title: 'Reply',
    lines: [
      {
        what: 'API call to Mailgun having it, p50',
        ours: withSpread(middleHalf(times.postroom), 'ms'),
        floor: withSpread(middleHalf(times.floor), 'ms'),
        ratio: p50('postroom') / p50('floor'),
        aim: { atMost: 1.7 },
      },
      {
        what: 'API call to Mailgun having it, p99',
        ours: `${figure(p99('postroom'))} ms`,
        floor: `${figure(p99('floor'))} ms`,
        ratio: p99('postroom') / p99('floor'),
      },
      {
        what: 'replies/s',
        ours: withSpread(spreadOf(rates.postroom), '/s'),
        floor: withSpread(spreadOf(rates.floor), '/s'),
        ratio: quantile(
          rates.postroom.map((rate, round) => rate / rates.floor[round]!),
          0.5,
        ),
      },
    ],
    notes: [
      `Floor: a workflow with one activity, which does nothing, from its start until its result. Undo is off; ${TICKETS} tickets.`,
      `replies/s: ${BATCH} replies, ${WIDTH} concurrent requests, until the local Mailgun has all; ${ROUNDS} rounds, median (min..max).`,
      'The local Mailgun reads each mail and posts its events, in the process that measures, on the same cores.',
    ],
  };
}

type Quantile = (kind: Kind) => number;

/** @returns a wait until the mail with a Message-Id is accepted, which may have happened before the call */
function watchSends({ sandbox }: Stack): (messageId: string) => Promise<void> {
  const accepted = new Set<string>();
  const waiting = new Map<string, () => void>();
  const calls = sandbox.sends as SendCall[];
  const { push } = calls;
  // Notified instead of polling, which would take time from what is measured.
  calls.push = (...added) => {
    for (const { accepted: isAccepted, messageId } of added) {
      if (!isAccepted || messageId === null) continue;
      accepted.add(messageId);
      waiting.get(messageId)?.();
    }
    return push.apply(calls, added);
  };
  return (messageId) =>
    new Promise((resolve) => {
      if (accepted.has(messageId)) resolve();
      else waiting.set(messageId, resolve);
    });
}
