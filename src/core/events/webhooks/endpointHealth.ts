import type { Models, WebhookDeliveryRow, WebhookRow } from '../../../infra/models/index.ts';
import { DAY_MS } from '../../../lib/time.ts';
import { askedOf, pauseMs } from './schedule.ts';

/**
 * So many deliveries must fail, one after the other, until their endpoint is down: one or two that it always
 * refuses say nothing about the others.
 */
const DOWN_AFTER = 3;
/** An endpoint that fails for this long is switched off. */
const FAILING_MS = 5 * DAY_MS;
/**
 * After this long without a failure the five days start again. It must be longer than the longest wait
 * between two attempts (schedule.ts).
 */
const QUIET_MS = 2 * DAY_MS;
/** Deliveries that one recovery brings forward. While it is down few are attempted. */
const MOST_BROUGHT_FORWARD = 1_000;

/** What is known of an endpoint that accepts events. */
export const NO_FAILURES = {
  failing_since: null,
  failed_deliveries: [],
  failed_types: [],
  no_attempt_before: null,
} satisfies Partial<WebhookRow>;

type Health = Pick<
  WebhookRow,
  'failing_since' | 'last_failed_at' | 'failed_deliveries' | 'failed_types' | 'no_attempt_before'
>;

/** Whether all that was posted to it of late has failed. Then one delivery is tried, and the others wait. */
export const isDown = ({ failing_since, failed_deliveries }: Health): boolean =>
  failing_since !== null && (failed_deliveries ?? []).length >= DOWN_AFTER;

/** While an endpoint is down: when the next delivery may be tried. */
export function nextTrialAt({ failing_since, last_failed_at, no_attempt_before }: Health): Date {
  const [since, last] = [failing_since?.getTime() ?? 0, last_failed_at?.getTime() ?? 0];
  return new Date(Math.max(last + pauseMs(last - since), no_attempt_before?.getTime() ?? 0));
}

/** A failed attempt. */
export interface Failure {
  at: Date;
  /** It is the delivery's first. */
  isFirst: boolean;
  /** The endpoint asks for no more events. */
  isGone: boolean;
  /** The wait that it asked for (ms); 0 = none. */
  askedMs: number;
}

/**
 * Notes on its endpoint that an attempt failed, and switches the endpoint off when that was enough. Idempotent;
 * safe to call concurrently.
 */
export async function noteFailure(
  { Webhook }: Models,
  { _id }: WebhookRow,
  delivery: Pick<WebhookDeliveryRow, '_id' | 'type'>,
  { at, isFirst, isGone, askedMs }: Failure,
): Promise<void> {
  const quietSince = new Date(at.getTime() - QUIET_MS);
  const begins = [{ failing_since: null }, { last_failed_at: null }, { last_failed_at: { $lt: quietSince } }];
  await Webhook.updateOne(
    { _id, $or: begins },
    { $set: { ...NO_FAILURES, failing_since: at, last_failed_at: at } },
  );
  const failing = await Webhook.findOneAndUpdate(
    { _id, failing_since: { $ne: null } },
    {
      $max: { last_failed_at: at },
      $addToSet: { failed_types: delivery.type },
      ...(askedMs > 0 && { $set: { no_attempt_before: new Date(at.getTime() + askedOf(askedMs)) } }),
    },
    { returnDocument: 'after' },
  ).lean<WebhookRow>();
  // Later attempts do not count: those of one that is always refused would make every endpoint seem down.
  if (isFirst && failing && !isDown(failing))
    await Webhook.updateOne(
      { _id, failing_since: { $ne: null } },
      { $addToSet: { failed_deliveries: delivery._id } },
    );
  const failing_since = failing?.failing_since ?? at;
  if (!isGone && at.getTime() - failing_since.getTime() < FAILING_MS) return;
  const disabled_reason = isGone
    ? 'The endpoint answered 410 (Gone): it asks for no more events.'
    : 'The endpoint has accepted no event for five days.';
  await Webhook.updateOne(
    // No match if it has accepted an event meanwhile, or is switched off already.
    { _id, active: true, ...(!isGone && { failing_since }) },
    { $set: { active: false, disabled_reason, disabled_at: at, told_at: null } },
  );
}

/** Notes on its endpoint that it accepted an event. When it was down, the deliveries that wait follow at once. */
export async function noteSuccess(models: Models, { _id }: WebhookRow): Promise<void> {
  const { Webhook } = models;
  // Another delivery may have failed since the endpoint was read.
  const failing = await Webhook.findOne({ _id, failing_since: { $ne: null } }).lean<WebhookRow>();
  if (!failing) return;
  if (isDown(failing)) await bringForward(models, failing);
  await Webhook.updateOne({ _id, failing_since: { $ne: null } }, { $set: NO_FAILURES });
}

/**
 * Makes what was attempted while the endpoint was down due at once, in the order of the events. Once in a run
 * of a delivery: one that the endpoint always refuses would use up its attempts in no time. A wait that the
 * endpoint asked for is kept.
 */
async function bringForward(
  { WebhookDelivery }: Models,
  { _id: webhook_id, workspace_id, failing_since }: WebhookRow,
): Promise<void> {
  const rows = await WebhookDelivery.find(
    {
      workspace_id,
      webhook_id,
      state: 'pending',
      next_attempt_at: { $gte: failing_since },
      'attempts.0': { $exists: true },
      brought_forward: { $ne: true },
    },
    { run: 1, at: 1, next_attempt_at: 1, attempts: 1 },
  )
    .sort({ next_attempt_at: 1, _id: 1 })
    .limit(MOST_BROUGHT_FORWARD)
    .lean<Pick<WebhookDeliveryRow, '_id' | 'run' | 'at' | 'next_attempt_at' | 'attempts'>[]>();
  for (const { _id, run, at, next_attempt_at, attempts } of rows) {
    const last = attempts.at(-1);
    if (last?.run !== run || last.after_ms > 0) continue;
    await WebhookDelivery.updateOne(
      { _id, workspace_id, run, state: 'pending', next_attempt_at },
      { $set: { next_attempt_at: at, brought_forward: true } },
    );
  }
}
