import { useEffect, useState } from 'react';
import { words } from '../words/index.ts';
import { classes } from './classes.ts';
import { Kbd } from './Kbd.tsx';
import { undo, useToasts, type Toast } from '../lib/toasts.ts';

/** The toasts, at the bottom left; read out politely. Their box is as high as the page: it stays where it is when one comes. */
export function Toasts() {
  const toasts = useToasts();
  return (
    <div
      data-toasts
      role="status"
      aria-live="polite"
      className="pointer-events-none fixed inset-y-4 left-4 z-50 grid max-w-[calc(100vw-32px)] content-end justify-items-start gap-2"
    >
      {toasts.map((toast) => (
        <One key={toast.id} toast={toast} />
      ))}
    </div>
  );
}

function One({ toast }: { toast: Toast }) {
  const seconds = useSeconds(toast);
  return (
    <div
      className={classes(
        'pointer-events-auto flex items-center gap-3 rounded-big py-2 pr-2 pl-3.5 font-medium shadow-float',
        toast.tone === 'bad' ? 'bg-bad-bg text-bad' : 'bg-fg text-bg',
      )}
    >
      <span className="py-1">
        {toast.text}
        {seconds !== null && (
          <>
            {' '}
            <span className="inline-block min-w-[4ch] tabular-nums">{words.seconds(seconds)}</span>
          </>
        )}
      </span>
      {toast.undo && (
        <button
          type="button"
          onClick={() => undo(toast)}
          className="inline-flex h-[30px] items-center gap-1.5 rounded bg-current/16 px-2.5 font-medium"
        >
          {toast.undo.name}
          <Kbd keys="z" onMain />
        </button>
      )}
    </div>
  );
}

function useSeconds({ counts, until }: Toast): number | null {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!counts) return undefined;
    const timer = setInterval(() => setNow(Date.now()), 250);
    return () => clearInterval(timer);
  }, [counts]);
  return counts ? Math.max(0, Math.ceil((until - now) / 1000)) : null;
}
