import { classes } from '../../components/classes.ts';

/** A line across the thread with something to press, or a mark, in its middle. */
export function Fold({
  text,
  onClick,
  accent = false,
}: {
  text: string;
  onClick?: () => void;
  accent?: boolean;
}) {
  const line = classes('h-px flex-1', accent ? 'bg-accent-line' : 'bg-line');
  return (
    <div className="flex items-center gap-2 text-s">
      <span aria-hidden className={line} />
      {onClick ? (
        <button
          type="button"
          onClick={onClick}
          className="px-1 text-accent hover:underline pointer-coarse:py-2"
        >
          {text}
        </button>
      ) : (
        <span className={accent ? 'font-medium text-accent' : 'text-fg-3'}>{text}</span>
      )}
      <span aria-hidden className={line} />
    </div>
  );
}
