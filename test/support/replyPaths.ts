import { ApplicationFailure } from '@temporalio/common';
import type { ReplyActivities } from '../../activities/index.ts';
import { play, type Script } from './script.ts';

const taken = { verdict: 'taken', attempt: 0, unclear: false } as const;
const tried = { verdict: 'taken', attempt: 3, unclear: true } as const;
const waits = { verdict: 'wait', ms: 10_000 } as const;
const sent = { verdict: 'sent' } as const;
const unclear = { verdict: 'unclear', code: 'ECONNRESET' } as const;
const askAgain = { verdict: 'ask again', ms: 90_000 } as const;
const delivered = { settled: true, state: 'delivered' } as const;
const unheard = { settled: false, state: 'sent' } as const;
const away = (step: string) => ApplicationFailure.retryable(`${step}: MongoServerSelectionError`);

/** A script for every way through `sendReply`; a step that is not named succeeds. */
export const replyPaths: Record<string, Script<ReplyActivities>> = {
  delivered: {},
  'undo-time': { takeReply: [waits, taken] },
  cancelled: { takeReply: [waits, { verdict: 'over', state: 'cancelled' }] },
  'no-sending-email': { resolveSendingEmail: [{ verdict: 'failed', code: 'NoSendingEmail' }] },
  'tried-again': {
    deliverReply: [
      { verdict: 'not sent', code: 'ECONNREFUSED', ms: 5_000 },
      { verdict: 'not sent', code: '429', ms: 120_000 },
      sent,
    ],
  },
  refused: { deliverReply: [{ verdict: 'failed', code: 'Http400' }] },
  'unclear-found': { deliverReply: [unclear], findReply: [askAgain, askAgain, sent] },
  /** All is known of it before it is known that it was sent: no event is to come. */
  'unclear-settled': { deliverReply: [unclear], findReply: [{ verdict: 'sent', outcome: 'delivered' }] },
  'unclear-not-sent': { deliverReply: [unclear, sent], findReply: [askAgain, { verdict: 'not sent' }] },
  unconfirmed: {
    deliverReply: [unclear],
    findReply: [{ verdict: 'unconfirmed', code: 'EventsUnreadable' }],
  },
  'bounced-before': { takeReply: [{ ...tried, unclear: false }] },
  'by-a-person': { takeReply: [tried], findReply: [{ verdict: 'not sent' }] },
  'by-a-person-found': { takeReply: [tried], findReply: [sent] },
  'failed-before': { takeReply: [{ verdict: 'over', state: 'failed' }] },
  /** An event comes at once: the run is sent the signal when it is started. */
  woken: {},
  'heard-late': { followReply: [unheard, unheard, delivered] },
  'never-heard': { followReply: [unheard] },
  superseded: { resolveSendingEmail: [ApplicationFailure.nonRetryable('Superseded', 'Superseded')] },
  'database-away': { takeReply: [away('takeReply'), away('takeReply'), away('takeReply'), taken] },
  'events-away': { deliverReply: [unclear], findReply: [away('findReply'), away('findReply'), sent] },
};

const GOES_WELL: Required<Script<ReplyActivities>> = {
  takeReply: [taken],
  resolveSendingEmail: [{ verdict: 'resolved' }],
  deliverReply: [sent],
  findReply: [sent],
  followReply: [delivered],
};

export const scriptedActivities = (script: Script<ReplyActivities>) => play(GOES_WELL, script);
