import { ApplicationFailure } from '@temporalio/common';
import type { DomainActivities, OperationsActivities } from '../../activities/index.ts';
import { play, type Script } from './script.ts';

type Steps = OperationsActivities & Pick<DomainActivities, 'leaveDomain'>;
type OperationsScript = Script<Steps>;

const superseded = ApplicationFailure.nonRetryable('Superseded', 'Superseded');
const away = ApplicationFailure.retryable('purgeWorkspace: MongoServerSelectionError');
const domain = (id: string) => ({ id, run: 1 });

/** A script for every way through `deleteWorkspace`. */
export const deletePaths: Record<string, OperationsScript> = {
  deleted: {},
  'with-domains': {
    closeWorkspace: [{ domains: [domain('d1'), domain('d2')] }],
    leaveDomain: [superseded, { provider: 'removed' }],
    purgeWorkspace: [{ deleted: 9 }, { deleted: 2 }, { deleted: 0 }],
  },
  'database-away': { purgeWorkspace: [away, away, { deleted: 1 }] },
};

/** The same for `keepTidy`. Of an earlier version, which had no end, are the first two. */
export const tidyPaths: Record<string, OperationsScript> = {
  continued: { deleteOldRaw: [away, { mails: 3 }, { mails: 0 }] },
  'old-events': { deleteOldEvents: [{ events: 7 }, { events: 0 }] },
  scheduled: { deleteOldRaw: [away, { mails: 3 }] },
};

const GOES_WELL: Required<OperationsScript> = {
  closeWorkspace: [{ domains: [] }],
  purgeWorkspace: [{ deleted: 5 }, { deleted: 0 }],
  leaveDomain: [{ provider: 'kept' }],
  deleteOldRaw: [{ mails: 0 }],
  deleteOldUploads: [{ files: 0 }],
  deleteOldEvents: [{ events: 0 }],
};

export const operationsActivities = (script: OperationsScript) => play(GOES_WELL, script);
