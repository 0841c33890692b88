import { Link } from '@tanstack/react-router';
import { Blank } from '../components/Blank.tsx';
import { Failed } from '../components/Failed.tsx';
import { words } from '../words/index.ts';

/** A screen that could not be shown. */
export const Broken = ({ error, reset }: { error: unknown; reset: () => void }) => (
  <main className="flex h-full">
    <Failed error={error} retry={reset} />
  </main>
);

/** A URL that leads nowhere. */
export const Missing = () => (
  <main className="flex h-full">
    <Blank
      title={words.problem.notFound}
      action={
        <Link to="/" className="text-accent">
          {words.problem.home}
        </Link>
      }
    >
      {words.problem.notFoundHint}
    </Blank>
  </main>
);
