import { ApplicationFailure } from '@temporalio/common';
import type { SnoozeActivities } from '../../activities/index.ts';
import { play, type Script } from './script.ts';

type SnoozeScript = Script<SnoozeActivities>;

const away = ApplicationFailure.retryable('wakeThread: MongoServerSelectionError');
const wait = { verdict: 'wait', ms: 3_600_000 } as const;

/** A script for every way through `snoozeThread`. */
export const snoozePaths: Record<string, SnoozeScript> = {
  woken: {},
  'woken-before': { wakeThread: [wait, { verdict: 'over' }] },
  'database-away': { wakeThread: [wait, away, away, { verdict: 'woken' }] },
};

const GOES_WELL: Required<SnoozeScript> = { wakeThread: [wait, wait, { verdict: 'woken' }] };

export const snoozeActivities = (script: SnoozeScript) => play(GOES_WELL, script);
