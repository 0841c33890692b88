import type { ComponentPropsWithRef, ReactNode } from 'react';
import type { LucideIcon } from 'lucide-react';
import { classes } from './classes.ts';
import { Kbd } from './Kbd.tsx';

interface Props extends ComponentPropsWithRef<'button'> {
  kind?: 'plain' | 'quiet' | 'main' | 'danger';
  icon?: LucideIcon;
  /** Shown as a hint only: it is no part of the name. */
  keys?: string;
  /** A request is on its way: it cannot be pressed again. */
  busy?: boolean;
  children?: ReactNode;
}

const KINDS = {
  plain: 'border-line bg-bg hover:bg-bg-2 active:bg-bg-3',
  quiet: 'border-transparent text-fg-2 hover:bg-bg-2 active:bg-bg-3',
  main: 'border-accent bg-accent text-accent-fg hover:opacity-90',
  danger: 'border-line bg-bg text-bad hover:bg-bad-bg',
};
export const BUTTON =
  'inline-flex h-[30px] shrink-0 items-center justify-center gap-1.5 rounded border px-2.5 font-medium whitespace-nowrap ' +
  'disabled:cursor-not-allowed disabled:opacity-55 pointer-coarse:h-10';

export function Button({ kind = 'plain', icon: Icon, keys, busy, children, className, ...rest }: Props) {
  return (
    <button
      type="button"
      {...rest}
      disabled={rest.disabled === true || busy === true}
      aria-busy={busy}
      className={classes(BUTTON, KINDS[kind], className)}
    >
      {Icon && <Icon size={16} strokeWidth={1.75} aria-hidden />}
      {children}
      {keys !== undefined && <Kbd keys={keys} onMain={kind === 'main'} />}
    </button>
  );
}
