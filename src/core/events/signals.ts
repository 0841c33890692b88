import { collectionOf, type DraftRow, type Models, type SignalRow } from '../../infra/models/index.ts';
import { once } from '../../infra/models/once.ts';
import { withJitter } from '../../lib/backOff.ts';
import { hashOf } from '../../lib/ids.ts';
import type { Listener } from './feed.ts';

/** How long a signal holds (ms). A client repeats its presence more often than that. */
export const SIGNAL_MS = 45_000;
/** How long the server waits for a signal before it answers that there is none (ms). */
const AWAIT_MS = 1_000;
const RETRY_MS = 1_000;

type NewSignal = Pick<SignalRow, 'workspace_id' | 'audience' | 'type' | 'user_id'> &
  Partial<Pick<SignalRow, 'thread_kind' | 'thread_id' | 'draft_id' | 'viewing' | 'writing' | 'read'>>;

/** Sends a signal to whoever listens now. Safe to call concurrently: the last one about the same stays. */
export async function sendSignal(models: Models, signal: NewSignal): Promise<void> {
  const { workspace_id, type, user_id, thread_id = null, draft_id = null } = signal;
  const _id = hashOf('signal', workspace_id, type, user_id, thread_id, draft_id);
  const at = new Date();
  const row: Omit<SignalRow, '_id'> = {
    thread_kind: null,
    thread_id,
    draft_id,
    viewing: false,
    writing: false,
    read: false,
    ...signal,
    at,
    expires_at: new Date(at.getTime() + SIGNAL_MS),
  };
  await once(() => collectionOf(models.Signal).updateOne({ _id }, { $set: row }, { upsert: true }));
}

/**
 * Tells its writer's other tabs that a draft was saved, discarded or sent. A lost signal is made good when
 * they read their drafts again.
 */
export const signalDraft = (
  models: Models,
  { _id, workspace_id, user_id, thread_kind, thread_id }: SignalledDraft,
): Promise<void> =>
  sendSignal(models, {
    type: 'draft.updated',
    workspace_id,
    audience: `owner:${user_id}`,
    user_id,
    thread_kind: thread_id === null ? null : thread_kind,
    thread_id,
    draft_id: _id,
  });
type SignalledDraft = Pick<DraftRow, '_id' | 'workspace_id' | 'user_id' | 'thread_kind' | 'thread_id'>;

/** Who has a thread open now. @param visible filter of rows that the user may see */
export function presentIn(models: Models, thread_id: string, visible: object): Promise<SignalRow[]> {
  return models.Signal.find({ ...visible, thread_id, expires_at: { $gt: new Date() } })
    .sort({ expires_at: 1 })
    .limit(100)
    .lean<SignalRow[]>()
    .then((rows) => rows.filter(({ type, viewing }) => type === 'thread.presence' && viewing));
}

/** Deletes signals that no longer hold: the server itself does that up to a minute late. */
export async function deleteOldSignals(models: Models): Promise<void> {
  await models.Signal.deleteMany({ expires_at: { $lt: new Date() } });
}

export interface SignalHub {
  /** @returns function that ends it; idempotent */
  listen(listener: Listener, receive: (signal: SignalRow) => void): () => void;
}

/**
 * Receives the signals of the database, also those of other web processes, and passes each on to the
 * listeners that may see it. One watch serves all of them, and is open only while there are any. When it
 * breaks off, signals are missed until it is open again: they are repeated, or replaced by a read.
 */
export function createSignalHub(models: Models): SignalHub {
  const listeners = new Map<symbol, { listener: Listener; receive: (signal: SignalRow) => void }>();
  let watching: Promise<void> | null = null;

  function passOn(signal: SignalRow): void {
    for (const { listener, receive } of listeners.values())
      if (listener.workspaceId === signal.workspace_id && listener.audiences.includes(signal.audience))
        receive(signal);
  }

  async function watch(): Promise<void> {
    while (listeners.size > 0) {
      const stream = collectionOf(models.Signal).watch(
        [{ $match: { operationType: { $in: ['insert', 'update', 'replace'] } } }],
        { fullDocument: 'updateLookup', maxAwaitTimeMS: AWAIT_MS },
      );
      try {
        while (listeners.size > 0) {
          const change = (await stream.tryNext()) as { fullDocument?: SignalRow | null } | null;
          if (change?.fullDocument) passOn(change.fullDocument);
        }
      } catch {
        await new Promise((resolve) => setTimeout(resolve, withJitter(RETRY_MS)).unref());
      } finally {
        await stream.close().catch(() => undefined);
      }
    }
    watching = null;
  }

  return {
    listen(listener, receive) {
      const key = Symbol();
      listeners.set(key, { listener, receive });
      watching ??= watch();
      return () => void listeners.delete(key);
    },
  };
}
