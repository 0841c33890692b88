import { Link, useParams } from '@tanstack/react-router';
import { SearchX } from 'lucide-react';
import { Blank } from '../../components/Blank.tsx';
import { words } from '../../words/index.ts';

/** A thread that is not here: deleted, merged, or not for these eyes. */
export function Gone({ workspace }: { workspace: string }) {
  const { view = 'inbox' } = useParams({ strict: false });
  const { gone } = words.thread;
  return (
    <Blank
      icon={SearchX}
      title={gone.title}
      action={
        <Link
          to="/w/$workspace/$view"
          params={{ workspace, view }}
          search={(all) => all}
          className="text-accent"
        >
          {gone.toList}
        </Link>
      }
    >
      {gone.hint}
    </Blank>
  );
}
