import { ApplicationFailure } from '@temporalio/common';
import type { WebhookActivities } from '../../activities/index.ts';
import { play, type Script } from './script.ts';

type WebhookScript = Script<WebhookActivities>;

const delivered = { verdict: 'over', state: 'delivered', disabled: false } as const;
const later = { verdict: 'later', afterMs: 0, code: 'HTTP 500', disabled: false } as const;
const away = ApplicationFailure.retryable('attemptWebhook: MongoServerSelectionError');
const times = <T>(n: number, what: T): T[] => Array.from({ length: n }, () => what);

/** A script for every way through `deliverWebhook`. */
export const webhookPaths: Record<string, WebhookScript> = {
  delivered: { attemptWebhook: [delivered] },
  'tried-again': { attemptWebhook: [later, later, delivered] },
  'waits-its-turn': {
    attemptWebhook: [
      { verdict: 'wait', for: 'its files' },
      ...times(8, { verdict: 'wait', for: 'its turn' } as const),
      delivered,
    ],
  },
  'told-how-long-to-wait': {
    attemptWebhook: [{ verdict: 'wait', for: 'its turn', afterMs: 15_000 }, delivered],
  },
  'asked-to-wait': { attemptWebhook: [{ ...later, afterMs: 20 * 60_000, code: 'HTTP 429' }, delivered] },
  'asked-to-wait-for-ever': {
    attemptWebhook: [{ ...later, afterMs: 10 ** 12, code: 'HTTP 429' }, delivered],
  },
  'never-taken': { attemptWebhook: [...times(9, later), { ...delivered, state: 'failed' }] },
  gone: { attemptWebhook: [{ ...delivered, state: 'failed', disabled: true }] },
  cancelled: { attemptWebhook: [later, { ...delivered, state: 'cancelled' }] },
  superseded: { attemptWebhook: [later, { ...delivered, state: 'superseded' }] },
  'database-away': { attemptWebhook: [away, away, away, delivered] },
};

const GOES_WELL: Required<WebhookScript> = {
  attemptWebhook: [delivered],
  tellOfDisabledWebhook: [undefined],
};

export const webhookActivities = (script: WebhookScript) => play(GOES_WELL, script);
