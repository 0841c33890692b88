import { words } from '../../words/index.ts';

/** What can be looked for, to learn and to click. */
export function SearchHelp({ onPick }: { onPick: (query: string) => void }) {
  const { hint, examples, operators } = words.list.search;
  return (
    <div className="overflow-auto p-5">
      <h2 className="text-l font-semibold">{hint}</h2>
      <p className="mt-1 mb-2 text-fg-2">{examples}</p>
      <ul className="grid">
        {operators.map(([query = '', means]) => (
          <li key={query}>
            <button
              type="button"
              onClick={() => onPick(`${query} `)}
              className="flex w-full items-baseline gap-3 rounded px-2 py-1.5 text-start hover:bg-bg-2 pointer-coarse:min-h-11"
            >
              <code className="w-40 shrink-0 font-mono text-s text-accent">{query}</code>
              <span className="text-fg-2">{means}</span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
