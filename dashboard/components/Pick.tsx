import { Command } from 'cmdk';
import { Check } from 'lucide-react';
import { Popover } from 'radix-ui';
import { useState, type ReactNode } from 'react';
import { classes } from './classes.ts';

export interface Option {
  id: string;
  label: string;
  /** Before the label. */
  mark?: ReactNode;
  /** More words by which it is found. */
  also?: string;
}

interface Props {
  /** The button that opens it. */
  trigger: ReactNode;
  /** Accessible name of the list, and of its field. */
  name: string;
  options: readonly Option[];
  chosen: ReadonlySet<string>;
  open: boolean;
  onOpen: (open: boolean) => void;
  onPick: (id: string) => void;
  /** Stays open after a choice. */
  several?: boolean;
  /** Says what to do where nothing fits; without a field when undefined. */
  empty?: string;
  /** Makes an option of what was typed. */
  create?: { label: (typed: string) => string; onCreate: (typed: string) => void };
}

const ITEM =
  'flex min-h-[30px] cursor-pointer items-center gap-2.5 rounded px-2 select-none data-[selected=true]:bg-bg-2 pointer-coarse:min-h-10';

/** A choice from a list below a button, found by typing. */
export function Pick(props: Props) {
  const { trigger, name, options, chosen, open, onOpen, onPick, several = false, empty, create } = props;
  const [typed, setTyped] = useState('');
  const done = () => {
    setTyped('');
    if (!several) onOpen(false);
  };
  const wanted = typed.trim();
  const isNew = wanted !== '' && !options.some(({ label }) => label.toLowerCase() === wanted.toLowerCase());
  return (
    <Popover.Root open={open} onOpenChange={onOpen}>
      <Popover.Trigger asChild>{trigger}</Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          align="start"
          sideOffset={4}
          collisionPadding={8}
          aria-label={name}
          className="z-50 w-60 rounded-big border border-line bg-bg shadow-float"
        >
          <Command label={name} loop>
            <Command.Input
              value={typed}
              onValueChange={setTyped}
              placeholder={name}
              className={classes(
                'h-9 w-full border-b border-line bg-transparent px-3 outline-none',
                empty === undefined && 'sr-only',
              )}
            />
            <Command.List className="max-h-72 overflow-auto p-1">
              {empty !== undefined && create === undefined && (
                <Command.Empty className="p-2 text-fg-3">{empty}</Command.Empty>
              )}
              {create && !isNew && options.length === 0 && <p className="p-2 text-fg-3">{empty}</p>}
              {options.map(({ id, label, mark, also }) => (
                <Command.Item
                  key={id}
                  value={id}
                  keywords={[label, also ?? '']}
                  onSelect={() => {
                    onPick(id);
                    done();
                  }}
                  className={ITEM}
                >
                  {mark}
                  <span className="min-w-0 flex-1 truncate">{label}</span>
                  {chosen.has(id) && <Check size={14} aria-hidden />}
                </Command.Item>
              ))}
              {create && isNew && (
                <Command.Item
                  value={`new ${wanted}`}
                  keywords={[wanted]}
                  onSelect={() => {
                    create.onCreate(wanted);
                    done();
                  }}
                  className={ITEM}
                >
                  {create.label(wanted)}
                </Command.Item>
              )}
            </Command.List>
          </Command>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
