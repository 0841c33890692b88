import { useId, type ComponentPropsWithRef, type ReactNode } from 'react';
import { classes } from './classes.ts';

interface Props extends ComponentPropsWithRef<'input'> {
  label: string;
  /** Beside the label, at the right. */
  aside?: ReactNode;
  hint?: string;
  /** What is wrong with the value: read out, and shown below. */
  fault?: string | undefined;
}

export const INPUT =
  'h-[34px] w-full rounded border border-line-2 bg-bg px-2.5 outline-offset-0 aria-invalid:border-bad pointer-coarse:h-11 pointer-coarse:text-[16px]';

/** A labelled line of text. */
export function Field({ label, aside, hint, fault, className, ...rest }: Props) {
  const id = useId();
  const below = fault ?? hint;
  return (
    <div className={classes('grid gap-1', className)}>
      <div className="flex items-baseline justify-between">
        <label htmlFor={id} className="font-medium">
          {label}
        </label>
        {aside}
      </div>
      <input
        id={id}
        aria-invalid={fault !== undefined}
        aria-describedby={below === undefined ? undefined : `${id}-below`}
        {...rest}
        className={INPUT}
      />
      {below !== undefined && (
        <p id={`${id}-below`} className={classes('text-s', fault === undefined ? 'text-fg-3' : 'text-bad')}>
          {below}
        </p>
      )}
    </div>
  );
}
