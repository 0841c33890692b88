import { proxyActivities, setCurrentDetails, sleep, upsertMemo } from '@temporalio/workflow';
import type { WebhookActivities } from '../activities/index.ts';
import { endpointNotice, webhookAttempt } from './policies.ts';
import type { WebhookOutcome, WebhookRun } from '../src/infra/temporal/runTypes.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from './time.ts';

/** How long each attempt waits after the one before (Standard Webhooks: exponential, over days). */
const WAITS_MS = [
  0,
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  ...[2, 5, 10, 14, 20, 24].map((hours) => hours * HOUR_MS),
];
/** Deliveries that failed together must not be tried again at the same moment. */
const JITTER = 0.1;
const LONGEST_WAIT_MS = 24 * HOUR_MS;
/**
 * While an endpoint has all the posts under way that it may have, the next ones wait for their turn: longer
 * each time, up to a minute, later up to a tenth of the time that they have waited. Waits of a minute
 * throughout would make the history of a run too long after three days (50,000 events).
 */
const QUEUE_MS = { longest: MINUTE_MS, share: 0.1 };

/** Delivers one event to one endpoint. */
export async function deliverWebhook(delivery: WebhookRun): Promise<WebhookOutcome> {
  const { attemptWebhook } = proxyActivities<WebhookActivities>(webhookAttempt);
  const { tellOfDisabledWebhook } = proxyActivities<WebhookActivities>(endpointNotice);
  const outcome = await deliver();
  upsertMemo({ outcome: outcome.action });
  return outcome;

  async function deliver(): Promise<WebhookOutcome> {
    let askedMs = 0;
    for (const [before, wait] of WAITS_MS.entries()) {
      const jitter = 1 + JITTER * (2 * Math.random() - 1);
      const ms = Math.max(wait * jitter, Math.min(askedMs, LONGEST_WAIT_MS));
      if (ms > 0) await sleep(ms);
      const tried = await attempt(before + 1);
      if (tried.disabled) await tellOfDisabledWebhook(delivery);
      if (tried.verdict === 'over') return { action: tried.state };
      askedMs = tried.afterMs;
      setCurrentDetails(`attempt ${before + 1} failed: ${tried.code}`);
    }
    return { action: 'failed' };
  }

  async function attempt(n: number) {
    const since = Date.now();
    const longestMs = () => Math.max(QUEUE_MS.longest, QUEUE_MS.share * (Date.now() - since));
    for (let queueMs = SECOND_MS; ; queueMs = Math.min(queueMs * 2, longestMs())) {
      const tried = await attemptWebhook(delivery, n, n === WAITS_MS.length);
      if (tried.verdict !== 'wait') return tried;
      const turnMs = Math.max(queueMs, tried.afterMs ?? 0);
      await sleep(tried.for === 'its files' ? SECOND_MS : turnMs * (0.5 + Math.random()));
    }
  }
}
