import { ArrowDown } from 'lucide-react';
import { words } from '../../words/index.ts';

/** Says that something came below what is seen, and goes there. */
export function NewBelow({ count, onShow }: { count: number; onShow: () => void }) {
  return (
    <div role="status" className="pointer-events-none absolute inset-x-0 bottom-3 flex justify-center">
      {count > 0 && (
        <button
          type="button"
          onClick={onShow}
          className="pointer-events-auto inline-flex items-center gap-1.5 rounded-full bg-accent px-3 py-1 text-s font-medium text-accent-fg shadow-float"
        >
          <ArrowDown size={13} aria-hidden />
          {words.thread.newBelow(count)}
        </button>
      )}
    </div>
  );
}
