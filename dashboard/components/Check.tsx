import { useId } from 'react';

interface Props {
  label: string;
  hint?: string;
  value: boolean;
  onValue: (value: boolean) => void;
  disabled?: boolean;
}

/** A box to tick, with its label beside it. */
export function Check({ label, hint, value, onValue, disabled = false }: Props) {
  const id = useId();
  return (
    <label className="flex items-start gap-2.5 pointer-coarse:py-2">
      <input
        type="checkbox"
        checked={value}
        disabled={disabled}
        aria-describedby={hint === undefined ? undefined : id}
        onChange={({ target }) => onValue(target.checked)}
        className="mt-px size-4 shrink-0 accent-accent"
      />
      <span>
        {label}
        {hint !== undefined && (
          <span id={id} className="block text-s text-fg-3">
            {hint}
          </span>
        )}
      </span>
    </label>
  );
}
