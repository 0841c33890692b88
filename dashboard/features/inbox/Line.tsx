import type { ReactNode } from 'react';
import { classes } from '../../components/classes.ts';
import { exact, moment } from '../../lib/time.ts';

interface Props {
  title: string;
  subject: string;
  preview: string;
  at: string;
  now: Date;
  /** Beside the subject. */
  mark?: ReactNode;
  isOpen?: boolean;
}

/** The three lines of a draft or of an answer that waits: like the rows of threads. */
export const Line = ({ title, subject, preview, at, now, mark, isOpen = false }: Props) => (
  <span
    className={classes(
      'grid h-(--row) min-w-0 flex-1 grid-cols-1 content-center gap-px px-4 text-start',
      isOpen ? 'bg-accent-bg' : 'hover:bg-bg-1',
    )}
  >
    <span className="flex items-baseline gap-2">
      <span dir="auto" className="min-w-0 flex-1 truncate font-[450] text-fg-2">
        {title}
      </span>
      <time dateTime={at} title={exact(at)} className="text-s text-fg-3 tabular-nums">
        {moment(at, now)}
      </time>
    </span>
    <span className="flex items-center gap-1.5">
      <span dir="auto" className="min-w-0 flex-1 truncate text-fg-2">
        {subject}
      </span>
      {mark}
    </span>
    <span dir="auto" className="min-w-0 truncate text-s text-fg-3">
      {preview}
    </span>
  </span>
);
