import { useEffect, useState, useSyncExternalStore } from 'react';
import { api, read } from './api.ts';
import type { LiveEvent } from './live.ts';
import { Problem } from './problem.ts';
import type { ThreadRef } from './rows.ts';
import type { components } from './schema.gen.d.ts';
import { threadPath } from './threadPath.ts';

/** Who else has a thread open, and who writes in it. Nothing of it is kept: what is not said again ends by itself. */
export interface Present {
  user: string;
  writing: boolean;
  /** ms since 1970, by this browser's clock */
  until: number;
}
type Row = components['schemas']['Presence'];

const SAY_EVERY_MS = 20_000;
const LOOK_EVERY_MS = 5_000;
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
  const { user_id: user, viewing, writing: isWriting } = data as Partial<Row>;
  const thread = data.ticket_id ?? data.conversation_id;
  if (typeof thread !== 'string' || user === undefined) return;
  const others = (present.get(thread) ?? NOBODY).filter((other) => other.user !== user);
  const one = { user, writing: isWriting === true, until: Date.now() + ENDS_AFTER_MS };
  present.set(thread, viewing === false ? others : [...others, one]);
  changed();
}

/** Who is here, as the server knows it. Times are the server's: my own row, which is new, says how its clock goes. */
function readPresence(thread: string, rows: readonly Row[], me: string): void {
  const mine = rows.find(({ user_id }) => user_id === me);
  const ahead = mine ? Date.parse(mine.until) - Date.now() - ENDS_AFTER_MS : 0;
  const here = rows.map(({ user_id, writing: isWriting, until }) => ({
    user: user_id,
    writing: isWriting,
    until: Date.parse(until) - ahead,
  }));
  present.set(thread, here);
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

async function say(
  workspace: string,
  { kind, id }: ThreadRef,
  body: { viewing: boolean; writing: boolean },
  me: string,
): Promise<void> {
  const path = threadPath(kind, '/api/v1/workspaces/{workspace_id}/tickets/{id}/presence');
  try {
    const { data } = await read(api.POST(path, { params: { path: { workspace_id: workspace, id } }, body }));
    if (body.viewing) readPresence(id, data, me);
  } catch (error) {
    // It is a courtesy: the page works without it.
    if (!(error instanceof Problem)) throw error;
  }
}

/** The others in a thread; says at the same time that I am here, as long as the page is seen. */
export function usePresence(workspace: string, thread: ThreadRef, me: string): Present[] {
  const { kind, id } = thread;
  const all = useSyncExternalStore(subscribe, () => present.get(id) ?? NOBODY);
  const isWriting = useSyncExternalStore(subscribe, () => writing.has(id));
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const here = () => {
      if (document.visibilityState === 'hidden') return;
      void say(workspace, { kind, id }, { viewing: true, writing: isWriting }, me);
    };
    here();
    const timer = setInterval(here, SAY_EVERY_MS);
    document.addEventListener('visibilitychange', here);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', here);
    };
  }, [workspace, kind, id, isWriting, me]);
  useEffect(
    () => () => void say(workspace, { kind, id }, { viewing: false, writing: false }, me),
    [workspace, kind, id, me],
  );
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  return all.filter(({ user, until }) => user !== me && until > now);
}
