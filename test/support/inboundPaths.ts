import { activityInfo, cancelled } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { MailActivities } from '../../activities/index.ts';

/** MailActivities that say what the path needs; the rest is a mail without files that becomes a message. */
export function fakeActivities(change: Partial<MailActivities> = {}): {
  activities: MailActivities;
  calls: string[];
} {
  const calls: string[] = [];
  const steps: MailActivities = {
    archiveEmail: async () => ({ verdict: 'read', files: 0, remoteFiles: false }),
    resolveForwarding: async () => ({ verdict: 'accept' }),
    classifyEmail: async () => ({ verdict: 'ordinary' }),
    routeEmail: async () => ({ verdict: 'routed' }),
    matchContact: async () => undefined,
    recordMessage: async () => ({ messages: ['m1'], copy: false }),
    fetchAttachments: async () => undefined,
    skipEmail: async () => undefined,
    holdEmail: async () => undefined,
    failEmail: async () => undefined,
    ...change,
  };
  const logged = Object.entries(steps).map(([name, step]) => [
    name,
    async (...args: unknown[]) => {
      calls.push(activityInfo().isLocal ? name : `${name}, normal`);
      return (step as (...a: unknown[]) => Promise<unknown>)(...args);
    },
  ]);
  return { activities: Object.fromEntries(logged) as MailActivities, calls };
}

const read = (files: number, remoteFiles: boolean) => async () => ({
  verdict: 'read' as const,
  files,
  remoteFiles,
});
const whenLocal = (error: () => Error): void => {
  if (activityInfo().isLocal) throw error();
};

/**
 * Every path through `inboundEmail`, by name: what its steps answer. The same set is recorded for the replay
 * tests.
 */
export const inboundPaths: Record<string, Partial<MailActivities>> = {
  routed: {},
  'routed-with-files': { archiveEmail: read(2, true) },
  'routed-with-own-files': { archiveEmail: read(2, false) },
  'auto-reply': { classifyEmail: async () => ({ verdict: 'auto-reply' }) },
  failed: { archiveEmail: async () => ({ verdict: 'failed', reason: 'replayed signature' }) },
  refused: { archiveEmail: async () => ({ verdict: 'refused', reason: 'not a form' }) },
  'unknown-recipient': { resolveForwarding: async () => ({ verdict: 'skip', reason: 'unknown recipient' }) },
  'unknown-recipient-with-files': {
    archiveEmail: read(1, true),
    resolveForwarding: async () => ({ verdict: 'skip', reason: 'unknown recipient' }),
  },
  held: { resolveForwarding: async () => ({ verdict: 'hold', reason: 'unproved address' }) },
  'held-with-files': {
    archiveEmail: read(1, true),
    resolveForwarding: async () => ({ verdict: 'hold', reason: 'unproved address' }),
  },
  'own-mail': { classifyEmail: async () => ({ verdict: 'skip', reason: 'own mail' }) },
  'inactive-address': { routeEmail: async () => ({ verdict: 'skip', reason: 'inactive address' }) },
  superseded: {
    routeEmail: async () => {
      throw ApplicationFailure.nonRetryable('Superseded', 'Superseded');
    },
  },
  'too-heavy-for-local': {
    archiveEmail: async () => {
      whenLocal(() => ApplicationFailure.nonRetryable('TooHeavyForLocal', 'TooHeavyForLocal'));
      return { verdict: 'read', files: 0, remoteFiles: false };
    },
  },
  'database-away': {
    resolveForwarding: async () => {
      whenLocal(() => ApplicationFailure.retryable('resolveForwarding: MongoServerSelectionError'));
      return { verdict: 'accept' };
    },
  },
  'cannot-pass': {
    recordMessage: async () => {
      whenLocal(() => ApplicationFailure.retryable('recordMessage: TypeError'));
      throw ApplicationFailure.nonRetryable('recordMessage: TypeError', 'CannotPass');
    },
  },
  'local-step-hangs': {
    classifyEmail: async () => {
      if (activityInfo().isLocal) await cancelled();
      return { verdict: 'ordinary' };
    },
  },
  'file-comes-later': {
    archiveEmail: read(1, true),
    fetchAttachments: async () => {
      if (activityInfo().attempt === 1)
        throw ApplicationFailure.retryable('fetchAttachments: HTTP 404', 'TryAgain');
    },
  },
};
