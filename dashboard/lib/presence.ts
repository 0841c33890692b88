import { useEffect, useState, useSyncExternalStore } from 'react';
import { api } from './api.ts';
import type { LiveEvent } from './live.ts';
import { Problem } from './problem.ts';
import type { ThreadRef } from './rows.ts';
import { threadPath } from './threadPath.ts';

/** Who else has a thread open, and who writes in it. Nothing of it is kept: what is not said again ends by itself. */
export interface Present {
  user: string;
  writing: boolean;
  /** ms since 1970 */
  until: number;
}

const SAY_EVERY_MS = 20_000;
const ENDS_AFTER_MS = 45_000;
const present = new Map<string, Present[]>();
const writing = new Set<string>();
const listeners = new Set<() => void>();
const NOBODY: Present[] = [];

function changed(): void {
  for (const listener of listeners) listener();
}

/** For the live feed: a colleague has said where they are. */
export function heardPresence({ type, data }: LiveEvent): void {
  if (type !== 'thread.presence') return;
  const { user_id, viewing } = data as { user_id?: string; viewing?: boolean };
  const thread_id = data.ticket_id ?? data.conversation_id;
  if (typeof thread_id !== 'string' || typeof user_id !== 'string') return;
  const others = (present.get(thread_id) ?? NOBODY).filter(({ user }) => user !== user_id);
  const one = {
    user: user_id,
    writing: (data as { writing?: boolean }).writing === true,
    until: Date.now() + ENDS_AFTER_MS,
  };
  present.set(thread_id, viewing === false ? others : [...others, one]);
  changed();
}

/** For the composer: whether something is being written here. */
export function saysWriting(thread: string, isWriting: boolean): void {
  if (writing.has(thread) === isWriting) return;
  if (isWriting) writing.add(thread);
  else writing.delete(thread);
  changed();
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** The others in a thread; says at the same time that I am here, as long as the page is seen. */
export function usePresence(workspace: string, thread: ThreadRef, me: string): Present[] {
  const { kind, id } = thread;
  const all = useSyncExternalStore(subscribe, () => present.get(id) ?? NOBODY);
  const isWriting = useSyncExternalStore(subscribe, () => writing.has(id));
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const path = threadPath(kind, '/api/v1/workspaces/{workspace_id}/tickets/{id}/presence' as never);
    const say = (viewing: boolean) => {
      setNow(Date.now());
      if (viewing && document.visibilityState === 'hidden') return;
      const params = { path: { workspace_id: workspace, id } };
      const body = { viewing, writing: viewing && isWriting };
      (api.POST(path, { params, body } as never) as Promise<unknown>).catch((error: unknown) => {
        // It is a courtesy: the page works without it.
        if (!(error instanceof Problem)) throw error;
      });
    };
    say(true);
    const timer = setInterval(() => say(true), SAY_EVERY_MS);
    return () => clearInterval(timer);
  }, [workspace, kind, id, isWriting]);
  return all.filter(({ user, until }) => user !== me && until > now);
}
