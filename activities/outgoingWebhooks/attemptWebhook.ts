import { heartbeat } from '@temporalio/activity';
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
  /** It failed; `afterMs`: not again before, at the endpoint's own wish; 0 = it said nothing. */
  | { verdict: 'later'; afterMs: number; code: string; disabled: boolean }
  /** Nothing was tried; `afterMs`: nor is it to be, before that. */
  | { verdict: 'wait'; for: 'its files' | 'its turn'; afterMs?: number };

/** So long the first attempt waits for a message's files. */
const FILES_MS = 10_000;
/** Then an endpoint that takes nothing is switched off. */
const FAILING_MS = 5 * DAY_MS;
/** After so long without a failure the five days begin anew: longer than the longest wait between two attempts (deliverWebhook). */
const QUIET_MS = 2 * DAY_MS;
/** An endpoint that answers so wants nothing more (Standard Webhooks). */
const GONE = 410;

/** Posts an event to its endpoint, once; what came of it is on the row. @param n from 1 @param isLast no other attempt follows */
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
  // Written down by a try whose answer Temporal did not get, and which may have died before it was done with the endpoint.
  const made = delivery.attempts.find((attempt) => attempt.run === run && attempt.n === n);
  if (made && endpoint) return judge(deps, endpoint, made, id, isLast);
  if (delivery.state !== 'pending') return over(delivery.state);
  if (!endpoint?.active) return end(deps, delivery, 'cancelled');
  const event =
    delivery.event_id === null ? null : await models.Event.findById(delivery.event_id).lean<EventRow>();
  if (delivery.event_id !== null && !event) return end(deps, delivery, 'cancelled');
  if (n === 1 && event && (await awaitsFiles(deps, event))) return { verdict: 'wait', for: 'its files' };

  const slot = slots.take(endpoint._id, endpoint.failing_since !== null);
  if ('waitMs' in slot) return { verdict: 'wait', for: 'its turn', afterMs: slot.waitMs };
  let answered = false;
  const alive = setInterval(() => heartbeat(), 1_500);
  try {
    const data = event ? await payloadData(deps, endpoint, event) : { webhook_id: endpoint._id };
    if (data === null) return await end(deps, delivery, 'cancelled');
    const at = new Date();
    const answer = await send(deps, endpoint, delivery, data, at);
    answered = answer.status !== null;
    return await settle(deps, endpoint, delivery, { n, at, answer, isLast });
  } finally {
    clearInterval(alive);
    slot.free(answered);
  }
}

const over = (state: WebhookOutcome['action'], disabled = false): Attempted => ({
  verdict: 'over',
  state,
  disabled,
});

async function end(
  { models }: EndpointDeps,
  { _id, run }: WebhookDeliveryRow,
  state: 'cancelled',
): Promise<Attempted> {
  await models.WebhookDelivery.updateOne({ _id, run, state: 'pending' }, { $set: { state } });
  return over(state);
}

/** A message is stored first, then the rows of its files, and these are fetched after that. */
async function awaitsFiles(
  { models }: EndpointDeps,
  { type, workspace_id, row_id, at }: EventRow,
): Promise<boolean> {
  if (!type.endsWith('.message_created') || Date.now() - at.getTime() > FILES_MS) return false;
  const message = await models.Message.findOne({ _id: row_id, workspace_id }, { files: 1 }).lean();
  const files = await models.Attachment.find({ workspace_id, message_id: row_id }, { state: 1 }).lean();
  const isWhole = files.length > 0 || !message?.files.length;
  return !isWhole || files.some(({ state }) => state === 'pending');
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
  const isOver = isTaken(attempt) || isLast || status === GONE;
  await deps.models.WebhookDelivery.updateOne(
    { _id, run, state: 'pending', attempts: { $not: { $elemMatch: { run, n } } } },
    {
      $push: { attempts: attempt },
      ...(isOver && { $set: { state: isTaken(attempt) ? 'delivered' : 'failed' } }),
    },
  );
  return judge(deps, endpoint, attempt, _id, isLast);
}

/** What an attempt means for the endpoint and for the run. Any number of times. */
async function judge(
  { models }: EndpointDeps,
  endpoint: WebhookRow,
  attempt: WebhookAttempt,
  delivery: string,
  isLast: boolean,
): Promise<Attempted> {
  if (isTaken(attempt)) {
    // Another may have failed since the endpoint was read.
    const failing = { _id: endpoint._id, failing_since: { $ne: null } };
    await models.Webhook.updateOne(failing, { $set: { failing_since: null } });
    return over('delivered');
  }
  const { status, error, at, after_ms: afterMs } = attempt;
  const disabled = await noteFailure(models, endpoint, { delivery, isGone: status === GONE, at });
  if (isLast || status === GONE) return over('failed', disabled);
  return { verdict: 'later', afterMs, code: error ?? `HTTP ${status ?? 0}`, disabled };
}

const isTaken = ({ status }: WebhookAttempt): boolean => status !== null && status >= 200 && status <= 299;

/** @returns true when this delivery switched it off, and its owners are to be told */
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
    ? 'It answered 410: it wants nothing more.'
    : 'Nothing that was sent to it was taken for five days.';
  await Webhook.updateOne(
    // It took something meanwhile, or was switched off already.
    { _id, active: true, ...(!isGone && { failing_since }) },
    { $set: { active: false, disabled_reason, disabled_at: at, disabled_by: delivery, told_at: null } },
  );
  // Of those under way at the same moment one tells, also when it is tried again.
  return (await Webhook.exists({ _id, active: false, disabled_by: delivery })) !== null;
}
