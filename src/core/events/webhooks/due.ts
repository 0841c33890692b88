import type { Models, WebhookDeliveryRow, WebhookRow } from '../../../infra/models/index.ts';
import { SECOND_MS } from '../../../lib/time.ts';
import { isDown, nextTrialAt } from './endpointHealth.ts';

/**
 * How long an attempt has a delivery for itself: a post ends after 15 s (post.ts), with as much again for
 * MongoDB. Of one whose process died this is the wait.
 */
const CLAIM_MS = 30 * SECOND_MS;
/** Rows that are looked at for the next one: more than one endpoint may have under way (slots.ts). */
const LOOKED_AT = 32;

/** A pending delivery, as far as its turn is decided by it. */
export type PendingDelivery = Pick<
  WebhookDeliveryRow,
  '_id' | 'workspace_id' | 'run' | 'next_attempt_at' | 'claimed_until'
>;

/** The delivery that is attempted next, or when one is; null = none is pending. */
export type Next = { ready: PendingDelivery } | { at: Date } | null;

/**
 * What an endpoint gets next: of the deliveries that are due, the one that has been so for longest, which is
 * in the order of events unless one was retried. While the endpoint is down, one is tried from time to time;
 * at once only what a person asked for, and an event of a type that it has not refused since.
 */
export async function nextDelivery(models: Models, endpoint: WebhookRow, now: Date): Promise<Next> {
  if (!isDown(endpoint)) return firstOf(await pendingOf(models, endpoint), now);
  const untried = await pendingOf(models, endpoint, {
    next_attempt_at: { $lte: now },
    $or: [{ type: { $nin: endpoint.failed_types ?? [] } }, { by_hand: true }],
  });
  const atOnce = firstOf(untried, now);
  if (atOnce && 'ready' in atOnce) return atOnce;
  return firstOf(await pendingOf(models, endpoint), now, nextTrialAt(endpoint));
}

function pendingOf(
  { WebhookDelivery }: Models,
  { workspace_id, _id: webhook_id }: WebhookRow,
  filter: object = {},
): Promise<PendingDelivery[]> {
  return WebhookDelivery.find(
    { workspace_id, webhook_id, state: 'pending', ...filter },
    { workspace_id: 1, run: 1, next_attempt_at: 1, claimed_until: 1 },
  )
    .sort({ next_attempt_at: 1, _id: 1 })
    .limit(LOOKED_AT)
    .lean<PendingDelivery[]>();
}

function firstOf(rows: PendingDelivery[], now: Date, notBefore = new Date(0)): Next {
  const readyAt = ({ next_attempt_at, claimed_until }: PendingDelivery): number =>
    Math.max(next_attempt_at?.getTime() ?? 0, claimed_until?.getTime() ?? 0, notBefore.getTime());
  const ready = rows.find((row) => readyAt(row) <= now.getTime());
  if (ready) return { ready };
  return rows.length === 0 ? null : { at: new Date(Math.min(...rows.map(readyAt))) };
}

/**
 * Takes a delivery for one attempt, for a limited time.
 * @returns the whole row; null when another process has taken it, or it is no longer pending
 */
export function claimDelivery(
  { WebhookDelivery }: Models,
  { _id, workspace_id, run, next_attempt_at, claimed_until }: PendingDelivery,
): Promise<WebhookDeliveryRow | null> {
  return WebhookDelivery.findOneAndUpdate(
    {
      _id,
      workspace_id,
      run,
      state: 'pending',
      next_attempt_at: next_attempt_at ?? null,
      claimed_until: claimed_until ?? null,
    },
    { $set: { claimed_until: new Date(Date.now() + CLAIM_MS) } },
    { returnDocument: 'after' },
  ).lean<WebhookDeliveryRow>();
}
