import { useSyncExternalStore } from 'react';

/** Something that was done and can be undone, or that went wrong. */
export interface Toast {
  id: number;
  text: string;
  tone: 'plain' | 'bad';
  /** Shown with a button, and by the key `z`. */
  undo?: { name: string; act: () => void };
  /** When it goes by itself (ms since 1970). */
  until: number;
  /** Counts down the seconds until then. */
  counts: boolean;
}

const LASTS_MS = 8_000;
let toasts: readonly Toast[] = [];
let last = 0;
const listeners = new Set<() => void>();

function change(next: readonly Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

/** Shows a toast. @returns how to take it away. */
export function showToast(text: string, more: Partial<Omit<Toast, 'id' | 'text'>> = {}): () => void {
  const toast: Toast = {
    id: (last += 1),
    text,
    tone: more.tone ?? 'plain',
    until: more.until ?? Date.now() + LASTS_MS,
    counts: more.counts ?? false,
    ...(more.undo && { undo: more.undo }),
  };
  // The same said twice is said once.
  const others = toasts.filter(({ text: said, undo: undone }) => said !== text || undone !== undefined);
  change([...others.slice(-2), toast]);
  const remove = () => change(toasts.filter(({ id }) => id !== toast.id));
  setTimeout(remove, toast.until - Date.now());
  return remove;
}

/** Undoes what a toast announced, once. */
export function undo({ id, undo: undone }: Toast): void {
  if (!toasts.some((toast) => toast.id === id)) return;
  change(toasts.filter((toast) => toast.id !== id));
  undone?.act();
}

/** Undoes the newest that can be. @returns whether there was one. */
export function undoLast(): boolean {
  const toast = toasts.findLast((each) => each.undo !== undefined);
  if (toast) undo(toast);
  return toast !== undefined;
}

export function useToasts(): readonly Toast[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => toasts,
  );
}
