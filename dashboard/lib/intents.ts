import { useEffect, useRef } from 'react';
import type { ThreadRef } from './rows.ts';

/** What the agent asks for by a key, a menu, the palette or a button; the part of the page that can do it listens. */
export interface Intents {
  /** Opens the composer of the open thread. */
  compose: { mode: 'reply' | 'reply_all' | 'forward' | 'note'; messageId?: string };
  /** Opens the composer of a new thread, or a draft of one. */
  write: { to?: string; draft?: string };
  /** Shows a thread. */
  open: ThreadRef;
  snooze: ThreadRef;
  assign: ThreadRef;
  tag: ThreadRef;
  prioritise: ThreadRef;
  merge: ThreadRef;
  print: ThreadRef;
  subject: ThreadRef;
  follow: ThreadRef;
  makeTicket: ThreadRef;
  /** Opens the menu of the list's orders, or of what narrows it. */
  order: null;
  filter: null;
  /** Opens the bell. */
  notices: null;
  /** An answer was taken back: its draft opens again. */
  takenBack: { thread: ThreadRef; draft: unknown };
}

const asked = new EventTarget();

export function ask<Type extends keyof Intents>(type: Type, detail: Intents[Type]): void {
  asked.dispatchEvent(new CustomEvent(type, { detail }));
}

/** Listens while the component is shown. */
export function useIntent<Type extends keyof Intents>(
  type: Type,
  act: (detail: Intents[Type]) => void,
): void {
  const newest = useRef(act);
  useEffect(() => {
    newest.current = act;
  });
  useEffect(() => {
    const listener = (event: Event) => newest.current((event as CustomEvent<Intents[Type]>).detail);
    asked.addEventListener(type, listener);
    return () => asked.removeEventListener(type, listener);
  }, [type]);
}
