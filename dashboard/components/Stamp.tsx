import { Mail } from 'lucide-react';

/** Postroom's mark. */
export const Stamp = () => (
  <span
    aria-hidden
    className="grid size-[22px] shrink-0 place-items-center rounded-[5px] bg-accent text-accent-fg"
  >
    <Mail size={14} strokeWidth={2} />
  </span>
);
