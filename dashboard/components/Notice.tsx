import type { ReactNode } from 'react';
import { CircleAlert, CircleCheck, Info } from 'lucide-react';
import { classes } from './classes.ts';

const TONES = {
  info: { Icon: Info, look: 'bg-bg-2 text-fg-2' },
  warn: { Icon: CircleAlert, look: 'bg-warn-bg text-warn' },
  bad: { Icon: CircleAlert, look: 'bg-bad-bg text-bad' },
  ok: { Icon: CircleCheck, look: 'bg-ok-bg text-ok' },
};

/** A line that says something about what is around it; `bad` is read out at once. */
export function Notice({
  tone = 'info',
  children,
  action,
}: {
  tone?: keyof typeof TONES;
  children: ReactNode;
  action?: ReactNode;
}) {
  const { Icon, look } = TONES[tone];
  return (
    <div
      role={tone === 'bad' ? 'alert' : 'status'}
      className={classes('flex items-center gap-2 rounded px-2.5 py-1.5 text-s', look)}
    >
      <Icon size={15} aria-hidden className="shrink-0" />
      <span className="min-w-0 flex-1 wrap-anywhere">{children}</span>
      {action}
    </div>
  );
}
