import { ChevronDown, ChevronRight, X } from 'lucide-react';
import { useState } from 'react';
import type { Message } from '../../lib/rows.ts';
import { words } from '../../words/index.ts';

/** The original goes below, put there by the server: an editor would spoil it. Folded; can be left out. */
export function Quoted({ message, onDrop }: { message: Message | null; onDrop: () => void }) {
  const [isShown, setShown] = useState(false);
  const { composer } = words;
  const name = (message?.sender ?? message?.from)?.name || (message?.sender ?? message?.from)?.email;
  return (
    <div className="px-4 pb-1.5 text-s text-fg-3">
      <div className="flex items-center gap-1">
        <button
          type="button"
          aria-expanded={isShown}
          disabled={message === null}
          onClick={() => setShown(!isShown)}
          className="inline-flex min-w-0 items-center gap-1 hover:text-fg"
        >
          {isShown ? <ChevronDown size={13} aria-hidden /> : <ChevronRight size={13} aria-hidden />}
          <span className="truncate">{name ? composer.quoted(name) : composer.quotedPlain}</span>
        </button>
        <button
          type="button"
          aria-label={composer.dropQuote}
          title={composer.dropQuote}
          onClick={onDrop}
          className="grid size-6 place-items-center hover:text-fg pointer-coarse:size-9"
        >
          <X size={12} aria-hidden />
        </button>
      </div>
      {isShown && message && (
        <blockquote
          dir="auto"
          className="max-h-40 overflow-auto border-s-2 border-line ps-3 wrap-anywhere whitespace-pre-wrap"
        >
          {message.text}
        </blockquote>
      )}
    </div>
  );
}
