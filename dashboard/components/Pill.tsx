import type { ReactNode } from 'react';
import type { LucideIcon } from 'lucide-react';
import { classes } from './classes.ts';

const TONES = {
  plain: 'bg-bg-2 text-fg-2',
  ok: 'bg-ok-bg text-ok',
  warn: 'bg-warn-bg text-warn',
  bad: 'bg-bad-bg text-bad',
  accent: 'bg-accent-bg text-accent',
  note: 'bg-note-line text-note',
};

/** A short state or tag. */
export function Pill({
  tone = 'plain',
  icon: Icon,
  title,
  children,
}: {
  tone?: keyof typeof TONES;
  icon?: LucideIcon;
  title?: string;
  children: ReactNode;
}) {
  return (
    <span
      title={title}
      className={classes(
        'inline-flex max-w-full items-center gap-1 rounded-full px-1.5 text-xs/[18px] font-[550] whitespace-nowrap',
        TONES[tone],
      )}
    >
      {Icon && <Icon size={11} strokeWidth={2.2} aria-hidden className="shrink-0" />}
      <span className="truncate">{children}</span>
    </span>
  );
}
