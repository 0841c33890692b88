import type { KeyboardEvent, PointerEvent } from 'react';
import { classes } from './classes.ts';

interface Props {
  name: string;
  width: number;
  min: number;
  max: number;
  /** It is the right edge of its pane (1), or the left one (-1). */
  direction?: 1 | -1;
  onWidth: (width: number) => void;
}
const STEP_PX = 16;

/** The edge of the pane that it stands in, which moves by pointer and by arrow keys. */
export function Splitter({ name, width, min, max, direction = 1, onWidth }: Props) {
  const set = (next: number) => onWidth(Math.min(max, Math.max(min, Math.round(next))));
  const onPointerDown = (event: PointerEvent<HTMLDivElement>) => {
    const { currentTarget, clientX, pointerId } = event;
    event.preventDefault();
    currentTarget.setPointerCapture(pointerId);
    const move = (moved: globalThis.PointerEvent) => set(width + direction * (moved.clientX - clientX));
    currentTarget.addEventListener('pointermove', move);
    currentTarget.addEventListener(
      'lostpointercapture',
      () => currentTarget.removeEventListener('pointermove', move),
      {
        once: true,
      },
    );
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
    event.preventDefault();
    set(width + direction * (event.key === 'ArrowRight' ? STEP_PX : -STEP_PX));
  };
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- a separator with a value is a widget (ARIA)
    <div
      role="separator"
      aria-orientation="vertical"
      aria-label={name}
      aria-valuenow={width}
      aria-valuemin={min}
      aria-valuemax={max}
      // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- see above
      tabIndex={0}
      onPointerDown={onPointerDown}
      onKeyDown={onKeyDown}
      className={classes(
        'absolute inset-y-0 z-10 w-[5px] cursor-col-resize touch-none transition-colors hover:bg-accent-line focus-visible:bg-accent max-[720px]:hidden',
        direction === 1 ? '-right-[3px]' : '-left-[3px]',
      )}
    />
  );
}
