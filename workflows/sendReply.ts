import { proxyActivities, setCurrentDetails, sleep, upsertMemo } from '@temporalio/workflow';
import type { ReplyActivities } from '../activities/index.ts';
import { askProvider, delivery } from './policies.ts';
import { isSuperseded, replySteps } from './steps.ts';
import type { ReplyOutcome, ReplyRun } from '../src/infra/temporal/runTypes.ts';
import { HOUR_MS, MINUTE_MS } from './time.ts';
import { wakeable } from './wake.ts';

/**
 * When the provider is asked for the delivery events that it has not posted: it posts each only once, and
 * posts get lost.
 */
const ASK_AT_MS = [10 * MINUTE_MS, HOUR_MS, 6 * HOUR_MS, 24 * HOUR_MS, 72 * HOUR_MS];

/**
 * One reply, from the row that the API saved until its delivery is settled (docs/architecture.md walks
 * through it).
 */
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
  const { sleepOrWake } = wakeable();

  const taken = await takeWhenDue();
  if (taken.verdict === 'over') return { action: taken.state };
  const sender = await step.resolveSendingEmail(reply);
  if (sender.verdict === 'failed') return { action: sender.action ?? 'failed', code: sender.code };
  return (await deliver(taken)) ?? follow();

  /** Waits until the reply can no longer be cancelled, or was. */
  async function takeWhenDue() {
    for (;;) {
      const result = await step.takeReply(reply);
      if (result.verdict !== 'wait') return result;
      setCurrentDetails('waiting: it can still be cancelled');
      await sleepOrWake(Math.max(result.ms, 1));
    }
  }

  /**
   * Tries until it is sent; then null, unless it is known already what became of it. Each attempt is at most
   * one call to the provider, even if a step runs twice.
   */
  async function deliver(before: { attempt: number; unclear: boolean }): Promise<ReplyOutcome | null> {
    let { attempt, unclear } = before;
    for (;;) {
      if (unclear) {
        const found = await findOutWhetherSent();
        if (found.verdict === 'sent') return found.outcome ? { action: found.outcome } : null;
        if (found.verdict === 'unconfirmed') return { action: 'unconfirmed', code: found.code };
      }
      attempt += 1;
      const tried = await deliverReply(reply, attempt);
      if (tried.verdict === 'sent') return null;
      if (tried.verdict === 'failed') return { action: tried.action ?? 'failed', code: tried.code };
      setCurrentDetails(`attempt ${attempt}: ${tried.verdict}, ${tried.code}`);
      unclear = tried.verdict === 'unclear';
      if (tried.verdict === 'not sent') await sleep(tried.ms);
    }
  }

  /** Asks the provider about a call with an unclear result, for as long as it takes. */
  async function findOutWhetherSent() {
    for (;;) {
      const found = await findReply(reply);
      if (found.verdict !== 'ask again') return found;
      await sleepOrWake(Math.max(found.ms, 1));
    }
  }

  /** Waits for delivery events of all recipients. */
  async function follow(): Promise<ReplyOutcome> {
    const sentAt = Date.now();
    setCurrentDetails('sent; waiting for delivery events');
    for (const askAt of ASK_AT_MS) {
      for (let isDue = false; !isDue;) {
        isDue = !(await sleepOrWake(Math.max(sentAt + askAt - Date.now(), 1)));
        const heard = isDue
          ? await followReply(reply, { ask: true })
          : await step.followReply(reply, { ask: false });
        if (heard.settled) return { action: heard.state };
      }
    }
    return { action: 'sent' };
  }
}
