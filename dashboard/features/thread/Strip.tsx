import type { ReactNode } from 'react';
import type { LucideIcon } from 'lucide-react';
import { classes } from '../../components/classes.ts';

/** A line within a message that says something about it. */
export function Strip({
  icon: Icon,
  tone = 'plain',
  children,
  acts,
}: {
  icon: LucideIcon;
  tone?: 'plain' | 'warn' | 'bad';
  children: ReactNode;
  acts?: ReactNode;
}) {
  const look = { plain: 'bg-bg-2 text-fg-2', warn: 'bg-warn-bg text-warn', bad: 'bg-bad-bg text-bad' }[tone];
  return (
    <div
      className={classes(
        'mb-2 flex flex-wrap items-center gap-x-3 gap-y-1 rounded px-2.5 py-1.5 text-s',
        look,
      )}
    >
      <Icon size={15} strokeWidth={1.75} aria-hidden className="shrink-0" />
      <span className="min-w-40 flex-1 wrap-anywhere">{children}</span>
      {acts !== undefined && <span className="flex gap-3">{acts}</span>}
    </div>
  );
}

/** An act in a line of text. */
export const StripAct = ({ onClick, children }: { onClick: () => void; children: ReactNode }) => (
  <button
    type="button"
    onClick={onClick}
    className="-my-1 py-1 font-[550] underline underline-offset-2 hover:no-underline pointer-coarse:py-1.5"
  >
    {children}
  </button>
);
