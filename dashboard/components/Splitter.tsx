import type { KeyboardEvent, PointerEvent } from 'react';

interface Props {
  name: string;
  width: number;
  min: number;
  max: number;
  /** The pane that it makes wider is at its left (1) or at its right (-1). */
  direction?: 1 | -1;
  onWidth: (width: number) => void;
}
const STEP_PX = 16;

/** The line between two panes, which moves by pointer and by arrow keys. */
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
      className="relative z-10 -mr-[2px] -ml-[3px] w-[5px] shrink-0 cursor-col-resize touch-none transition-colors hover:bg-accent-line focus-visible:bg-accent max-[720px]:hidden"
    />
  );
}
