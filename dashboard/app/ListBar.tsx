import { PenLine } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button } from '../components/Button.tsx';
import { ask } from '../lib/intents.ts';
import { words } from '../words/index.ts';
import { DrawerButton } from './DrawerButton.tsx';

/** The head of a list: what it is, and a new thread. */
export function ListBar({
  name,
  children,
  aside,
}: {
  name: string;
  /** In the place of the name. */
  children?: ReactNode;
  aside?: ReactNode;
}) {
  return (
    <header className="flex h-(--bar) shrink-0 items-center gap-2 border-b border-line px-3 max-[720px]:px-1.5">
      <DrawerButton />
      {children ?? (
        <h1 dir="auto" className="min-w-0 flex-1 truncate text-start text-l font-semibold tracking-[-0.01em]">
          {name}
        </h1>
      )}
      {aside}
      <Button icon={PenLine} keys="c" onClick={() => ask('write', {})}>
        {words.shell.new}
      </Button>
    </header>
  );
}
