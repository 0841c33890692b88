import { asyncLocalStorage as activities } from '@temporalio/activity';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WebhookRow } from '../../src/infra/models/index.ts';
import { cancelPending } from '../../src/core/events/webhooks/deliveries.ts';
import { claimDelivery, nextDelivery, type PendingDelivery } from '../../src/core/events/webhooks/due.ts';
import { isDown } from '../../src/core/events/webhooks/endpointHealth.ts';
import type { Slot } from '../../src/core/events/webhooks/slots.ts';
import type { EndpointOutcome, EndpointRun } from '../../src/infra/temporal/runTypes.ts';
import { MINUTE_MS, SECOND_MS } from '../../src/lib/time.ts';
import type { EndpointDeps } from '../deps.ts';
import { attemptDelivery } from './attemptDelivery.ts';

/** How one round of an endpoint's deliveries ended. */
export type Round =
  /** Nothing is pending. `tellOwners`: it was switched off, and its owners do not know yet. */
  | { verdict: 'over'; state: EndpointOutcome['action']; tellOwners: boolean }
  /** The next round is due after `ms`. `down`: all that was posted of late has failed. */
  | { verdict: 'wait'; for: 'the next attempt' | 'its turn'; ms: number; down: boolean };

/** A round begins no attempt after this (ms), so that endpoints with much to do take turns. */
const ROUND_MS = 30 * SECOND_MS;
/** While posts are under way the database is asked this often for others that have become due (ms). */
const LOOK_AGAIN_MS = SECOND_MS;
/** Other endpoints have all slots: they are asked for again after this (ms). */
const TURN_MS = SECOND_MS;
/** A run that is this late (ms) may have been ended: it is signalled again for each delivery. */
const LATE_MS = MINUTE_MS;

/**
 * Attempts the deliveries of an endpoint that are due, several at one time, and returns when none is due.
 * Idempotent; safe to call concurrently: each attempt has claimed its delivery before.
 */
export async function deliverDue(deps: EndpointDeps, { id }: EndpointRun): Promise<Round> {
  const { Webhook } = deps.models;
  const posts = new Posts(deps);
  const endsAt = Date.now() + ROUND_MS;
  const stops = (): boolean => Date.now() >= endsAt || isCancelled();
  try {
    for (;;) {
      const isBusy = posts.areUnderWay();
      const endpoint = await Webhook.findById(id).lean<WebhookRow>();
      if (!endpoint) return over('deleted');
      if (!endpoint.active) {
        await posts.end();
        await cancelPending(deps.models, endpoint);
        return over('switched off', endpoint.disabled_at !== null && endpoint.told_at === null);
      }
      const round = await posts.step(endpoint, { isBusy, stops: stops() });
      if (round) return round;
    }
  } finally {
    await posts.end();
  }
}

const over = (state: EndpointOutcome['action'], tellOwners = false): Round => ({
  verdict: 'over',
  state,
  tellOwners,
});

/** The worker stops, or Temporal has given the round to another one. */
const isCancelled = (): boolean => activities.getStore()?.cancellationSignal.aborted ?? false;

/** The posts of a round that are under way. */
class Posts {
  readonly #deps: EndpointDeps;
  readonly #underWay = new Set<Promise<void>>();
  /** Of an engine: the step is retried. */
  #fault: { error: unknown } | null = null;

  constructor(deps: EndpointDeps) {
    this.#deps = deps;
  }

  areUnderWay = (): boolean => this.#underWay.size > 0;

  /**
   * Begins an attempt, or waits for one to end.
   * @param isBusy whether any were under way before the endpoint was read
   * @returns how the round ended; null = it goes on
   */
  async step(
    endpoint: WebhookRow,
    { isBusy, stops }: { isBusy: boolean; stops: boolean },
  ): Promise<Round | null> {
    if (this.#fault) throw this.#fault.error;
    const next = await nextDelivery(this.#deps.models, endpoint, new Date());
    // The last one has ended meanwhile, and what was read is out of date.
    if (isBusy && !this.areUnderWay()) return null;
    const down = isDown(endpoint);
    let turnMs = 0;
    if (next && 'ready' in next && !stops && (!down || this.#underWay.size === 0)) {
      const slot = this.#deps.slots.take(endpoint._id, endpoint.failing_since !== null);
      if (!('waitMs' in slot)) return this.#begin(endpoint, next.ready, slot);
      turnMs = Math.max(slot.waitMs, TURN_MS);
    }
    if (this.#underWay.size > 0) {
      await Promise.race([...this.#underWay, sleep(LOOK_AGAIN_MS, undefined, { ref: false })]);
      return null;
    }
    if (!next) return (await this.#mustWakeUp(endpoint)) ? null : over('idle');
    if (turnMs > 0) return { verdict: 'wait', for: 'its turn', ms: turnMs, down };
    const ms = 'at' in next ? Math.max(next.at.getTime() - Date.now(), 0) : 0;
    if (down) await this.#sleepFor(endpoint, ms);
    return { verdict: 'wait', for: 'the next attempt', ms, down };
  }

  async end(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  async #begin(endpoint: WebhookRow, pending: PendingDelivery, slot: Slot): Promise<null> {
    const delivery = await claimDelivery(this.#deps.models, pending).catch((error: unknown) => {
      slot.free(null);
      throw error;
    });
    if (!delivery) {
      slot.free(null);
      return null;
    }
    const post: Promise<void> = attemptDelivery(this.#deps, endpoint, delivery, slot)
      .catch((error: unknown) => void (this.#fault ??= { error }))
      .finally(() => this.#underWay.delete(post));
    this.#underWay.add(post);
    return null;
  }

  /**
   * Before the run ends it must be signalled for each new delivery, and look once more for those that were not
   * signalled.
   */
  async #mustWakeUp({ _id, asleep_until }: WebhookRow): Promise<boolean> {
    if (!asleep_until) return false;
    await this.#deps.models.Webhook.updateOne({ _id }, { $set: { asleep_until: null } });
    return true;
  }

  /** Nobody needs to signal the run for a delivery that it would not try before. */
  async #sleepFor({ _id }: WebhookRow, ms: number): Promise<void> {
    const asleep_until = new Date(Date.now() + ms + LATE_MS);
    await this.#deps.models.Webhook.updateOne({ _id }, { $set: { asleep_until } });
  }
}
