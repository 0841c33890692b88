import type { EventRow, WebhookDeliveryRow, WebhookRow } from '../../src/infra/models/index.ts';
import type { WebhookAttempt } from '../../src/infra/models/webhook.ts';
import { observeWebhookAttempt } from '../../src/infra/telemetry/metrics.ts';
import { noteFailure, noteSuccess } from '../../src/core/events/webhooks/endpointHealth.ts';
import { payloadData } from '../../src/core/events/webhooks/payload.ts';
import type { EndpointAnswer } from '../../src/core/events/webhooks/post.ts';
import { MAX_ATTEMPTS, nextAttemptAt } from '../../src/core/events/webhooks/schedule.ts';
import { signedHeaders } from '../../src/core/events/webhooks/sign.ts';
import type { Slot } from '../../src/core/events/webhooks/slots.ts';
import { SECOND_MS } from '../../src/lib/time.ts';
import type { EndpointDeps } from '../deps.ts';
import { isOfEngines } from '../errors.ts';

/** How long the first attempt waits for a message's files, and how often it looks for them (ms). */
const FILES = { longestMs: 10 * SECOND_MS, everyMs: SECOND_MS };
/** With this status an endpoint asks for no more events (Standard Webhooks). */
const GONE = 410;
const NO_ANSWER = { status: null, body: '', retryAfterMs: null, ms: 0 };

/**
 * Posts a delivery to its endpoint, once, writes the result to both rows, and frees the slot.
 * @param delivery claimed by the caller
 * @throws what an engine throws; then the delivery is due again when its claim ends
 */
export async function attemptDelivery(
  deps: EndpointDeps,
  endpoint: WebhookRow,
  delivery: WebhookDeliveryRow,
  slot: Slot,
): Promise<void> {
  let answered: boolean | null = null;
  try {
    const at = new Date();
    const answer = await postOf(deps, endpoint, delivery, at);
    if (answer === 'later') await postpone(deps, delivery);
    else if (answer === null) await change(deps, delivery, { state: 'cancelled' });
    else {
      answered = answer.status !== null;
      await settle(deps, endpoint, delivery, { at, answer });
    }
  } catch (error) {
    if (isOfEngines(error)) throw error;
    // Another try would fail as well, and must not keep the endpoint's other deliveries waiting.
    deps.log.error({ delivery_id: delivery._id, error: codeOf(error) }, 'a delivery cannot be posted');
    await fail(deps, delivery, attemptOf(delivery, new Date(), { ...NO_ANSWER, error: 'internal error' }));
  } finally {
    slot.free(answered);
  }
}

const codeOf = (error: unknown): string => (error as Error).name;

/** The endpoint's answer. `later`: files are missing yet. Null: the endpoint may not receive this (any more). */
async function postOf(
  deps: EndpointDeps,
  endpoint: WebhookRow,
  delivery: WebhookDeliveryRow,
  now: Date,
): Promise<EndpointAnswer | 'later' | null> {
  const { event_id } = delivery;
  const event = event_id === null ? null : await deps.models.Event.findById(event_id).lean<EventRow>();
  if (event_id !== null && !event) return null;
  if (event && attemptsOf(delivery) === 0 && (await awaitsFiles(deps, event))) return 'later';
  const data = event ? await payloadData(deps, endpoint, event) : { webhook_id: endpoint._id };
  return data && send(deps, endpoint, delivery, data, now);
}

const attemptsOf = ({ attempts, run }: WebhookDeliveryRow): number =>
  attempts.filter((attempt) => attempt.run === run).length;

/**
 * Whether files of a new message are still missing: the message is stored first, then the rows of its files,
 * then the files.
 */
async function awaitsFiles(
  { models }: EndpointDeps,
  { type, workspace_id, row_id, at }: EventRow,
): Promise<boolean> {
  if (!type.endsWith('.message_created') || Date.now() - at.getTime() > FILES.longestMs) return false;
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
    return { ...NO_ANSWER, error: 'SECRETS_KEY was changed' };
  }
  const headers = { 'content-type': 'application/json', 'user-agent': 'Postroom-Webhooks/1.0', ...signed };
  return post(endpoint.url, headers, body);
}

function attemptOf(delivery: WebhookDeliveryRow, at: Date, answer: EndpointAnswer): WebhookAttempt {
  const { status, error, body, ms, retryAfterMs } = answer;
  const n = attemptsOf(delivery) + 1;
  return { run: delivery.run, n, at, status, error, ms, body, after_ms: retryAfterMs ?? 0 };
}

async function settle(
  deps: EndpointDeps,
  endpoint: WebhookRow,
  delivery: WebhookDeliveryRow,
  { at, answer }: { at: Date; answer: EndpointAnswer },
): Promise<void> {
  const attempt = attemptOf(delivery, at, answer);
  observeWebhookAttempt(attempt.status, attempt.ms / 1000);
  if (isAccepted(attempt)) {
    await change(deps, delivery, { state: 'delivered' }, attempt);
    await noteSuccess(deps.models, endpoint);
    return;
  }
  const { n, status, after_ms: askedMs } = attempt;
  const isGone = status === GONE;
  // The endpoint's row first: a process that dies in between leaves a delivery that is attempted again.
  await noteFailure(deps.models, endpoint, delivery, { at, isFirst: n === 1, isGone, askedMs });
  await fail(deps, delivery, attempt);
}

const isAccepted = ({ status }: WebhookAttempt): boolean => status !== null && status >= 200 && status <= 299;

/** Writes a failed attempt down: the delivery is due again later, unless it was the last one. */
function fail(deps: EndpointDeps, delivery: WebhookDeliveryRow, attempt: WebhookAttempt): Promise<void> {
  const { n, at, status, after_ms } = attempt;
  const isOver = n >= MAX_ATTEMPTS || status === GONE;
  const next = isOver ? { state: 'failed' as const } : { next_attempt_at: nextAttemptAt(n, at, after_ms) };
  return change(deps, delivery, next, attempt);
}

/** Without an attempt. */
const postpone = (deps: EndpointDeps, delivery: WebhookDeliveryRow): Promise<void> =>
  change(deps, delivery, { next_attempt_at: new Date(Date.now() + FILES.everyMs) });

/**
 * Writes to a delivery for as long as the claim on it holds; that it was accepted is written also later.
 */
async function change(
  { models: { WebhookDelivery } }: EndpointDeps,
  { _id, workspace_id, run, claimed_until }: WebhookDeliveryRow,
  next: Partial<Pick<WebhookDeliveryRow, 'state' | 'next_attempt_at'>>,
  attempt?: WebhookAttempt,
): Promise<void> {
  const isDelivered = next.state === 'delivered';
  await WebhookDelivery.updateOne(
    { _id, workspace_id, run, state: 'pending', ...(!isDelivered && { claimed_until }) },
    {
      $set: { ...next, claimed_until: null, ...(attempt && { by_hand: false }) },
      ...(attempt && { $push: { attempts: attempt } }),
    },
  );
}
