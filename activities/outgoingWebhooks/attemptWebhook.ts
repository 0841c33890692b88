import type { WebhookOutcome, WebhookRun } from '../../src/infra/temporal/runTypes.ts';
import type { EndpointDeps } from '../deps.ts';

/** What histories of `deliverWebhook` hold. */
export type Attempted =
  | { verdict: 'over'; state: WebhookOutcome['action']; disabled: boolean }
  /** It failed. `afterMs`: the endpoint asked for no other attempt before that; 0 = it did not ask. */
  | { verdict: 'later'; afterMs: number; code: string; disabled: boolean }
  /** There was no attempt. `afterMs`: there must be none before that. */
  | { verdict: 'wait'; for: 'its files' | 'its turn'; afterMs?: number };

/**
 * Ends the run of one delivery, as an earlier version started it: the run of its endpoint takes the delivery
 * over (deliverDue.ts).
 */
export async function attemptWebhook({ models }: EndpointDeps, { id, run }: WebhookRun): Promise<Attempted> {
  await models.WebhookDelivery.updateOne({ _id: id, run, state: 'pending' }, { $set: { wants_start: true } });
  return { verdict: 'over', state: 'superseded', disabled: false };
}
