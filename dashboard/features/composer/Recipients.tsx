import { X } from 'lucide-react';
import { useId, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import { classes } from '../../components/classes.ts';
import type { Address } from '../../lib/rows.ts';
import { words } from '../../words/index.ts';
import { isAddress, parseAddresses, unique } from './addresses.ts';
import { useSuggested } from './useSuggested.ts';

interface Props {
  workspace: string;
  label: string;
  people: readonly Address[];
  autoFocus?: boolean;
  onChange: (people: Address[]) => void;
  /** At the end of the line. */
  aside?: ReactNode;
}

/** People as chips, with suggestions from the contacts; what is no address is marked and stays. */
export function Recipients({ workspace, label, people, autoFocus = false, onChange, aside }: Props) {
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState('');
  const [at, setAt] = useState(-1);
  const suggested = useSuggested(workspace, typed, people);
  const add = (more: Address[]) => {
    onChange(unique([...people, ...more]));
    setTyped('');
    setAt(-1);
  };
  const remove = (index: number) => onChange(people.filter((_, other) => other !== index));
  const pressed = (event: KeyboardEvent) => {
    const { key } = event;
    if (key === 'ArrowDown' && suggested.length > 0) setAt((at + 1) % suggested.length);
    else if (key === 'ArrowUp' && suggested.length > 0) setAt(at <= 0 ? suggested.length - 1 : at - 1);
    else if (key === 'Escape' && typed !== '') setTyped('');
    else if ((key === 'Enter' || key === 'Tab' || key === ',' || key === ';') && at >= 0)
      add([suggested[at]!]);
    else if ((key === 'Enter' || key === ',' || key === ';') && typed.trim() !== '')
      add(parseAddresses(typed));
    else if (key === 'Enter') return event.preventDefault();
    else if (key === 'Backspace' && typed === '' && people.length > 0) return remove(people.length - 1);
    else return undefined;
    event.stopPropagation();
    return event.preventDefault();
  };
  return (
    <>
      <label htmlFor={id} className="text-fg-3">
        {label}
      </label>
      <div className="relative flex min-w-0 flex-wrap items-center gap-1">
        {people.map((person, index) => (
          <Chip
            key={`${person.email}-${index}`}
            person={person}
            onRemove={() => {
              remove(index);
              field.current?.focus();
            }}
            onEdit={() => {
              remove(index);
              setTyped(person.email);
              field.current?.focus();
            }}
          />
        ))}
        <input
          ref={field}
          id={id}
          autoFocus={autoFocus}
          role="combobox"
          autoComplete="off"
          aria-autocomplete="list"
          aria-expanded={suggested.length > 0}
          aria-controls={`${id}-list`}
          aria-activedescendant={at >= 0 ? `${id}-${at}` : undefined}
          value={typed}
          onChange={({ target }) => {
            setTyped(target.value);
            setAt(-1);
          }}
          onPaste={(event) => {
            const text = event.clipboardData.getData('text');
            if (!/[,;\n<]/.test(text)) return;
            event.preventDefault();
            add(parseAddresses(typed + text));
          }}
          onKeyDown={pressed}
          onBlur={() => {
            if (typed.trim() !== '') add(parseAddresses(typed));
          }}
          className="h-6 min-w-12 flex-1 bg-transparent outline-none pointer-coarse:h-9 pointer-coarse:text-[16px]"
        />
        {aside}
        {suggested.length > 0 && (
          <ul
            id={`${id}-list`}
            role="listbox"
            aria-label={words.composer.suggestions}
            className="absolute top-full left-0 z-40 mt-1 w-80 max-w-full rounded-big border border-line bg-bg p-1 shadow-float"
          >
            {suggested.map((person, index) => (
              <li
                key={person.email}
                id={`${id}-${index}`}
                role="option"
                aria-selected={index === at}
                onMouseDown={(event) => {
                  event.preventDefault();
                  add([person]);
                }}
                className={classes(
                  'flex cursor-pointer gap-2 rounded px-2 py-1 pointer-coarse:py-2.5',
                  index === at ? 'bg-bg-2' : 'hover:bg-bg-2',
                )}
              >
                <span className="truncate">{person.name || person.email}</span>
                {person.name !== '' && <span className="min-w-0 truncate text-fg-3">{person.email}</span>}
              </li>
            ))}
          </ul>
        )}
      </div>
    </>
  );
}

function Chip({ person, onRemove, onEdit }: { person: Address; onRemove: () => void; onEdit: () => void }) {
  const isBad = !isAddress(person.email);
  const shown = person.name || person.email;
  const { composer } = words;
  return (
    <span
      className={classes(
        'inline-flex h-6 max-w-full items-center rounded-full pl-2 pointer-coarse:h-9',
        isBad ? 'bg-bad-bg text-bad' : 'bg-bg-2',
      )}
    >
      <button
        type="button"
        dir="auto"
        aria-label={isBad ? composer.badAddress(person.email) : composer.edit(shown)}
        title={isBad ? composer.badAddress(person.email) : person.email}
        onClick={onEdit}
        className="min-w-0 truncate"
      >
        {shown}
      </button>
      <button
        type="button"
        aria-label={composer.remove(shown)}
        onClick={onRemove}
        className="grid h-full w-6 shrink-0 place-items-center rounded-full text-current opacity-70 hover:opacity-100 pointer-coarse:w-9"
      >
        <X size={11} aria-hidden />
      </button>
    </span>
  );
}
