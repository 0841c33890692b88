import {
  Check,
  CircleAlert,
  Clock,
  Flag,
  Merge,
  Moon,
  Pencil,
  Tag,
  Trash2,
  Undo2,
  UserRound,
  type LucideIcon,
} from 'lucide-react';
import type { People } from '../../lib/people.ts';
import { exact, moment } from '../../lib/time.ts';
import { historyText } from './historyText.ts';
import type { HistoryLine } from '../../lib/rows.ts';

const ICONS: Record<string, LucideIcon> = {
  status: Check,
  agent: UserRound,
  priority: Flag,
  tags: Tag,
  merged: Merge,
  moved: Merge,
  snoozed: Moon,
  spam: CircleAlert,
  restore: Undo2,
  trash: Trash2,
  subject: Pencil,
  note_edited: Pencil,
  note_deleted: Trash2,
};

/** Who did what to the thread, between its messages. */
export function HistoryItem({ line, people, now }: { line: HistoryLine; people: People; now: Date }) {
  const text = historyText(line, { ...people, now });
  if (text === null) return null;
  const Icon = ICONS[line.action] ?? Clock;
  return (
    <p className="flex items-center gap-2 pl-4 text-s text-fg-3">
      <Icon size={13} aria-hidden className="shrink-0" />
      <span dir="auto" className="min-w-0 wrap-anywhere">
        {text}
      </span>
      <time dateTime={line.at} title={exact(line.at)} className="shrink-0 tabular-nums">
        {moment(line.at, now)}
      </time>
    </p>
  );
}
