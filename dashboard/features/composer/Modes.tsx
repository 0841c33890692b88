import { CircleAlert, Forward, Reply, ReplyAll, StickyNote } from 'lucide-react';
import { classes } from '../../components/classes.ts';
import { Button } from '../../components/Button.tsx';
import { words } from '../../words/index.ts';
import type { SaveState } from './keeping.ts';
import { slotOf, type Mode, type Slot } from './draft.ts';

const { composer } = words;
const MODES = [
  { mode: 'reply', name: composer.reply, icon: Reply, keys: 'r' },
  { mode: 'reply_all', name: composer.replyAll, icon: ReplyAll, keys: 'a' },
  { mode: 'forward', name: composer.forward, icon: Forward, keys: 'f' },
  { mode: 'note', name: composer.note, icon: StickyNote, keys: 'n' },
] as const;

interface Props {
  mode: Mode | null;
  /** Where something is written already. */
  begun: ReadonlySet<Slot>;
  onMode: (mode: Mode) => void;
}

/** The four ways to answer. */
export function Modes({ mode, begun, onMode }: Props) {
  return (
    <div className="flex flex-wrap gap-0.5 p-1.5 @min-[480px]:shrink-0">
      {MODES.map(({ mode: each, name, icon, keys }) => (
        <Button
          key={each}
          kind="quiet"
          icon={icon}
          keys={keys}
          aria-pressed={mode === each}
          onClick={() => onMode(each)}
          className={classes(mode === each && 'bg-bg-2 text-fg', 'px-2!')}
        >
          {name}
          {mode !== each &&
            slotOf(each) !== (mode === null ? null : slotOf(mode)) &&
            hasBegun(each, begun) && <span aria-hidden className="size-1.5 rounded-full bg-accent" />}
        </Button>
      ))}
    </div>
  );
}

/** A draft of an answer is shown at `Reply` alone. */
const hasBegun = (mode: Mode, begun: ReadonlySet<Slot>): boolean =>
  mode === 'note' ? begun.has('note') : mode === 'reply' && begun.has('reply');

/** Whether what is written is safe. */
export function SaveLine({ save }: { save: SaveState }) {
  const isRefused = typeof save === 'object';
  const text = isRefused ? composer.refused(save.refused) : save === 'none' ? '' : composer[save];
  return (
    <span
      role="status"
      title={save === 'kept' ? composer.keptHint : text}
      className={classes(
        'flex min-w-0 items-center gap-1 px-3 text-s',
        isRefused ? 'text-bad' : save === 'kept' ? 'text-warn' : 'text-fg-3',
      )}
    >
      {isRefused && <CircleAlert size={13} aria-hidden className="shrink-0" />}
      <span className="truncate">{text}</span>
    </span>
  );
}
