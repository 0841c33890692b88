import { Check, ChevronDown, Clock, Hourglass } from 'lucide-react';
import { BUTTON, Button } from '../../components/Button.tsx';
import { Menu, MenuItem } from '../../components/Menu.tsx';
import type { Status } from '../../lib/rows.ts';
import { words } from '../../words/index.ts';

interface Props {
  isNote: boolean;
  /** A new thread has nothing to close. */
  isNew: boolean;
  busy: boolean;
  onSend: (status?: Status) => void;
  onLater: () => void;
}

/** Sends, with other ways to do it behind the arrow. */
export function SendButton({ isNote, isNew, busy, onSend, onLater }: Props) {
  const { composer } = words;
  const name = busy ? composer.sending : isNote ? composer.addNote : composer.send;
  return (
    <span className="inline-flex">
      <Button kind="main" keys="Mod+Enter" busy={busy} onClick={() => onSend()} className="rounded-r-none">
        {name}
      </Button>
      <Menu
        align="end"
        trigger={
          <button
            type="button"
            disabled={busy}
            aria-label={composer.moreSend}
            className={`${BUTTON} w-7 rounded-l-none border-accent border-l-accent-fg/30 bg-accent px-0! text-accent-fg hover:opacity-90`}
          >
            <ChevronDown size={16} aria-hidden />
          </button>
        }
      >
        {!isNew && (
          <MenuItem icon={Check} keys="Mod+Shift+Enter" onSelect={() => onSend('closed')}>
            {isNote ? composer.addNoteClose : composer.sendClose}
          </MenuItem>
        )}
        {!isNew && !isNote && (
          <MenuItem icon={Hourglass} onSelect={() => onSend('pending')}>
            {composer.sendPending}
          </MenuItem>
        )}
        {!isNote && (
          <MenuItem icon={Clock} onSelect={onLater}>
            {composer.sendLater}
          </MenuItem>
        )}
      </Menu>
    </span>
  );
}
