import type { EventRow, WebhookDeliveryRow, WebhookRow } from '../../src/infra/models/index.ts';
import type { WebhookAttempt } from '../../src/infra/models/webhook.ts';
import { observeWebhookAttempt } from '../../src/infra/telemetry/metrics.ts';
import { payloadData } from '../../src/core/events/webhooks/payload.ts';
import type { EndpointAnswer } from '../../src/core/events/webhooks/post.ts';
import { signedHeaders } from '../../src/core/events/webhooks/sign.ts';
import type { WebhookOutcome, WebhookRun } from '../../src/infra/temporal/runTypes.ts';
import type { EndpointDeps } from '../deps.ts';
import { DAY_MS } from '../../src/lib/time.ts';

export type Attempted =
  | { verdict: 'over'; state: WebhookOutcome['action']; disabled: boolean }
  /** It failed. `afterMs`: the endpoint asked for no other attempt before that; 0 = it did not ask. */
  | { verdict: 'later'; afterMs: number; code: string; disabled: boolean }
  /** There was no attempt. `afterMs`: there must be none before that. */
  | { verdict: 'wait'; for: 'its files' | 'its turn'; afterMs?: number };

/** How long the first attempt waits for a message's files. */
const FILES_MS = 10_000;
/** An endpoint that fails for this long is switched off. */
const FAILING_MS = 5 * DAY_MS;
/**
 * After this long without a failure the five days start again. It must be longer than the longest wait
 * between two attempts (workflows/deliverWebhook.ts).
 */
const QUIET_MS = 2 * DAY_MS;
/** With this status an endpoint asks for no more events (Standard Webhooks). */
const GONE = 410;

/**
 * Posts an event to its endpoint, once, and writes the result to the row. @param n from 1 @param isLast no
 * attempt follows
 */
export async function attemptWebhook(
  deps: EndpointDeps,
  { id, run }: WebhookRun,
  n: number,
  isLast: boolean,
): Promise<Attempted> {
  const { models, slots } = deps;
  const delivery = await models.WebhookDelivery.findOne({ _id: id, run }).lean<WebhookDeliveryRow>();
  if (!delivery) return over('superseded');
  const endpoint = await models.Webhook.findById(delivery.webhook_id).lean<WebhookRow>();
  // An earlier try of this step made the attempt, and may have died before it wrote to the endpoint's row.
  const earlier = delivery.attempts.find((attempt) => attempt.run === run && attempt.n === n);
  if (earlier && endpoint) return applyAttempt(deps, endpoint, earlier, id, isLast);
  if (delivery.state !== 'pending') return over(delivery.state);
  if (!endpoint?.active) return cancel(deps, delivery);
  const event =
    delivery.event_id === null ? null : await models.Event.findById(delivery.event_id).lean<EventRow>();
  if (delivery.event_id !== null && !event) return cancel(deps, delivery);
  if (n === 1 && event && (await awaitsFiles(deps, event))) return { verdict: 'wait', for: 'its files' };

  const slot = slots.take(endpoint._id, endpoint.failing_since !== null);
  if ('waitMs' in slot) return { verdict: 'wait', for: 'its turn', afterMs: slot.waitMs };
  let answered = false;
  try {
    const data = event ? await payloadData(deps, endpoint, event) : { webhook_id: endpoint._id };
    if (data === null) return await cancel(deps, delivery);
    const at = new Date();
    const answer = await send(deps, endpoint, delivery, data, at);
    answered = answer.status !== null;
    return await settle(deps, endpoint, delivery, { n, at, answer, isLast });
  } finally {
    slot.free(answered);
  }
}

const over = (state: WebhookOutcome['action'], disabled = false): Attempted => ({
  verdict: 'over',
  state,
  disabled,
});

async function cancel({ models }: EndpointDeps, { _id, run }: WebhookDeliveryRow): Promise<Attempted> {
  const state = 'cancelled';
  await models.WebhookDelivery.updateOne({ _id, run, state: 'pending' }, { $set: { state } });
  return over(state);
}

/**
 * Whether files of a new message are still missing: the message is stored first, then the rows of its files,
 * then the files.
 */
async function awaitsFiles(
  { models }: EndpointDeps,
  { type, workspace_id, row_id, at }: EventRow,
): Promise<boolean> {
  if (!type.endsWith('.message_created') || Date.now() - at.getTime() > FILES_MS) return false;
  const message = await models.Message.findOne({ _id: row_id, workspace_id }, { files: 1 }).lean();
  const files = await models.Attachment.find({ workspace_id, message_id: row_id }, { state: 1 }).lean();
  const hasAllRows = files.length > 0 || !message?.files.length;
  return !hasAllRows || files.some(({ state }) => state === 'pending');
}

