import { Ellipsis } from 'lucide-react';
import { words } from '../../words/index.ts';

/** Shows and folds what is quoted. */
export function QuoteToggle({ isShown, onToggle }: { isShown: boolean; onToggle: () => void }) {
  const name = isShown ? words.thread.quote.hide : words.thread.quote.show;
  return (
    <div className="py-1">
      <button
        type="button"
        aria-label={name}
        aria-expanded={isShown}
        title={name}
        onClick={onToggle}
        className="inline-flex h-6 items-center rounded-full bg-bg-2 px-2 text-fg-3 hover:bg-bg-3 pointer-coarse:h-7 pointer-coarse:px-3"
      >
        <Ellipsis size={14} aria-hidden />
      </button>
    </div>
  );
}
