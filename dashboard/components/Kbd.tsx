import { classes } from './classes.ts';

interface Props {
  keys: string;
  onMain?: boolean;
  /** Where the keys are what is told, and no hint beside a name. */
  spoken?: boolean;
}

/** `Mod` is Ctrl, on a Mac ⌘. Keys are hints for the eye: beside a name they are no part of any accessible name. */
export function Kbd({ keys, onMain = false, spoken = false }: Props) {
  return (
    <span
      aria-hidden={!spoken}
      className={classes(
        'inline-flex shrink-0 gap-0.5',
        !spoken && 'max-[720px]:hidden pointer-coarse:hidden',
      )}
    >
      {keys.split(' ').map((key, index) => (
        <kbd
          key={index}
          className={classes(
            'inline-block min-w-[18px] rounded-[4px] border px-1 text-center font-sans text-[10px]/[16px] font-medium',
            onMain ? 'border-current/40' : 'border-line bg-bg text-fg-3',
          )}
        >
          {shown(key)}
        </kbd>
      ))}
    </span>
  );
}

const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent);
const SYMBOLS: Record<string, string> = { Enter: '↵', Escape: 'Esc', ArrowUp: '↑', ArrowDown: '↓' };

function shown(key: string): string {
  return key
    .split('+')
    .map((part) => (part === 'Mod' ? (isMac ? '⌘' : 'Ctrl') : (SYMBOLS[part] ?? part)))
    .join(' ');
}
