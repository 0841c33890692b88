import type { ReactNode } from 'react';

/** A part of the settings, with its name at the left where there is room. */
export function Section({ title, hint, children }: { title: string; hint?: string; children: ReactNode }) {
  return (
    <section
      aria-label={title}
      className="grid grid-cols-[200px_minmax(0,1fr)] gap-x-8 gap-y-3 border-b border-line py-7 last:border-0 max-[900px]:grid-cols-1"
    >
      <div>
        <h2 className="text-l font-semibold">{title}</h2>
        {hint !== undefined && <p className="pt-1 text-s text-fg-3">{hint}</p>}
      </div>
      <div className="grid content-start gap-4">{children}</div>
    </section>
  );
}
