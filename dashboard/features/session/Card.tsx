import type { ReactNode } from 'react';
import { words } from '../../words/index.ts';
import { Stamp } from '../../components/Stamp.tsx';

/** The card in the middle of the page that everything before signing in stands on. */
export function Card({ title, children }: { title: string; children: ReactNode }) {
  return (
    <main className="grid min-h-full place-items-center bg-bg-1 p-4">
      <div className="w-full max-w-[360px] rounded-big border border-line bg-bg p-7">
        <div className="mb-5 flex items-center gap-2 font-semibold">
          <Stamp />
          {words.product}
        </div>
        <h1 className="mb-4 text-xl font-semibold tracking-[-0.015em]">{title}</h1>
        {children}
      </div>
    </main>
  );
}