async function send(
  { seal, post }: EndpointDeps,
  endpoint: WebhookRow,
  { _id, type, at }: WebhookDeliveryRow,
  data: object,
  now: Date,
): Promise<EndpointAnswer> {
  const body = JSON.stringify({ type, timestamp: at, data });
  let signed: Record<string, string>;
  try {
    signed = signedHeaders(endpoint, seal, { id: _id, body, now });
  } catch {
    return { status: null, error: 'SECRETS_KEY was changed', body: '', retryAfterMs: null, ms: 0 };
  }
  const headers = { 'content-type': 'application/json', 'user-agent': 'Postroom-Webhooks/1.0', ...signed };
  return post(endpoint.url, headers, body);
}

async function settle(
  deps: EndpointDeps,
  endpoint: WebhookRow,
  { _id, run }: WebhookDeliveryRow,
  { n, at, answer, isLast }: { n: number; at: Date; answer: EndpointAnswer; isLast: boolean },
): Promise<Attempted> {
  const { status, error, body, ms, retryAfterMs } = answer;
  observeWebhookAttempt(status, ms / 1000);
  const attempt: WebhookAttempt = { run, n, at, status, error, ms, body, after_ms: retryAfterMs ?? 0 };
  const isOver = isAccepted(attempt) || isLast || status === GONE;
  await deps.models.WebhookDelivery.updateOne(
    { _id, run, state: 'pending', attempts: { $not: { $elemMatch: { run, n } } } },
    {
      $push: { attempts: attempt },
      ...(isOver && { $set: { state: isAccepted(attempt) ? 'delivered' : 'failed' } }),
    },
  );
  return applyAttempt(deps, endpoint, attempt, _id, isLast);
}

/** Writes the attempt's result to the endpoint, and decides how the run goes on. Idempotent. */
async function applyAttempt(
  { models }: EndpointDeps,
  endpoint: WebhookRow,
  attempt: WebhookAttempt,
  delivery: string,
  isLast: boolean,
): Promise<Attempted> {
  if (isAccepted(attempt)) {
    // Another delivery may have failed since the endpoint was read.
    const failing = { _id: endpoint._id, failing_since: { $ne: null } };
    await models.Webhook.updateOne(failing, { $set: { failing_since: null } });
    return over('delivered');
  }
  const { status, error, at, after_ms: afterMs } = attempt;
  const disabled = await noteFailure(models, endpoint, { delivery, isGone: status === GONE, at });
  if (isLast || status === GONE) return over('failed', disabled);
  return { verdict: 'later', afterMs, code: error ?? `HTTP ${status ?? 0}`, disabled };
}

const isAccepted = ({ status }: WebhookAttempt): boolean => status !== null && status >= 200 && status <= 299;

/** @returns true when this delivery switched the endpoint off, and the owners must be notified */
async function noteFailure(
  { Webhook }: EndpointDeps['models'],
  { _id }: WebhookRow,
  { delivery, isGone, at }: { delivery: string; isGone: boolean; at: Date },
): Promise<boolean> {
  const quietSince = new Date(at.getTime() - QUIET_MS);
  const isFirst = [
    { failing_since: null },
    { last_failed_at: null },
    { last_failed_at: { $lt: quietSince } },
  ];
  await Webhook.updateOne({ _id, $or: isFirst }, { $set: { failing_since: at, last_failed_at: at } });
  const failing = await Webhook.findOneAndUpdate(
    { _id, failing_since: { $ne: null } },
    { $max: { last_failed_at: at } },
    { returnDocument: 'after' },
  ).lean<WebhookRow>();
  const failing_since = failing?.failing_since ?? at;
  if (!isGone && at.getTime() - failing_since.getTime() < FAILING_MS) return false;
  const disabled_reason = isGone
    ? 'The endpoint answered 410 (Gone): it asks for no more events.'
    : 'The endpoint has accepted no event for five days.';
  await Webhook.updateOne(
    // No match if it has accepted an event meanwhile, or is switched off already.
    { _id, active: true, ...(!isGone && { failing_since }) },
    { $set: { active: false, disabled_reason, disabled_at: at, disabled_by: delivery, told_at: null } },
  );
  // Of concurrent deliveries only this one notifies the owners, also when it is tried again.
  return (await Webhook.exists({ _id, active: false, disabled_by: delivery })) !== null;
}
