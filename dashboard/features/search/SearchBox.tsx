import { Search } from 'lucide-react';
import { perform } from '../../actions/perform.ts';
import { words } from '../../words/index.ts';

/** The line in which is written what is looked for. */
export function SearchBox({ value, onValue }: { value: string; onValue: (value: string) => void }) {
  return (
    <label className="flex h-[30px] min-w-0 flex-1 items-center gap-2 rounded bg-bg-2 px-2 has-focus-visible:outline-2 has-focus-visible:outline-accent pointer-coarse:h-10">
      <Search size={15} aria-hidden className="shrink-0 text-fg-3" />
      <input
        type="search"
        autoFocus
        aria-label={words.list.search.box}
        placeholder={words.list.search.placeholder}
        value={value}
        onChange={({ target }) => onValue(target.value)}
        onKeyDown={(event) => {
          const { key, currentTarget } = event;
          if (event.nativeEvent.isComposing || (key !== 'Enter' && key !== 'ArrowDown')) return;
          // On to what was found: the first of it is marked.
          event.preventDefault();
          currentTarget.blur();
          perform('next');
        }}
        dir="auto"
        className="min-w-0 flex-1 bg-transparent outline-none pointer-coarse:text-[16px]"
      />
    </label>
  );
}
