import {
  condition,
  defineSignal,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  sleep,
  upsertMemo,
} from '@temporalio/workflow';
import type { ReplyActivities } from '../activities/index.ts';
import { askProvider, delivery } from './policies.ts';
import { isSuperseded, replySteps } from './steps.ts';
import type { ReplyOutcome, ReplyRun } from '../src/infra/temporal/runTypes.ts';
import { HOUR_MS, MINUTE_MS } from './time.ts';

/** Something happened to the message: its row is to be looked at, and decides. */
const wake = defineSignal('wake');

/** Then the provider is asked what became of a reply, where it has not told: its `delivered` is posted once only. */
const ASK_AT_MS = [10 * MINUTE_MS, HOUR_MS, 6 * HOUR_MS, 24 * HOUR_MS, 72 * HOUR_MS];

/** One reply, from the row that the API saved until it is known what became of it (docs/architecture.md walks through it). */
export async function sendReply(reply: ReplyRun): Promise<ReplyOutcome> {
  const outcome = await send(reply).catch((error: unknown): ReplyOutcome => {
    if (isSuperseded(error)) return { action: 'superseded' };
    throw error;
  });
  upsertMemo({ outcome: outcome.action, ...(outcome.code !== undefined && { code: outcome.code }) });
  return outcome;
}

async function send(reply: ReplyRun): Promise<ReplyOutcome> {
  const step = replySteps();
  const { deliverReply } = proxyActivities<ReplyActivities>(delivery);
  const { findReply, followReply } = proxyActivities<ReplyActivities>(askProvider);
  let isWoken = false;
  setHandler(wake, () => void (isWoken = true));

  const taken = await takeWhenDue();
  if (taken.verdict === 'over') return { action: taken.state };
  const sender = await step.resolveSendingEmail(reply);
  if (sender.verdict === 'failed') return { action: 'failed', code: sender.code };
  return (await deliver(taken)) ?? follow();

  /** Until it can no longer be cancelled, or was. */
  async function takeWhenDue() {
    for (;;) {
      const result = await step.takeReply(reply);
      if (result.verdict !== 'wait') return result;
      setCurrentDetails('waits: it can still be cancelled');
      await sleepOrWake(result.ms);
    }
  }

  /** Tries until it is sent: then null. Each attempt is one call to the provider at most, whatever is run twice. */
  async function deliver(before: { attempt: number; unclear: boolean }): Promise<ReplyOutcome | null> {
    let { attempt, unclear } = before;
    for (;;) {
      if (unclear) {
        const found = await find();
        if (found.verdict === 'sent') return null;
        if (found.verdict === 'unconfirmed') return { action: 'unconfirmed', code: found.code };
      }
      attempt += 1;
      const tried = await deliverReply(reply, attempt);
      if (tried.verdict === 'sent') return null;
      if (tried.verdict === 'failed') return { action: 'failed', code: tried.code };
      setCurrentDetails(`attempt ${attempt}: ${tried.verdict}, ${tried.code}`);
      unclear = tried.verdict === 'unclear';
      if (tried.verdict === 'not sent') await sleep(tried.ms);
    }
  }

  /** After a call of which nobody knows what it came to; asks the provider as long as it takes. */
  async function find() {
    for (;;) {
      const found = await findReply(reply);
      if (found.verdict !== 'ask again') return found;
      await sleepOrWake(found.ms);
    }
  }

  async function follow(): Promise<ReplyOutcome> {
    const sentAt = Date.now();
    setCurrentDetails('sent; waiting to hear what became of it');
    for (const askAt of ASK_AT_MS) {
      for (let isDue = false; !isDue;) {
        isDue = !(await sleepOrWake(sentAt + askAt - Date.now()));
        const heard = isDue
          ? await followReply(reply, { ask: true })
          : await step.followReply(reply, { ask: false });
        if (heard.settled) return { action: heard.state };
      }
    }
    return { action: 'sent' };
  }

  /** @returns true when it was woken before the time was over. */
  async function sleepOrWake(ms: number): Promise<boolean> {
    const early = await condition(() => isWoken, Math.max(ms, 1));
    isWoken = false;
    return early;
  }
}
