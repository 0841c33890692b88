import { setTimeout as sleep } from 'node:timers/promises';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/**
 * The metrics of this process, for `GET /metrics`. Labels are fixed words and routes, never ids or text of a
 * mail: they stay few, and hold no personal data.
 */
const registry = new Registry();
collectDefaultMetrics({ register: registry });

/** Seconds: an acknowledgement takes milliseconds, a provider's time-out is a minute. */
const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const registers = [registry];

const mails = new Counter({
  name: 'postroom_mails_total',
  help: 'Mails by outcome; a mail that is run again counts again.',
  labelNames: ['outcome'],
  registers,
});
export const countMail = (outcome: 'routed' | 'skipped' | 'held' | 'failed'): void => mails.inc({ outcome });

const replies = new Counter({
  name: 'postroom_replies_total',
  help: 'Outgoing messages by the state that they entered.',
  labelNames: ['state'],
  registers,
});
/** @param state that a message entered; undefined = its state did not change. */
export function countReply(state: string | undefined): void {
  if (state !== undefined) replies.inc({ state });
}

const steps = new Histogram({
  name: 'postroom_step_seconds',
  help: 'Tries of steps: done, ended by a verdict, or tried again.',
  labelNames: ['step', 'result'],
  buckets,
  registers,
});
export type StepResult = 'done' | 'verdict' | 'again';
export const observeStep = (step: string, result: StepResult, seconds: number): void =>
  steps.observe({ step, result }, seconds);

const acknowledgements = new Histogram({
  name: 'postroom_acknowledge_seconds',
  help: 'From the head of a post to its answer.',
  labelNames: ['webhook', 'status'],
  buckets,
  registers,
});
const apiRequests = new Histogram({
  name: 'postroom_api_request_seconds',
  help: 'Requests of the API.',
  labelNames: ['method', 'route', 'status'],
  buckets,
  registers,
});
export interface Answered {
  /** As in the code (`/api/v1/workspaces/:workspace_id/tickets`); `none` = no such route. */
  route: string;
  method: string;
  status: number;
  seconds: number;
}
export function observeRequest({ route, method, status, seconds }: Answered): void {
  if (route.startsWith('/webhooks/')) acknowledgements.observe({ webhook: route, status }, seconds);
  else apiRequests.observe({ method, route, status }, seconds);
}

const attempts = new Histogram({
  name: 'postroom_webhook_attempt_seconds',
  help: 'Calls of customers’ endpoints.',
  labelNames: ['outcome'],
  buckets,
  registers,
});
/** @param status of the endpoint's answer; null = there was no answer, or the address must not be called. */
export function observeWebhookAttempt(status: number | null, seconds: number): void {
  const isDelivered = status !== null && status >= 200 && status <= 299;
  const outcome = isDelivered
    ? 'delivered'
    : status === null
      ? 'unreachable'
      : status === 410
        ? 'gone'
        : 'refused';
  attempts.observe({ outcome }, seconds);
}

/** A queue whose age takes longer is left out (ms). */
const ANSWERS_WITHIN_MS = 2_000;
const ages = new Map<string, () => Promise<number>>();
new Gauge({
  name: 'postroom_queue_age_seconds',
  help: 'Age of the oldest that waits: posts without a run, mails in the state received; 0 = none. Missing = storage or MongoDB does not answer.',
  labelNames: ['queue'],
  registers,
  async collect() {
    this.reset();
    for (const [queue, ageOf] of ages) {
      const age = await Promise.race([ageOf(), sleep(ANSWERS_WITHIN_MS, null, { ref: false })]).catch(
        () => null,
      );
      if (age !== null) this.set({ queue }, age);
    }
  },
});
/** @param ageOf age of the oldest that waits, in seconds; called for each request for metrics. */
export const watchQueue = (queue: 'mails' | 'events' | 'received', ageOf: () => Promise<number>): void =>
  void ages.set(queue, ageOf);

let shareNow: (() => number) | null = null;
new Gauge({
  name: 'postroom_work_share',
  help: 'Share of its work that a worker does at one time: 1, or less because the engines are slow.',
  registers,
  collect() {
    this.reset();
    if (shareNow) this.set(shareNow());
  },
});
export const watchPace = (share: () => number): void => void (shareNow = share);

let isTemporalAway: (() => boolean) | null = null;
new Gauge({
  name: 'postroom_temporal_away',
  help: '1 while starts of runs fail: one call at a time finds out when Temporal is back.',
  registers,
  collect() {
    this.reset();
    if (isTemporalAway) this.set(isTemporalAway() ? 1 : 0);
  },
});
export const watchTemporal = (isAway: () => boolean): void => void (isTemporalAway = isAway);

/** The answer to `GET /metrics`. @param more further metrics in the same format. */
export async function answerMetrics(more = ''): Promise<{ type: string; body: string }> {
  return { type: registry.contentType, body: (await registry.metrics()) + more };
}
