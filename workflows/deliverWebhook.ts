import { proxyActivities, setCurrentDetails, sleep, upsertMemo } from '@temporalio/workflow';
import type { WebhookActivities } from '../activities/index.ts';
import { endpointNotice, endpointRound } from './policies.ts';
import type { WebhookOutcome, WebhookRun } from '../src/infra/temporal/runTypes.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from './time.ts';

/** How long each attempt waited after the one before. */
const WAITS_MS = [
  0,
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  ...[2, 5, 10, 14, 20, 24].map((hours) => hours * HOUR_MS),
];
const JITTER = 0.1;
const LONGEST_WAIT_MS = 24 * HOUR_MS;
/** While all slots were taken it waited longer each time, up to a tenth of the time that it had waited. */
const QUEUE_MS = { longest: MINUTE_MS, share: 0.1 };

/**
 * Delivered one event to one endpoint in an earlier version, and is kept for the runs that are open: the first
 * step hands the delivery to the run of its endpoint (deliverToEndpoint.ts).
 */
export async function deliverWebhook(delivery: WebhookRun): Promise<WebhookOutcome> {
  const { attemptWebhook } = proxyActivities<WebhookActivities>(endpointRound);
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
      const tried = await attempt();
      if (tried.disabled) await tellOfDisabledWebhook(delivery);
      if (tried.verdict === 'over') return { action: tried.state };
      askedMs = tried.afterMs;
      setCurrentDetails(`attempt ${before + 1} failed: ${tried.code}`);
    }
    return { action: 'failed' };
  }

  async function attempt() {
    const since = Date.now();
    const longestMs = () => Math.max(QUEUE_MS.longest, QUEUE_MS.share * (Date.now() - since));
    for (let queueMs = SECOND_MS; ; queueMs = Math.min(queueMs * 2, longestMs())) {
      const tried = await attemptWebhook(delivery);
      if (tried.verdict !== 'wait') return tried;
      const turnMs = Math.max(queueMs, tried.afterMs ?? 0);
      await sleep(tried.for === 'its files' ? SECOND_MS : turnMs * (0.5 + Math.random()));
    }
  }
}
