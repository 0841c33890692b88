import { ApplicationFailure } from '@temporalio/common';
import type { WebhookActivities } from '../../activities/index.ts';
import type { Round } from '../../activities/outgoingWebhooks/deliverDue.ts';
import { play, type Script } from './script.ts';

type WebhookScript = Script<WebhookActivities>;

const over = (state: 'idle' | 'switched off' | 'deleted', tellOwners = false): Round => ({
  verdict: 'over',
  state,
  tellOwners,
});
const wait = (ms: number, down = false): Round => ({ verdict: 'wait', for: 'the next attempt', ms, down });
const itsTurn: Round = { verdict: 'wait', for: 'its turn', ms: 1_000, down: false };
const away = ApplicationFailure.retryable('deliverDue: MongoServerSelectionError');
const times = <T>(count: number, what: T): T[] => Array.from({ length: count }, () => what);

/** A script for every way through `deliverToEndpoint`. */
export const webhookPaths: Record<string, WebhookScript> = {
  delivered: { deliverDue: [over('idle')] },
  'tried-again': { deliverDue: [wait(5_000), wait(300_000), over('idle')] },
  'more-to-do': { deliverDue: [wait(0), wait(0), over('idle')] },
  down: { deliverDue: [...times(5, wait(3_600_000, true)), over('idle')] },
  'waits-its-turn': { deliverDue: [...times(9, itsTurn), over('idle')] },
  'switched-off': { deliverDue: [wait(5_000), over('switched off', true)] },
  deleted: { deliverDue: [over('deleted')] },
  woken: { deliverDue: [wait(72_000_000), over('idle')] },
  'database-away': { deliverDue: [away, away, away, over('idle')] },
};

const GOES_WELL: Required<WebhookScript> = {
  deliverDue: [over('idle')],
  tellOfDisabledWebhook: [undefined],
  attemptWebhook: [{ verdict: 'over', state: 'superseded', disabled: false }],
};

export const webhookActivities = (script: WebhookScript) => play(GOES_WELL, script);
