import { X } from 'lucide-react';
import { words } from '../../words/index.ts';

/** Says that a signature goes below the text; it can be left out of this one. */
export function SignatureLine({ onDrop }: { onDrop: () => void }) {
  const { composer } = words;
  return (
    <p className="flex items-center gap-1 px-4 text-s text-fg-3">
      {composer.signed}
      <button
        type="button"
        aria-label={composer.dropSignature}
        title={composer.dropSignature}
        onClick={onDrop}
        className="grid size-6 place-items-center hover:text-fg pointer-coarse:size-9"
      >
        <X size={12} aria-hidden />
      </button>
    </p>
  );
}
