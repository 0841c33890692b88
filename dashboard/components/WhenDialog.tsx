import { useState, type ReactNode } from 'react';
import { Clock } from 'lucide-react';
import { laterThan, localValue, type Later } from '../lib/later.ts';
import { moment } from '../lib/time.ts';
import { Button } from './Button.tsx';
import { Dialog } from './Dialog.tsx';
import { Field } from './Field.tsx';

interface Props {
  title: string;
  hint?: string;
  /** Names of the times that are asked for often. */
  names: Record<Later['id'], string>;
  /** Label of the field for another time, and of the button that takes it. */
  other: string;
  set: string;
  tooEarly: string;
  onPick: (at: Date) => void;
  onClose: () => void;
  /** More that is asked, below the times. */
  children?: ReactNode;
}

/** Asks for a time in the future. */
export function WhenDialog({ title, hint, names, other, set, tooEarly, onPick, onClose, children }: Props) {
  const [now] = useState(() => new Date());
  const times = laterThan(now);
  const [value, setValue] = useState(() => localValue(times.at(-1)!.at));
  const chosen = new Date(value);
  const isWrong = Number.isNaN(chosen.getTime()) || chosen <= now;
  return (
    <Dialog title={title} {...(hint !== undefined && { hint })} onClose={onClose}>
      <ul className="grid gap-0.5">
        {times.map(({ id, at }, index) => (
          <li key={id}>
            <button
              type="button"
              data-first={index === 0 || undefined}
              onClick={() => onPick(at)}
              className="flex h-9 w-full items-center gap-2.5 rounded px-2 hover:bg-bg-2 pointer-coarse:h-11"
            >
              <Clock size={15} aria-hidden className="text-fg-3" />
              <span className="flex-1 text-start">{names[id]}</span>
              <span className="text-fg-3 tabular-nums">{moment(at, now)}</span>
            </button>
          </li>
        ))}
      </ul>
      {children}
      <form
        className="mt-3 flex items-end gap-2 border-t border-line pt-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (!isWrong) onPick(chosen);
        }}
      >
        <Field
          className="flex-1"
          type="datetime-local"
          label={other}
          min={localValue(now)}
          value={value}
          onChange={({ target }) => setValue(target.value)}
          fault={isWrong ? tooEarly : undefined}
        />
        <Button kind="main" type="submit" disabled={isWrong} className="h-[34px]">
          {set}
        </Button>
      </form>
    </Dialog>
  );
}
