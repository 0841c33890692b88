import { CloudAlert } from 'lucide-react';
import { sentence } from '../lib/problem.ts';
import { words } from '../words/index.ts';
import { Blank } from './Blank.tsx';
import { Button } from './Button.tsx';

/** A part of the page that could not be read: says why, and tries again. */
export function Failed({ error, retry }: { error: unknown; retry: () => void }) {
  return (
    <div role="alert" className="flex h-full">
      <Blank
        icon={CloudAlert}
        title={words.problem.title}
        action={<Button onClick={retry}>{words.retry}</Button>}
      >
        {sentence(error)}
      </Blank>
    </div>
  );
}
