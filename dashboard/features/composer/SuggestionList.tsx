import { createPortal } from 'react-dom';
import { classes } from '../../components/classes.ts';
import { words } from '../../words/index.ts';
import type { SuggestionItem } from './extensions.ts';

export interface Suggesting {
  items: SuggestionItem[];
  index: number;
  /** Of the text that asks. */
  rect: DOMRect;
  onPick: (item: SuggestionItem) => void;
}

const ROW_PX = 32;

/** What fits to the word that is being written: below it, or above where there is no room. The keys stay in the text. */
export function SuggestionList({ suggesting: { items, index, rect, onPick } }: { suggesting: Suggesting }) {
  const height = items.length * ROW_PX + 10;
  const isAbove = rect.bottom + height > innerHeight;
  const top = isAbove ? rect.top - height - 4 : rect.bottom + 4;
  return createPortal(
    <ul
      role="listbox"
      aria-label={words.composer.suggestions}
      style={{ top, left: Math.min(rect.left, innerWidth - 256) }}
      className="fixed z-50 w-60 rounded-big border border-line bg-bg p-1 shadow-float"
    >
      {items.map((item, at) => (
        <li
          key={item.id}
          role="option"
          aria-selected={at === index}
          onMouseDown={(event) => {
            event.preventDefault();
            onPick(item);
          }}
          className={classes(
            'flex h-8 cursor-pointer items-center gap-2 rounded px-2',
            at === index && 'bg-bg-2',
          )}
        >
          <span className="min-w-0 flex-1 truncate">{item.label}</span>
          {item.hint !== null && <span className="max-w-24 truncate text-s text-fg-3">{item.hint}</span>}
        </li>
      ))}
    </ul>,
    document.body,
  );
}
