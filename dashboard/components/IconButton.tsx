import type { ComponentPropsWithRef } from 'react';
import type { LucideIcon } from 'lucide-react';
import { classes } from './classes.ts';
import { Tip } from './Tip.tsx';

interface Props extends Omit<ComponentPropsWithRef<'button'>, 'children'> {
  /** Its accessible name, and the tooltip. */
  name: string;
  icon: LucideIcon;
  keys?: string | undefined;
  on?: boolean;
}

/** A button that shows only an icon. `on` says that it is pressed (a switch). */
export function IconButton({ name, icon: Icon, keys, on, className, ...rest }: Props) {
  return (
    <Tip text={name} keys={keys}>
      <button
        type="button"
        aria-label={name}
        aria-pressed={on}
        {...rest}
        className={classes(
          'inline-flex size-[30px] shrink-0 items-center justify-center rounded text-fg-2 hover:bg-bg-2 active:bg-bg-3 pointer-coarse:size-10',
          'disabled:cursor-not-allowed disabled:opacity-55',
          on && 'bg-bg-2 text-fg',
          className,
        )}
      >
        <Icon size={16} strokeWidth={1.75} aria-hidden />
      </button>
    </Tip>
  );
}
